"""The day for research: who is in it, once; what a city without a share for it says; the same as CSV."""

import csv
from pathlib import Path
from typing import Any

from tests.conftest import SMALL_CITY, Town

HOUR_S = 3600
CITY = SMALL_CITY.replace('timezone = "UTC"', 'timezone = "UTC"\nresearch = 0.2')


async def days(town: Town) -> Any:
    return (await town.client.get("/v1/research/days")).json()


async def test_each_person_is_in_it_with_their_last_check_in_that_research_may_have(tmp_path: Path) -> None:
    town = Town(tmp_path, city=CITY)
    one, other, near, silent, there = [await town.phone() for _ in range(5)]
    await one.give(cell=1, research=True)
    await other.give(cell=3, research=True)
    await near.give(cell=5, audience="place", research=True)
    await silent.give(cell=6)
    await there.give("nook", None, research=True)
    await town.pass_time(HOUR_S + 10)
    await one.give(cell=2, research=True)
    await other.give(cell=4)
    assert (await days(town))["days"] == []
    await town.pass_time(20 * HOUR_S)

    (day,) = (await days(town))["days"]
    assert {cell: count for cell, count in enumerate(day["cells"]) if count} == {2: 1, 3: 1}
    assert (day["day"], day["present"], day["epsilon"]) == ("2026-11-24", 1, 0.2)
    await town.close()


async def test_a_city_says_what_it_declares_for_research(town: Town, tmp_path: Path) -> None:
    assert await days(town) == {"share": 0.0, "sd": None, "days": []}
    (tmp_path / "open").mkdir()
    open_town = Town(tmp_path / "open", city=CITY)
    said = await days(open_town)
    assert said["share"] == 0.2
    assert 6.9 < said["sd"] < 7.1  # one move at ε = 0.2
    assert open_town.nexus.room.city.budget.grid_scale > town.nexus.room.city.budget.grid_scale
    await open_town.close()


async def test_it_is_drawn_and_released_once_and_the_same_for_ever(tmp_path: Path) -> None:
    town = Town(tmp_path, city=CITY)
    await (await town.phone()).give(research=True)
    await town.pass_time(20 * HOUR_S)
    before, now_ms = await days(town), town.clock.now_ms()
    await town.close()
    again = Town(tmp_path, b"\x07" * 64, at_ms=now_ms)
    assert await days(again) == before
    await again.close()


async def test_the_same_numbers_come_as_csv(tmp_path: Path) -> None:
    town = Town(tmp_path, city=CITY)
    await (await town.phone()).give(cell=7, research=True)
    await town.pass_time(20 * HOUR_S)
    (day,) = (await days(town))["days"]
    answer = await town.client.get("/v1/research/days.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    ((row,)) = csv.DictReader(answer.text.splitlines())
    assert [int(row[f"cell_{cell}"]) for cell in range(64)] == day["cells"]
    assert (row["day"], int(row["present"]), float(row["epsilon"])) == (day["day"], 0, 0.2)
    await town.close()
