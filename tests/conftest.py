"""What many tests need: a city on a held clock and a known tape, and phones that talk to it."""

import asyncio
import contextlib
import datetime as dt
import inspect
import os
import sqlite3
from collections.abc import AsyncIterator, Generator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings
from starlette.applications import Starlette
from starlette.routing import Route

from nexus_city.app import Nexus
from nexus_city.climate.store import Table, tables_ending
from nexus_city.ground import HandClock, Settings, Tape
from nexus_city.ground.web import Endpoint

settings.register_profile("ours", deadline=None)  # machines are shared: no test depends on how fast one is
settings.load_profile("ours")

ZERO_NOISE = b"\x00" * 7 + b"\x80"
"""A tape on which every draw of discrete Laplace noise is 0: the middle of the distribution."""
MORNING_MS = int(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC).timestamp() * 1000)

SMALL_CITY = """
timezone = "UTC"

[[place]]
id = "city"
name = "The City"
kind = "city"

[[place]]
id = "east"
name = "East"
kind = "district"
parent = "city"

[[place]]
id = "square"
name = "The Square"
parent = "east"
adjacent = ["gallery"]
expected_crowd = 12000

[[place]]
id = "gallery"
name = "The Gallery"
parent = "east"
presence = "required"
expected_crowd = 12000

[[place]]
id = "nook"
name = "The Nook"
parent = "east"
expected_crowd = 20
"""
"""Two places that speak hourly on the 4×4 grid, and one that rests; their district and the city speak hourly too."""

LIVE_CITY = (
    SMALL_CITY.replace('name = "The Square"', 'name = "The Square"\nlive = "continual"').replace("12000", "60000", 1)
    + """
[[place]]
id = "garden"
name = "The Garden"
parent = "city"
expected_crowd = 12000
"""
)
"""The same with a square that is live on the 2x2 grid, and a garden beside the district that is not."""


class Phone:
    """A device with its token, as the check-in page uses it."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self.client = client
        self.headers = {"authorization": f"Bearer {token}"}
        self._keys = iter(range(10**6))

    def key(self) -> str:
        """Return a key that this phone has not used."""
        return f"{next(self._keys):022d}"

    async def give(self, place: str = "square", cell: int = 9, audience: str = "city", **more: Any) -> httpx.Response:
        """Check in."""
        body = {"key": self.key(), "cell": cell, "audience": audience, **more}
        return await self.client.post(f"/v1/places/{place}/check-ins", json=body, headers=self.headers)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Return the problem document of a refusal, which says what happened and what to do next."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["detail"]
    assert told["remedy"]
    return told


def released_by(nexus: Nexus) -> list[tuple[Any, ...]]:
    """Return everything that has left a city: all released rows, byte for byte."""
    with contextlib.closing(nexus.database._connect()) as connection:
        tables = connection.execute("select * from release order by place, strand, start_s").fetchall()
        words = connection.execute("select * from word_release order by date").fetchall()
        moments = connection.execute("select * from moment_release order by date").fetchall()
        climates = connection.execute("select * from climate order by id").fetchall()
        live = connection.execute("select * from live_release order by place, start_s").fetchall()
    return [*tables, *words, *moments, *climates, *live]


async def pass_city_time(nexus: Nexus, clock: HandClock, seconds: float) -> None:
    """Move a held clock, stopping wherever the rounds of the city have something to do; they must be running."""
    until_ms = clock.now_ms() + round(seconds * 1000)
    await _rest(nexus, clock)
    while clock.now_ms() < until_ms:
        clock.advance((min(nexus.room.acts_at_ms, until_ms) - clock.now_ms()) / 1000)
        await _rest(nexus, clock)


async def _rest(nexus: Nexus, clock: HandClock) -> None:
    for _ in range(4000):
        await asyncio.sleep(0.0005)
        if nexus.room.acts_at_ms > clock.now_ms():
            return
    raise AssertionError("the rounds did not come to rest")


class Town:
    """A city under test: the whole server in this process, its clock in the test's hand."""

    def __init__(
        self,
        folder: Path,
        tape: bytes = ZERO_NOISE,
        city: str = SMALL_CITY,
        at_ms: int = MORNING_MS,
        beside: Sequence[Endpoint] = (),
    ) -> None:
        self.folder = folder
        (folder / "city.toml").write_text(city)
        self.clock = HandClock(at_ms)
        self.tape = Tape(tape)
        self.real_s = at_ms / 1000
        settings = Settings(data=folder / "data", city=folder / "city.toml", check_ins_per_minute=100_000)
        self.nexus = Nexus(settings, self.clock, self.tape, lambda: self.real_s, beside)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=self.nexus.asgi), base_url="http://city.test")
        self._rounds: asyncio.Task[None] | None = None

    async def phone(self) -> Phone:
        """Return a new phone."""
        return Phone(self.client, (await self.client.post("/v1/devices")).json()["token"])

    async def pass_time(self, seconds: float) -> None:
        """Let city time pass, closing every window on its way at its own time."""
        if self._rounds is None:
            self._rounds = asyncio.create_task(self.nexus.room.run())
        await pass_city_time(self.nexus, self.clock, seconds)

    async def climate(self, place: str = "square") -> Any:
        """Return what a place says now."""
        return (await self.client.get(f"/v1/places/{place}/climate")).json()

    def released(self) -> list[tuple[Any, ...]]:
        """Return everything that has left the city."""
        return released_by(self.nexus)

    @staticmethod
    def tables(connection: sqlite3.Connection) -> list[Table]:
        """Return all released tables; for `database.read`."""
        return tables_ending(connection, 0, 2**40)

    async def close(self) -> None:
        """Stop the city."""
        if self._rounds:
            self._rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._rounds
        await self.client.aclose()
        self.nexus.close()


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A city whose noise is zero: what is released can be counted."""
    found = Town(tmp_path)
    yield found
    await found.close()


def routes_of(nexus: Nexus) -> list[Route]:
    """Return the routes of a city, found beneath the layers that the composition root has put around them."""
    app: Any = nexus.asgi
    while not isinstance(app, Starlette):
        app = inspect.getclosurevars(app).nonlocals["pages"]
    return [route for route in app.routes if isinstance(route, Route)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes: with several workers nobody waits for the last of them."""
    long = {item.path for item in items if item.get_closest_marker("long")}
    items.sort(key=lambda item: item.path not in long)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make the skip of a test a failure where `NEXUS_CI=1`."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _fail_where_nothing_skips(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Make the skip of a whole module a failure where `NEXUS_CI=1`."""
    report = yield
    _fail_where_nothing_skips(report)
    return report


def _fail_where_nothing_skips(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skip into a failure in CI: what is missing there shall be installed, not passed over."""
    if report.skipped and os.environ.get("NEXUS_CI") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, and in CI nothing skips: {report.longrepr}"
