"""Intake: admits check-ins, writes them down in batches, and answers only after the commit.

All that wait while a commit runs share the next one. Decisions (day, window, seat, m) are taken on the writer thread,
one after the other, in the same transaction that keeps them; so a crash can neither lose an acknowledged check-in nor
count one twice.
"""

import asyncio
import contextlib
import hashlib
import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import structlog

from nexus_city.boundaries import Admission, admit, day_pseudonym
from nexus_city.climate.book import UNWORDED, Book, Contribution
from nexus_city.climate.model import ERASED, Reason, Withdrawn, audience_of
from nexus_city.climate.plan import DayPlan
from nexus_city.climate.store import append_batch, erase, update
from nexus_city.ground import Clock, Database
from nexus_city.ground.errors import AlreadySpoken, KeyReused, NexusError, NotFound, Unavailable
from nexus_city.places import City, Place

log = structlog.get_logger("nexus.intake")


@dataclass(slots=True, frozen=True)
class Kept:
    """A check-in that is not counted: it stays on the phone, and nothing of it is written down."""

    reason: Reason
    counted_today: int


Outcome = Contribution | Kept | None
"""None: taken back."""


@dataclass(slots=True, frozen=True)
class Decision:
    """What became of an order, and the plan of the day on which that was decided: the next one may begin meanwhile."""

    outcome: Outcome
    plan: DayPlan


@dataclass(slots=True)
class Order:
    """A request at the intake: give, change or take back."""

    act: Literal["give", "change", "take-back"]
    device: bytes
    place: str
    key: str
    value: int
    """Audience and cell, see `model.value_of`."""
    words: tuple[int, int, int]
    research: bool
    keep: Reason | None
    """Why nothing of it may be written down, if the door has found a reason."""
    answer: asyncio.Future[Decision]


@dataclass(slots=True, frozen=True)
class Holding:
    """A contribution that is still kept, whether it can be taken back, and whether it is the one of its seat."""

    given: Contribution
    is_open: bool
    counts: bool


@dataclass(slots=True)
class _Batch:
    """One transaction of the intake."""

    connection: sqlite3.Connection
    book: Book
    row: int
    now_s: int
    added: list[Contribution]


def fingerprint(device: bytes, key: str) -> bytes:
    """Return the 16 bytes by which a key of a device is known: the same key of another device is another key."""
    return hashlib.blake2b(key.encode(), key=device, digest_size=16).digest()


