"""What the ledger reads: how often was released, day by day and place by place."""

import sqlite3
from dataclasses import dataclass

from nexus_city.climate.store import ALL


@dataclass(frozen=True)
class SpeakingDay:
    """How often a place spoke on a day: windows, their tables, and the price of the dearest."""

    place: str
    windows: int
    tables: int
    price: float


def ledger_days(connection: sqlite3.Connection, days: int, told_s: int = ALL) -> list[tuple[str, int, int, int, int]]:
    """Return date, tables by purpose (grid, words, moments) and refusals of the last `days` days, newest first.

    Only what is told by `told_s`: between a close and its tick the ledger stands still, as everything else does.
    """
    return connection.execute(
        """select date, (select count(*) from release where release.date = day.date and release.end_s <= :told),
                  (select count(*) from word_release where word_release.date = day.date and day.end_s <= :told),
                  (select count(*) from moment_release where moment_release.date = day.date and day.end_s <= :told),
                  (select count(*) from refusal where refusal.date = day.date and refusal.end_s <= :told)
           from day where start_s <= :told order by start_s desc limit :days""",
        {"told": told_s, "days": days},
    ).fetchall()


def speaking_days(connection: sqlite3.Connection, days: int, told_s: int = ALL) -> list[SpeakingDay]:
    """Return the days on which places spoke, of the last `days` days, as they are told by `told_s`."""
    rows = connection.execute(
        """select place, count(distinct start_s), count(*), max(epsilon) from release
           where end_s <= ? and date in (select date from day order by start_s desc limit ?) group by place, date""",
        (told_s, days),
    )
    return [SpeakingDay(*row) for row in rows]
