"""The timetable: what is forgotten when, and the last time that it was.

Rooms own what they keep; the composition root puts one rule for each into the timetable, so all of them stand on one
screen. Once an hour each is asked to forget what is over its time, and the write-ahead log is truncated, so that what
was deleted is gone from the disk even where somebody read for a long time. A rule that fails is tried again the next
time, and keeps no other from its work.

The city's clock decides: a city that slept over days catches up at its first round.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from nexus_city.ground.clock import Clock
from nexus_city.ground.database import Database
from nexus_city.ground.errors import Unavailable

ROUND_S = 3600
"""City seconds between two rounds."""
_RETRY_S = 60.0
"""Real seconds after which a round that failed is tried again."""
_STEPS = ("create table retention(what text primary key, at_s integer not null, gone integer) without rowid",)

log = structlog.get_logger("nexus.retention")


@dataclass(frozen=True)
class Rule:
    """One kind of record, and how what is over its time is forgotten."""

    what: str
    kept: str
    """How long it is kept at most, as a duration of ISO 8601."""
    forget: Callable[[sqlite3.Connection], int]
    """Deletes what is over its time; returns how many rows that were. A job of the writer thread."""
    told: bool = False
    """Whether their number may be told: only of tables that say nothing of those who take part."""


class Run(msgspec.Struct, frozen=True):
    """A rule, and when it was last followed."""

    what: str
    kept: str
    at_s: int | None
    """City time, Unix seconds; null before the first time."""
    gone: int | None
    """Rows that were deleted then; null where that is nobody's business."""


class Timetable:
    """All rules of a city."""

    def __init__(self, database: Database, clock: Clock, rules: Sequence[Rule]) -> None:
        database.migrate("ground.retention", _STEPS)
        self._database = database
        self._clock = clock
        self._rules = rules

    async def run(self) -> None:
        """Follow the rules once an hour until cancelled."""
        while True:
            while not await self.round():
                await asyncio.sleep(_RETRY_S)
            await self._clock.sleep_until(self._clock.now_ms() + ROUND_S * 1000)

    async def round(self) -> bool:
        """Follow every rule once; return whether all of them could be."""
        followed = [await self._follow(rule) for rule in self._rules]
        truncated = await self._database.forget()
        return all(followed) and truncated

    async def runs(self) -> list[Run]:
        """Return the rules, and when each was last followed."""

        def job(connection: sqlite3.Connection) -> dict[str, tuple[int, int | None]]:
            rows = connection.execute("select what, at_s, gone from retention")
            return {what: (at_s, gone) for what, at_s, gone in rows}

        last = await self._database.read(job)
        return [Run(each.what, each.kept, *last.get(each.what, (None, None))) for each in self._rules]

    async def _follow(self, rule: Rule) -> bool:
        at_s = self._clock.now_ms() // 1000

        def job(connection: sqlite3.Connection) -> None:
            gone = rule.forget(connection)
            row = (rule.what, at_s, gone if rule.told else None)
            connection.execute("insert or replace into retention values(?, ?, ?)", row)

        with contextlib.suppress(Unavailable):
            await self._database.write(job)
            return True
        log.error("could not forget what is over its time; trying again", what=rule.what)
        return False
