"""History: what places have released on earlier days, in the windows and on the grid in which they speak today."""

import datetime as dt
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.climate.mixture import coarsen
from nexus_city.climate.plan import DayPlan
from nexus_city.climate.store import Table, tables_ending
from nexus_city.vitals.watch.usual import FEWEST_DAYS

DAYS = 28
"""Days of which is learned at most."""
FEWEST_WINDOWS = 30
"""Windows from which it can be learned how moods wander."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """How some places speak today: in windows of one length, on one grid."""

    window_s: int
    grid: int


@dataclass(frozen=True)
class Past:
    """What places have released on days on which all of them spoke at least so fast and so finely as today."""

    kind: Kind
    places: tuple[str, ...]
    strands: tuple[int, ...]
    """How many tables each of them releases in one window."""
    counts: Ints
    """[days, windows of a day, places, cells]."""
    weekend: tuple[bool, ...]
    """Of which kind each day was."""
    unknown: tuple[str, ...]
    """Places that speak so today, of which too little is known."""

    @property
    def enough(self) -> bool:
        """Whether what is usual can be learned from it."""
        days, windows = self.counts.shape[:2]
        return bool(days >= FEWEST_DAYS and days * windows >= FEWEST_WINDOWS)


def is_weekend(date: str) -> bool:
    """Whether a person-day (ISO date) begins on a Saturday or a Sunday."""
    return dt.date.fromisoformat(date).weekday() >= 5


def pasts(connection: sqlite3.Connection, plan: DayPlan, places: Sequence[str]) -> list[Past]:
    """Return, for each kind in which some of `places` speak today, what they have released before.

    A place that is live today counts who stands there: that is compared with nothing.
    """
    kinds: dict[Kind, list[str]] = {}
    for place in places:
        if (rung := plan.rungs.get(place)) and place not in plan.live:
            kinds.setdefault(Kind(rung.window_s, rung.grid), []).append(place)
    days = connection.execute(
        "select date, start_s, end_s from day where start_s < ? and whole order by start_s desc limit ?",
        (plan.day.start_s, DAYS),
    ).fetchall()
    released = {date: tables_ending(connection, start_s, end_s) for date, start_s, end_s in days}
    windows = {date: (start_s, end_s) for date, start_s, end_s in days}
    return [_past(kind, names, plan, released, windows) for kind, names in sorted(kinds.items(), key=str)]


def _past(
    kind: Kind,
    places: list[str],
    plan: DayPlan,
    released: Mapping[str, list[Table]],
    days: Mapping[str, tuple[int, int]],
) -> Past:
    known = {
        place: {
            date: counts
            for date, tables in released.items()
            if (counts := _of_day(kind, place, tables, days[date])) is not None
        }
        for place in places
    }
    heard = [place for place in places if len(known[place]) >= FEWEST_DAYS]
    common = set.intersection(*(set(known[place]) for place in heard)) if heard else set()
    while heard and len(common) < FEWEST_DAYS:  # one who began to speak lately shall not keep the others from it
        heard.remove(min(heard, key=lambda place: len(known[place])))
        common = set.intersection(*(set(known[place]) for place in heard)) if heard else set()
    dates = sorted(common)
    shape = (0, 1, len(heard), kind.grid**2)
    counts = np.array([np.stack([known[place][date] for place in heard], axis=1) for date in dates]).reshape(
        (len(dates), -1, *shape[2:]) if dates else shape
    )
    strands = tuple(len(plan.strands[place]) for place in heard)
    unknown = tuple(place for place in places if place not in heard)
    return Past(kind, tuple(heard), strands, counts, tuple(map(is_weekend, dates)), unknown)


def _of_day(kind: Kind, place: str, tables: Sequence[Table], day: tuple[int, int]) -> Ints | None:
    """Return what a place released on a day [windows, cells].

    None where it spoke more slowly or coarsely than today, or not all day, or where the clocks changed.
    """
    windows, left = divmod(day[1] - day[0], kind.window_s)
    counts = np.zeros((windows, kind.grid**2), np.int64)
    heard = np.zeros(windows, np.int64)
    for table in tables:
        if table.place != place:
            continue
        length = table.end_s - table.start_s
        if table.grid < kind.grid or length > kind.window_s:
            return None
        at = (table.start_s - day[0]) // kind.window_s
        counts[at] += coarsen(table.moods, kind.grid)
        heard[at] += length
    return counts if not left and windows and (heard >= kind.window_s).all() else None
