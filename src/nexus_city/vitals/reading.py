"""From released rows to the figures of a day: every figure can be computed again from what was published.

Communities are the places that nothing lies below. On a day each may stand on another rung; what can be compared is
what all of them said: on the coarsest of their grids, in the longest of their windows.
"""

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from nexus_city.climate import ClimateRoom
from nexus_city.climate.mixture import coarsen
from nexus_city.climate.store import Table, tables_ending
from nexus_city.places import City
from nexus_city.vitals.beats.daily import Tally, tallies
from nexus_city.vitals.metrics import Tables, evenness, fragmentation_error, harmony, spread

DAYS_TOLD = 28
"""Days of which the figures are told."""
FEWEST = 3
"""Days with figures from which it can be said what is usual."""
_LONGEST_S = 24 * 3600


class DayFigures(msgspec.Struct, frozen=True):
    """How far apart a city's moods were on one day, and how well that went together with everybody's own."""

    date: str
    communities: int
    """Places that spoke."""
    fragmentation: float | None
    """Share of the difference in mood that lies between communities; None when too few spoke to say."""
    fragmentation_error: float | None
    """Its standard error; None for a day of one window."""
    within: float | None
    """Expected distance of two moods of one community, share of the plane's diagonal."""
    moods: float | None
    """Effective number of moods in a community."""
    evenness: float | None
    """How evenly communities were heard, 1 alike."""
    echo: float | None = None
    """Share of looks at displays that found what was released, 0..1."""
    boundaries: float | None = None
    """Share of tried boundaries that were kept to, 0..1."""
    collective: float | None = None
    """The weaker of together and echo, against the days before, 0..1; None until FEWEST of them are known."""
    individual: float | None = None
    """The weakest of variety within communities, boundaries and evenness of voice, likewise."""
    harmony: float | None = None
    """Harmonic mean of the collective and the individual side, 0..1."""


def figures_of(connection: sqlite3.Connection, city: City, date: str, variance: float) -> DayFigures:
    """Return the figures of a day from its released tables; `variance` is that of the noise in one of their cells."""
    bounds = connection.execute("select start_s, end_s from day where date = ?", (date,)).fetchone()
    released = tables_ending(connection, *bounds) if bounds else []
    leaves = set(city.leaves())
    tables = compared([table for table in released if table.place in leaves], variance)
    communities = tables.counts.shape[1] if tables else 0
    if tables is None or communities < 2 or not tables.enough():
        return DayFigures(date, communities, None, None, None, None, None)
    found = spread(tables)
    return DayFigures(
        date,
        communities,
        round(found.fragmentation, 4),
        round(fragmentation_error(tables), 4) if len(tables.noise) > 1 else None,
        round(found.within, 4),
        round(found.moods, 2),
        round(evenness(tables.voices.sum(axis=0)), 4),
    )


class Days:
    """The figures of the days that are over. What a day released never changes, so each is read once."""

    def __init__(self, room: ClimateRoom) -> None:
        self._room = room
        self._known: dict[str, DayFigures] = {}

    async def told(self) -> list[DayFigures]:
        """Return the figures of the last DAYS_TOLD days that may be seen, newest first."""
        told_s = self._room.told_s
        days, counted = await self._room.database.read(
            lambda connection: (self._newest(connection, told_s), tallies(connection))
        )
        return [with_harmony(day, days[number + 1 :], counted.get(day.date)) for number, day in enumerate(days)]

    def _newest(self, connection: sqlite3.Connection, told_s: int) -> list[DayFigures]:
        rows = connection.execute(
            "select date from day where end_s <= ? order by start_s desc limit ?", (told_s, DAYS_TOLD)
        )
        dates = [date for (date,) in rows]
        city, variance = self._room.city, self._room.desk.variance
        self._known = {date: self._known.get(date) or figures_of(connection, city, date, variance) for date in dates}
        return list(self._known.values())


def with_harmony(day: DayFigures, before: Sequence[DayFigures], tally: Tally | None) -> DayFigures:
    """Return `day` with its harmony against the days `before` it, of which at least FEWEST must have figures.

    Where nothing counted echoes and boundaries (a day before this version) its harmony is not told.
    """
    if tally is None:
        return day
    counted = msgspec.structs.replace(day, echo=round(tally.echo, 4), boundaries=round(tally.boundaries, 4))
    known = [each for each in before if each.fragmentation is not None]
    if day.fragmentation is None or len(known) < FEWEST:
        return counted
    usual = _Usual(*(_mean(known, name) for name in ("within", "fragmentation", "evenness")))
    now = _Usual(*(_mean([day], name) for name in ("within", "fragmentation", "evenness")))
    voice = min(1.0, now.evenness / usual.evenness)
    by_chance = 2 * (day.fragmentation_error or 0.0)
    found = harmony(now, usual, tally.echo, tally.boundaries, voice, by_chance)
    sides = {"collective": found.collective, "individual": found.individual, "harmony": found.value}
    return msgspec.structs.replace(counted, **{name: round(value, 4) for name, value in sides.items()})


class _Usual(NamedTuple):
    """Means over days that have figures."""

    within: float
    fragmentation: float
    evenness: float


def _mean(days: Sequence[DayFigures], name: str) -> float:
    return float(np.mean([getattr(day, name) for day in days]))


def compared(released: Sequence[Table], variance: float) -> Tables | None:
    """Return what all communities of `released` said, on the grid and in the windows that they share; None if nothing.

    Windows in which one of them released nothing (it began to speak later) are left out.
    """
    if not released:
        return None
    side = min(table.grid for table in released)
    window_s = min(_LONGEST_S, max(table.end_s - table.start_s for table in released))
    began_s = min(table.start_s for table in released)
    places = sorted({table.place for table in released})
    windows = max((table.start_s - began_s) // window_s for table in released) + 1
    counts = np.zeros((windows, len(places), side * side))
    noise = np.zeros((windows, len(places)))
    for table in released:
        at = (table.start_s - began_s) // window_s, places.index(table.place)
        counts[at] += coarsen(table.moods, side)
        noise[at] += variance * table.moods.size
    whole = (noise > 0).all(axis=1)
    return Tables(counts[whole], noise[whole]) if whole.any() else None
