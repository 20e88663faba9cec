"""What every clock of the city must do, whether a machine drives it or a hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from nexus_city.ground import Clock, HandClock, SystemClock


@dataclass
class Kept:
    """A clock that goes, and the span of city time in which a check may be over (tests shall be short)."""

    clock: Clock
    span_ms: int


@contextlib.asynccontextmanager
async def by_hand(now_ms: int) -> AsyncIterator[Kept]:
    clock = HandClock(now_ms)

    async def move() -> None:
        while True:
            await asyncio.sleep(0)
            clock.advance(0.05)

    moving = asyncio.create_task(move())
    try:
        yield Kept(clock, 3000)
    finally:
        moving.cancel()


@contextlib.asynccontextmanager
async def by_machine(now_ms: int) -> AsyncIterator[Kept]:
    yield Kept(SystemClock(1.0, now_ms), 20)


@contextlib.asynccontextmanager
async def by_machine_in_a_demo(now_ms: int) -> AsyncIterator[Kept]:
    yield Kept(SystemClock(240.0, now_ms), 4000)


Maker = Callable[[int], contextlib.AbstractAsyncContextManager[Kept]]
CLOCKS: list[Maker] = [by_hand, by_machine, by_machine_in_a_demo]
START_MS = 1_800_000_000_000
every_clock = pytest.mark.parametrize("made", CLOCKS, ids=lambda made: made.__name__)


@every_clock
async def test_it_starts_where_it_is_set_and_never_runs_backwards(made: Maker) -> None:
    async with made(START_MS) as kept:
        seen = [kept.clock.now_ms()]
        while seen[-1] < START_MS + kept.span_ms:
            await asyncio.sleep(0)
            seen.append(kept.clock.now_ms())
        assert seen[0] >= START_MS
        assert seen == sorted(seen)
        assert {type(each) for each in seen} == {int}


@every_clock
async def test_a_sleeper_wakes_when_its_time_has_come_and_not_before(made: Maker) -> None:
    async with made(START_MS) as kept, asyncio.timeout(10):
        for part in (0.3, 0.7, 1):
            until = START_MS + round(kept.span_ms * part)
            await kept.clock.sleep_until(until)
            assert kept.clock.now_ms() >= until


@every_clock
async def test_a_time_that_has_passed_is_not_waited_for(made: Maker) -> None:
    async with made(START_MS) as kept, asyncio.timeout(10):
        await kept.clock.sleep_until(START_MS - 3_600_000)
        await kept.clock.sleep_until(0)


@every_clock
async def test_many_wait_at_once_and_each_wakes(made: Maker) -> None:
    async with made(START_MS) as kept, asyncio.timeout(10):
        woken: list[int] = []

        async def sleeper(until: int) -> None:
            await kept.clock.sleep_until(until)
            assert kept.clock.now_ms() >= until
            woken.append(until)

        times = [START_MS + kept.span_ms * number // 10 for number in range(10, 0, -1)]
        await asyncio.gather(*(sleeper(until) for until in times))
        assert sorted(woken) == sorted(times)


@every_clock
async def test_a_sleeper_can_be_cancelled_and_the_others_sleep_on(made: Maker) -> None:
    async with made(START_MS) as kept, asyncio.timeout(10):
        for_ever = asyncio.create_task(kept.clock.sleep_until(START_MS * 2))
        other = asyncio.create_task(kept.clock.sleep_until(START_MS + kept.span_ms))
        await asyncio.sleep(0)
        for_ever.cancel()
        with pytest.raises(asyncio.CancelledError):
            await for_ever
        await other


@every_clock
async def test_its_rate_is_above_zero(made: Maker) -> None:
    async with made(START_MS) as kept:
        assert kept.clock.rate > 0


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_clock_that_would_stand_still_or_go_back_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0 city seconds"):
        SystemClock(rate)


def test_a_hand_cannot_turn_time_back() -> None:
    clock = HandClock(START_MS)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-0.001)
    assert clock.now_ms() == START_MS


def test_a_held_clock_moves_by_what_the_hand_moves_it() -> None:
    clock = HandClock(START_MS)
    clock.advance(1.5)
    assert clock.now_ms() == START_MS + 1500


def test_a_demo_runs_faster_than_the_machine() -> None:
    """Both were set to the same time, the slow one last; whenever it is read first, the fast one is not behind."""
    fast, slow = SystemClock(3600.0, START_MS), SystemClock(1.0, START_MS)
    for _ in range(1000):
        behind = slow.now_ms()
        assert fast.now_ms() >= behind


def test_without_an_origin_it_shows_the_time_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: START_MS * 1_000_000)
    assert START_MS <= SystemClock().now_ms() < START_MS + 60_000


def test_a_step_of_the_machines_wall_clock_moves_no_window(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock(1.0, START_MS)
    before = clock.now_ms()
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert clock.now_ms() >= before
