"""Incidents: one for each cause, from when it was seen until it is over, with what was seen.

A cause begins an incident when it is named twice in a row, so that a hiccup is none, and ends it when it was not named
five times in a row. Nothing in an incident is about people; what it says to a community is about its mirror.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from nexus_city.ground import Database
from nexus_city.ground.retention import Rule
from nexus_city.places.model import DAY_S
from nexus_city.vitals.causes import Named, Sign
from nexus_city.vitals.tending import timeline
from nexus_city.vitals.watching.explaining import Explained

BEGINS_AFTER = 2
"""Looks in a row that name a cause before it is an incident."""
ENDS_AFTER = 5
"""Looks in a row without it before it is over."""
KEPT_DAYS = 90
"""How long incidents are kept after their end, with their notes."""
_STEPS = (
    """create table incident(id integer primary key autoincrement, cause text not null, began_s real not null,
                             ended_s real, body blob not null);
       create index incident_open on incident(ended_s)""",
)


class Incident(msgspec.Struct, frozen=True):
    """Something was wrong with the network."""

    id: int
    cause: Named
    places: tuple[str, ...]
    """Whose mirror it touched; empty: the whole city's."""
    began_s: float
    """Real time, Unix seconds."""
    ended_s: float | None
    """None while it lasts."""
    evidence: tuple[Sign, ...]
    """What was seen, in the order in which it was seen first."""
    posterior: float
    """How sure the cause was when it was surest, 0..1."""


class _Body(msgspec.Struct):
    places: list[str]
    evidence: list[Sign]
    posterior: float = 0.0


@dataclass
class _Seen:
    """A cause that is being looked at."""

    first_s: float
    times: int = 0
    missed: int = 0
    id: int | None = None


class Incidents:
    """Follows causes and writes incidents down. `now_s` is real time, Unix seconds."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now_s = now_s
        database.migrate("vitals.incidents", _STEPS)
        database.migrate("vitals.timeline", timeline.STEPS)
        self._seen: dict[Named, _Seen] = database.now(_open_ones)

    async def follow(self, at_s: float, named: Mapping[Named, Explained]) -> None:
        """Note what a look at `at_s` has named, each cause with where and why."""
        for cause, found in named.items():
            seen = self._seen.setdefault(cause, _Seen(at_s))
            seen.times, seen.missed = seen.times + 1, 0
            if seen.times >= BEGINS_AFTER:
                await self._write_down(at_s, cause, seen, found)
        for cause, seen in list(self._seen.items()):
            if cause not in named:
                await self._miss(at_s, cause, seen)

    async def _write_down(self, at_s: float, cause: Named, seen: _Seen, found: Explained) -> None:
        seen.id = await self._database.write(
            lambda connection: _keep(connection, seen.id, cause, seen.first_s, at_s, found)
        )

    async def _miss(self, at_s: float, cause: Named, seen: _Seen) -> None:
        seen.missed += 1
        if seen.id is None or seen.missed >= ENDS_AFTER:
            del self._seen[cause]
        if seen.id is not None and seen.missed >= ENDS_AFTER:
            await self._database.write(lambda connection: _end(connection, seen.id, at_s))

    def open(self) -> list[Named]:
        """Return the causes of which an incident lasts."""
        return [cause for cause, seen in self._seen.items() if seen.id is not None]

    def rules(self) -> list[Rule]:
        """List what is forgotten when: an incident with all its steps, and the names of those who wrote notes."""

        def over(connection: sqlite3.Connection) -> int:
            before_s = self._now_s() - KEPT_DAYS * DAY_S
            return connection.execute("delete from incident where ended_s < ?", (before_s,)).rowcount

        return [Rule("incidents", f"P{KEPT_DAYS}D", over, told=True)]

    async def recent(self, since_s: float) -> list[Incident]:
        """Return the incidents that lasted beyond `since_s`, newest first."""
        return await self._database.read(lambda connection: _load(connection, since_s))


def _open_ones(connection: sqlite3.Connection) -> dict[Named, _Seen]:
    rows = connection.execute("select cause, began_s, id from incident where ended_s is null").fetchall()
    return {cause: _Seen(began_s, BEGINS_AFTER, 0, number) for cause, began_s, number in rows}


def _keep(
    connection: sqlite3.Connection,
    number: int | None,
    cause: Named,
    began_s: float,
    at_s: float,
    found: Explained,
) -> int:
    """Write an incident down, or what is new about a known one; return its number."""
    if number is None:
        body = msgspec.json.encode(_Body(list(found.places), list(found.evidence), found.posterior))
        made = connection.execute(
            "insert into incident(cause, began_s, body) values(?, ?, ?) returning id", (cause, began_s, body)
        )
        number = int(made.fetchone()[0])
        timeline.look(connection, number, began_s, found.places, found.evidence)
        return number
    timeline.look(connection, number, at_s, found.places, found.evidence)
    (known,) = connection.execute("select body from incident where id = ?", (number,)).fetchone()
    before = msgspec.json.decode(known, type=_Body)
    merged = _Body(
        list(dict.fromkeys([*before.places, *found.places])),
        list(dict.fromkeys([*before.evidence, *found.evidence])),
        max(before.posterior, found.posterior),
    )
    if merged != before:
        connection.execute("update incident set body = ? where id = ?", (msgspec.json.encode(merged), number))
    return number


def _end(connection: sqlite3.Connection, number: int | None, at_s: float) -> None:
    connection.execute("update incident set ended_s = ? where id = ?", (at_s, number))


def _load(connection: sqlite3.Connection, since_s: float) -> list[Incident]:
    rows = connection.execute(
        "select id, cause, began_s, ended_s, body from incident where ended_s is null or ended_s > ? order by id desc",
        (since_s,),
    ).fetchall()
    found = []
    for number, cause, began_s, ended_s, body in rows:
        told = msgspec.json.decode(body, type=_Body)
        found.append(
            Incident(number, cause, tuple(told.places), began_s, ended_s, tuple(told.evidence), told.posterior)
        )
    return found
