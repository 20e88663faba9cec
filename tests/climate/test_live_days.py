"""Days of a live place: of any length, told late, and gone on with after whatever stops a city."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from tests.conftest import LIVE_CITY, MORNING_MS, ZERO_NOISE, Phone, Town
from tests.living import people, steps

from nexus_city.climate import book as book_
from nexus_city.climate.live import store as live_store
from nexus_city.climate.store import end_overdue
from nexus_city.ground.errors import Unavailable

STEP_S, HOUR_S, DAY_S = 300, 3600, 86_400


# --- the day ----------------------------------------------------------------------------------------------------------


async def test_a_day_is_told_in_whole_and_nothing_of_it_is_left(live: Town) -> None:
    await (await live.phone()).give()
    await live.pass_time(DAY_S + 10)
    dates = [dt.datetime.fromtimestamp(each.start_s, dt.UTC).isoformat() for each in await steps(live)]
    assert len(dates) == len(set(dates)) == DAY_S // STEP_S
    today = await live.nexus.database.read(lambda c: c.execute("select date, length(state) from live_noise").fetchall())
    assert [date for date, _ in today] == ["2026-11-25"]
    assert [each.step for each in await steps(live)][-1] == 60, "the new day begins its own steps"


@pytest.mark.parametrize(("date", "count"), [("2026-03-28", 276), ("2026-10-24", 300)])
async def test_a_day_on_which_the_clocks_change_is_told_in_whole(
    date: str, count: int, tmp_path: Path, silence: Callable[[], None]
) -> None:
    silence()
    begins = dt.datetime.fromisoformat(f"{date}T04:00:00").replace(tzinfo=ZoneInfo("Europe/Madrid"))
    city = LIVE_CITY.replace('timezone = "UTC"', 'timezone = "Europe/Madrid"')
    town = Town(tmp_path, city=city, at_ms=int(begins.timestamp() * 1000))
    await town.pass_time(22.5 * HOUR_S)
    await (await town.phone()).give(cell=0)
    await town.pass_time(count * STEP_S - 22.5 * HOUR_S)
    told = await steps(town)
    assert [each.step for each in told] == list(range(1, count + 1))
    assert told[0].start_s == begins.timestamp()
    assert all(each.end_s - each.start_s == STEP_S for each in told)
    assert sum(await people(town)) == min(12, count - 270)
    await town.close()


async def test_steps_that_ended_while_the_city_slept_are_told_when_it_wakes(
    tmp_path: Path, silence: Callable[[], None]
) -> None:
    silence()
    town = Town(tmp_path, city=LIVE_CITY)
    await (await town.phone()).give(cell=0)
    await town.close()
    town = Town(tmp_path, city=LIVE_CITY, at_ms=MORNING_MS + 2 * HOUR_S * 1000)
    assert await people(town) == [1] * 12 + [0] * 12
    await town.close()


async def test_what_is_overdue_takes_the_noise_with_it(live: Town) -> None:
    """As where closing has a fault: nothing raw gets older than 48 hours, and the state of the noise is as raw."""
    await live.pass_time(STEP_S)
    later_s = live.clock.now_ms() // 1000 + 2 * DAY_S
    assert await live.nexus.database.write(lambda connection: end_overdue(connection, later_s)) == 1
    left = "select count(*) from live_noise"
    assert await live.nexus.database.read(lambda connection: connection.execute(left).fetchone()) == (0,)


# --- crashes ----------------------------------------------------------------------------------------------------------


async def a_morning(folder: Path, ends: Literal["never", "stopped", "killed"]) -> list[Any]:
    """Live three hours with known noise; the city `ends` after the first, between a check-in and the end of its step.

    What `kill -9` leaves is what stands in its files at that moment: another city goes on with a copy of them.
    """
    folder.mkdir()
    town = Town(folder, ZERO_NOISE, LIVE_CITY)
    phones = [await town.phone() for _ in range(30)]
    for number, phone in enumerate(phones):
        await phone.give(cell=2 * number)
    await town.pass_time(HOUR_S + 700)
    for number, phone in enumerate(phones[20:]):
        await phone.give(cell=number)
    if ends != "never":
        tokens, now_ms, killed = [phone.headers for phone in phones], town.clock.now_ms(), folder / "killed"
        if ends == "killed":
            shutil.copytree(folder / "data", killed / "data")
        await town.close()
        town = Town(killed if ends == "killed" else folder, ZERO_NOISE, LIVE_CITY, now_ms)
        phones = [Phone(town.client, headers["authorization"].removeprefix("Bearer ")) for headers in tokens]
    for number, phone in enumerate(phones[:20]):
        phone._keys = iter(range(100 + number, 10**6))
        await phone.give(cell=63 - number)
    await town.pass_time(2 * HOUR_S)
    released = town.released()
    await town.close()
    return released


async def test_neither_a_restart_nor_a_crash_changes_a_byte_of_what_is_told(tmp_path: Path) -> None:
    """The noise goes on where it was; were it begun anew, the sum of what was drawn before would be missing."""
    through = await a_morning(tmp_path / "through", "never")
    assert await a_morning(tmp_path / "stopped", "stopped") == through
    assert await a_morning(tmp_path / "killed", "killed") == through
    assert len({row[7] for row in through if len(row) == 10}) > 30, "it has noise in it"


async def test_a_step_whose_commit_failed_is_told_once_and_goes_on_from_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failed one was drawn and told to nobody; another is drawn in its stead, from the state that was kept."""
    town = Town(tmp_path, ZERO_NOISE, LIVE_CITY)
    await town.pass_time(3 * STEP_S)
    append, failed = live_store.append_step, []

    def broken(*parts: Any) -> None:
        append(*parts)
        if not failed:
            failed.append(parts)
            raise Unavailable("The disk is full.", "Make room.")

    monkeypatch.setattr(live_store, "append_step", broken)
    monkeypatch.setattr("nexus_city.climate.room._RETRY_S", 0.001)
    await (await town.phone()).give(cell=0)
    await town.pass_time(3 * STEP_S)
    assert failed
    assert [each.step for each in await steps(town)] == [1, 2, 3, 4, 5, 6]
    await town.close()


