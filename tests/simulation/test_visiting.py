"""A simulated city at a real door: its people check in over HTTP, as its clock goes, and see what its displays show."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from nexus_city.feelings import load_framework
from nexus_city.simulation import DEMO_CITY, Entrance, Visit, VisitingCity
from nexus_city.simulation.city import Scenario, load_scenario
from nexus_city.simulation.city.events import Event, Rally
from nexus_city.simulation.city.scenario import time_of
from nexus_city.simulation.visiting import NotItsCity
from tests.conftest import Town
from tests.simulation.test_the_same_door import served

EVENING = dt.datetime(2026, 11, 24, 19, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Town]:
    town = Town(tmp_path, city=DEMO_CITY.read_text("utf-8"), at_ms=int(EVENING.timestamp() * 1000))
    yield town
    await town.close()


def a_day(**changes: object) -> Scenario:
    return msgspec.structs.replace(
        load_scenario("ordinary"), **{"days": 1, "residents": 300, "tick_minutes": 60, **changes}
    )


async def test_its_people_check_in_through_the_door_until_the_scenario_ends(demo: Town) -> None:
    keys = {"gallery": demo.nexus.tokens.display_key("gallery")}
    ticks: list[tuple[int, int]] = []
    async with served(demo) as url, Entrance(url, keys) as entrance:
        visiting = VisitingCity(a_day(), url, entrance, 7, demo.clock)
        living = asyncio.create_task(visiting.live(lambda done, of: ticks.append((done, of))))
        async with asyncio.timeout(60):
            while not living.done():
                await demo.pass_time(60)
                await asyncio.sleep(0.005)
        await living
        assert entrance.tally.refused == 0, entrance.tally.last_refusal
        assert entrance.tally.counted + entrance.tally.kept > 20
        assert len(entrance.tokens()) > 15  # each has a device
    assert ticks == [(done, 24) for done in range(16, 25)]  # the morning before they came is not sent
    assert visiting.left_out == []


class Guestbook:
    """An entrance that writes down who comes."""

    def __init__(self) -> None:
        self.came: list[Visit] = []

    async def enter(self, visit: Visit) -> None:
        self.came.append(visit)


class Conductor:
    """A director who holds a rally in the second hour, and hides the city from the harbour."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def begins(self, minute: int) -> list[Event]:
        self.asked.append(minute)
        if len(self.asked) != 2:
            return []
        until = time_of(minute + 180)
        return [Rally(begins=time_of(minute), until=until, places=("valen-square",), share=1.0)]

    def alone(self) -> set[str]:
        return {"harbour", "ferry-landing"}


async def lived(demo: Town, hours: int, director: Conductor | None = None) -> list[Visit]:
    """Let people live for hours, beyond the end of their scenario, and return their visits."""
    book = Guestbook()
    async with served(demo) as url:
        visiting = VisitingCity(a_day(residents=3000), url, book, 7, demo.clock, director=director)  # type: ignore[arg-type]
        ticks: list[int] = []
        living = asyncio.create_task(visiting.live(lambda done, _: ticks.append(done), endless=True))
        async with asyncio.timeout(60):
            while len(ticks) < hours:
                await demo.pass_time(60)
                await asyncio.sleep(0.001)
        assert not living.done()
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
    return book.came


async def test_they_live_on_when_the_days_of_their_scenario_are_over(demo: Town) -> None:
    came = await lived(demo, 14)  # from 19:00 on; the scenario ends at 04:00
    assert max(visit.at_s for visit in came) > EVENING.timestamp() + 12 * 3600


async def test_a_director_fills_the_square_and_is_asked_before_every_tick(demo: Town) -> None:
    conductor = Conductor()
    came = await lived(demo, 4, conductor)
    hours = [int(visit.at_s - EVENING.timestamp()) // 3600 for visit in came]
    there = [hour for hour, visit in zip(hours, came, strict=True) if visit.place == "valen-square"]
    assert conductor.asked[:4] == [15 * 60, 16 * 60, 17 * 60, 18 * 60]
    assert there.count(1) / hours.count(1) > 0.9 > there.count(0) / hours.count(0)


async def test_where_a_display_has_lost_the_city_people_see_their_place_alone() -> None:
    def mixture(place: str) -> list[float]:
        return [0.0, 0.0, 0.0, 1.0] if place == "nexus" else [1.0, 0.0, 0.0, 0.0]

    async def voice(request: web.Request) -> web.Response:
        return web.json_response({"climate": {"mixture": mixture(request.match_info["place"])}})

    app = web.Application()
    app.router.add_get("/v1/places/{place}/climate", voice)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("")) as client:
        visiting = VisitingCity(a_day(), "", Guestbook(), 7, director=Conductor())  # type: ignore[arg-type]
        echo = await visiting._see(client, "nexus")
    pleased = {place: (echo.shown[number] > 0).all(axis=1).mean() for number, place in enumerate(visiting.places)}
    assert echo.on.all()
    assert pleased.pop("ferry-landing") == 0
    share = a_day().contagion.city_echo
    assert list(pleased.values()) == pytest.approx([share] * len(pleased), abs=0.01)


async def test_half_of_those_who_tell_the_city_their_mood_give_words_that_lie_near(demo: Town) -> None:
    came = await lived(demo, 3)
    known = load_framework("nexus-1").index
    told = [visit for visit in came if visit.audience == "city" and visit.cell is not None]
    assert all(visit.words == () for visit in came if visit not in told)
    assert all(set(visit.words) <= known.keys() and len(visit.words) <= 2 for visit in told)
    assert sum(bool(visit.words) for visit in told) / len(told) == pytest.approx(0.5, abs=0.1)
    pleased = [word for visit in told if (visit.cell or 0) % 8 >= 6 for word in visit.words]
    words = {word.id: word for word in load_framework("nexus-1").words}
    assert all(words[each].mood.valence > 0 for each in pleased)


async def test_what_would_happen_to_the_network_is_left_out_and_named() -> None:
    async with Entrance("http://127.0.0.1:9", {}) as entrance:
        visiting = VisitingCity(load_scenario("story"), "http://127.0.0.1:9", entrance, 7)
    assert visiting.left_out == ["echo-broken", "repair"]


async def test_a_city_with_other_places_is_refused(town: Town) -> None:
    async with served(town) as url, Entrance(url, {}) as entrance:
        with pytest.raises(NotItsCity, match="has no place"):
            await VisitingCity(a_day(), url, entrance, 7, town.clock).live(lambda *_: None)
