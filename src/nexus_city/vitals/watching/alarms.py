"""The alarm ledger: every chart that was above its threshold, with what must be known to judge it later."""

import sqlite3
from collections.abc import Sequence

import msgspec

from nexus_city.ground import Database
from nexus_city.vitals.watch.bank import Chart

KEPT_S = 90 * 24 * 3600
"""How long alarms are kept, real seconds."""
_STEPS = (
    """create table alarm(id integer primary key autoincrement, at_s real not null, chart text not null,
                          place text not null, window_end_s integer not null, body blob not null,
                          unique(chart, place, window_end_s));
       create index alarm_at on alarm(at_s)""",
)


class Alarm(msgspec.Struct, frozen=True):
    """One chart above its threshold."""

    at_s: float
    """When it was seen: real time, Unix seconds."""
    chart: Chart
    place: str | None
    """None: all places that are watched together."""
    window_end_s: int
    """End of the window with which it began: city time, Unix seconds."""
    window_s: int
    """Length of that window, seconds."""
    statistic: float
    threshold: float
    mean_windows: float
    """How many windows pass between two false alarms of all charts together on average, if `assumption` holds."""
    assumption: str


class Alarms:
    """Keeps the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.migrate("vitals.alarms", _STEPS)

    async def note(self, alarms: Sequence[Alarm]) -> None:
        """Write alarms down, and forget those that are older than KEPT_S."""
        if alarms:
            await self._database.write(lambda connection: _append(connection, alarms))

    async def between(self, from_s: float, until_s: float) -> list[Alarm]:
        """Return the alarms that were seen in [from_s, until_s), real time, newest first."""
        return await self._database.read(lambda connection: _load(connection, from_s, until_s))


def _append(connection: sqlite3.Connection, alarms: Sequence[Alarm]) -> None:
    """Append; a window that is read once more, because the server was started again, raises its alarms once."""
    connection.executemany(
        "insert or ignore into alarm(at_s, chart, place, window_end_s, body) values(?, ?, ?, ?, ?)",
        [(each.at_s, each.chart, each.place or "", each.window_end_s, msgspec.json.encode(each)) for each in alarms],
    )
    connection.execute("delete from alarm where at_s < ?", (alarms[-1].at_s - KEPT_S,))


def _load(connection: sqlite3.Connection, from_s: float, until_s: float) -> list[Alarm]:
    rows = connection.execute("select body from alarm where at_s >= ? and at_s < ? order by id desc", (from_s, until_s))
    return [msgspec.json.decode(body, type=Alarm) for (body,) in rows]
