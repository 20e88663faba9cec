"""The day's tally: how often displays were looked at and were in step, and how often a boundary was tried and kept to.

Two of the parts of harmony cannot be read from released tables: what displays showed, and whether boundaries hold. They
are counted here, person-day by person-day, look by look. Nothing in it is of people.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from nexus_city.ground import Database

_STEPS = (
    """create table vital_day(date text primary key, shown integer not null, in_step integer not null,
                              tried integer not null, kept integer not null) without rowid""",
)


@dataclass(frozen=True)
class Tally:
    """What was counted on one day."""

    shown: int = 0
    """Displays that were looked at, once for each look."""
    in_step: int = 0
    tried: int = 0
    """Boundaries that were tried, by the silent canary."""
    kept: int = 0

    @property
    def echo(self) -> float:
        """Share of displays that showed what was released, 0..1; 1 where there was none to be wrong."""
        return self.in_step / self.shown if self.shown else 1.0

    @property
    def boundaries(self) -> float:
        """Share of tried boundaries that were kept to, 0..1; 1 where none was tried."""
        return self.kept / self.tried if self.tried else 1.0


class Daily:
    """Keeps the tally. `today` tells the running person-day (ISO date)."""

    def __init__(self, database: Database, today: Callable[[], str]) -> None:
        self._database = database
        self._today = today
        database.migrate("vitals.daily", _STEPS)

    async def note(self, look: Tally) -> None:
        """Add one look to the tally of today."""
        row = (self._today(), look.shown, look.in_step, look.tried, look.kept)
        await self._database.write(
            lambda connection: connection.execute(
                """insert into vital_day values(?, ?, ?, ?, ?) on conflict(date) do update set
                   shown = shown + excluded.shown, in_step = in_step + excluded.in_step,
                   tried = tried + excluded.tried, kept = kept + excluded.kept""",
                row,
            )
        )


def tallies(connection: sqlite3.Connection) -> dict[str, Tally]:
    """Return the tally of each person-day that has one, by its ISO date."""
    return {date: Tally(*counted) for date, *counted in connection.execute("select * from vital_day")}
