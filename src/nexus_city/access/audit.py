"""The audit log: who of those who tend the city looked at or changed what. People who take part are not in it.

Entries are appended and never edited. Each holds the hash of the one before it,

    mark = SHA-256(mark before ‖ JSON array of number, second, who, role, act, what, place, about),

so that whoever noted a mark can see later whether anything before it was rewritten, taken out or put between. Entries
are forgotten from the front when their time is over; the chain is then checked from the first that is left.
"""

import hashlib
import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence

import msgspec

from nexus_city.ground import Database, iso

_DAY_S = 86_400
_STEPS = (
    """create table audit(number integer primary key, at_s integer not null, who text not null, role text not null,
         act text not null, what text not null, place text, about text, mark blob not null);
       create index audit_place on audit(place, number)""",
)
_Row = tuple[int, int, str, str, str, str, str | None, str | None, bytes]
_COLUMNS = "number, at_s, who, role, act, what, place, about, mark"


class Entry(msgspec.Struct):
    """One act."""

    number: int
    at: str
    """Real time, ISO 8601 in UTC."""
    who: str
    role: str
    """The role in which it was done."""
    act: str
    what: str
    place: str | None
    about: str | None
    """Another account that it concerns."""


class Trail(msgspec.Struct):
    """A part of the log, the newest first, and whether all of it hangs together."""

    entries: list[Entry]
    next: int | None
    """Ask for those before this number; None when there are none."""
    mark: str
    """Mark of the newest entry of all, hexadecimal. Who writes it down can prove later what was there."""
    intact: bool


class Audit:
    """Notes acts and tells them. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.time) -> None:
        database.migrate("access.audit", _STEPS)
        self._database = database
        self._now_s = now_s

    async def note(
        self,
        who: str,
        act: str,
        what: str = "",
        *,
        role: str = "",
        place: str | None = None,
        about: str | None = None,
    ) -> None:
        """Append an entry; it is on disk when this returns."""
        at_s = int(self._now_s())

        def job(connection: sqlite3.Connection) -> None:
            last = connection.execute("select number, mark from audit order by number desc limit 1").fetchone()
            number, before = (last[0] + 1, last[1]) if last else (1, b"")
            facts = (number, at_s, who, role, act, what, place, about)
            connection.execute("insert into audit values(?, ?, ?, ?, ?, ?, ?, ?, ?)", (*facts, _mark(before, facts)))

        await self._database.write(job)

    def forget(self, connection: sqlite3.Connection, days: int) -> int:
        """Forget entries older than `days`, in a job of the timetable; return how many. The newest always stays."""
        before_s = int(self._now_s()) - days * _DAY_S
        of_old = "at_s < ? and number < (select max(number) from audit)"  # the chain hangs on the newest
        return connection.execute(f"delete from audit where {of_old}", (before_s,)).rowcount  # noqa: S608 - ours

    async def trail(self, limit: int, before: int | None = None) -> Trail:
        """Return a part of the whole log."""

        def job(connection: sqlite3.Connection) -> Trail:
            rows = connection.execute(f"select {_COLUMNS} from audit order by number").fetchall()  # noqa: S608 - ours
            asked = [row for row in reversed(rows) if before is None or row[0] < before]
            further = asked[limit - 1][0] if len(asked) > limit else None
            mark = rows[-1][8].hex() if rows else ""
            return Trail([_entry(row) for row in asked[:limit]], further, mark, _hangs_together(rows))

        return await self._database.read(job)

    async def concerning(self, name: str, limit: int) -> list[Entry]:
        """Return what `name` did, and what was done to that account, the newest first."""
        return await self._select("who = ? or about = ?", (name, name), limit)

    async def at(self, place: str, acts: Collection[str], everywhere: Collection[str], limit: int) -> list[Entry]:
        """Return which of `acts` were done at a place, and which of `everywhere` at no place in particular."""
        here, all_over = _marks(acts), _marks(everywhere)
        return await self._select(
            f"(place = ? and act in ({here})) or (place is null and act in ({all_over}))",
            (place, *acts, *everywhere),
            limit,
        )

    async def _select(self, where: str, values: Sequence[object], limit: int) -> list[Entry]:
        query = f"select {_COLUMNS} from audit where {where} order by number desc limit ?"  # noqa: S608 - ours

        def job(connection: sqlite3.Connection) -> list[Entry]:
            return [_entry(row) for row in connection.execute(query, (*values, limit))]

        return await self._database.read(job)


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _mark(before: bytes, facts: Sequence[object]) -> bytes:
    told = json.dumps(facts, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.sha256(before + told).digest()


def _hangs_together(rows: Sequence[_Row]) -> bool:
    """Whether each entry follows from the one before it; what the first was made of is known only if it is number 1."""
    if rows and rows[0][0] == 1 and rows[0][8] != _mark(b"", rows[0][:8]):
        return False
    return all(
        row[0] == before[0] + 1 and row[8] == _mark(before[8], row[:8]) for before, row in itertools.pairwise(rows)
    )


def _entry(row: _Row) -> Entry:
    return Entry(row[0], iso(row[1]), *row[2:8])
