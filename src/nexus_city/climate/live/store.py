"""The live places' tables: what was released at each step, for good; and the noise of the running day, as a secret."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from nexus_city.boundaries import Continual, Released, reload
from nexus_city.climate.live.terms import hour_ends
from nexus_city.climate.mixture import Ints
from nexus_city.places import PersonDay
from nexus_city.places.model import LiveKind

STEPS = (
    """create table live_noise(place text primary key, date text not null, kind text not null, state blob not null)
           without rowid;
       create table live_release(place text not null, start_s integer not null, end_s integer not null,
                                 date text not null, step integer not null, grid integer not null,
                                 strands integer not null, counts blob not null, epsilon real not null,
                                 mu real not null, primary key(place, start_s)) without rowid;
       create index live_release_by_date on live_release(date, place, end_s, mu)""",
)
COPYING = {"live_noise": "0"}
"""With the state of the noise and what was released one has the true counts: no copy of the file holds it."""


@dataclass(frozen=True)
class Told:
    """What a live place told at one step: all its strands in one row, for they share one noise."""

    place: str
    start_s: int
    end_s: int
    step: int
    """Number of the step among those of the day, from 1."""
    grid: int
    strands: tuple[int, ...]
    released: Released

    @property
    def tables(self) -> Ints:
        """Counts [strand, cells + 1]."""
        return self.released.counts.reshape(len(self.strands), -1)


@dataclass(frozen=True)
class LiveDay:
    """How often a place told itself live on a day, and what that can cost one person."""

    place: str
    date: str
    steps: int
    mu: float
    """By how many deviations a person-day moves what was told, at most."""


# --- the noise of the running day -----------------------------------------------------------------------------------


def begin_noise(connection: sqlite3.Connection, date: str, place: str, kind: LiveKind, state: bytes) -> None:
    """Keep the noise with which a place begins its day."""
    connection.execute("insert into live_noise values(?, ?, ?, ?)", (place, date, kind, state))


def noises_of(connection: sqlite3.Connection, date: str) -> dict[str, tuple[LiveKind, bytes]]:
    """Return the kind and the state of the noise of the live places of a day."""
    rows = connection.execute("select place, kind, state from live_noise where date = ?", (date,))
    return {place: (kind, state) for place, kind, state in rows}


def end_noise(connection: sqlite3.Connection, date: str) -> None:
    """Destroy the noise of all days up to `date`."""
    connection.execute("delete from live_noise where date <= ?", (date,))


# --- what was told --------------------------------------------------------------------------------------------------


def append_step(connection: sqlite3.Connection, told: Told, date: str, live: Continual, state: bytes) -> None:
    """Append what was told at one step, with its price, and keep the noise that comes after it."""
    connection.execute(
        "insert into live_release values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            told.place,
            told.start_s,
            told.end_s,
            date,
            told.step,
            told.grid,
            sum(1 << strand for strand in told.strands),
            told.released.to_bytes(),
            float(live.check_in_epsilon),
            live.mu(len(live.sensitivity)),
        ),
    )
    kept = connection.execute(
        "update live_noise set state = ? where place = ? and date = ?", (state, told.place, date)
    ).rowcount
    if kept != 1:
        raise RuntimeError(f"the noise of {told.place} on {date} is not there any more; its day was ended")


def price_of(connection: sqlite3.Connection, date: str, place: str) -> Fraction | None:
    """Return what a check-in cost at a live place that has told something on a day; None if it told nothing."""
    row = connection.execute(
        "select max(epsilon) from live_release where date = ? and place = ?", (date, place)
    ).fetchone()
    return None if row[0] is None else Fraction(row[0]).limit_denominator(10**7)


def told_at(connection: sqlite3.Connection, ends_s: Iterable[int]) -> list[Told]:
    """Return what live places told at the steps that ended at these instants."""
    ends = sorted(set(ends_s))
    rows = connection.execute(
        f"""select place, start_s, end_s, step, grid, strands, counts from live_release
            where end_s in ({",".join("?" * len(ends))}) order by place, end_s""",  # noqa: S608 - placeholders only
        ends,
    )
    return [
        Told(place, start_s, end_s, step, grid, strands_of(bits), reload(counts))
        for place, start_s, end_s, step, grid, bits, counts in rows
    ]


def heard_of(connection: sqlite3.Connection, day: PersonDay, after_s: int, until_s: int) -> list[Told]:
    """Return what others hear of live places in a window: what those told at the end of each hour in it."""
    return told_at(connection, hour_ends(day, after_s, until_s))


def totals_of(connection: sqlite3.Connection, day: PersonDay) -> dict[str, dict[int, int]]:
    """Return the released moods of each strand of each live place: those who stood there at the end of each hour."""
    totals: dict[str, dict[int, int]] = {}
    for told in heard_of(connection, day, day.start_s, day.end_s):
        of_place = totals.setdefault(told.place, {})
        for strand, table in zip(told.strands, told.tables, strict=True):
            of_place[strand] = of_place.get(strand, 0) + int(table[:-1].sum())
    return totals


def strands_of(bits: int) -> tuple[int, ...]:
    """Return the strands whose bits are set, ascending."""
    return tuple(strand for strand in range(bits.bit_length()) if bits >> strand & 1)


# --- the ledger -----------------------------------------------------------------------------------------------------


def live_days(connection: sqlite3.Connection, days: int, told_s: int) -> list[LiveDay]:
    """Return the days, of the last `days` days, on which places were live, as they are told by `told_s`."""
    rows = connection.execute(
        """select place, date, count(*), max(mu) from live_release
           where end_s <= ? and date in (select date from day order by start_s desc limit ?) group by place, date""",
        (told_s, days),
    )
    return [LiveDay(*row) for row in rows]
