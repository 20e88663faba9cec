"""A simulated city at a real door: its people check in over HTTP, as its clock goes, and see what its displays show."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from nexus_city.simulation import DEMO_CITY, Entrance, VisitingCity
from nexus_city.simulation.city import Scenario, load_scenario
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


async def test_what_would_happen_to_the_network_is_left_out_and_named() -> None:
    async with Entrance("http://127.0.0.1:9", {}) as entrance:
        visiting = VisitingCity(load_scenario("story"), "http://127.0.0.1:9", entrance, 7)
    assert visiting.left_out == ["echo-broken", "repair"]


async def test_a_city_with_other_places_is_refused(town: Town) -> None:
    async with served(town) as url, Entrance(url, {}) as entrance:
        with pytest.raises(NotItsCity, match="has no place"):
            await VisitingCity(a_day(), url, entrance, 7, town.clock).live(lambda *_: None)
