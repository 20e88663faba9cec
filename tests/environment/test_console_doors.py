"""The console's doors as an architect's tablet, and anybody else, finds them."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from nexus_city.environment.console_routes import HOUSE_LIMIT
from nexus_city.environment.patch import Luminaire, Patch, Wire, Zone
from nexus_city.environment.scene import Cue, House, Scene, Sequence
from tests.conftest import Town

FOREIGN = {"origin": "https://evil.example"}
ADA = {"name": "Ada", "password": "four quiet grey stones"}
HOUSE = House(
    patch=Patch(
        (Wire("stage", "ddp", "127.0.0.1", port=40_999),),
        (Zone("wall", "The wall", "square"), Zone("lamp", "The lamp", "nook")),
        (Luminaire("row", "wall", "stage", pixels=20, end=(1.0, 0.5)), Luminaire("bulb", "lamp", "stage", channel=61)),
    ),
    scenes=(
        Scene("tide", "Tide", ("wall",)),
        Scene("still", "Stillness", ("wall", "lamp"), policy="rest", priority=10),
    ),
)
ACTS = (
    ("PUT", "/house"),
    ("POST", "/undo"),
    ("POST", "/redo"),
    ("PUT", "/zones/wall/hand"),
    ("DELETE", "/zones/wall/hand"),
    ("PUT", "/masters"),
    ("POST", "/cut"),
    ("POST", "/stop"),
    ("POST", "/release"),
)
LOOKS = (("GET", ""), ("GET", "/house"), ("GET", "/lights"))


class Console:
    """An architect at the console."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def ask(self, method: str, path: str = "", body: Any = None, status: int = 200) -> Any:
        """Act, and return the console as it is afterwards, or the problem where one is expected."""
        answer = await self.client.request(method, f"/v1/console{path}", json=body)
        assert answer.status_code == status, answer.text
        told = answer.json()
        assert status == 200 or (told["detail"] and told["remedy"])
        return told

    async def compose(self, house: Any, status: int = 200) -> Any:
        """Send a house."""
        return await self.ask("PUT", "/house", as_sent(house), status)

    async def zone(self, name: str = "wall") -> Any:
        """Return what a zone shows."""
        return next(zone for zone in (await self.ask("GET"))["zones"] if zone["zone"] == name)


@pytest.fixture
async def console(town: Town) -> AsyncIterator[Console]:
    """An architect, at a house of two zones."""
    await town.client.post("/v1/setup", json={"code": town.nexus.accounts.setup_code(), **ADA})
    found = Console(town.client)
    await found.compose(HOUSE)
    yield found
    await town.nexus.lighting.stop()


def as_sent(house: Any) -> Any:
    """Return a house as its JSON says it."""
    return json.loads(msgspec.json.encode(house))


def edited(**change: Any) -> Any:
    """Return the house with another patch row."""
    house = as_sent(HOUSE)
    house["patch"]["luminaires"][1] |= change
    return house


@pytest.mark.parametrize(("method", "path"), [*LOOKS, *ACTS])
async def test_every_door_asks_who_is_there(town: Town, method: str, path: str) -> None:
    answer = await town.client.request(method, f"/v1/console{path}", json={})
    assert answer.status_code == 401
    assert answer.json()["remedy"]


@pytest.mark.parametrize(("method", "path"), ACTS)
async def test_a_page_of_somebody_else_may_not_act_even_with_the_session(
    town: Town, console: Console, method: str, path: str
) -> None:
    before = await console.ask("GET")
    answer = await town.client.request(method, f"/v1/console{path}", json={}, headers=FOREIGN)
    assert answer.status_code == 403
    after = await console.ask("GET")
    assert (after["changes"], after["house"]) == (before["changes"], before["house"])


