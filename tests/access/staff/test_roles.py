"""The matrix: what each role may do at each door. Every door is knocked at in every role, and answers as it says."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.access.staff.office import Office
from tests.house.source import ROOT, modules, tree

from nexus_city.access.staff.guard import Guard, name_of
from nexus_city.access.staff.roles import ACTS, ENTRY_ACTS, ROLES, SCOPES, Role, scopes_of
from nexus_city.ground.errors import SignInNeeded
from nexus_city.ground.web import Endpoint

ACCOUNTS = ROOT / "docs" / "accounts.md"
LOCALES = sorted((ROOT / "web" / "src" / "locales").glob("*/access.json"))


async def test_every_door_answers_each_role_as_the_matrix_says(office: Office) -> None:
    """A role that may is not refused for its role; one that may not is, and before anything is read or done."""
    ada = await office.architect()
    clients: dict[Role, httpx.AsyncClient] = {"architect": ada}
    for role in ROLES[1:]:
        clients[role] = await office.join(ada, role, role.title())
    document = (await ada.get("/v1/openapi.json")).json()
    doors = [
        (method.upper(), path, door["x-act"])
        for path, methods in document["paths"].items()
        for method, door in methods.items()
        if {"session": []} in door.get("security", [])
    ]
    assert {act for _, _, act in doors} == set(ACTS)
    for method, path, act in sorted(doors, key=_ends_a_session):
        if path == "/v1/console/lights":
            continue  # a stream that never ends; its guard is that of the others
        address = re.sub(r"{\w+}", "none", path.replace("{id}", "square"))
        assert (await office.browser().request(method, address)).status_code == 401, path
        for role, client in clients.items():
            answer = await client.request(method, address)
            refused = answer.status_code == 403 and answer.json().get("field") == "role"
            assert refused == (role not in ACTS[act].roles), (method, path, role, answer.text)
            assert answer.status_code != 401 or role in ACTS[act].roles, (method, path, role)


def _ends_a_session(door: tuple[str, str, str]) -> bool:
    return door[:2] == ("DELETE", "/v1/account/sessions")


def test_no_door_asks_for_a_session_without_naming_an_act() -> None:
    async def handler(_: Request) -> Response:
        return Response()

    guard: Any = Guard.__new__(Guard)
    for act in (None, "nothing.known"):
        with pytest.raises(LookupError, match="names no act"):
            guard.doors([Endpoint("GET", "/v1/x", handler, "x", {204: None}, None, "session", act=act)])
    [open_door] = guard.doors([Endpoint("GET", "/v1/x", handler, "x", {204: None})])
    assert open_door.handler is handler


async def test_a_handler_that_no_guard_stands_before_knows_nobody() -> None:
    request = Request({"type": "http", "method": "GET", "headers": [], "state": {}})
    with pytest.raises(SignInNeeded):
        await name_of(request)


def test_the_table_for_people_is_the_one_in_the_code() -> None:
    rows = re.findall(r"^\| `([a-z.-]+)` \|(.+)\|$", ACCOUNTS.read_text("utf-8"), re.MULTILINE)
    told = {act: [cell.strip() for cell in cells.split("|")] for act, cells in rows if act in ACTS}
    assert set(told) == set(ACTS)
    for name, act in ACTS.items():
        assert [cell == "yes" for cell in told[name][1:6]] == [role in act.roles for role in ROLES], name
        assert told[name][6] == ("noted" if act.noted else ""), name
        assert (told[name][7] == "proof") == act.grave, name


def test_an_architect_may_do_everything_and_everybody_may_stop_the_light() -> None:
    assert all("architect" in act.roles for act in ACTS.values())
    assert ACTS["light.stop"].roles == set(ROLES)
    assert [name for name, act in ACTS.items() if name.startswith("people.") and act.grave] == [
        "people.invite",
        "people.role",
        "people.remove",
    ]


def test_a_scope_is_held_by_those_who_may_do_all_of_it() -> None:
    assert scopes_of("architect") == list(SCOPES)
    assert scopes_of("moderator") == ["light:read"]
    assert scopes_of("facilitator") == ["light:read", "light:write"]


def test_tokens_open_no_door_to_accounts_people_or_records() -> None:
    opened = {name for name, act in ACTS.items() if act.scope}
    assert opened == {"light.read", "light.hand", "light.stop", "light.release", "health.read"}


@pytest.mark.parametrize("file", LOCALES, ids=lambda file: file.parent.name)
def test_every_act_that_is_noted_and_every_role_has_words_in_every_language(file: Path) -> None:
    words = file.read_text("utf-8")
    noted = [*(name for name, act in ACTS.items() if act.noted), *ENTRY_ACTS]
    assert [name for name in noted if f'"act.{name}"' not in words] == []
    assert [role for role in ROLES if f'"role.{role}"' not in words] == []
    assert [scope for scope in SCOPES if f'"scope.{scope}"' not in words] == []


def test_only_the_guard_knows_the_matrix() -> None:
    """A room that looked it up by itself could decide differently."""
    asking = {name for name, path in modules().items() if "ACTS" in path.read_text("utf-8") and tree(path)}
    assert asking == {
        "nexus_city.access.staff.roles",
        "nexus_city.access.staff.guard",
        "nexus_city.access.staff.entry_routes",  # tells a page what it may offer
        "nexus_city.access.staff.people_routes",  # chooses which acts the people of a place may read
    }
