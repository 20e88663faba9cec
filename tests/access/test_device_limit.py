"""One device, a bounded number of requests: what is allowed in any span of time, and that nobody waits too long."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.access import DeviceLimit
from nexus_city.ground.errors import TooMany

PHONE, OTHER = b"p", b"o"
gaps_ms = st.lists(st.integers(0, 5_000), max_size=120)
rates = st.integers(1, 300)


class Turnstile:
    """A limit on a clock in the test's hand, in whole milliseconds."""

    def __init__(self, per_minute: int) -> None:
        self.now_ms = 0
        self._limit = DeviceLimit(per_minute, lambda: self.now_ms / 1000)

    def take(self, device: bytes = PHONE) -> int | None:
        """Return None when a request was let in, or the seconds to wait."""
        try:
            self._limit.take(device)
        except TooMany as refusal:
            return refusal.retry_after_s
        return None

    def admitted(self, gaps: Sequence[int]) -> list[int]:
        """Return when requests were let in that came `gaps` milliseconds after one another."""
        times = []
        for gap in gaps:
            self.now_ms += gap
            if self.take() is None:
                times.append(self.now_ms)
        return times


@given(per_minute=rates, gaps=gaps_ms)
def test_no_span_of_time_lets_in_more_than_the_burst_and_the_rate(per_minute: int, gaps: list[int]) -> None:
    times = Turnstile(per_minute).admitted(gaps)
    for first, start in enumerate(times):
        for last in range(first, len(times)):
            minutes = (times[last] - start) / 60_000
            assert last - first + 1 <= per_minute + per_minute * minutes + 1e-6


@given(per_minute=rates, gaps=gaps_ms)
def test_who_keeps_to_the_rate_is_never_refused(per_minute: int, gaps: list[int]) -> None:
    interval_ms = -(-60_000 // per_minute)
    steady = [interval_ms + gap for gap in gaps]
    assert len(Turnstile(per_minute).admitted(steady)) == len(steady)


@given(per_minute=rates)
def test_the_whole_burst_may_come_at_once_and_not_one_more(per_minute: int) -> None:
    gate = Turnstile(per_minute)
    assert [gate.take() for _ in range(per_minute)] == [None] * per_minute
    assert gate.take() is not None


@given(per_minute=rates, gaps=gaps_ms)
def test_who_waits_as_long_as_was_said_is_let_in(per_minute: int, gaps: list[int]) -> None:
    gate = Turnstile(per_minute)
    gate.admitted([0] * per_minute + gaps)
    wait_s = gate.take()
    while wait_s is None:
        wait_s = gate.take()
    assert 1 <= wait_s <= 60
    gate.now_ms += wait_s * 1000
    assert gate.take() is None


def test_a_refused_request_costs_nothing() -> None:
    gate = Turnstile(60)
    gate.admitted([0] * 60)
    for _ in range(1000):
        assert gate.take() == 1
    gate.now_ms += 1000
    assert gate.take() is None


def test_one_device_does_not_wait_for_another() -> None:
    gate = Turnstile(1)
    assert gate.take(PHONE) is None
    assert gate.take(PHONE) is not None
    assert gate.take(OTHER) is None


def test_the_words_and_the_header_name_the_same_wait() -> None:
    limit = DeviceLimit(2, lambda: 0.0)
    limit.take(PHONE)
    limit.take(PHONE)
    with pytest.raises(TooMany) as caught:
        limit.take(PHONE)
    assert caught.value.retry_after_s == 30
    assert "Wait 30 s" in caught.value.remedy


def test_devices_that_have_rested_are_forgotten_and_busy_ones_are_not() -> None:
    now = [0.0]
    limit = DeviceLimit(60, lambda: now[0])
    for number in range(50_000):
        limit.take(number.to_bytes(4, "big"))
    now[0] = 10.0
    for _ in range(60):
        limit.take(PHONE)
    assert len(limit._full_at) == 1
    with pytest.raises(TooMany):
        limit.take(PHONE)
