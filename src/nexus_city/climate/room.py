"""The room at work: it keeps the book, closes windows on time, and says what each place says now.

The rounds: draw the noise of the next close, wait for its end, close it, wait for the fixed tick, publish. What was
closed becomes visible at the tick and not before, however long the fold took: its time tells nothing about a count.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator, Sequence

import msgspec
import structlog

from nexus_city.climate import store
from nexus_city.climate.book import NO_WORD, Book, Contribution
from nexus_city.climate.hub import Hub
from nexus_city.climate.intake import Decision, Holding, Intake, Kept
from nexus_city.climate.live import store as live_store
from nexus_city.climate.live.terms import STAYS, STEP_S, mechanism
from nexus_city.climate.model import (
    Climate,
    Held,
    Holdings,
    Price,
    Receipt,
    Span,
    State,
    Voice,
    Withdrawn,
    audience_of,
    cell_of,
)
from nexus_city.climate.plan import DayPlan
from nexus_city.climate.release import PUNCTUAL_S, Closed, Prepared, ReleaseDesk
from nexus_city.ground import Clock, Database, Randomness, iso
from nexus_city.ground.backup import take_restored
from nexus_city.ground.errors import Unavailable
from nexus_city.ground.retention import Rule
from nexus_city.ground.traces import UNTRACED, Traces
from nexus_city.places import City, Place

_FRESH_WINDOWS = 2  # a climate older than this many of its windows no longer speaks for now
_RETRY_S = 1.0

log = structlog.get_logger("nexus.climate")


class ClimateRoom:
    """Everything between an admitted check-in and a published climate, for one city."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        city: City,
        randomness: Randomness,
        hub: Hub,
        framework: str,
        words: Sequence[str],
        settle_s: float,
        traces: Traces = UNTRACED,
    ) -> None:
        database.migrate("climate", store.STEPS, store.COPYING)
        database.migrate("climate.live", live_store.STEPS, live_store.COPYING)
        self.city = city
        """The city as it is declared now; the plan of the running day does not change with it."""
        self.hub = hub
        self.clock = clock
        self.database = database
        self.words = words
        """Ids of the framework's words, by number."""
        self.desk = ReleaseDesk(city, randomness, len(words), framework)
        self.intake = Intake(database, clock, lambda: self.city, self._lent_book)
        self.settle_ms = round(settle_s * 1000 * clock.rate)
        """City milliseconds between the end of a window and its tick."""
        self._traces = traces
        self._book: Book | None = None
        self._failures = database.failures
        self._unseen: tuple[Closed, int] | None = None
        """What was closed before its tick when this city last stopped, and that tick."""
        self.plan: DayPlan
        self.latest: dict[str, Climate] = {}
        """Place → its newest published climate."""
        self.published = 0
        """Number of the newest climate that may be seen."""
        self.published_at_s = clock.now_ms() // 1000
        self.told_s = (clock.now_ms() - self.settle_ms) // 1000
        """End of the newest windows that may be seen: what was closed before its tick is not told by any door."""
        self.acts_at_ms = 0
        """City time at which the rounds act next: the end of a window, or a tick."""
        database.now(self._open)

    # --- opening and closing ------------------------------------------------------------------------------------

    def _open(self, connection: sqlite3.Connection) -> None:
        """Read the running day, or begin one; close what ended while the city slept."""
        now_s = self.clock.now_ms() // 1000
        heard = not take_restored(connection)
        self._book = store.load_book(connection, self.city)
        self._book = self._book or self.desk.begin_day(connection, self.city, now_s, heard=heard)
        while True:
            prepared = self.desk.prepare(self.city, self._book)
            if prepared.end_s > now_s:
                break
            if now_s - prepared.end_s > PUNCTUAL_S:
                store.mark_broken(connection, self._book.plan.day.date)
            closed = self.desk.close(connection, self.city, self._book, prepared, now_s)
            self._book = closed.next_book or self._book
        self.plan = self._book.plan
        self.published = store.last_climate_id(connection, (self.clock.now_ms() - self.settle_ms) // 1000)
        if unseen := store.climates_after(connection, self.published, 2**62, None, 2**31):
            self._unseen = Closed(unseen, None), self._book.closed_s * 1000 + self.settle_ms
        for _, place, body in store.newest_climates(connection, self.published):
            self.latest[place] = msgspec.json.decode(body, type=Climate)

    @property
    def spent(self) -> bool:
        """Whether a release of the running day was refused."""
        return self._book is not None and self._book.spent

    @contextlib.contextmanager
    def _lent_book(self, connection: sqlite3.Connection) -> Iterator[Book]:
        """Lend the book to a job of the writer thread. After anything that was undone it is read from the log again."""
        if self._book is None or self._failures != self.database.failures:
            self._failures = self.database.failures
            self._book = store.load_book(connection, self.city)
        if self._book is None:
            raise Unavailable("The city has no running day.", "Restart it; nothing that was acknowledged is lost.")
        try:
            yield self._book
        except BaseException:
            self._book = None
            raise

    def rules(self) -> list[Rule]:
        """List what is forgotten when: closing a day does it in time; this holds where closing itself has a fault."""

        def overdue(connection: sqlite3.Connection) -> int:
            return store.end_overdue(connection, self.clock.now_ms() // 1000)

        return [Rule("check-ins", "PT48H", overdue)]

    async def run(self) -> None:
        """Close windows and publish climates until cancelled."""
        if self._unseen:
            closed, tick_ms = self._unseen
            await self._wait(tick_ms)
            self._publish(closed, tick_ms)
        while True:
            try:
                closed = await self._release_next()
            except Unavailable as refusal:
                log.error("close failed; trying again", detail=refusal.detail)
                await asyncio.sleep(_RETRY_S)
                continue
            if closed.next_book:
                await self.database.forget()

    async def _release_next(self) -> Closed:
        """Close the windows that end next, and publish what that made on its tick."""
        book = await self.database.write(self._read_book)
        with self._traces.span("release.prepare") as span:
            prepared = self.desk.prepare(self.city, book)
            span.tell("nexus.tables", len(prepared.tables))
        tick_ms = prepared.end_s * 1000 + self.settle_ms
        await self._wait(prepared.end_s * 1000)
        with self._traces.span("release") as span:
            with self._traces.span("release.close"):  # until the tick: how long the fold took tells how much there was
                closed = await self._close(prepared)
                await self._wait(tick_ms)
            self._publish(closed, tick_ms)
            span.tell("nexus.day_ends", closed.next_book is not None)
        return closed

    async def _close(self, prepared: Prepared) -> Closed:
        """Close the windows for which noise is prepared."""

        def close(connection: sqlite3.Connection) -> Closed:
            with self._lent_book(connection) as book:
                closed = self.desk.close(connection, self.city, book, prepared, self.clock.now_ms() // 1000)
                self._book = closed.next_book or book
            return closed

        return await self.database.write(close)

    def _read_book(self, connection: sqlite3.Connection) -> Book:
        with self._lent_book(connection) as book:
            return book

    async def _wait(self, at_ms: int) -> None:
        self.acts_at_ms = at_ms
        await self.clock.sleep_until(at_ms)

    def _publish(self, closed: Closed, tick_ms: int) -> None:
        if closed.next_book:
            self.plan = closed.next_book.plan
        with self._traces.span("release.publish") as span:
            for number, place, body in closed.climates:
                self.latest[place] = msgspec.json.decode(body, type=Climate)
                self.published = number
                self.hub.publish(place, number, body)
            span.tell("nexus.climates", len(closed.climates))
            span.tell("nexus.bytes", sum(len(body) for _, _, body in closed.climates))
        self.told_s = (tick_ms - self.settle_ms) // 1000
        self.published_at_s = self.clock.now_ms() // 1000

    # --- what a device gave ---------------------------------------------------------------------------------------

    async def withdraw(self, device: bytes) -> Withdrawn:
        """Take back all that `device` gave today and that was not released."""
        return await self.intake.withdraw(device)

    async def erase(self, device: bytes) -> Withdrawn:
        """Take back all that `device` gave today, and keep of what was released only that its seats are taken."""
        return await self.intake.withdraw(device, wholly=True)

    async def holdings(self, device: bytes) -> Holdings:
        """Return all that is still held of the check-ins of `device`."""
        held, plan = await self.intake.holdings(device)
        return Holdings([self._held(each, plan) for each in held], iso(plan.day.end_s))

    def _held(self, each: Holding, plan: DayPlan) -> Held:
        given = each.given
        rung = plan.rungs[self.city.places[given.speaker].id]
        # Without a rung there was a live place here, whose noise was lost in the middle of the day.
        window = plan.day.window(given.start_s, rung.window_s if rung else STEP_S)
        return Held(
            place=self.city.places[given.place].id,
            window=Span(iso(window[0]), iso(window[1])),
            cell=cell_of(given.value),
            words=[self.words[number] for number in given.words if number != NO_WORD],
            audience=audience_of(given.value),
            research=given.research,
            state="open" if each.is_open else "spoken",
            counts=each.counts,
        )

    # --- what is said -------------------------------------------------------------------------------------------

    def voice(self, place: Place) -> Voice:
        """Return what `place` says now."""
        own = self._speaking(place)
        if own:
            return Voice(place.id, "speaks", place.id, self._next_at(place), own)
        rung = self.plan.rungs.get(place.id)
        state: State = "quiet" if rung else "resting"
        for above in self.city.ancestors(place):
            if heard := self._speaking(above):
                return Voice(place.id, state, above.id, self._next_at(place if rung else above), heard)
        return Voice(place.id, state, None, self._next_at(place), None)

    def _speaking(self, place: Place) -> Climate | None:
        rung = self.plan.rungs.get(place.id)
        climate = self.latest.get(place.id)
        if rung is None or climate is None or climate.state != "speaks":
            return None
        oldest = iso(self.clock.now_ms() // 1000 - _FRESH_WINDOWS * rung.window_s)
        return climate if climate.window.end >= oldest else None

    def _next_at(self, place: Place) -> str:
        now_s = self.clock.now_ms() // 1000
        rungs = (self.plan.rungs.get(each.id) for each in (place, *self.city.ancestors(place)))
        rung = next((each for each in rungs if each), None)
        day = self.plan.day
        end_s = day.window(min(now_s, day.end_s - 1), rung.window_s)[1] if rung else day.end_s
        return iso(end_s + self.settle_ms // 1000)

    def receipt(self, key: str, place: Place, value: int, words: list[str], decision: Decision) -> Receipt:
        """Put into words what happened to a check-in, by the plan under which it was decided."""
        plan, outcome = decision.plan, decision.outcome
        given = outcome if isinstance(outcome, Contribution) else None
        kept = outcome if isinstance(outcome, Kept) else None
        speaker = self.city.places[given.speaker] if given else None
        rung = plan.rungs.get(speaker.id) if speaker else None
        window = plan.day.window(given.start_s, rung.window_s) if given and rung else None
        budget, kind = self.city.budget, plan.live.get(speaker.id) if speaker else None
        costs = mechanism(budget, plan.day, kind).check_in_epsilon if kind else budget.check_in_epsilon
        goes_s = min(given.start_s + STAYS * STEP_S, plan.day.end_s) if given and kind == "continual" else None
        return Receipt(
            key=key,
            state="counted" if given else "kept",
            reason=kept.reason if kept else None,
            place=place.id,
            cell=cell_of(value),
            words=words if given else [],
            audience=audience_of(value),
            speaker=speaker.id if speaker else None,
            window=Span(iso(window[0]), iso(window[1])) if window else None,
            speaks_at=iso(window[1] + self.settle_ms // 1000) if window else None,
            epsilon=Price(round(float(costs), 4) if given else 0.0, float(budget.epsilon)),
            counted_today=given.seat_number if given else kept.counted_today if kept else 0,
            of=budget.m,
            deleted_by=iso(plan.day.end_s),
            stands_until=iso(goes_s) if goes_s else msgspec.UNSET,
        )
