"""Opt-outs: devices that take no part, kept so that nothing of the opt-out says whose it is.

mark = HMAC-SHA-256(secret, "opt-out" ‖ device) cut to 16 bytes. The city can recognise a device that knocks, and cannot
list, from the marks, the devices that have opted out: no id of a device is written down, here as elsewhere.

All marks are in memory, since every check-in asks; a mark is on disk before it is honoured as kept.
"""

import asyncio
import hmac
import sqlite3

from nexus_city.ground import Database
from nexus_city.ground.erasures import Row

TABLE = "opt_out"
_STEPS = (f"create table {TABLE}(mark blob primary key) without rowid",)


class OptOuts:
    """Remembers which devices want nothing of theirs to be taken."""

    def __init__(self, database: Database, secret: bytes) -> None:
        database.migrate("access.opt_outs", _STEPS, erasing={TABLE: "mark"})
        self._database = database
        self._secret = secret
        self._marks: set[bytes] = database.now(_read_marks)
        self._one_at_a_time = asyncio.Lock()  # so that memory and disk agree on which of two wishes came last

    def holds(self, device: bytes) -> bool:
        """Whether `device` has opted out."""
        return self._mark(device) in self._marks

    async def held(self, device: bytes) -> bool:
        """Return whether `device` has opted out, as it is told to that device."""
        return self.holds(device)

    async def rows(self, device: bytes) -> list[Row]:
        """Return the row that is kept of `device`, if there is one, for the list of what is erased."""
        return [(TABLE, self._mark(device))] if self.holds(device) else []

    async def erase(self, device: bytes) -> bool:
        """Forget that `device` has opted out; return whether it had."""
        had = self.holds(device)
        await self.set(device, False)
        return had

    async def set(self, device: bytes, on: bool) -> None:
        """Opt `device` out, or in again; saying it twice changes nothing. Raises `Unavailable` when it cannot be kept.

        Until the disk has it, the stricter of both holds: an opt-out at once, an opt-in only when it is written.
        """
        mark = self._mark(device)
        statement = "insert or ignore into opt_out values(?)" if on else "delete from opt_out where mark = ?"

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute(statement, (mark,))

        async with self._one_at_a_time:
            if on:
                self._marks.add(mark)
            await self._database.write(keep)
            if not on:
                self._marks.discard(mark)

    def _mark(self, device: bytes) -> bytes:
        return hmac.digest(self._secret, b"opt-out\0" + device, "sha256")[:16]


def _read_marks(connection: sqlite3.Connection) -> set[bytes]:
    return {mark for (mark,) in connection.execute("select mark from opt_out")}
