"""The rehearsal: a visitor breaks the mirror of a community, and everybody who looks into it sees that it is broken."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from nexus_city.ground.errors import BadInput, Conflict
from nexus_city.places import parse_city, read_city
from nexus_city.simulation import DEMO_CITY
from nexus_city.simulation.city.events import Circle, Rally
from nexus_city.simulation.city.scenario import minute_of
from nexus_city.simulation.rehearsal import Displays, Mirrors, Rehearsal, RehearsalRoutes
from nexus_city.simulation.rehearsal.mirrors import distorted
from nexus_city.simulation.rehearsal.stage import ALL
from tests.conftest import SMALL_CITY, Town, problem
from tests.house.source import ROOT
from tests.simulation.test_the_same_door import served

CROWD = 300
ENDS_AFTER = 5  # looks


class Time:
    """Real time, turned by hand."""

    def __init__(self) -> None:
        self.s = 1_000_000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def stage() -> Rehearsal:
    return Rehearsal(read_city(DEMO_CITY), 240.0, Time())


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[tuple[Town, Rehearsal]]:
    """A small city with the doors of a rehearsal."""
    rehearsal = Rehearsal(parse_city(SMALL_CITY), 1.0)
    town = Town(tmp_path, beside=RehearsalRoutes(rehearsal).endpoints())
    yield town, rehearsal
    await town.close()


async def speak(town: Town) -> None:
    """Let a mixed crowd be heard on the square, and an hour pass."""
    for number in range(CROWD):
        await (await town.phone()).give(cell=number**2 % 64)
    await town.pass_time(3610)


@contextlib.asynccontextmanager
async def fed(town: Town) -> AsyncIterator[None]:
    """Let the hub of a town hand on what is released."""
    hub = asyncio.create_task(town.nexus.hub.run())
    try:
        yield
    finally:
        await stopped(hub)


@contextlib.asynccontextmanager
async def shown(url: str, keys: dict[str, str]) -> AsyncIterator[tuple[Displays, aiohttp.ClientSession]]:
    """Let displays follow the city at `url`; they are told by hand when to speak up."""
    displays = Displays(url, keys)
    showing = asyncio.create_task(displays.show())
    async with aiohttp.ClientSession(url) as client:
        try:
            yield displays, client
        finally:
            await stopped(showing)


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def sign_in(town: Town) -> None:
    code = town.nexus.accounts.setup_code()
    await town.client.post("/v1/setup", json={"code": code, "name": "Ada", "password": "four quiet grey stones"})


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_in_a_broken_mirror_the_loudest_mood_drowns_the_others() -> None:
    seen = distorted([0.4, 0.3, 0.2, 0.1])
    assert seen == [0.64, 0.27, 0.08, 0.01]
    assert sum(distorted([1 / 3, 1 / 3, 1 / 3, 0])) == pytest.approx(1, abs=1e-5)


async def test_who_asks_and_who_follows_see_the_same_distortion_and_others_see_none(
    demo: tuple[Town, Rehearsal],
) -> None:
    town, rehearsal = demo
    await speak(town)
    async with served(town, Mirrors(town.nexus.asgi, rehearsal.alone)) as url, aiohttp.ClientSession(url) as client:
        whole = await voice(client, "square")
        assert whole == await town.climate()
        rehearsal.do("break", ["east"])
        broken = await voice(client, "square")
        assert broken["climate"]["mixture"] == distorted(whole["climate"]["mixture"])
        assert {**broken, "climate": None} == {**whole, "climate": None}
        followed = await newest(client)
        assert followed["square"] == broken["climate"]
        assert followed["city"] == await released(town, "city")
        assert await released(town, "square") == whole["climate"]
        assert await town.climate() == whole  # behind the mirror nothing has changed
        rehearsal.do("repair", [])
        assert await voice(client, "square") == whole
        assert (await newest(client))["square"] == whole["climate"]


async def test_a_stream_that_is_open_when_the_mirror_breaks_is_distorted_from_then_on(
    demo: tuple[Town, Rehearsal],
) -> None:
    town, rehearsal = demo
    await speak(town)
    async with fed(town), served(town, Mirrors(town.nexus.asgi, rehearsal.alone)) as url:
        async with aiohttp.ClientSession(url) as client, client.get("/v1/stream?places=square") as stream:
            first = await climate_of(stream)
            await sign_in(town)
            cookies = {name: town.client.cookies[name] for name in town.client.cookies}
            for act in ("break", "repair", "break"):
                wish = {"act": act, "communities": ["east"]}
                async with client.post("/v1/rehearsal", json=wish, cookies=cookies) as answer:
                    assert answer.status == 200, await answer.text()
                again = await climate_of(stream)  # at once, and the same one
                seen = first["mixture"] if act == "repair" else distorted(first["mixture"])
                assert again == {**first, "mixture": seen}
            await speak(town)
            second = await climate_of(stream)
        now = await released(town, "square")
    assert second["id"] == now["id"] > first["id"]
    assert second["mixture"] == distorted(now["mixture"])


async def test_a_browser_that_has_the_whole_picture_is_not_told_that_nothing_is_new(
    demo: tuple[Town, Rehearsal],
) -> None:
    town, rehearsal = demo
    await speak(town)
    async with served(town, Mirrors(town.nexus.asgi, rehearsal.alone)) as url, aiohttp.ClientSession(url) as client:
        async with client.get("/v1/places/square/climate") as answer:
            kept = {"if-none-match": answer.headers["etag"]}
        rehearsal.do("break", ["east"])
        async with client.get("/v1/places/square/climate", headers=kept) as answer:
            assert answer.status == 200
            assert "etag" not in answer.headers
        async with client.get("/v1/places/atlantis/climate") as answer:
            assert answer.status == 404
            assert (await answer.json(content_type=None))["remedy"]
        rehearsal.do("repair", ["east"])
        async with client.get("/v1/places/square/climate", headers=kept) as answer:
            assert answer.status == 304


async def test_vitals_name_the_broken_mirror_within_two_looks_and_its_end_after_repair(
    demo: tuple[Town, Rehearsal],
) -> None:
    town, rehearsal = demo
    await speak(town)
    keys = {place: town.nexus.tokens.display_key(place) for place in ("square", "gallery", "nook")}
    front = Mirrors(town.nexus.asgi, rehearsal.alone)
    async with fed(town), served(town, front) as url, shown(url, keys) as (displays, client):

        async def minute() -> None:
            await asyncio.gather(*(displays.tell(client, place) for place in keys))
            await town.nexus.vitals.look()

        async def incidents() -> Any:
            return (await town.client.get("/v1/vitals/incidents")).json()

        await minute()
        facts = (await town.client.get("/v1/vitals")).json()
        assert (facts["displays"], facts["integrity"], await incidents()) == (3, 1.0, [])

        rehearsal.do("break", ["east"])
        await speak(town)  # a wall shows what it has until the next climate comes
        await minute()
        await minute()
        [found] = await incidents()
        assert (found["cause"], found["ended"], found["evidence"]) == ("echo-broken", None, ["echo-wrong"])
        assert found["places"] == ["square"]  # elsewhere nobody has spoken, and still water is no distortion

        rehearsal.do("repair", [])
        await speak(town)
        for _ in range(ENDS_AFTER):
            await minute()
        [found] = await incidents()
        assert found["ended"] is not None
        assert (await town.client.get("/v1/vitals")).json()["integrity"] == 1.0


# --- who may, and what happens ---------------------------------------------------------------------------------------


async def test_everybody_may_look_and_only_those_who_tend_the_city_may_act(demo: tuple[Town, Rehearsal]) -> None:
    town, _ = demo
    facts = (await town.client.get("/v1/rehearsal")).json()
    assert facts["can"] == ["break", "circles", "rally"]
    assert facts["communities"] == [{"id": "east", "name": "East", "broken_since": None}]
    problem(await town.client.post("/v1/rehearsal", json={"act": "rally"}), 401)
    await sign_in(town)
    broken = (await town.client.post("/v1/rehearsal", json={"act": "break", "communities": ["east"]})).json()
    assert broken["can"] == ["repair", "circles", "rally"]
    assert broken["communities"][0]["broken_since"]
    assert "East" in broken["says"]
    noted = (await town.client.get("/v1/audit")).json()["entries"][0]
    assert (noted["who"], noted["act"], noted["what"]) == ("Ada", "health.tend", "break")


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({"act": "shout"}, 422, "act"),
        ({"act": "break"}, 422, "communities"),
        ({"act": "break", "communities": ["atlantis"]}, 422, "communities"),
        ({"act": "rally", "communities": ["east"]}, 422, "communities"),
        ({"act": "rally", "loud": True}, 422, "loud"),
    ],
)
async def test_a_wish_that_cannot_be_is_refused_with_a_remedy(
    demo: tuple[Town, Rehearsal], wish: dict[str, Any], status: int, field: str
) -> None:
    town, _ = demo
    await sign_in(town)
    assert problem(await town.client.post("/v1/rehearsal", json=wish), status)["field"] == field


async def test_a_city_that_is_served_has_no_rehearsal(town: Town) -> None:
    problem(await town.client.get("/v1/rehearsal"), 404)
    await sign_in(town)
    problem(await town.client.post("/v1/rehearsal", json={"act": "rally"}), 404)


def test_its_doors_are_in_the_interface_as_the_demos(stage: Rehearsal) -> None:
    told = (ROOT / "docs" / "interface.md").read_text("utf-8").partition("### The rehearsal")[2]
    assert all(f"`{door.method} {door.path}`" in told for door in RehearsalRoutes(stage).endpoints())
    assert all(f'`"{act}"`' in told for act in ALL)


def test_a_community_is_broken_with_all_its_places_and_mended_alone(stage: Rehearsal) -> None:
    stage.do("break", ["harbour", "heights"])
    assert stage.alone() >= {"harbour", "ferry-landing", "night-ferry", "heights", "hospital"}
    assert not stage.alone() & {"nexus", "old-town", "valen-square"}
    since_s = dict(stage.broken)
    stage.do("break", ["harbour"])
    assert stage.broken == since_s  # it was broken before
    stage.do("repair", ["harbour"])
    assert list(stage.broken) == ["heights"]
    stage.do("repair", [])
    assert stage.alone() == frozenset()
    assert "repair" not in stage.can()


def test_circles_and_rally_begin_with_the_next_tick_and_last_hours_of_the_city(stage: Rehearsal) -> None:
    stage.do("break", ["heights"])
    stage.do("circles", [])
    stage.do("rally", [])
    circle, rally = stage.begins(3000)
    assert isinstance(circle, Circle)
    assert circle.communities == ("heights",)  # where the mirror is broken
    assert (minute_of(circle.begins), minute_of(circle.until or "")) == (3000, 3000 + 3 * 60)
    assert isinstance(rally, Rally)
    assert rally.places == ("valen-square",)
    assert minute_of(rally.until or "") == 3000 + 4 * 60
    assert stage.begins(3015) == []


def test_what_runs_cannot_be_begun_again_before_it_is_over() -> None:
    clock = Time()
    stage = Rehearsal(read_city(DEMO_CITY), 240.0, clock)
    stage.do("rally", [])
    assert stage.running() == {"rally": (clock.s, clock.s + 60)}
    with pytest.raises(Conflict, match="runs already"):
        stage.do("rally", [])
    stage.do("circles", ["harbour"])
    clock.s += 60
    assert stage.running() == {}
    stage.do("rally", [])
    with pytest.raises(BadInput, match="harbour"):
        stage.do("circles", ["harbor"])


# --- reading ---------------------------------------------------------------------------------------------------------


async def voice(client: aiohttp.ClientSession, place: str) -> Any:
    async with client.get(f"/v1/places/{place}/climate") as answer:
        return await answer.json()


async def released(town: Town, place: str) -> Any:
    """Return the newest climate of a place in the history, which no mirror touches."""
    return (await town.client.get(f"/v1/places/{place}/history?limit=1")).json()["climates"][0]


async def climate_of(stream: aiohttp.ClientResponse) -> Any:
    """Return the next climate that a stream brings."""
    async with asyncio.timeout(20):
        async for line in stream.content:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
    raise AssertionError("the stream ended")


async def newest(client: aiohttp.ClientSession) -> dict[str, Any]:
    """Return what a newcomer to the stream is told of each place, up to the city."""
    found: dict[str, Any] = {}
    async with client.get("/v1/stream") as stream:
        while "city" not in found:
            climate = await climate_of(stream)
            found[climate["place"]] = climate
    return found
