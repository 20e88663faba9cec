"""The disk: once a minute a row is committed as a check-in is, and read back as a page is.

So it is known to take what people give where every place asks for presence and no canary can sing. The row tells the
time and nothing else, and is in no copy of the city.
"""

import asyncio
import sqlite3
from collections.abc import Callable

from nexus_city.ground import Database
from nexus_city.ground.errors import Unavailable
from nexus_city.vitals.beats.beat import Beat

TIMEOUT_S = 10.0
_STEPS = ("create table heartbeat(id integer primary key check(id = 1), at_s real not null)",)


class Disk:
    """Asks the database whether it still keeps what it is given. `now_s` is real time, Unix seconds."""

    def __init__(self, database: Database, now_s: Callable[[], float]) -> None:
        self._database = database
        self._now_s = now_s
        self._seen_s: float | None = None
        database.migrate("vitals.beats", _STEPS, {"heartbeat": "0"})

    async def ask(self) -> Beat:
        """Write the time down, and read it back."""
        at_s = self._now_s()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await self._database.write(lambda connection: _write(connection, at_s))
                found_s = await self._database.read(_read)
        except Unavailable as refusal:
            return Beat("troubled", f"{refusal.detail} Check free space and permissions.", self._seen_s)
        except TimeoutError:
            told = f"a row was not kept within {TIMEOUT_S:.0f} seconds; look at the disk's load, and whether it is full"
            return Beat("troubled", told, self._seen_s)
        if found_s != at_s:
            return Beat("troubled", "a row that was kept is not found again; restart from a sound disk", self._seen_s)
        self._seen_s = at_s
        return Beat("well", "", at_s)


def _write(connection: sqlite3.Connection, at_s: float) -> None:
    connection.execute("insert or replace into heartbeat values(1, ?)", (at_s,))


def _read(connection: sqlite3.Connection) -> float | None:
    row = connection.execute("select at_s from heartbeat").fetchone()
    return None if row is None else row[0]
