"""The bound: a device that tries everything to be counted more often than four times a person-day.

Goal: a fifth count in one person-day, by any way round the bound: speed, many places, the turn of a day, the change of
the clocks, a wall clock that jumps, a restart, changing and taking back, withdrawing everything and starting anew.
Method: a device gives something at every place in every quarter of an hour for two days and a half, through the HTTP
door of a city without noise, so that what is released are true counts; some days lose an hour, gain one, or half an
hour.
Failure: more than four in one person-day, or one cell of one table moved by more than one.
Planted: an intake that frees the seats of what was spoken, one that counts four times at each place, a day of six
hours.
Not failure: a second token is a second voice. So it is said (docs/privacy.md), so the price is named: 2ε.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from nexus_city.boundaries import admit
from nexus_city.climate.book import Book
from nexus_city.climate.store import Table
from nexus_city.places import PersonDay
from nexus_city.places.day import person_day
from tests.attacks.twins import HOUR_S
from tests.conftest import SMALL_CITY, ZERO_NOISE, Phone, Town

M = 4
PLACES = ("square", "east", "city", "nook")
NIGHTS = {
    "an ordinary night": ("UTC", "2026-11-24T20:00"),
    "an hour is lost": ("Europe/Madrid", "2027-03-27T20:00"),
    "an hour is gained": ("Europe/Madrid", "2026-10-24T20:00"),
    "half an hour is gained": ("Australia/Lord_Howe", "2026-04-04T20:00"),
    "a day is left out": ("Pacific/Apia", "2011-12-29T20:00"),
}
Act = Callable[[Town, Phone], Any]


async def town_in(folder: Path, zone: str, at: str, earlier_h: float = 0) -> Town:
    folder.mkdir(exist_ok=True)
    at_ms = round(
        (dt.datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).timestamp() - earlier_h * HOUR_S) * 1000
    )
    return Town(folder, ZERO_NOISE, SMALL_CITY.replace('"UTC"', f'"{zone}"'), at_ms)


async def hammer(town: Town, phone: Phone, hours: float, every_s: int = 1800) -> None:
    """Give something everywhere, again and again."""
    for _ in range(round(hours * 3600 / every_s)):
        for place in PLACES:
            answer = await phone.give(place, 9)
            assert answer.status_code == 202, answer.text
        await town.pass_time(every_s)


async def tables_of(town: Town) -> list[Table]:
    return await town.nexus.database.read(town.tables)


async def counted(town: Town, zone: str) -> dict[str, int]:
    """Return how often the one device was counted on each person-day, by the calendar of the test."""
    found: Counter[str] = Counter()
    for table in await tables_of(town):
        assert int(table.released.counts.max()) <= 1, "one cell moved by more than one"
        local = dt.datetime.fromtimestamp(table.start_s, ZoneInfo(zone)) - dt.timedelta(hours=4)
        found[local.date().isoformat()] += int(table.released.counts.sum())
    return {date: times for date, times in found.items() if times}


@pytest.mark.parametrize("night", NIGHTS)
async def test_nobody_is_counted_a_fifth_time_whatever_the_clocks_do(night: str, tmp_path: Path) -> None:
    zone, at = NIGHTS[night]
    town = await town_in(tmp_path, zone, at)
    await hammer(town, await town.phone(), 34)
    await town.pass_time(HOUR_S)
    days = await counted(town, zone)
    await town.close()
    assert len(days) >= 2
    assert max(days.values()) == M


async def test_another_device_is_another_voice_and_that_is_all(tmp_path: Path) -> None:
    town = await town_in(tmp_path, *NIGHTS["an ordinary night"])
    phones = [await town.phone() for _ in range(3)]
    for _ in range(6):
        for phone in phones:
            await phone.give("square", 9)
        await town.pass_time(HOUR_S)
    cells = [int(table.released.counts.sum()) for table in await tables_of(town)]
    await town.close()
    assert (sum(cells), max(cells)) == (3 * M, 3)


async def test_a_wall_clock_that_jumps_back_over_a_restart_gives_no_seat_back(tmp_path: Path) -> None:
    zone, at = NIGHTS["an ordinary night"]
    town = await town_in(tmp_path, zone, at)
    phone = await town.phone()
    await hammer(town, phone, 6)
    await town.close()
    for hours in (2, 26, 3):  # the machine wakes up two hours, a day, and three hours before
        town = await town_in(tmp_path, zone, at, hours)
        again = Phone(town.client, phone.headers["authorization"].removeprefix("Bearer "))
        again._keys = iter(range(10**6 * hours, 10**9))
        await hammer(town, again, 2)
        days = await counted(town, zone)
        await town.close()
        assert max(days.values()) == M


async def test_withdrawing_everything_gives_back_only_what_was_not_spoken(tmp_path: Path) -> None:
    town = await town_in(tmp_path, *NIGHTS["an ordinary night"])
    phone = await town.phone()
    for _ in range(8):
        await phone.give("square", 9)
        await town.client.delete("/v1/me/check-ins", headers=phone.headers)
        await phone.give("square", 10)
        await town.pass_time(1800)
        await town.client.delete("/v1/me/check-ins", headers=phone.headers)
        await phone.give("square", 11)
        await town.pass_time(1800)
    days = await counted(town, "UTC")
    await town.close()
    assert days == {"2026-11-24": M}


async def test_a_phone_has_no_say_in_what_time_it_is(tmp_path: Path) -> None:
    """A report has no time of its own, and a header with one changes nothing."""
    town = await town_in(tmp_path, *NIGHTS["an ordinary night"])
    phone = await town.phone()
    for name in ("at", "time", "window", "start", "day"):
        assert (await phone.give("square", 9, **{name: "2027-01-01T00:00:00Z"})).status_code == 422
    phone.headers |= {"date": "Fri, 01 Jan 2027 00:00:00 GMT", "x-timezone": "Pacific/Apia"}
    receipt = (await phone.give("square", 9)).json()
    await town.close()
    assert receipt["window"]["start"] == "2026-11-24T20:00:00Z"


# --- planted ---------------------------------------------------------------------------------------------------------


def seats_end_with_their_window(patch: pytest.MonkeyPatch) -> None:
    """Bug: what was spoken no longer takes a seat."""
    seats = Book.add

    def add(self: Book, given: Any) -> None:
        held = self.seats.get(given.person, {})
        self.seats[given.person] = {seat: keys for seat, keys in held.items() if seat in self.open}
        seats(self, given)

    patch.setattr(Book, "add", add)


def days_end_with_the_window(patch: pytest.MonkeyPatch) -> None:
    """Bug: a person-day of six hours."""

    def short(at_s: int, zone: ZoneInfo) -> PersonDay:
        day = person_day(at_s, zone)
        start_s = day.start_s + (at_s - day.start_s) // (6 * HOUR_S) * 6 * HOUR_S
        return replace(day, date=f"{day.date}+{start_s}", start_s=start_s, end_s=min(start_s + 6 * HOUR_S, day.end_s))

    patch.setattr("nexus_city.climate.release.person_day", short)


def every_place_for_itself(patch: pytest.MonkeyPatch) -> None:
    """Bug: four times a day at each place."""
    patch.setattr(
        "nexus_city.climate.intake.admit",
        lambda seats, seat, m, _: admit([each for each in seats if each[0] == seat[0]], seat, m),
    )


@pytest.mark.parametrize("bug", [seats_end_with_their_window, days_end_with_the_window, every_place_for_itself])
async def test_every_planted_bug_is_found(
    bug: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    zone, at = NIGHTS["an ordinary night"]
    town = await town_in(tmp_path, zone, at, 11)
    await hammer(town, await town.phone(), 12)
    days = await counted(town, zone)
    await town.close()
    assert max(days.values()) > M