@pytest.mark.parametrize(
    ("house", "field"),
    [
        (edited(colour="red"), "patch.luminaires[1]"),
        (edited(channel=60), "channel"),
        (edited(channel=0), "patch.luminaires[1].channel"),
        (edited(zone="attic"), "luminaires"),
        (as_sent(HOUSE) | {"scenes": []} | {"schedules": [{"id": "s", "show": "tide"}]}, "show"),
        (as_sent(HOUSE) | {"format": "nexus-house-9"}, "format"),
    ],
    ids=["unknown key", "overlap", "out of range", "no such zone", "no such scene", "another format"],
)
async def test_a_house_that_does_not_fit_is_refused_at_its_key_and_nothing_changes(
    console: Console, house: Any, field: str
) -> None:
    before = await console.ask("GET")
    told = await console.compose(house, 422)
    assert told["field"] == field
    after = await console.ask("GET")
    assert (after["house"], after["changes"], after["may_redo"]) == (before["house"], before["changes"], False)


async def test_a_zone_must_be_at_a_place_of_the_city(console: Console) -> None:
    house = as_sent(HOUSE)
    house["patch"]["zones"][0]["place"] = "atlantis"
    told = await console.compose(house, 422)
    assert told["field"] == "place"
    assert "square" in told["remedy"]
    assert (await console.ask("GET"))["house"] == as_sent(HOUSE)


async def test_a_house_that_is_too_large_is_refused_unread(console: Console) -> None:
    answer = await console.client.put(
        "/v1/console/house", content=b" " * (HOUSE_LIMIT + 1), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413
    assert (await console.ask("GET"))["house"]["scenes"]


async def test_an_edit_can_be_undone_and_done_again(console: Console) -> None:
    moved = await console.compose(edited(channel=101))
    assert (moved["may_undo"], moved["may_redo"]) == (True, False)
    back = await console.ask("POST", "/undo")
    assert back["house"]["patch"]["luminaires"][1]["channel"] == 61
    again = await console.ask("POST", "/redo")
    assert again["house"] == moved["house"]
    assert "redo" in (await console.ask("POST", "/redo", status=409))["detail"]


async def test_the_log_says_who_did_what_newest_first(console: Console) -> None:
    await console.compose(edited(channel=101))
    state = await console.ask("PUT", "/zones/wall/hand", {"scene": "still", "minutes": 5})
    assert [change["what"] for change in state["changes"][:2]] == [
        "wall: Stillness by hand, for 5 min",
        "changed luminaire bulb",
    ]
    assert {change["who"] for change in state["changes"]} == {"Ada"}


async def test_a_hand_wins_until_it_gives_the_zone_back(console: Console) -> None:
    assert (await console.zone())["source"] == "standing"
    state = await console.ask("PUT", "/zones/wall/hand", {"scene": "still", "minutes": 5})
    assert state["hands"]["wall"]["scene"] == "still"
    assert 290 <= state["hands"]["wall"]["left_s"] <= 300
    assert ((await console.zone())["scene"], (await console.zone())["source"]) == ("still", "hand")
    state = await console.ask("DELETE", "/zones/wall/hand")
    assert state["hands"] == {}
    assert [(zone["scene"], zone["source"]) for zone in state["zones"] if zone["zone"] == "wall"] == [
        ("tide", "standing")
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/zones/attic/hand", {"scene": "tide"}),
        ("PUT", "/zones/wall/hand", {"scene": "storm"}),
        ("PUT", "/zones/wall/hand", {"scene": "tide", "minutes": 0}),
        ("PUT", "/masters", {"level": 1.5}),
        ("PUT", "/masters", {"level": 0.5, "zone": "attic"}),
        ("POST", "/cut", {"zones": ["attic"]}),
        ("POST", "/cut", {"zones": []}),
    ],
)
async def test_an_act_on_what_is_not_there_is_refused_and_not_told(
    console: Console, method: str, path: str, body: Any
) -> None:
    before = await console.ask("GET")
    assert (await console.ask(method, path, body, 422))["field"]
    after = await console.ask("GET")
    assert (after["changes"], after["masters"]) == (before["changes"], before["masters"])


async def test_masters_dim_all_or_one_zone(console: Console) -> None:
    await console.ask("PUT", "/masters", {"level": 0.5})
    state = await console.ask("PUT", "/masters", {"level": 0.4, "zone": "lamp"})
    assert state["masters"] == {"": 0.5, "wall": 1.0, "lamp": 0.4}
    assert {zone["zone"]: zone["level"] for zone in state["zones"]} == {"wall": 0.5, "lamp": pytest.approx(0.2)}


