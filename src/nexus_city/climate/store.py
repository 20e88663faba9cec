"""The room's tables. What is in `intake_log` and `day.key` is destroyed when its day is over; the rest only grows."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from nexus_city.boundaries import Released, Rung, Spending, reload
from nexus_city.climate.book import KEY_BYTES, Book, Contribution, LiveTable, rewritten, unpack
from nexus_city.climate.live import store as live_store
from nexus_city.climate.live.terms import SEATS, mechanism
from nexus_city.climate.mixture import Ints
from nexus_city.climate.model import HERE, ONWARD
from nexus_city.climate.plan import DayPlan, Voices
from nexus_city.places import City, PersonDay
from nexus_city.places.model import DAY_S

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
    """alter table plan add column strands integer;
       create index climate_by_place on climate(place, id);
       create table moment_release(date text primary key, counts blob not null, epsilon real not null);
       create table refusal(date text not null, place text not null, purpose text not null, end_s integer not null,
                            price real not null, spent real not null);
       create index release_by_date on release(date, place, start_s, epsilon)""",
)

COPYING = {
    "intake_log": "0",
    "day": "key is null",
    "plan": "date not in (select date from city.day where key is not null)",
}
"""What may go into a copy of the file: nothing raw, no key of pseudonyms, and nothing of the running day, which a city
that was restored does not hear again (`ground.backup`)."""

ALL = 2**62
"""A time by which everything is told."""


@dataclass(frozen=True)
class Table:
    """One released table."""

    place: str
    strand: int
    start_s: int
    end_s: int
    grid: int
    released: Released

    @property
    def moods(self) -> Ints:
        """Counts of the cells of its grid; tables of the first version have nothing but these."""
        return self.released.counts[: self.grid * self.grid]


# --- the day -------------------------------------------------------------------------------------------------------


def save_day(connection: sqlite3.Connection, plan: DayPlan, key: bytes, closed_s: int) -> None:
    """Write a new day with its key and its plan."""
    day = plan.day
    connection.execute(
        "insert into day values(?, ?, ?, ?, ?, ?)", (day.date, day.start_s, day.end_s, key, closed_s, plan.whole)
    )
    connection.executemany(
        "insert into plan values(?, ?, ?, ?, ?, ?)",
        [
            (
                day.date,
                place,
                rung.window_s if rung else None,
                rung.grid if rung else None,
                plan.rested[place],
                sum(1 << strand for strand in plan.strands[place]),
            )
            for place, rung in plan.rungs.items()
        ],
    )


def save_closed(connection: sqlite3.Connection, date: str, closed_s: int) -> None:
    """Remember that all windows which ended by `closed_s` have been released."""
    connection.execute("update day set closed_s = ? where date = ?", (closed_s, date))


def end_day(connection: sqlite3.Connection, date: str) -> None:
    """Destroy key, contributions and live noise of a day; keep the fingerprints of its keys until the next day ends."""
    live_store.end_noise(connection, date)
    connection.execute("delete from intake_log where date < ?", (date,))
    connection.execute("update intake_log set batch = x'' where date = ?", (date,))
    connection.execute("update day set key = null where date = ?", (date,))


def end_overdue(connection: sqlite3.Connection, now_s: int) -> int:
    """Destroy what is raw of days that ended a day ago and were not closed, whatever has kept them; return how many.

    Closing destroys it in time. This holds where closing itself has a fault: nothing raw gets older than 48 hours.
    """
    overdue = "select date from day where key is not null and end_s <= ?"
    dates = [date for (date,) in connection.execute(overdue, (now_s - DAY_S,))]
    for date in dates:
        end_day(connection, date)
    return len(dates)


def mark_broken(connection: sqlite3.Connection, date: str) -> None:
    """Remember that the city did not hear the whole of a day."""
    connection.execute("update day set whole = 0 where date = ?", (date,))


def load_plan(connection: sqlite3.Connection, city: City) -> tuple[DayPlan, bytes | None, int] | None:
    """Return plan, key and `closed_s` of the last day, or None in a new folder."""
    last = connection.execute(
        "select date, start_s, end_s, key, closed_s, whole from day order by start_s desc limit 1"
    ).fetchone()
    if last is None:
        return None
    query = "select place, window_s, grid, rested, strands from plan where date = ?"
    rows = connection.execute(query, (last[0],)).fetchall()
    plan = DayPlan(
        PersonDay(*last[:3]),
        {place: Rung(window_s, grid) if window_s else None for place, window_s, grid, *_ in rows},
        {place: rested for place, _, _, rested, _ in rows},
        bool(last[5]),
        {place: _strands(bits, place == city.root.id) for place, *_, bits in rows},
        {place: kind for place, (kind, _) in live_store.noises_of(connection, last[0]).items()},
    )
    return plan, last[3], last[4]


def _strands(bits: int | None, is_root: bool) -> tuple[int, ...]:
    """Return the strands of a place by their bits; a plan of the first version has none, since all were the same."""
    if bits is None:
        return (ONWARD,) if is_root else (HERE, ONWARD)
    return live_store.strands_of(bits)


def load_book(connection: sqlite3.Connection, city: City) -> Book | None:
    """Read the book of the running day from the log; None when there is no running day."""
    loaded = load_plan(connection, city)
    if loaded is None:
        return None
    plan, key, closed_s = loaded
    if key is None:  # the day was ended, and the next one is not begun
        return None
    if closed_s >= plan.day.end_s:  # before it is over that is so only where the city was restored
        plan = plan.unheard()
    spending = Spending(city.budget)
    live = {place: table for place, table in _live_tables(connection, city, plan) if spending.live(table.mechanism)}
    refused = _spend(connection, city, plan.day.date, spending)
    if silent := plan.live.keys() - live.keys():
        _silence(connection, city, plan, silent, spending)
        plan, refused = plan.without(silent), True
    book = Book(plan, key, closed_s, spending, refused)
    book.live = {city.index[place]: table for place, table in live.items()}
    for row, batch, keys in connection.execute("select row, batch, keys from intake_log order by row"):
        for at in range(0, len(keys), KEY_BYTES):
            book.keys[keys[at : at + KEY_BYTES]] = None
        for given in unpack(batch, row):
            book.add(given)
        book.row = row
    for speaker, start_s in list(book.open):
        rung = plan.rungs[city.places[speaker].id]
        if rung is None or plan.day.window(start_s, rung.window_s)[1] <= closed_s:
            book.close(speaker, start_s)
    return book


def _silence(
    connection: sqlite3.Connection, city: City, plan: DayPlan, places: Collection[str], spending: Spending
) -> None:
    """Charge what live places have told before their noise was lost, and write down, once, that they tell no more."""
    date = plan.day.date
    known = connection.execute("select place from refusal where date = ? and purpose = 'live'", (date,)).fetchall()
    for place in sorted(places):
        price = live_store.price_of(connection, date, place)
        if price is not None:
            spending.told(price / SEATS)
        if (place,) not in known:
            asked = price or mechanism(city.budget, plan.day, plan.live[place]).check_in_epsilon
            where = place, "live", plan.day.start_s
            append_refusal(connection, date, where, float(asked), float(spending.total))


def _live_tables(connection: sqlite3.Connection, city: City, plan: DayPlan) -> Iterator[tuple[str, LiveTable]]:
    """Yield the tables of the live places whose noise is of the mechanism that the city has now."""
    noises = live_store.noises_of(connection, plan.day.date)
    for place, kind in plan.live.items():
        table = LiveTable(mechanism(city.budget, plan.day, kind), noises[place][1])
        if table.mechanism.began(table.state):
            yield place, table


# --- contributions ---------------------------------------------------------------------------------------------------


def append_batch(connection: sqlite3.Connection, date: str, row: int, batch: bytes, keys: bytes) -> None:
    """Append one batch of packed contributions."""
    connection.execute("insert into intake_log values(?, ?, ?, ?)", (row, date, batch, keys))


def erase(connection: sqlite3.Connection, given: Iterable[Contribution]) -> None:
    """Overwrite contributions that were taken back; the fingerprints of their keys stay, against late repeats."""
    _rewrite(connection, [(each, b"") for each in given])


def update(connection: sqlite3.Connection, given: Iterable[Contribution]) -> None:
    """Overwrite contributions with what they say now."""
    _rewrite(connection, [(each, each.pack()) for each in given])


def _rewrite(connection: sqlite3.Connection, given: Iterable[tuple[Contribution, bytes]]) -> None:
    by_row: dict[int, dict[bytes, bytes]] = {}
    for each, anew in given:
        by_row.setdefault(each.row, {})[each.key] = anew
    for row, changes in by_row.items():
        (batch,) = connection.execute("select batch from intake_log where row = ?", (row,)).fetchone()
        connection.execute("update intake_log set batch = ? where row = ?", (rewritten(batch, changes), row))


def batches_of(connection: sqlite3.Connection, date: str) -> bytes:
    """Return all contributions of a day, packed one after the other."""
    rows = connection.execute("select batch from intake_log where date = ? order by row", (date,))
    return b"".join(batch for (batch,) in rows)


# --- releases --------------------------------------------------------------------------------------------------------


def append_table(connection: sqlite3.Connection, table: Table, date: str, epsilon: float) -> None:
    """Append one released table and its price in one row: the ledger cannot be behind the release."""
    where = (table.place, table.strand, table.start_s, table.end_s, date, table.grid)
    counts = table.released.to_bytes()
    connection.execute("insert into release values(?, ?, ?, ?, ?, ?, ?, ?)", (*where, counts, epsilon))


def tables_ending(connection: sqlite3.Connection, after_s: int, until_s: int) -> list[Table]:
    """Return all tables released for windows that ended in (after_s, until_s]."""
    return list(_tables(connection, "end_s > ? and end_s <= ?", after_s, until_s))


def _tables(connection: sqlite3.Connection, which: str, *values: int | str) -> Iterator[Table]:
    rows = connection.execute(
        f"select place, strand, start_s, end_s, grid, counts from release where {which}",  # noqa: S608 - ours
        values,
    )
    for place, strand, start_s, end_s, grid, counts in rows:
        yield Table(place, strand, start_s, end_s, grid, reload(counts))


def totals_of(connection: sqlite3.Connection, date: str) -> Voices:
    """Return the released moods of each strand of each place that spoke on a day.

    Not those who were only there: a mixture is made of moods, and the ladder asks how many it can be made of.
    """
    totals: dict[str, dict[int, int]] = {}
    for table in _tables(connection, "date = ?", date):
        of_place = totals.setdefault(table.place, {})
        of_place[table.strand] = of_place.get(table.strand, 0) + int(table.moods.sum())
    return totals


def append_climate(
    connection: sqlite3.Connection, climate_id: int, place: str, window: tuple[int, int], body: bytes
) -> None:
    """Append the bytes of one climate."""
    connection.execute("insert into climate values(?, ?, ?, ?, ?)", (climate_id, place, *window, body))


def last_climate_id(connection: sqlite3.Connection, ended_by_s: int = 2**62) -> int:
    """Return the number of the newest climate of a window that ended by then, 0 when there is none."""
    found = connection.execute("select id from climate where end_s <= ? order by id desc limit 1", (ended_by_s,))
    return next((number for (number,) in found), 0)


def newest_climates(connection: sqlite3.Connection, until: int) -> list[tuple[int, str, bytes]]:
    """Return number, place and bytes of each place's newest climate with id <= until."""
    return connection.execute(  # one step of the index for each place, however long the history is
        """with recursive named(place) as (
               select min(place) from climate
               union all
               select (select min(place) from climate where place > named.place) from named where place is not null
           )
           select id, climate.place, body from named
           join climate on id = (select max(id) from climate where place = named.place and id <= ?) order by id""",
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


def append_day_table(
    connection: sqlite3.Connection, purpose: Literal["words", "moments"], date: str, released: Released, epsilon: float
) -> None:
    """Append a released table of a whole day and its price in one row."""
    table = {"words": "word_release", "moments": "moment_release"}[purpose]
    connection.execute(f"insert into {table} values(?, ?, ?)", (date, released.to_bytes(), epsilon))


def newest_moments(connection: sqlite3.Connection, days: int, told_s: int = ALL) -> list[tuple[str, Released, float]]:
    """Return date, counts and ε of the last `days` tables for research that are told by `told_s`, newest first."""
    rows = connection.execute(
        """select date, counts, epsilon from moment_release join day using(date) where end_s <= ?
           order by date desc limit ?""",
        (told_s, days),
    )
    return [(date, reload(counts), epsilon) for date, counts, epsilon in rows]


def newest_words(connection: sqlite3.Connection, told_s: int = ALL) -> tuple[str, Released] | None:
    """Return date and counts of the last released words that are told by `told_s`."""
    row = connection.execute(
        "select date, counts from word_release join day using(date) where end_s <= ? order by date desc limit 1",
        (told_s,),
    ).fetchone()
    return (row[0], reload(row[1])) if row else None


def append_refusal(
    connection: sqlite3.Connection, date: str, where: tuple[str, str, int], price: float, spent: float
) -> None:
    """Write down a release (place, purpose, end) that was not made, since the day could not pay for it."""
    connection.execute("insert into refusal values(?, ?, ?, ?, ?, ?)", (date, *where, price, spent))


def _spend(connection: sqlite3.Connection, city: City, date: str, spending: Spending) -> bool:
    """Tell the filter what a running day has spent, beside its live places; return whether anything was refused."""
    for place, strand, start_s, price in connection.execute(
        "select place, strand, start_s, epsilon from release where date = ?", (date,)
    ):
        exact = Fraction(price).limit_denominator(10**7)  # shares are of thousandths: no other such fraction is near
        spending.table((city.index[place], start_s), strand, exact)
    return connection.execute("select 1 from refusal where date = ?", (date,)).fetchone() is not None
