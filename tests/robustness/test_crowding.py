"""One device that asks ten thousand times is slowed down, leaves no trace in memory, and is nobody else's trouble."""

import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nexus_city.app import Nexus
from nexus_city.ground import HandClock, Settings, Tape
from tests.conftest import MORNING_MS, SMALL_CITY, ZERO_NOISE
from tests.robustness.knock import Answer, knock

A_MINUTE = 30
"""Requests that a device may make in a minute, as the city is shipped."""


@pytest.fixture
async def nexus(tmp_path: Path) -> AsyncIterator[Nexus]:
    """A city with the limits that it is shipped with."""
    (tmp_path / "city.toml").write_text(SMALL_CITY)
    settings = Settings(data=tmp_path / "data", city=tmp_path / "city.toml")
    nexus = Nexus(settings, HandClock(MORNING_MS), Tape(ZERO_NOISE))
    yield nexus
    nexus.close()


async def test_ten_thousand_requests_of_one_device(nexus: Nexus) -> None:
    greedy, other = nexus.tokens.issue(), nexus.tokens.issue()
    began_s = time.monotonic()
    first = [(await give(nexus, greedy, number)).status for number in range(A_MINUTE)]
    statuses: Counter[int] = Counter()
    tracemalloc.start()
    for number in range(A_MINUTE, 10_000):
        answer = await give(nexus, greedy, number)
        statuses[answer.status] += 1
        if answer.status == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.headers["content-type"] == "application/problem+json"
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    refilled = int((time.monotonic() - began_s) * A_MINUTE / 60) + 1

    assert first == [202] * A_MINUTE
    assert set(statuses) <= {202, 429}
    assert statuses[202] <= refilled, "it was served faster than a person can feel"
    assert held < 300_000, "bytes that ten thousand requests left behind"
    assert (await give(nexus, other, 0)).status == 202


async def give(nexus: Nexus, token: str, number: int) -> Answer:
    """Check in."""
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = b'{"key": "%022d", "cell": 1, "audience": "city"}' % number
    return await knock(nexus.asgi, "POST", "/v1/places/square/check-ins", headers, [body])
