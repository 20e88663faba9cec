"""City time: it can run at the wall clock's pace, faster in a demo, or stand still in a test.

A check-in, a window and a person-day live in city time. What guards people at the door (presence codes, sessions)
lives in real time, because a person's feet do not move faster in a demo.
"""

import asyncio
import datetime as dt
import functools
import time
from typing import Protocol


class Clock(Protocol):
    """The city's time, in Unix milliseconds, and how to wait for a moment of it."""

    @property
    def rate(self) -> float:
        """City seconds per real second, > 0."""
        ...

    def now_ms(self) -> int:
        """Return the city's time in Unix milliseconds. It never runs backwards."""
        ...

    async def sleep_until(self, at_ms: int) -> None:
        """Return once `now_ms() >= at_ms`."""
        ...


@functools.lru_cache(maxsize=4096)
def iso(at_s: float) -> str:
    """Return the instant `at_s` (Unix seconds) as ISO 8601 in UTC, to the second below."""
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _steady_ns() -> int:
    """Return nanoseconds that only grow; on Linux those of a suspended machine are counted as well."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return time.monotonic_ns()


class SystemClock:
    """The machine's clock, from `origin_ms` on (default: now) at `rate` city seconds per second.

    It is driven by a clock that never steps and that runs on while the machine sleeps (where there is one), so that a
    step of the wall clock neither repeats a window nor skips one while the city runs. With `rate` 1 and no origin, city
    time is the wall clock's time at start.
    """

    def __init__(self, rate: float = 1.0, origin_ms: int | None = None) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be above 0 city seconds per second, not {rate}")
        self._rate = rate
        self._origin_ms = time.time_ns() // 1_000_000 if origin_ms is None else origin_ms
        self._started_ns = _steady_ns()

    @property
    def rate(self) -> float:
        """City seconds per real second."""
        return self._rate

    def now_ms(self) -> int:
        """Return city time in Unix milliseconds."""
        return self._origin_ms + int((_steady_ns() - self._started_ns) * self._rate) // 1_000_000

    async def sleep_until(self, at_ms: int) -> None:
        """Sleep in real time until the city's time has come."""
        while (left_ms := at_ms - self.now_ms()) > 0:
            # At most a minute at a time: a laptop that was closed wakes up to the right hour.
            await asyncio.sleep(min(60.0, max(0.001, left_ms / 1000 / self._rate)))


class HandClock:
    """A clock that moves only when a test moves it."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms
        self._moved = asyncio.Event()

    @property
    def rate(self) -> float:
        """A held clock has the real pace; waiting is done by hand."""
        return 1.0

    def now_ms(self) -> int:
        """Return the time at which the hand left it."""
        return self._now_ms

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` >= 0 and wake all who wait."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self._now_ms += round(seconds * 1000)
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep_until(self, at_ms: int) -> None:
        """Wait until the hand has moved past `at_ms`."""
        while self._now_ms < at_ms:
            await self._moved.wait()
