"""Turns of display keys: how often the key of a place was renewed, so that one that got out can be made worthless.

The keys themselves are made, not stored, by `Tokens`; all that is kept is a number a place.
"""

import sqlite3

from nexus_city.ground import Database

_STEPS = ("create table display_turn(place text primary key, turn integer not null) without rowid",)


class DisplayTurns:
    """Counts how often the display key of each place was renewed."""

    def __init__(self, database: Database) -> None:
        database.migrate("access.displays", _STEPS)
        self._database = database
        self.now: dict[str, int] = database.now(_read_turns)
        """Place → its turn, where it was ever renewed. `Tokens` looks here."""

    async def renew(self, place: str) -> None:
        """Make the key of `place` worthless; the next one holds from now on."""

        def job(connection: sqlite3.Connection) -> int:
            connection.execute(
                "insert into display_turn values(?, 1) on conflict(place) do update set turn = turn + 1", (place,)
            )
            turn: int = connection.execute("select turn from display_turn where place = ?", (place,)).fetchone()[0]
            return turn

        self.now[place] = await self._database.write(job)


def _read_turns(connection: sqlite3.Connection) -> dict[str, int]:
    return dict(connection.execute("select place, turn from display_turn"))
