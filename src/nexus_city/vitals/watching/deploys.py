"""Deploys: when this city began to run another version, for what is unusual soon after it."""

import sqlite3

from nexus_city.ground import Database

RECENT_S = 6 * 3600.0
"""For how long a new version may be the reason for what is unusual, real seconds."""
_STEPS = ("create table deploy(number integer primary key autoincrement, version text not null, at_s real not null)",)


class Deploys:
    """Notes the version of this start: that of the server, and of the pages that it gives to phones."""

    def __init__(self, database: Database, version: str, now_s: float) -> None:
        database.migrate("vitals.deploys", _STEPS)
        self._last_s = database.now(lambda connection: _note(connection, version, now_s))

    def recent(self, now_s: float) -> bool:
        """Whether another version began to run lately."""
        return self._last_s is not None and now_s - self._last_s <= RECENT_S


def _note(connection: sqlite3.Connection, version: str, now_s: float) -> float | None:
    """Return when the version that runs replaced another, None if it is the first that ever ran."""
    known = connection.execute("select version, at_s from deploy order by number").fetchall()
    if not known or known[-1][0] != version:
        connection.execute("insert into deploy(version, at_s) values(?, ?)", (version, now_s))
        known.append((version, now_s))
    return float(known[-1][1]) if len(known) > 1 else None