@pytest.mark.parametrize("state", [b"BLT0" + b"\0" * 60, b"BLT1", b""])
async def test_a_state_of_another_mechanism_ends_the_day_and_not_the_city(live: Town, state: bytes) -> None:
    """As after an upgrade that draws otherwise, or where it is torn: nothing is told with noise that does not fit.

    Nothing is taken; what was told stays paid for, that it ended is written down, and people see what is held of them.
    """
    phone = await live.phone()
    await phone.give()
    await live.pass_time(STEP_S)
    paid = live.nexus.room._book.spending.total if live.nexus.room._book else 0
    await live.nexus.database.write(lambda c: c.execute("update live_noise set state = ?", (state,)))
    live.nexus.room._book = None
    assert (await phone.give("garden")).json()["reason"] == "budget-spent"
    book = live.nexus.room._book
    assert book is not None
    assert book.spending.total == paid > 0
    refused = await live.nexus.database.read(lambda c: c.execute("select place, purpose from refusal").fetchall())
    assert sorted(set(refused)) == sorted(refused), "once for each place"
    assert ("square", "live") in refused
    held = await live.client.get("/v1/me/check-ins", headers=phone.headers)
    assert held.status_code == 200, held.text
    assert [each["place"] for each in held.json()["check_ins"]] == ["square"]
    await live.pass_time(HOUR_S)
    assert len(await people(live)) == 1
    await live.pass_time(DAY_S)
    assert len(await people(live)) > 12, "the next day it speaks again"


async def test_taking_everything_back_again_and_again_is_work_once(live: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a person said it anew within a step: the day's rows are gone through once, and not once a row."""
    phone = await live.phone()
    for _ in range(12):
        assert (await phone.give()).json()["state"] == "counted"
    await live.pass_time(STEP_S)
    through: list[int] = []
    again = book_.rewritten

    def counted(rows: bytes, anew: Any) -> bytes:
        through.append(len(anew))
        return again(rows, anew)

    monkeypatch.setattr(book_, "rewritten", counted)
    for _ in range(3):
        assert (await live.client.delete("/v1/me/check-ins", headers=phone.headers)).status_code == 200
    assert through == [12]
    await live.pass_time(STEP_S)
    assert (await people(live))[-1] == 0
