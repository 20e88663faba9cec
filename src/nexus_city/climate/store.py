"""The room's tables. What is in `intake_log` and `day.key` is destroyed when its day is over; the rest only grows."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nexus_city.boundaries import Released, Rung, reload
from nexus_city.climate.book import KEY_BYTES, Book, Contribution, unpack, without
from nexus_city.climate.model import HERE, ONWARD
from nexus_city.climate.plan import DayPlan
from nexus_city.places import City, PersonDay

STEPS = (
    """create table day(date text primary key, start_s integer not null, end_s integer not null, key blob,
                        closed_s integer not null, whole integer not null);
       create table plan(date text not null, place text not null, window_s integer, grid integer,
                         rested integer not null, primary key(date, place)) without rowid;
       create table intake_log(row integer primary key autoincrement, date text not null, batch blob not null,
                               keys blob not null);
       create table release(place text not null, strand integer not null, start_s integer not null,
                            end_s integer not null, date text not null, grid integer not null, counts blob not null,
                            epsilon real not null, primary key(place, strand, start_s)) without rowid;
       create index release_by_end on release(end_s);
       create table climate(id integer primary key, place text not null, start_s integer not null,
                            end_s integer not null, body blob not null, unique(place, start_s));
       create table word_release(date text primary key, counts blob not null, epsilon real not null)""",
)


@dataclass(frozen=True)
class Table:
    """One released table."""

    place: str
    strand: int
    start_s: int
    end_s: int
    grid: int
    released: Released


# --- the day -------------------------------------------------------------------------------------------------------


def save_day(connection: sqlite3.Connection, plan: DayPlan, key: bytes, closed_s: int) -> None:
    """Write a new day with its key and its plan."""
    day = plan.day
    connection.execute(
        "insert into day values(?, ?, ?, ?, ?, ?)", (day.date, day.start_s, day.end_s, key, closed_s, plan.whole)
    )
    connection.executemany(
        "insert into plan values(?, ?, ?, ?, ?)",
        [
            (day.date, place, rung.window_s if rung else None, rung.grid if rung else None, plan.rested[place])
            for place, rung in plan.rungs.items()
        ],
    )


def save_closed(connection: sqlite3.Connection, date: str, closed_s: int) -> None:
    """Remember that all windows which ended by `closed_s` have been released."""
    connection.execute("update day set closed_s = ? where date = ?", (closed_s, date))


def end_day(connection: sqlite3.Connection, date: str) -> None:
    """Destroy the key and the contributions of a day; keep the fingerprints of its keys until the next day ends."""
    connection.execute("delete from intake_log where date < ?", (date,))
    connection.execute("update intake_log set batch = x'' where date = ?", (date,))
    connection.execute("update day set key = null where date = ?", (date,))


def mark_broken(connection: sqlite3.Connection, date: str) -> None:
    """Remember that the city did not hear the whole of a day."""
    connection.execute("update day set whole = 0 where date = ?", (date,))


def load_plan(connection: sqlite3.Connection) -> tuple[DayPlan, bytes | None, int] | None:
    """Return plan, key and `closed_s` of the last day, or None in a new folder."""
    last = connection.execute(
        "select date, start_s, end_s, key, closed_s, whole from day order by start_s desc limit 1"
    ).fetchone()
    if last is None:
        return None
    rows = connection.execute("select place, window_s, grid, rested from plan where date = ?", (last[0],)).fetchall()
    plan = DayPlan(
        PersonDay(*last[:3]),
        {place: Rung(window_s, grid) if window_s else None for place, window_s, grid, _ in rows},
        {place: rested for place, _, _, rested in rows},
        bool(last[5]),
    )
    return plan, last[3], last[4]


def load_book(connection: sqlite3.Connection, city: City) -> Book | None:
    """Read the book of the running day from the log; None when there is no running day."""
    loaded = load_plan(connection)
    if loaded is None:
        return None
    plan, key, closed_s = loaded
    if key is None:  # the day was ended, and the next one is not begun
        return None
    book = Book(plan, key, closed_s)
    for row, batch, keys in connection.execute("select row, batch, keys from intake_log order by row"):
        for at in range(0, len(keys), KEY_BYTES):
            book.keys[keys[at : at + KEY_BYTES]] = None
        for given in unpack(batch, row):
            book.add(given)
        book.row = row
    for speaker, start_s in list(book.open):
        rung = plan.rungs[city.places[speaker].id]
        if rung is None or plan.day.window(start_s, rung.window_s)[1] <= closed_s:
            del book.open[(speaker, start_s)]
    return book


# --- contributions ---------------------------------------------------------------------------------------------------


def append_batch(connection: sqlite3.Connection, date: str, row: int, batch: bytes, keys: bytes) -> None:
    """Append one batch of packed contributions."""
    connection.execute("insert into intake_log values(?, ?, ?, ?)", (row, date, batch, keys))


def erase(connection: sqlite3.Connection, given: Iterable[Contribution]) -> None:
    """Overwrite contributions that were taken back; the fingerprints of their keys stay, against late repeats."""
    by_row: dict[int, list[bytes]] = {}
    for each in given:
        by_row.setdefault(each.row, []).append(each.key)
    for row, keys in by_row.items():
        (batch,) = connection.execute("select batch from intake_log where row = ?", (row,)).fetchone()
        connection.execute("update intake_log set batch = ? where row = ?", (without(batch, keys), row))


def batches_of(connection: sqlite3.Connection, date: str) -> bytes:
    """Return all contributions of a day, packed one after the other."""
    return b"".join(
        batch for (batch,) in connection.execute("select batch from intake_log where date = ? order by row", (date,))
    )


# --- releases --------------------------------------------------------------------------------------------------------


def append_table(connection: sqlite3.Connection, table: Table, date: str, epsilon: float) -> None:
    """Append one released table and its price in one row: the ledger cannot be behind the release."""
    connection.execute(
        "insert into release values(?, ?, ?, ?, ?, ?, ?, ?)",
        (
            table.place,
            table.strand,
            table.start_s,
            table.end_s,
            date,
            table.grid,
            table.released.to_bytes(),
            epsilon,
        ),
    )


def tables_ending(connection: sqlite3.Connection, after_s: int, until_s: int) -> list[Table]:
    """Return all tables released for windows that ended in (after_s, until_s]."""
    rows = connection.execute(
        "select place, strand, start_s, end_s, grid, counts from release where end_s > ? and end_s <= ?",
        (after_s, until_s),
    )
    return [Table(place, strand, start, end, grid, reload(counts)) for place, strand, start, end, grid, counts in rows]


def totals_of(connection: sqlite3.Connection, date: str) -> Mapping[str, tuple[int, int]]:
    """Return the released voices (here, onward) of each place that spoke on a day."""
    totals: dict[str, list[int]] = {}
    for place, strand, counts in connection.execute(
        "select place, strand, counts from release where date = ?", (date,)
    ):
        totals.setdefault(place, [0, 0])[strand] += int(reload(counts).counts.sum())
    return {place: (both[HERE], both[ONWARD]) for place, both in totals.items()}


def append_climate(
    connection: sqlite3.Connection, climate_id: int, place: str, window: tuple[int, int], body: bytes
) -> None:
    """Append the bytes of one climate."""
    connection.execute("insert into climate values(?, ?, ?, ?, ?)", (climate_id, place, *window, body))


def last_climate_id(connection: sqlite3.Connection) -> int:
    """Return the number of the newest climate, 0 when there is none."""
    found: int = connection.execute("select coalesce(max(id), 0) from climate").fetchone()[0]
    return found


def newest_climates(connection: sqlite3.Connection, until: int) -> list[tuple[int, str, bytes]]:
    """Return number, place and bytes of each place's newest climate with id <= until."""
    return connection.execute(
        """select id, place, body from climate
           where id in (select max(id) from climate where id <= ? group by place) order by id""",
        (until,),
    ).fetchall()


