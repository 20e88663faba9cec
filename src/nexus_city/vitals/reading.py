"""From released rows to the figures of a day: every figure can be computed again from what was published.

Communities are the places that nothing lies below. On a day each may stand on another rung; what can be compared is
what all of them said: on the coarsest of their grids, in the longest of their windows.
"""

import sqlite3
from collections.abc import Sequence

import msgspec
import numpy as np

from nexus_city.climate import ClimateRoom
from nexus_city.climate.mixture import coarsen
from nexus_city.climate.store import Table, tables_ending
from nexus_city.places import City
from nexus_city.vitals.metrics import Tables, evenness, fragmentation_error, spread

DAYS_TOLD = 28
"""Days of which the figures are told."""
_LONGEST_S = 24 * 3600


class DayFigures(msgspec.Struct, frozen=True):
    """How far apart a city's moods were on one day."""

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


def figures_of(connection: sqlite3.Connection, city: City, date: str, variance: float) -> DayFigures:
    """Return the figures of a day from its released tables; `variance` is that of the noise in one of their cells."""
    bounds = connection.execute("select start_s, end_s from day where date = ?", (date,)).fetchone()
    released = tables_ending(connection, *bounds) if bounds else []
    leaves = {place.id for place in city.places if not city.children(place)}
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
        return await self._room.database.read(lambda connection: self._newest(connection, told_s))

    def _newest(self, connection: sqlite3.Connection, told_s: int) -> list[DayFigures]:
        rows = connection.execute(
            "select date from day where end_s <= ? order by start_s desc limit ?", (told_s, DAYS_TOLD)
        )
        dates = [date for (date,) in rows]
        city, variance = self._room.city, self._room.desk.variance
        self._known = {date: self._known.get(date) or figures_of(connection, city, date, variance) for date in dates}
        return list(self._known.values())


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