async def test_a_stop_beats_every_hand_and_stays_until_it_is_released(console: Console) -> None:
    await console.ask("PUT", "/zones/wall/hand", {"scene": "tide"})
    stopped = await console.ask("POST", "/stop")
    assert stopped["stopped"]
    await console.ask("PUT", "/zones/wall/hand", {"scene": "still"})
    assert {zone["source"] for zone in (await console.ask("GET"))["zones"]} == {"stopped"}
    released = await console.ask("POST", "/release")
    assert not released["stopped"]
    assert (await console.zone())["source"] == "hand"


async def test_a_cut_is_taken_note_of(console: Console) -> None:
    state = await console.ask("POST", "/cut", {"zones": ["wall", "lamp"]})
    assert state["changes"][0]["what"] == "cut wall, lamp"


async def test_what_was_composed_and_who_did_it_outlive_a_restart(tmp_path: Path) -> None:
    before = Town(tmp_path)
    await before.client.post("/v1/setup", json={"code": before.nexus.accounts.setup_code(), **ADA})
    console = Console(before.client)
    await console.compose(HOUSE)
    await console.ask("PUT", "/masters", {"zone": "wall", "level": 0.25})
    state = await console.ask("POST", "/stop")
    cookies = before.client.cookies
    await before.nexus.lighting.stop()
    await before.close()
    after = Town(tmp_path)
    after.client.cookies = cookies
    again = await Console(after.client).ask("GET")
    assert again["house"] == state["house"]
    assert again["changes"] == state["changes"]
    assert again["stopped"] is True, "a restart must not end a stop"
    assert again["masters"] == state["masters"]
    await after.nexus.lighting.stop()
    await after.close()


async def test_the_exported_file_can_be_imported_again(console: Console) -> None:
    whole = msgspec.structs.replace(HOUSE, sequences=(Sequence("day", "A day", (Cue("tide", 60), Cue("still", 30))),))
    await console.compose(whole)
    exported = await console.client.get("/v1/console/house")
    assert "attachment" in exported.headers["content-disposition"]
    await console.compose(House())
    state = await console.compose(exported.json())
    assert state["house"] == exported.json()


async def test_what_the_light_of_a_place_does_is_public(town: Town, console: Console) -> None:
    await console.ask("PUT", "/zones/wall/hand", {"scene": "still"})
    town.client.cookies.clear()
    told = (await town.client.get("/v1/places/square/lights")).json()
    assert [(zone["zone"], zone["scene"], zone["policy"], zone["source"]) for zone in told["zones"]] == [
        ("wall", "still", "rest", "hand")
    ]
    assert (await town.client.get("/v1/places/atlantis/lights")).status_code == 404


async def test_the_preview_sends_the_colours_of_every_luminaire(town: Town, console: Console) -> None:
    rig = town.nexus.lighting.rig
    for number in range(88):
        rig.frame(10_000_000 + number / 44)
    sent = await first_event(town, console)
    assert {name: len(colours) for name, colours in sent.items()} == {"row": 20, "bulb": 1}
    assert all(colour[0] == "#" and len(colour) == 7 for colours in sent.values() for colour in colours)


async def first_event(town: Town, console: Console) -> Any:
    """Open the preview like a browser, and leave after its first event."""
    arrived: asyncio.Queue[bytes] = asyncio.Queue()
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await arrived.put(message["body"])

    cookie = "; ".join(f"{name}={value}" for name, value in console.client.cookies.items()).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/v1/console/lights",
        "raw_path": b"/v1/console/lights",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"city.test"), (b"cookie", cookie)],
        "client": ("127.0.0.1", 1),
        "server": ("city.test", 80),
    }
    app: Any = town.nexus.asgi
    watching = asyncio.create_task(app(scope, receive, send))
    try:
        event = (await asyncio.wait_for(arrived.get(), 20)).decode()
    finally:
        gone.set()
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
    assert event.startswith("event: lights\ndata: ")
    return json.loads(event.split("data: ", 1)[1])