def climates_after(
    connection: sqlite3.Connection, after: int, until: int, places: frozenset[str] | None, limit: int
) -> list[tuple[int, str, bytes]]:
    """Return up to `limit` of the newest climates with after < id <= until, oldest first."""
    wanted, names = _among(places)
    rows = connection.execute(
        f"select id, place, body from climate where id > ? and id <= ? {wanted} order by id desc limit ?",  # noqa: S608 - placeholders only
        (after, until, *names, limit),
    ).fetchall()
    return rows[::-1]


def climates_before(connection: sqlite3.Connection, place: str, before: int, limit: int) -> list[tuple[int, bytes]]:
    """Return up to `limit` climates of `place` with id < before, newest first."""
    return connection.execute(
        "select id, body from climate where place = ? and id < ? order by id desc limit ?", (place, before, limit)
    ).fetchall()


def _among(places: frozenset[str] | None) -> tuple[str, tuple[str, ...]]:
    if places is None:
        return "", ()
    return f"and place in ({','.join('?' * len(places))})", tuple(places)


def append_words(connection: sqlite3.Connection, date: str, released: Released, epsilon: float) -> None:
    """Append the day's released words."""
    connection.execute("insert into word_release values(?, ?, ?)", (date, released.to_bytes(), epsilon))


def newest_words(connection: sqlite3.Connection) -> tuple[str, Released] | None:
    """Return date and counts of the last released words."""
    row = connection.execute("select date, counts from word_release order by date desc limit 1").fetchone()
    return (row[0], reload(row[1])) if row else None


def ledger_days(connection: sqlite3.Connection, days: int) -> list[tuple[str, int, int]]:
    """Return date, number of released tables and of word tables of the last `days` days, newest first."""
    return connection.execute(
        """select date, (select count(*) from release where release.date = day.date),
                  (select count(*) from word_release where word_release.date = day.date)
           from day order by start_s desc limit ?""",
        (days,),
    ).fetchall()
