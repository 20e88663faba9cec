"""The oracle: what must have been released, from nothing but what phones were told.

Plain dictionaries, no code of the product. A phone does one thing at a time, so the order of its answers is the order
of its acts, and the last value of a seat (person, place, window) is known. Only one thing a phone cannot know: when the
answer to an act was lost in a crash, and its repeat is told "already spoken", whether the first attempt or the release
came first. Such an act is a *doubt*: its seat may hold the old or the new, and both count as right.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

DAY_S = 86_400
DAY_STARTS_S = 4 * 3600
WINDOW_S = 900
LATE_S = 2 * 3600
"""City seconds by which closing a day may be late on a busy machine."""
M = 4
HERE, ONWARD = 0, 1


@dataclass(frozen=True)
class Said:
    """One acknowledged check-in."""

    turn: int
    cell: int | None
    """None: it says that somebody was there, and nothing of their mood."""
    onward: bool
    words: tuple[str, ...]


Pile = tuple[Said, ...]
"""What was said in one seat, oldest first; the last counts."""


def day_of(at_s: float) -> int:
    """Return the number of the person-day of an instant in UTC."""
    return int(at_s - DAY_STARTS_S) // DAY_S


@dataclass
class Person:
    """What one phone was told."""

    seats: dict[tuple[str, int], list[Pile]] = field(default_factory=dict)
    """(place, window start) → the piles that may lie there; more than one is a doubt."""
    speakers: dict[tuple[str, int], str] = field(default_factory=dict)
    strayed: list[tuple[str, Said, int, int]] = field(default_factory=list)
    """Speaker, check-in, and the first and last window in which it can have been counted: a doubt."""
    turn: int = 0

    def said(self, cell: int | None, onward: bool, words: tuple[str, ...]) -> Said:
        """Return a check-in that comes after all before."""
        self.turn += 1
        return Said(self.turn, cell, onward, words)

    def stray(self, place: str, speaker: str, said: Said, from_s: int, to_s: int) -> None:
        """Note a check-in that was counted in some window between two instants, perhaps in place of another."""
        first_s, last_s = (at_s // WINDOW_S * WINDOW_S for at_s in (from_s, to_s))
        self.strayed.append((speaker, said, first_s, last_s))
        for (where, start_s), piles in self.seats.items():
            if where == place and first_s <= start_s <= last_s:
                piles.append((*piles[0], said))

    def take_all_back(self, from_s: float, to_s: float) -> None:
        """Note that everything was taken back, at some moment between two instants.

        A window is closed after its end: one that had not ended was open. Of what was spoken the words are gone.
        """
        for (_, start_s), piles in self.seats.items():
            if day_of(start_s) not in (day_of(from_s), day_of(to_s)):
                if from_s - (start_s + WINDOW_S) < LATE_S:  # its day may not have been closed yet, as busy as it was
                    piles[:] = dict.fromkeys(
                        [*piles, *(tuple(replace(said, words=()) for said in pile) for pile in piles), ()]
                    )
                continue
            surely_open = start_s + WINDOW_S > to_s and day_of(from_s) == day_of(to_s)
            kept = [] if surely_open else [tuple(replace(said, words=()) for said in pile) for pile in piles]
            before = piles if day_of(from_s) != day_of(to_s) else []
            piles[:] = dict.fromkeys([*before, *kept, ()])

    @property
    def doubted(self) -> bool:
        """Whether anything about this person is not known."""
        return bool(self.strayed) or any(len(piles) > 1 for piles in self.seats.values())

    def seats_on(self, day: int) -> int:
        """Return how many seats are surely taken on a day."""
        return sum(all(piles) and day_of(start_s) == day for (_, start_s), piles in self.seats.items())


@dataclass
class Oracle:
    """Everybody, and everything that was ever seen to be released."""

    people: list[Person] = field(default_factory=list)
    released: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    """(table, key…) → row, as it was seen after some crash."""
    heard: dict[int, bytes] = field(default_factory=dict)
    """Climates that a wall was sent, by id."""

    def see(self, connection: sqlite3.Connection) -> None:
        """Look at what a dead city left: all that was released before must be there, byte for byte."""
        now = released_rows(connection)
        for key, row in self.released.items():
            assert now.get(key) == row, f"{key} was released, and is another or gone after a crash"
        self.released = now

    def judge(self, connection: sqlite3.Connection, noises: Iterable[int], word_noises: Mapping[int, int]) -> None:
        """Compare everything that was released with what phones were told. `noises` are those of all lives."""
        self.see(connection)
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
        noises = set(noises)
        tables = connection.execute("select place, strand, start_s, end_s, date, grid, counts from release").fetchall()
        assert tables, "nothing was released, so nothing was compared"
        _check_tiling(tables)
        low, high = self._tables()
        for place, strand, start_s, _, _, grid, counts in tables:
            at = (place, strand, start_s)
            _compare(
                f"table {at}", _ints(counts), _coarse(low.pop(at, {}), grid), _coarse(high.pop(at, {}), grid), noises
            )
        newest_s = max(end_s for _, _, _, end_s, _, _, _ in tables)
        lost = [at for at in low if at[2] + WINDOW_S <= newest_s]
        assert not lost, f"acknowledged for windows that were never released: {lost[:3]}"
        self._judge_words(connection, {word_noises[noise] for noise in noises})
        self._judge_walls(connection)
        assert all(person.seats_on(day) <= M for person in self.people for day in person_days(person))

    def _tables(self) -> tuple[dict[Any, Counter[int | None]], dict[Any, Counter[int | None]]]:
        """Return the least and the most of each cell of each (speaker, strand, window start)."""
        low: dict[Any, Counter[int | None]] = defaultdict(Counter)
        high: dict[Any, Counter[int | None]] = defaultdict(Counter)

        def add(counters: dict[Any, Counter[int | None]], speaker: str, start_s: int, said: Said) -> None:
            strand = ONWARD if said.onward or speaker == "city" else HERE
            counters[(speaker, strand, start_s)][said.cell] += 1

        for person in self.people:
            for seat, piles in person.seats.items():
                for pile in piles:
                    if pile:
                        add(high, person.speakers[seat], seat[1], pile[-1])
                        if len(piles) == 1:
                            add(low, person.speakers[seat], seat[1], pile[-1])
            for speaker, said, first_s, last_s in person.strayed:
                for start_s in range(first_s, last_s + 1, WINDOW_S):
                    add(high, speaker, start_s, said)
        return low, high

    def _judge_words(self, connection: sqlite3.Connection, noises: set[int]) -> None:
        index = word_index()
        low: dict[int, Counter[int]] = defaultdict(Counter)
        high: dict[int, Counter[int]] = defaultdict(Counter)
        for person in self.people:
            for day in person_days(person):
                piles = [pile for (_, start_s), each in person.seats.items() for pile in each if day_of(start_s) == day]
                onward = sorted((pile[-1] for pile in piles if pile and pile[-1].onward), key=lambda said: said.turn)
                if person.doubted:
                    onward += [said for _, said, _, _ in person.strayed]
                    high[day].update(index[word] for said in onward for word in said.words)
                elif onward:
                    low[day].update(index[word] for word in onward[-1].words)
                    high[day].update(index[word] for word in onward[-1].words)
        for date, counts in connection.execute("select date, counts from word_release"):
            day = day_of(connection.execute("select start_s from day where date = ?", (date,)).fetchone()[0])
            _compare(f"words of {date}", _ints(counts), low[day], high[day], noises)

    def _judge_walls(self, connection: sqlite3.Connection) -> None:
        """Check that a wall which came back after each crash has heard every climate once, byte for byte."""
        climates = dict(connection.execute("select id, body from climate"))
        assert list(climates) == list(range(1, len(climates) + 1))
        wrong = [id_ for id_, body in self.heard.items() if climates.get(id_) != body]
        assert not wrong, f"walls heard other climates than were released: {wrong[:3]}"
        missed = set(range(min(self.heard), max(self.heard) + 1)) - set(self.heard)
        assert not missed, f"a wall missed climates: {sorted(missed)[:3]}"


def person_days(person: Person) -> set[int]:
    """Return the days on which somebody may have been counted."""
    found = {day_of(start_s) for _, start_s in person.seats}
    return found | {day_of(at_s) for _, _, first_s, last_s in person.strayed for at_s in (first_s, last_s)}


def released_rows(connection: sqlite3.Connection) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return every released row by its table and key."""
    try:
        return {
            **{("table", *row[:3]): row for row in connection.execute("select * from release")},
            **{("climate", row[0]): row for row in connection.execute("select * from climate")},
            **{("words", row[0]): row for row in connection.execute("select * from word_release")},
        }
    except sqlite3.OperationalError:  # it died before it had made its tables
        return {}


