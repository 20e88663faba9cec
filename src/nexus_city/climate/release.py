"""Closing a window: the one reader of raw feelings.

`prepare` draws the noise of all tables that are about to close, before their data is touched. `close` folds each
window, releases its tables, draws the climates of all places whose window ends, and, when the day ends, releases the
words, destroys the day, and plans the next one. All of it is one transaction: either nothing happened, or everything
did, and then it is never done again.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from nexus_city.boundaries import (
    Continual,
    DiscreteLaplace,
    Noise,
    Rung,
    draw_noise,
    epsilon_after_days,
    new_day_key,
    release,
)
from nexus_city.boundaries.ladder import QUIET_ERROR
from nexus_city.climate import store
from nexus_city.climate.book import NO_WORD, RECORD, Book
from nexus_city.climate.folding import fold
from nexus_city.climate.live import store as live_store
from nexus_city.climate.live.standing import people_standing
from nexus_city.climate.live.terms import live_step, mechanism
from nexus_city.climate.mixture import Ints, coarsen, mix, summed
from nexus_city.climate.model import AUDIENCES, CELLS, ONWARD, SPOTS, Climate, Cost, Span, audiences_of, spots_of
from nexus_city.climate.plan import Voices, heard_by, make_plan
from nexus_city.ground import Randomness, iso
from nexus_city.places import City, Place, person_day

Rows = NDArray[np.void]
"""Contributions, as an array of RECORD."""
PUNCTUAL_S = 900
"""A day that is begun later than this after its start, or a window closed later, was not heard whole."""

log = structlog.get_logger("nexus.release")


@dataclass(frozen=True)
class LiveNoise:
    """The noise of one step of a live place, and what its next step needs."""

    step: int
    noise: Noise
    state: bytes

    def __repr__(self) -> str:
        return f"<LiveNoise of step {self.step}>"  # its state is a secret, in tracebacks too


@dataclass(frozen=True)
class Heard:
    """What one table adds to a climate: released counts, its own or a sum over hours, and the noise in a cell."""

    counts: Ints
    """Of the cells of its grid, and of those who only said that they were there."""
    grid: int
    variance: float

    @property
    def moods(self) -> Ints:
        """Counts of the cells of its grid; tables of the first version have nothing but these."""
        return self.counts[: self.grid * self.grid]


@dataclass(frozen=True)
class Prepared:
    """Noise for everything that closes at `end_s`, drawn while the windows were still open."""

    end_s: int
    tables: Mapping[tuple[str, int], Noise]
    live: Mapping[str, LiveNoise]
    """Place → the noise of its step, of those that are live."""
    words: Noise | None
    """For the end of a day only, and so the next."""
    moments: Noise | None
    """Where the city declares a share for research."""


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
        self._budget = city.budget
        self._framework = framework
        self._grid_noise = DiscreteLaplace(city.budget.grid_scale)
        self._word_noise = DiscreteLaplace(city.budget.words_scale)
        self._moment_noise = DiscreteLaplace(city.budget.moments_scale) if city.budget.moments_share else None
        self.variance = self._grid_noise.variance
        """Variance of the noise in one cell of one table, people²."""
        self.words_sd = self._word_noise.variance**0.5
        """Standard deviation of the noise of one word, people."""
        self.moments_sd = self._moment_noise.variance**0.5 if self._moment_noise else None
        """Standard deviation of the noise in one cell of a day for research, people; None where there are none."""
        self.cost = Cost(float(city.budget.epsilon), round(epsilon_after_days(city.budget, 30), 2))

    def prepare(self, city: City, book: Book) -> Prepared:
        """Draw the noise of the tables that close next."""
        day = book.plan.day
        ends = [_window(book, rung)[1] for rung in book.plan.rungs.values() if rung]
        end_s = min([*ends, day.end_s])
        closing = _closing(city, book, end_s)
        tables = {
            (place.id, strand): draw_noise(self._grid_noise, self._randomness, rung.cells + 1)
            for place, rung in closing
            if place.id not in book.plan.live
            for strand in book.plan.strands[place.id]
        }
        live = {
            place.id: self._draw_step(book, city.index[place.id]) for place, _ in closing if place.id in book.plan.live
        }
        if end_s < day.end_s:
            return Prepared(end_s, tables, live, None, None)
        words = draw_noise(self._word_noise, self._randomness, self._words)
        moments = draw_noise(self._moment_noise, self._randomness, SPOTS) if self._moment_noise else None
        return Prepared(end_s, tables, live, words, moments)

    def _draw_step(self, book: Book, speaker: int) -> LiveNoise:
        """Draw the next step's noise; the book goes on from the last one until this is released."""
        live = book.live[speaker]
        noise = live.mechanism.resume(live.state, self._randomness)
        drawn = noise.step()
        return LiveNoise(noise.step_number, drawn, noise.state())

    def close(self, connection: sqlite3.Connection, city: City, book: Book, prepared: Prepared, now_s: int) -> Closed:
        """Release everything that closes at `prepared.end_s` <= `now_s`. On the writer thread, in its transaction."""
        date, end_s = book.plan.day.date, prepared.end_s
        closing = _closing(city, book, end_s)
        for place, rung in closing:
            if place.id in book.plan.live:
                _release_step(connection, city, book, place, rung, prepared)
            else:
                self._release_tables(connection, city, book, place, rung, prepared)
        climates = self._draw_climates(connection, city, book, closing)
        store.save_closed(connection, date, end_s)
        for place, rung in closing:
            book.close(city.index[place.id], _window(book, rung)[0])
        book.closed_s = end_s
        if prepared.words is None:
            return Closed(climates, None)
        self._release_day(connection, city, book, prepared)
        return Closed(climates, self.begin_day(connection, city, max(end_s, now_s)))

    def begin_day(self, connection: sqlite3.Connection, city: City, now_s: int, *, heard: bool = True) -> Book:
        """Plan the day of `now_s`, give it a key, and destroy what is left of the day before.

        A city that was just restored does not hear the rest of its day: it knows neither which windows of it were
        released nor who was counted in them. So all of them count as closed.
        """
        day = person_day(now_s, city.zone)
        whole = heard and now_s - day.start_s <= PUNCTUAL_S
        loaded = store.load_plan(connection, city)
        before = loaded[0] if loaded else None
        totals: Voices = {}
        if before:
            totals = {**store.totals_of(connection, before.day.date), **live_store.totals_of(connection, before.day)}
            store.end_day(connection, before.day.date)
        plan = make_plan(city, day, before, totals, self.variance, whole)
        closed_s = day.start_s if whole else now_s if heard else day.end_s
        store.save_day(connection, plan, new_day_key(), closed_s)
        for place_id, kind in plan.live.items():
            cells = len(plan.strands[place_id]) * (plan.cells_of(place_id) + 1)
            begun = mechanism(city.budget, day, kind).start(cells, self._randomness)
            live_store.begin_noise(connection, day.date, place_id, kind, begun.state())
        book = store.load_book(connection, city)
        if book is None:
            raise RuntimeError("a day that was just written cannot be read")
        for place_id in sorted(plan.live.keys() - book.plan.live.keys()) if heard else ():
            log.error("a release was refused: the day cannot pay for a live place", place=place_id, purpose="live")
        return book

    def _release_tables(
        self, connection: sqlite3.Connection, city: City, book: Book, place: Place, rung: Rung, prepared: Prepared
    ) -> None:
        start_s, _ = _window(book, rung)
        raw = book.window(city.index[place.id], start_s)
        person, turn, value = (np.ascontiguousarray(raw[name]) for name in ("person", "turn", "value"))
        folded = fold(np.zeros(raw.size, np.int64), person, turn, value)  # one table: a person is in it once
        given = np.zeros((len(AUDIENCES), SPOTS), np.int64)
        np.add.at(given, (audiences_of(folded.value), spots_of(folded.value)), folded.count)
        for strand, counts in _by_strand(city, book, place, rung, given):
            noise = prepared.tables[(place.id, strand)]
            price = 1 / noise.scale
            if not book.spending.table((city.index[place.id], start_s), strand, price):
                _refuse(connection, book, (place.id, "grid", prepared.end_s), price)
                continue
            table = store.Table(place.id, strand, start_s, prepared.end_s, rung.grid, release(counts, noise))
            store.append_table(connection, table, book.plan.day.date, float(price))

    def _draw_climates(
        self, connection: sqlite3.Connection, city: City, book: Book, closing: list[tuple[Place, Rung]]
    ) -> list[tuple[int, str, bytes]]:
        number = store.last_climate_id(connection)
        climates = []
        for place, rung in closing:
            heard = self._heard(connection, city, book, place, rung)
            if not heard:  # all of them were refused
                continue
            number += 1
            climate = self._climate(heard, book, place, rung, number)
            body = msgspec.json.encode(climate)
            store.append_climate(connection, number, place.id, _window(book, rung), body)
            climates.append((number, place.id, body))
        return climates

    def _climate(self, heard: list[Heard], book: Book, place: Place, rung: Rung, number: int) -> Climate:
        shares, error = mix([each.moods for each in heard], rung.grid, [each.variance for each in heard])
        window, kind = _window(book, rung), book.plan.live.get(place.id)
        people = sum(int(each.counts.sum()) for each in heard)
        speaks = error <= QUIET_ERROR
        return Climate(
            id=number,
            place=place.id,
            name=place.name,
            state="speaks" if speaks else "quiet",
            window=Span(iso(window[0]), iso(window[1])),
            grid=rung.grid,
            mixture=[round(float(share), 6) for share in shares] if speaks else None,
            people=max(0, people),
            people_sd=round(float(np.sqrt(summed((each.variance, each.counts.size) for each in heard))), 1),
            uncertainty=round(error, 4),
            epsilon=self.cost,
            framework=self._framework,
            live=live_step(mechanism(self._budget, book.plan.day, kind), kind) if kind else msgspec.UNSET,
        )

    def _heard(self, connection: sqlite3.Connection, city: City, book: Book, place: Place, rung: Rung) -> list[Heard]:
        """Return the tables of which the climate of a place is made: its own, and those below it that may reach it."""
        window = _window(book, rung)
        if place.id in book.plan.live:
            told = [each for each in live_store.told_at(connection, [window[1]]) if each.place == place.id]
            return _summed_up(book.live[city.index[place.id]].mechanism, told, book.plan.strands[place.id])
        heard = {place.id: book.plan.strands[place.id], **{child.id: heard_by(place) for child in city.below(place)}}
        tables = [
            Heard(table.released.counts, table.grid, self.variance)
            for table in store.tables_ending(connection, *window)
            if table.strand in heard.get(table.place, ())
        ]
        below = live_store.heard_of(connection, book.plan.day, *window) if book.live else []
        for child in city.below(place) if book.live else ():
            if child.id in book.plan.live:
                told = [each for each in below if each.place == child.id]
                tables += _summed_up(book.live[city.index[child.id]].mechanism, told, heard_by(place))
        return tables

    def _release_day(self, connection: sqlite3.Connection, city: City, book: Book, prepared: Prepared) -> None:
        """Count each person's last words of the day, and their last check-in that research may have; release both."""
        date, given = book.plan.day.date, _for_the_city(connection, city, book.plan.day.date)
        words = _last(given, "person")["words"].ravel()
        spots = spots_of(_last(given[given["research"] != 0], "person")["value"])
        tables: list[tuple[Literal["words", "moments"], Ints, int, Noise | None]] = [
            ("words", words[words != NO_WORD], self._words, prepared.words),
            ("moments", spots, SPOTS, prepared.moments),
        ]
        for purpose, votes, size, noise in tables:
            if noise is None:
                continue
            price = 1 / noise.scale
            cost = book.spending.daily(purpose, price)
            if cost is None:
                _refuse(connection, book, (city.root.id, purpose, prepared.end_s), price)
                continue
            released = release(np.bincount(votes, minlength=size).astype(np.int64), noise)
            store.append_day_table(connection, purpose, date, released, float(cost))


