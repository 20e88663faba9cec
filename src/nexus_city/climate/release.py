"""Closing a window: the one reader of raw feelings.

`prepare` draws the noise of all tables that are about to close, before their data is touched. `close` folds each
window, releases its tables, draws the climates of all places whose window ends, and, when the day ends, releases the
words, destroys the day, and plans the next one. All of it is one transaction: either nothing happened, or everything
did, and then it is never done again.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import DiscreteLaplace, Noise, Rung, draw_noise, epsilon_after_days, new_day_key, release
from nexus_city.boundaries.ladder import QUIET_ERROR
from nexus_city.climate import store
from nexus_city.climate.book import NO_WORD, RECORD, Book
from nexus_city.climate.folding import fold
from nexus_city.climate.mixture import Ints, coarsen, mix
from nexus_city.climate.model import HERE, ONWARD, Climate, Cost, Span, iso
from nexus_city.climate.plan import make_plan, strands
from nexus_city.ground import Randomness
from nexus_city.places import City, Place, person_day

Rows = NDArray[np.void]
"""Contributions, as an array of RECORD."""
CELLS = 64
PUNCTUAL_S = 900
"""A day that is begun later than this after its start, or a window closed later, was not heard whole."""


@dataclass(frozen=True)
class Prepared:
    """Noise for everything that closes at `end_s`, drawn while the windows were still open."""

    end_s: int
    tables: Mapping[tuple[str, int], Noise]
    words: Noise | None


@dataclass(frozen=True)
class Closed:
    """What a close made: new climates (number, place, bytes), oldest first, and the book of a new day."""

    climates: list[tuple[int, str, bytes]]
    next_book: Book | None


class ReleaseDesk:
    """Turns closed windows into released tables and climates."""

    def __init__(self, city: City, randomness: Randomness, words: int, framework: str) -> None:
        self._randomness = randomness
        self._words = words
        self._framework = framework
        self._grid_noise = DiscreteLaplace(city.budget.grid_scale)
        self._word_noise = DiscreteLaplace(city.budget.words_scale)
        self.variance = self._grid_noise.variance
        """Variance of the noise in one cell of one table, people²."""
        self.words_sd = self._word_noise.variance**0.5
        """Standard deviation of the noise of one word, people."""
        self.cost = Cost(float(city.budget.epsilon), round(epsilon_after_days(city.budget, 30), 2))

    def prepare(self, city: City, book: Book) -> Prepared:
        """Draw the noise of the tables that close next."""
        day = book.plan.day
        ends = [_window(book, rung)[1] for rung in book.plan.rungs.values() if rung]
        end_s = min([*ends, day.end_s])
        tables = {
            (place.id, strand): draw_noise(self._grid_noise, self._randomness, rung.cells)
            for place, rung in _closing(city, book, end_s)
            for strand in strands(place)
        }
        last = end_s == day.end_s
        return Prepared(end_s, tables, draw_noise(self._word_noise, self._randomness, self._words) if last else None)

    def close(self, connection: sqlite3.Connection, city: City, book: Book, prepared: Prepared, now_s: int) -> Closed:
        """Release everything that closes at `prepared.end_s` <= `now_s`. On the writer thread, in its transaction."""
        date, end_s = book.plan.day.date, prepared.end_s
        closing = _closing(city, book, end_s)
        for place, rung in closing:
            self._release_tables(connection, city, book, place, rung, prepared)
        climates = self._draw_climates(connection, city, book, closing)
        store.save_closed(connection, date, end_s)
        for place, rung in closing:
            book.open.pop((city.index[place.id], _window(book, rung)[0]), None)
        book.closed_s = end_s
        if prepared.words is None:
            return Closed(climates, None)
        self._release_words(connection, city, date, prepared.words)
        return Closed(climates, self.begin_day(connection, city, max(end_s, now_s)))

    def begin_day(self, connection: sqlite3.Connection, city: City, now_s: int) -> Book:
        """Plan the day of `now_s`, give it a key, and destroy what is left of the day before."""
        day = person_day(now_s, city.zone)
        whole = now_s - day.start_s <= PUNCTUAL_S
        loaded = store.load_plan(connection)
        before = loaded[0] if loaded else None
        totals: Mapping[str, tuple[int, int]] = {}
        if before:
            totals = store.totals_of(connection, before.day.date)
            store.end_day(connection, before.day.date)
        plan = make_plan(city, day, before, totals, self.variance, whole)
        store.save_day(connection, plan, new_day_key(), day.start_s if whole else now_s)
        book = store.load_book(connection, city)
        if book is None:
            raise RuntimeError("a day that was just written cannot be read")
        return book

    def _release_tables(
        self, connection: sqlite3.Connection, city: City, book: Book, place: Place, rung: Rung, prepared: Prepared
    ) -> None:
        start_s, _ = _window(book, rung)
        raw = book.window(city.index[place.id], start_s)
        person, turn, value = (np.ascontiguousarray(raw[name]) for name in ("person", "turn", "value"))
        folded = fold(np.zeros(raw.size, np.int64), person, turn, value)  # one table: a person is in it once
        true = np.zeros((2, CELLS), np.int64)
        np.add.at(true.reshape(-1), folded.value, folded.count)
        if place.parent is None:  # nothing is above the city: both audiences are the same people
            true = np.stack([np.zeros(CELLS, np.int64), true.sum(axis=0)])
        for strand in strands(place):
            released = release(coarsen(true[strand], rung.grid), prepared.tables[(place.id, strand)])
            table = store.Table(place.id, strand, start_s, prepared.end_s, rung.grid, released)
            store.append_table(connection, table, book.plan.day.date, float(1 / self._grid_noise.scale))

    def _draw_climates(
        self, connection: sqlite3.Connection, city: City, book: Book, closing: list[tuple[Place, Rung]]
    ) -> list[tuple[int, str, bytes]]:
        number = store.last_climate_id(connection)
        climates = []
        for place, rung in closing:
            number += 1
            climate = self._climate(connection, city, book, place, rung, number)
            body = msgspec.json.encode(climate)
            store.append_climate(connection, number, place.id, _window(book, rung), body)
            climates.append((number, place.id, body))
        return climates

    def _climate(
        self, connection: sqlite3.Connection, city: City, book: Book, place: Place, rung: Rung, number: int
    ) -> Climate:
        start_s, end_s = _window(book, rung)
        heard = {place.id: (HERE, ONWARD), **{child.id: (ONWARD,) for child in city.below(place)}}
        tables: list[Ints] = [
            table.released.counts
            for table in store.tables_ending(connection, start_s, end_s)
            if table.strand in heard.get(table.place, ())
        ]
        shares, error = mix(tables, rung.grid, self.variance)
        people = sum(int(table.sum()) for table in tables)
        speaks = error <= QUIET_ERROR
        return Climate(
            id=number,
            place=place.id,
            name=place.name,
            state="speaks" if speaks else "quiet",
            window=Span(iso(start_s), iso(end_s)),
            grid=rung.grid,
            mixture=[round(float(share), 6) for share in shares] if speaks else None,
            people=max(0, people),
            people_sd=round(float(np.sqrt(self.variance * sum(table.size for table in tables))), 1),
            uncertainty=round(error, 4),
            epsilon=self.cost,
            framework=self._framework,
        )

    def _release_words(self, connection: sqlite3.Connection, city: City, date: str, noise: Noise) -> None:
        """Count each person's last words of the day that were given to the city, and release them."""
        raw = np.frombuffer(store.batches_of(connection, date), dtype=RECORD)
        standing = _last(raw, "person", "speaker", "start_s")  # who said it anew for the place alone took it back
        onward = standing[(standing["value"] >= CELLS) | (standing["place"] == city.index[city.root.id])]
        words = _last(onward, "person")["words"].ravel()
        counts = np.bincount(words[words != NO_WORD], minlength=self._words).astype(np.int64)
        store.append_words(
            connection, date, release(counts, noise), float(city.budget.epsilon * city.budget.words_share)
        )


def _last(rows: Rows, *names: str) -> Rows:
    """Return, of all contributions that agree in `names`, the one with the last turn."""
    order = np.lexsort((rows["turn"], *(rows[name] for name in names)))
    sorted_ = rows[order]
    differs = [sorted_[name][1:] != sorted_[name][:-1] for name in names]
    return sorted_[np.append(np.any(differs, axis=0), True)] if rows.size else rows


def _window(book: Book, rung: Rung) -> tuple[int, int]:
    """Return the window of `rung` that is open (start, end in Unix seconds): the first that has not been closed."""
    return book.plan.day.window(book.closed_s, rung.window_s)


def _closing(city: City, book: Book, end_s: int) -> list[tuple[Place, Rung]]:
    """Return the speaking places whose open window ends at `end_s`, each after everything below it."""
    return [
        (place, rung)
        for place in city.upwards()
        if (rung := book.plan.rungs.get(place.id)) and _window(book, rung)[1] == end_s
    ]