def word_index() -> dict[str, int]:
    """Return the numbers of the framework's words: public, and the only thing here that the product tells."""
    from nexus_city.feelings import load_framework

    return dict(load_framework("nexus-1").index)


def _compare(what: str, counts: tuple[int, ...], low: Counter[int], high: Counter[int], noises: set[int]) -> None:
    """Check that, but for one noise in all cells, `counts` lie between `low` and `high`."""
    fits = [
        noise for noise in noises if all(low[cell] <= count - noise <= high[cell] for cell, count in enumerate(counts))
    ]
    assert fits, f"{what} is {counts}, but phones were told {dict(low)} (at most {dict(high)})"


def _check_tiling(tables: list[Any]) -> None:
    """Check that each place was released once for each moment of its days."""
    by_day: dict[Any, list[tuple[int, int]]] = defaultdict(list)
    for place, strand, start_s, end_s, date, _, _ in tables:
        by_day[(place, strand, date)].append((start_s, end_s))
    for at, windows in by_day.items():
        windows.sort()
        for (_, end_s), (start_s, _) in pairwise(windows):
            assert end_s == start_s, f"{at}: a window ends at {end_s}, the next begins at {start_s}"


def _coarse(cells: Mapping[int | None, int], grid: int) -> Counter[int]:
    """Return counts of the 8×8 grid on one of `grid`×`grid`; after its cells comes presence."""
    block = 8 // grid
    found: Counter[int] = Counter()
    for cell, count in cells.items():
        found[grid * grid if cell is None else cell // 8 // block * grid + cell % 8 // block] += count
    return found


def _ints(counts: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(counts[at : at + 8], "little", signed=True) for at in range(0, len(counts), 8))