class Intake:
    """The durable end of the check-in door.

    `book` lends the running day's book to a job of the writer thread.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        city: Callable[[], City],
        book: Callable[[sqlite3.Connection], contextlib.AbstractContextManager[Book]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._city = city
        self._book = book
        self._waiting: deque[Order] = deque()
        self._asked = False
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, order: Order) -> None:
        """Queue an order; its `answer` resolves after the commit."""
        self._waiting.append(order)
        if not self._asked:
            self._asked = True
            task = asyncio.ensure_future(self._write())
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def withdraw(self, device: bytes, *, wholly: bool = False) -> Withdrawn:
        """Take back all that `device` gave today and that was not released; doing it again changes nothing.

        `wholly`: of what was released as well, nothing stays but that its seats are taken.
        """

        def job(connection: sqlite3.Connection) -> Withdrawn:
            with self._book(connection) as book:
                return _withdraw(connection, book, day_pseudonym(book.key, device), wholly=wholly)

        return await self._database.write(job)

    async def holdings(self, device: bytes) -> tuple[list[Holding], DayPlan]:
        """Return what the log holds of `device`, oldest first, and the plan of its day."""

        def job(connection: sqlite3.Connection) -> tuple[list[Holding], DayPlan]:
            with self._book(connection) as book:
                given = [each for each in book.given_by(day_pseudonym(book.key, device)) if each.value != ERASED]
                last = {each.seat: each for each in given}
                held = [Holding(each, is_open=book.is_open(each), counts=last[each.seat] is each) for each in given]
                return held, book.plan

        return await self._database.write(job)

    async def _write(self) -> None:
        orders: list[Order] = []
        decisions: list[Decision | NexusError]
        try:
            decisions = await self._database.write(lambda connection: self._commit(connection, orders))
        except Exception as error:  # noqa: BLE001 - whatever it was, nobody may wait for ever
            log.error("intake commit failed", kind=type(error).__name__)
            orders = orders or self._take()  # it may have failed before the job began
            decisions = [_cannot_write() for _ in orders]
        for order, decision in zip(orders, decisions, strict=True):
            if order.answer.done():  # the phone hung up; it will ask again with the same key
                continue
            if isinstance(decision, NexusError):
                order.answer.set_exception(decision)
            else:
                order.answer.set_result(decision)

    def _take(self) -> list[Order]:
        """Return all that wait."""
        self._asked = False  # first: an order that comes after this asks for a batch of its own
        taken: list[Order] = []
        with contextlib.suppress(IndexError):
            while True:
                taken.append(self._waiting.popleft())
        return taken

    def _commit(self, connection: sqlite3.Connection, orders: list[Order]) -> list[Decision | NexusError]:
        """Decide on all that wait, in one transaction; fills `orders` in the order of the result."""
        orders.extend(self._take())
        with self._book(connection) as book:
            return self._decide_all(connection, book, orders)

    def _decide_all(
        self, connection: sqlite3.Connection, book: Book, orders: list[Order]
    ) -> list[Decision | NexusError]:
        now_s = min(max(self._clock.now_ms() // 1000, book.closed_s), book.plan.day.end_s - 1)
        batch = _Batch(connection, book, book.row + 1, now_s, [])
        decisions: list[Decision | NexusError] = []
        for order in orders:
            try:
                decisions.append(Decision(self._decide(batch, order), book.plan))
            except NexusError as refusal:
                decisions.append(refusal)
        if batch.added:
            standing = b"".join(given.pack() for given in batch.added if book.keys.get(given.key) is given)
            keys = b"".join(given.key for given in batch.added)
            append_batch(connection, book.plan.day.date, batch.row, standing, keys)
            book.row = batch.row
        return decisions

    def _decide(self, batch: _Batch, order: Order) -> Outcome:
        key = fingerprint(order.device, order.key)
        if order.act == "give":
            return self._give(batch, order, key)
        return self._change(batch, order, key)

    def _give(self, batch: _Batch, order: Order, key: bytes) -> Contribution | Kept:
        book, city = batch.book, self._city()
        if key in book.keys:
            return _same(book.keys[key], order, city.index[order.place])
        person = day_pseudonym(book.key, order.device)
        return self._seat(batch, order, key, person, city[order.place], batch.now_s)

    def _seat(
        self, batch: _Batch, order: Order, key: bytes, person: int, place: Place, at_s: int
    ) -> Contribution | Kept:
        """Give a check-in its seat in the window that is open at `at_s`, if it may have one."""
        book, city = batch.book, self._city()
        seats = book.seats.get(person, {})
        if order.keep or book.spent:
            return Kept(order.keep or "budget-spent", book.taken(person))
        speaker = book.plan.speaker(city, place, audience_of(order.value))
        rung = book.plan.rungs[speaker.id] if speaker else None
        if speaker is None or rung is None:
            return Kept("nobody-speaks", book.taken(person))
        start_s, _ = book.plan.day.window(at_s, rung.window_s)
        seat = (city.index[speaker.id], start_s)
        if admit(seats, seat, city.budget.m, book.takes if book.live else None) is Admission.FULL:
            return Kept("day-full", book.taken(person))
        where = (person, city.index[place.id], *seat, book.turn + 1)
        given = Contribution(*where, order.value, order.research, order.words, key, batch.row)
        book.add(given)
        batch.added.append(given)
        return given

    def _change(self, batch: _Batch, order: Order, key: bytes) -> Outcome:
        book, city = batch.book, self._city()
        given = book.keys.get(key)
        if key not in book.keys or (given is not None and given.place != city.index[order.place]):
            raise NotFound(
                "This place knows no check-in of yours with that key today.",
                "Give it again as a new check-in.",
                field="key",
            )
        if given is None or (given.speaker, given.start_s) not in book.open:
            raise AlreadySpoken(
                "The window of this check-in has been released, or it was taken back before.",
                "What a place has said stays said; you can give a new check-in.",
            )
        erase(batch.connection, [each for each in book.take_back(given) if each.row != batch.row])
        if order.act == "take-back":
            return None
        at_s = max(given.start_s, book.closed_s)  # the window it was in: nothing before `closed_s` can be changed
        return self._seat(batch, order, key, given.person, city.places[given.place], at_s)


def _withdraw(connection: sqlite3.Connection, book: Book, person: int, *, wholly: bool) -> Withdrawn:
    """Empty all open seats of a person; of what was spoken, forget what is still to be released.

    The spoken seats themselves stay taken: the day's bound counts what was released. `wholly` forgets what was in them.
    """
    given = book.given_by(person)
    spoken = [each for each in given if not book.is_open(each)]
    emptied: list[Contribution] = []
    seats = {each.seat: each for each in given if book.is_open(each)}
    for last in seats.values():
        emptied += book.take_back(last)
    erase(connection, emptied)
    left = [each for each in spoken if each.value != ERASED]
    unsaid = [each for each in left if wholly or each.research or each.words != UNWORDED or each.speaker in book.live]
    book.forget(unsaid, wholly=wholly)
    update(connection, unsaid)
    return Withdrawn(withdrawn=len(seats), spoken=len({each.seat for each in spoken}))


def _cannot_write() -> Unavailable:
    return Unavailable(
        "The city cannot write your check-in down right now.", "It was not counted; try again in a moment."
    )


def _same(known: Contribution | None, order: Order, place: int) -> Contribution:
    """Return what was kept under this key before, if the repeated order says the same."""
    if known is None:
        raise AlreadySpoken(
            "This check-in was taken back, or it was spoken on an earlier day.",
            "Nothing is left to do; use a new key for a new check-in.",
            field="key",
        )
    if known.value == ERASED:
        raise AlreadySpoken(
            "This check-in was spoken, and what was known of it was erased.",
            "Nothing is left to do; use a new key for a new check-in.",
            field="key",
        )
    kept = (known.place, known.value, known.research, known.words)
    withdrawn = (place, order.value, False, UNWORDED)  # spoken before the device took everything back
    if kept not in ((place, order.value, order.research, order.words), withdrawn):
        raise KeyReused(
            "This key was used for a check-in with another content.",
            "Make a new key for each check-in; change one with PUT.",
            field="key",
        )
    return known
