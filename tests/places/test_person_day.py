"""Person-days: they cover all time without gap or overlap, whatever the clocks do, and no window crosses their edge."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.places import PersonDay, person_day

HOUR_S = 3600
MADRID = ZoneInfo("Europe/Madrid")
ZONES = ("UTC", "Europe/Madrid", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Casey", "Pacific/Apia")
LENGTHS_S = (15 * 60, HOUR_S, 4 * HOUR_S, 24 * HOUR_S)
instants = st.integers(min_value=1_100_000_000, max_value=2_000_000_000)
"""2004 to 2033: Casey leapt over 04:00 in 2009, Apia over a whole day in 2011."""


def at(text: str, zone: ZoneInfo = MADRID) -> int:
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def windows(day: PersonDay, length_s: int) -> list[tuple[int, int]]:
    """Return the windows of a day, found by asking at every quarter of an hour."""
    return sorted({day.window(at_s, length_s) for at_s in range(day.start_s, day.end_s, 900)})


def test_a_night_belongs_to_the_evening_before_it() -> None:
    assert person_day(at("2026-11-24T03:59:59"), MADRID).date == "2026-11-23"
    assert person_day(at("2026-11-24T04:00:00"), MADRID).date == "2026-11-24"


def test_an_ordinary_day_has_24_hours() -> None:
    day = person_day(at("2026-11-24T12:00:00"), MADRID)
    assert (day.start_s, day.end_s) == (at("2026-11-24T04:00:00"), at("2026-11-25T04:00:00"))
    assert day.end_s - day.start_s == 24 * HOUR_S


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 23), ("2026-10-24", 25)])
def test_the_day_before_the_clocks_change_is_shorter_or_longer(evening: str, hours: int) -> None:
    """The clocks change at 02:00 or 03:00, before a day begins: the evening before has the odd hour."""
    day = person_day(at(f"{evening}T20:00:00"), MADRID)
    assert day.date == evening
    assert day.end_s - day.start_s == hours * HOUR_S
    after = person_day(day.end_s, MADRID)
    assert after.end_s - after.start_s == 24 * HOUR_S


def test_both_hours_that_are_called_two_belong_to_the_same_day() -> None:
    first = at("2026-10-25T02:30:00")
    assert person_day(first, MADRID) == person_day(first + HOUR_S, MADRID)


@pytest.mark.parametrize("evening", ["2026-03-28", "2026-10-24", "2026-11-24"])
def test_a_window_of_a_day_is_the_whole_day(evening: str) -> None:
    """Work and school speak once a day, also on the day that has 25 hours."""
    day = person_day(at(f"{evening}T20:00:00"), MADRID)
    assert windows(day, 24 * HOUR_S) == [(day.start_s, day.end_s)]


@pytest.mark.parametrize(("evening", "last_h"), [("2026-03-28", 3), ("2026-10-24", 5), ("2026-11-24", 4)])
def test_the_last_window_of_four_hours_takes_what_is_left(evening: str, last_h: int) -> None:
    day = person_day(at(f"{evening}T20:00:00"), MADRID)
    assert [(end - start) // HOUR_S for start, end in windows(day, 4 * HOUR_S)] == [4, 4, 4, 4, 4, last_h]


@given(at_s=instants, zone=st.sampled_from(ZONES))
def test_every_instant_lies_in_its_own_day(at_s: int, zone: str) -> None:
    day = person_day(at_s, ZoneInfo(zone))
    assert day.start_s <= at_s < day.end_s
    assert person_day(day.start_s, ZoneInfo(zone)) == day
    assert person_day(day.end_s - 1, ZoneInfo(zone)) == day


@given(at_s=instants, zone=st.sampled_from(ZONES))
def test_a_day_begins_where_the_one_before_it_ends(at_s: int, zone: str) -> None:
    day = person_day(at_s, ZoneInfo(zone))
    assert person_day(day.start_s - 1, ZoneInfo(zone)).end_s == day.start_s
    assert person_day(day.end_s, ZoneInfo(zone)).start_s == day.end_s


@pytest.mark.parametrize(
    ("zone", "leap"),
    [
        ("Antarctica/Casey", dt.datetime(2009, 10, 17, 18, tzinfo=dt.UTC)),
        ("Pacific/Apia", dt.datetime(2011, 12, 30, 10, tzinfo=dt.UTC)),
    ],
)
def test_clocks_that_leap_over_four_in_the_morning_leave_no_gap(zone: str, leap: dt.datetime) -> None:
    """Casey went from 02:00 to 05:00; Apia left out the 30th of December altogether."""
    for quarter in range(-100, 100):
        at_s = int(leap.timestamp()) + quarter * 900
        day = person_day(at_s, ZoneInfo(zone))
        assert day.start_s <= at_s < day.end_s


@given(at_s=instants, zone=st.sampled_from(ZONES), length_s=st.sampled_from(LENGTHS_S))
def test_a_window_holds_its_instant_and_stays_within_its_day(at_s: int, zone: str, length_s: int) -> None:
    day = person_day(at_s, ZoneInfo(zone))
    start_s, end_s = day.window(at_s, length_s)
    assert day.start_s <= start_s <= at_s < end_s <= day.end_s
    assert (start_s - day.start_s) % length_s == 0
    assert day.window(start_s, length_s) == day.window(end_s - 1, length_s) == (start_s, end_s)


@given(at_s=instants, zone=st.sampled_from(ZONES), length_s=st.sampled_from(LENGTHS_S))
def test_the_windows_of_a_day_follow_one_another_to_its_end(at_s: int, zone: str, length_s: int) -> None:
    day = person_day(at_s, ZoneInfo(zone))
    found = windows(day, length_s)
    assert found[0][0] == day.start_s
    assert found[-1][1] == day.end_s
    assert all(before[1] == after[0] for before, after in itertools.pairwise(found))


@given(at_s=instants, zone=st.sampled_from(ZONES))
def test_longer_windows_end_where_shorter_ones_end(at_s: int, zone: str) -> None:
    """A parent is drawn from what was released below it: its window must hold whole windows of its children."""
    day = person_day(at_s, ZoneInfo(zone))
    for shorter, longer in itertools.pairwise(LENGTHS_S):
        ends = {end for _, end in windows(day, shorter)}
        assert {end for _, end in windows(day, longer)} <= ends
