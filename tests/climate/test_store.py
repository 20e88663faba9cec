"""What is kept: folders of earlier versions, and finding the newest climates however long the history is."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from tests.conftest import ZERO_NOISE, Town

from nexus_city.climate import store
from nexus_city.climate.model import HERE, ONWARD
from nexus_city.ground import Database

HOUR_S = 3600
FIRST_VERSION = """
alter table plan drop column strands;
drop index climate_by_place;
drop table moment_release;
drop table refusal;
drop index release_by_date;
delete from schema_step where room = 'climate' and step > 0;
"""


async def test_a_folder_of_the_first_version_goes_on_in_the_middle_of_its_day(tmp_path: Path) -> None:
    """Its strands mean what they meant, its tables have no presence, and what was given before is counted."""
    town = Town(tmp_path)
    await (await town.phone()).give(cell=9, audience="place")
    await (await town.phone()).give(cell=9, audience="city")
    await town.pass_time(HOUR_S + 10)
    await (await town.phone()).give(cell=63, audience="place")
    await (await town.phone()).give(cell=63, audience="city")
    now_ms = town.clock.now_ms()
    await town.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "nexus.sqlite3")) as connection:
        connection.executescript(FIRST_VERSION)
        connection.execute("update release set counts = substr(counts, 1, length(counts) - 8)")
        connection.commit()

    town = Town(tmp_path, at_ms=now_ms)
    assert town.nexus.room.plan.strands["square"] == (HERE, ONWARD)
    assert town.nexus.room.plan.strands["city"] == (ONWARD,)
    await (await town.phone()).give(cell=None, audience="city")
    await town.pass_time(HOUR_S)
    tables = [table for table in await town.nexus.database.read(town.tables) if table.place == "square"]
    heard = {(table.start_s // HOUR_S % 24, table.strand): table.released.counts for table in tables}
    assert {at: (counts.size, counts.sum()) for at, counts in heard.items()} == {
        (9, HERE): (16, 1),
        (9, ONWARD): (16, 1),
        (10, HERE): (17, 1),
        (10, ONWARD): (17, 2),
    }
    await town.pass_time(24 * HOUR_S)  # the totals of that day, old tables and new, plan the next
    assert town.nexus.room.plan.whole
    await town.close()


def climates_of(path: Path, places: int, windows: int) -> Database:
    """Return a database with a history."""
    database = Database(path)
    database.migrate("climate", store.STEPS)

    def fill(connection: sqlite3.Connection) -> None:
        for number in range(places * windows):
            window, place = divmod(number, places)
            store.append_climate(connection, number + 1, f"p{place}", (window, window + 1), b"%d" % number)

    database.now(fill)
    return database


@pytest.mark.parametrize("until", [0, 1, 4, 11, 12, 99])
def test_the_newest_of_each_place_is_found_up_to_a_number(until: int, tmp_path: Path) -> None:
    database = climates_of(tmp_path, places=3, windows=4)
    found = database.now(lambda connection: store.newest_climates(connection, until))
    newest = {number % 3: number + 1 for number in range(min(until, 12))}
    assert found == sorted((id_, f"p{place}", b"%d" % (id_ - 1)) for place, id_ in newest.items())
    database.close()


def test_finding_the_newest_takes_no_longer_when_the_history_is_longer(tmp_path: Path) -> None:
    """Counted in steps of SQLite's machine, not in time."""
    steps = []
    for windows in (10, 1000):
        folder = tmp_path / str(windows)
        database = climates_of(folder, places=5, windows=windows)
        database.now(lambda connection: steps.append(_steps(connection)))
        database.close()
    assert steps[1] < 2 * steps[0]


def _steps(connection: sqlite3.Connection) -> int:
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(step, 1)
    store.newest_climates(connection, 10**6)
    connection.set_progress_handler(None, 1)
    return count


async def test_what_was_closed_before_its_tick_is_not_seen_earlier_after_a_restart(tmp_path: Path) -> None:
    town = Town(tmp_path)
    await (await town.phone()).give()
    await town.pass_time(HOUR_S + 1)  # closed, and its tick is still to come
    now_ms = town.clock.now_ms()
    await town.close()
    town = Town(tmp_path, ZERO_NOISE, at_ms=now_ms)
    assert town.nexus.room.published == 0
    assert (await town.client.get("/v1/places/square/history")).json()["climates"] == []
    assert (await town.climate())["climate"] is None
    await town.pass_time(2)
    assert [
        climate["people"] for climate in (await town.client.get("/v1/places/square/history")).json()["climates"]
    ] == [1]
    await town.pass_time(HOUR_S)
    assert town.nexus.room.published == 8
    await town.close()