def _refuse(connection: sqlite3.Connection, book: Book, where: tuple[str, str, int], price: Fraction) -> None:
    """Write down that the day cannot pay for a release; from here on the day takes nothing more."""
    book.spent = True
    store.append_refusal(connection, book.plan.day.date, where, float(price), float(book.spending.total))
    log.error("a release was refused: the day has spent its ε", place=where[0], purpose=where[1])


def _release_step(
    connection: sqlite3.Connection, city: City, book: Book, place: Place, rung: Rung, prepared: Prepared
) -> None:
    """Tell who stands at a live place; the filter was asked for all steps of the day before the first."""
    (start_s, end_s), speaker = _window(book, rung), city.index[place.id]
    live, drawn = book.live[speaker], prepared.live[place.id]
    given = people_standing(book.standing(speaker, start_s), start_s, live.mechanism)
    counts = np.concatenate([counts for _, counts in _by_strand(city, book, place, rung, given)])
    released = release(counts, drawn.noise)
    strands = book.plan.strands[place.id]
    told = live_store.Told(place.id, start_s, end_s, drawn.step, rung.grid, strands, released)
    live_store.append_step(connection, told, book.plan.day.date, live.mechanism, drawn.state)
    live.state = drawn.state


def _by_strand(city: City, book: Book, place: Place, rung: Rung, given: Ints) -> Iterator[tuple[int, Ints]]:
    """Yield each strand of a place, and its table made of what was given [audience, spot]."""
    takes = [book.plan.strand(city, place, audience) for audience in AUDIENCES]
    for strand in book.plan.strands[place.id]:
        true = given[[each == strand for each in takes]].sum(axis=0)
        yield strand, np.append(coarsen(true[:CELLS], rung.grid), true[CELLS:])


def _summed_up(live: Continual, told: Sequence[live_store.Told], strands: Sequence[int]) -> list[Heard]:
    """Return one table for each of `strands` that a live place has: the sum over the steps at which it was heard."""
    if not told:
        return []
    variance, tables = live.variance([each.step for each in told]), np.sum([each.tables for each in told], axis=0)
    return [
        Heard(table, told[0].grid, variance)
        for strand, table in zip(told[0].strands, tables, strict=True)
        if strand in strands
    ]


def _for_the_city(connection: sqlite3.Connection, city: City, date: str) -> Rows:
    """Return what stands of a day's contributions for the city: who said it anew for the place alone took it back."""
    raw = np.frombuffer(store.batches_of(connection, date), dtype=RECORD)
    standing = _last(raw, "person", "speaker", "start_s")
    of_root = standing["place"] == city.index[city.root.id]  # nothing is above it
    for_the_city: Rows = standing[of_root | (audiences_of(standing["value"]) == ONWARD)]
    return for_the_city


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
