"""What is over its time is gone: on time, after clocks that jump, after long sleep, and after disks that failed.

Goal: nothing raw is ever older than 48 hours; every other record goes when its declared time is over.
Method: the whole city on a held clock; the file is searched for the very bytes that were planted.
"""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from nexus_city.climate.release import ReleaseDesk
from nexus_city.ground.errors import Unavailable
from nexus_city.ground.retention import Rule, Timetable
from tests.conftest import Town

HOUR_S, DAY_S = 3600, 86_400


def bytes_of(town: Town) -> bytes:
    return b"".join(path.read_bytes() for path in (town.folder / "data").glob("nexus.sqlite3*"))


async def plant(town: Town) -> list[bytes]:
    """Check somebody in; return the bytes that must not stay: the contribution, and the key of the day."""
    phone = await town.phone()
    await phone.give(cell=27, words=["calm"])
    found: list[bytes] = await town.nexus.database.read(_raw)
    assert all(each in bytes_of(town) for each in found)
    return found


def _raw(connection: sqlite3.Connection) -> list[bytes]:
    (batch,) = connection.execute("select batch from intake_log order by row desc limit 1").fetchone()
    (key,) = connection.execute("select key from day where key is not null").fetchone()
    return [batch[:40], key]


async def test_raw_records_are_gone_from_the_disk_when_their_day_is_over(town: Town) -> None:
    planted = await plant(town)
    await town.pass_time(DAY_S)
    assert [each.hex() for each in planted if each in bytes_of(town)] == []


async def test_a_clock_that_jumps_over_days_destroys_what_is_raw_at_its_next_round(town: Town) -> None:
    """A laptop that was shut for a weekend: its clock was at one place, and is at another."""
    await town.pass_time(0)
    planted = await plant(town)
    town.clock.advance(3 * DAY_S)
    await town.pass_time(0)
    assert [each.hex() for each in planted if each in bytes_of(town)] == []


async def test_a_city_that_slept_over_days_destroys_what_is_raw_before_it_answers(tmp_path: Path) -> None:
    town = Town(tmp_path)
    planted = await plant(town)
    await town.close()
    town = Town(tmp_path, at_ms=town.clock.now_ms() + 5 * DAY_S * 1000)
    await town.nexus.timetable.round()  # it runs when the server starts
    assert [each.hex() for each in planted if each in bytes_of(town)] == []
    await town.close()


async def test_where_closing_has_a_fault_nothing_raw_gets_older_than_two_days(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = await plant(town)

    def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(ReleaseDesk, "close", broken)
    ends_in_s = town.nexus.room.plan.day.end_s - town.clock.now_ms() // 1000
    town.clock.advance(ends_in_s + DAY_S - 1)
    await town.nexus.timetable.round()
    assert all(each in bytes_of(town) for each in planted), "there may still be somebody who mends it"
    town.clock.advance(1)
    await town.nexus.timetable.round()
    assert [each.hex() for each in planted if each in bytes_of(town)] == []


async def test_a_disk_that_failed_is_asked_again_and_the_other_rules_go_on(town: Town) -> None:
    """The writer is refused for one rule; the next round does it."""
    done: list[str] = []
    broken = [True]

    def fails(_: sqlite3.Connection) -> int:
        if broken[0]:
            raise sqlite3.OperationalError("disk I/O error")
        done.append("fails")
        return 3

    def works(_: sqlite3.Connection) -> int:
        done.append("works")
        return 1

    timetable = Timetable(
        town.nexus.database, town.clock, [Rule("fails", "P1D", fails, told=True), Rule("works", "P1D", works)]
    )
    assert not await timetable.round()
    assert done == ["works"]
    broken[0] = False
    assert await timetable.round()
    runs = {run.what: run for run in await timetable.runs()}
    assert (runs["fails"].gone, runs["works"].gone) == (3, None)


async def test_a_disk_that_is_full_at_the_end_of_the_day_destroys_what_is_raw_when_it_has_room_again(
    town: Town,
) -> None:
    planted = await plant(town)
    await town.pass_time(0)
    async with full_disk(town):
        town.clock.advance(DAY_S)
        await asyncio.sleep(0.3)  # the rounds try, and cannot
        with pytest.raises(Unavailable):
            await town.nexus.database.write(lambda connection: connection.execute("create table t(x)"))
    async with asyncio.timeout(30):
        while town.nexus.room.plan.day.date == "2026-11-24":
            await asyncio.sleep(0.05)
    await town.pass_time(0)
    await town.nexus.timetable.round()
    assert [each.hex() for each in planted if each in bytes_of(town)] == []


@contextlib.asynccontextmanager
async def full_disk(town: Town) -> Any:
    """Let the file not grow and nothing be written: another process holds it for writing."""
    holder = sqlite3.connect(town.folder / "data" / "nexus.sqlite3", isolation_level=None)
    town.nexus.database._connection.execute("pragma busy_timeout = 50")
    holder.execute("begin immediate")
    try:
        yield
    finally:
        holder.execute("rollback")
        holder.close()


async def test_while_somebody_reads_for_long_the_log_is_truncated_at_a_later_round(town: Town) -> None:
    """A copy that is being made holds the write-ahead log; it is asked for again, and no writer waits for it."""
    reader = sqlite3.connect(town.folder / "data" / "nexus.sqlite3", isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from day").fetchone()
    planted = await plant(town)
    await town.pass_time(DAY_S)
    assert not await town.nexus.timetable.round()
    assert (await (await town.phone()).give()).status_code == 202
    reader.execute("rollback")
    reader.close()
    assert await town.nexus.timetable.round()
    assert [each.hex() for each in planted if each in bytes_of(town)] == []


async def test_comments_go_when_their_time_after_the_proposal_is_over(town: Town) -> None:
    phone = await town.phone()
    door = "/v1/places/square/charter/proposals"
    body = {"changes": {"policy": "complement"}, "sentence": "Let it answer us."}
    made = (await town.client.post(door, json=body, headers=phone.headers)).json()["id"]
    await town.client.post(f"{door}/{made}/comments", json={"text": "Gladly."}, headers=phone.headers)

    async def comments() -> int:
        return len((await town.client.get(f"{door}/{made}")).json()["comments"])

    town.clock.advance(8 * DAY_S)
    await town.nexus.charters.proposals.close_due()
    await town.nexus.timetable.round()
    assert await comments() == 1
    town.clock.advance(400 * DAY_S)
    await town.nexus.timetable.round()
    assert await comments() == 0


async def test_everybody_can_read_what_is_kept_how_long_and_when_it_was_last_looked_for(town: Town) -> None:
    before = (await town.client.get("/v1/retention")).json()["rules"]
    assert {each["last_run"] for each in before} == {None}
    await plant(town)
    await town.nexus.timetable.round()
    rules = {each["what"]: each for each in (await town.client.get("/v1/retention")).json()["rules"]}
    assert rules.keys() == {"check-ins", "comments", "names", "log", "sign-in", "incidents"}
    assert rules["check-ins"] == {
        "what": "check-ins", "kept": "PT48H", "last_run": "2026-11-24T09:00:00Z", "deleted": None,
    }  # fmt: skip
    assert rules["log"]["kept"] == "P400D"
    assert rules["log"]["deleted"] == 0
