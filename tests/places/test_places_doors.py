"""What anybody may see of a place, what an architect may change, and how everything else is refused."""

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.conftest import MORNING_MS, Town, problem

from nexus_city.app import Nexus
from nexus_city.ground import HandClock, Settings

SQUARE = "/v1/places/square/settings"


@pytest.fixture
async def architect(town: Town) -> httpx.AsyncClient:
    """The town's client, with the session of its first architect."""
    code = town.nexus.accounts.setup_code()
    made = await town.client.post("/v1/setup", json={"code": code, "name": "Ada", "password": "four quiet grey stones"})
    assert made.status_code == 200, made.text
    return town.client


async def test_anybody_sees_the_city_first_and_all_that_is_public(town: Town) -> None:
    told = (await town.client.get("/v1/places")).json()
    assert told["root"] == "city"
    assert [each["id"] for each in told["places"]] == ["city", "east", "square", "gallery", "nook"]
    gallery = told["places"][3]
    assert (gallery["presence"], gallery["policy"], gallery["parent"], gallery["timezone"]) == (
        "required",
        "echo",
        "east",
        "UTC",
    )


async def test_an_unchanged_list_is_not_sent_twice(town: Town) -> None:
    first = await town.client.get("/v1/places")
    again = await town.client.get("/v1/places", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_without_a_session_nothing_is_shown_or_changed(town: Town) -> None:
    before = (await town.client.get("/v1/places")).json()
    told = problem(await town.client.get(SQUARE), 401)
    assert "/sign-in" in told["remedy"]
    problem(await town.client.patch(SQUARE, json={"policy": "rest"}), 401)
    assert (await town.client.get("/v1/places")).json() == before


async def test_a_change_is_seen_at_once_and_leaves_the_rest_alone(architect: httpx.AsyncClient) -> None:
    wish = {"presence": "required", "policy": "complement", "welcome": "Come in.", "expected_crowd": 30}
    changed = await architect.patch(SQUARE, json=wish)
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in wish} == wish
    assert changed.json()["adjacent"] == ["gallery"]
    square = next(each for each in (await architect.get("/v1/places")).json()["places"] if each["id"] == "square")
    assert (square["presence"], square["policy"], square["welcome"]) == ("required", "complement", "Come in.")
    assert (await architect.get(SQUARE)).json()["expected_crowd"] == 30


async def test_an_amended_presence_is_asked_for_at_the_very_next_check_in(
    town: Town, architect: httpx.AsyncClient
) -> None:
    phone = await town.phone()
    assert (await phone.give("square")).status_code == 202
    await architect.patch(SQUARE, json={"presence": "required"})
    told = problem(await phone.give("square"), 403)
    assert told["field"] == "pass"


async def test_a_change_outlives_the_server(tmp_path: Path) -> None:
    town = Town(tmp_path)
    code = town.nexus.accounts.setup_code()
    await town.client.post("/v1/setup", json={"code": code, "name": "Ada", "password": "four quiet grey stones"})
    await town.client.patch("/v1/places/nook/settings", json={"welcome": "Mind the step."})
    await town.close()
    again = Nexus(Settings(data=tmp_path / "data"), HandClock(MORNING_MS))
    assert again.room.city["nook"].welcome == "Mind the step."
    again.close()


async def test_an_empty_object_changes_nothing(architect: httpx.AsyncClient) -> None:
    before = (await architect.get(SQUARE)).json()
    assert (await architect.patch(SQUARE, json={})).json() == before
    assert (await architect.get(SQUARE)).json() == before


UNFIT: tuple[tuple[dict[str, object], str], ...] = (
    ({"expected_crowd": -1}, "expected_crowd"),
    ({"expected_crowd": 10_000_001}, "expected_crowd"),
    ({"expected_crowd": 1.5}, "expected_crowd"),
    ({"expected_crowd": "many"}, "expected_crowd"),
    ({"expected_crowd": True}, "expected_crowd"),
    ({"policy": "rest", "expected_crowd": -1}, "expected_crowd"),
    ({"presence": "maybe"}, "presence"),
    ({"presence": None}, "presence"),
    ({"policy": "steer"}, "policy"),
    ({"welcome": "a" * 201}, "welcome"),
    ({"setting": "playground"}, "setting"),
    ({"finest_grid": 3}, "finest_grid"),
    ({"audiences": []}, "audiences"),
    ({"consent": {"quorum": 1}}, "consent.quorum"),
    ({"why": "two\nlines"}, "why"),
    ({"id": "other"}, "id"),
    ({"parent": "city"}, "parent"),
    ({"colour": "red"}, "colour"),
)


async def test_what_cannot_be_changed_is_refused_by_name_and_nothing_is(architect: httpx.AsyncClient) -> None:
    before = (await architect.get(SQUARE)).json()
    for wish, field in UNFIT:
        told = problem(await architect.patch(SQUARE, json=wish), 422)
        assert told["field"] == field, wish
    assert (await architect.get(SQUARE)).json() == before


async def test_a_body_that_is_no_object_is_refused(architect: httpx.AsyncClient) -> None:
    for body in (b"", b"[]", b"null", b'"rest"', b"{", b"\xff", b'{"expected_crowd": NaN}'):
        answer = await architect.patch(SQUARE, content=body, headers={"content-type": "application/json"})
        problem(answer, 422)


async def test_a_body_that_is_not_json_or_far_too_long_is_refused(architect: httpx.AsyncClient) -> None:
    problem(await architect.patch(SQUARE, content=b"policy=rest"), 415)
    problem(await architect.patch(SQUARE, json={"welcome": "a" * 5000}), 413)


async def test_a_page_of_another_site_cannot_change_a_place(architect: httpx.AsyncClient) -> None:
    for origin in ("https://evil.example", "null", "http://city.test.evil.example", "http://city.test:81"):
        answer = await architect.patch(SQUARE, json={"policy": "rest"}, headers={"origin": origin})
        problem(answer, 403)
    assert (await architect.get(SQUARE)).json()["policy"] == "echo"
    own = await architect.patch(SQUARE, json={"policy": "rest"}, headers={"origin": "http://city.test"})
    assert own.json()["policy"] == "rest"


async def test_an_unknown_place_cannot_be_changed(architect: httpx.AsyncClient) -> None:
    told = problem(await architect.patch("/v1/places/garden/settings", json={"policy": "rest"}), 404)
    assert told["field"] == "place"


async def test_changes_that_arrive_together_are_all_kept(architect: httpx.AsyncClient) -> None:
    """Each is made to the city as the one before left it: neither memory nor disk forgets any of them."""
    await asyncio.gather(
        architect.patch(SQUARE, json={"policy": "rest"}),
        architect.patch(SQUARE, json={"welcome": "Come in."}),
        architect.patch(SQUARE, json={"presence": "required"}),
        architect.patch("/v1/places/gallery/settings", json={"policy": "complement"}),
        architect.patch("/v1/places/nook/settings", json={"policy": "rest"}),
    )
    square, gallery, nook = [
        (await architect.get(f"/v1/places/{each}/settings")).json() for each in ("square", "gallery", "nook")
    ]
    assert (square["policy"], square["welcome"], square["presence"]) == ("rest", "Come in.", "required")
    assert (gallery["policy"], nook["policy"]) == ("complement", "rest")
