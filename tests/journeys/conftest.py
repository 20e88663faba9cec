"""A city that a browser can visit: the whole server on a real port, its clock and its noise in the test's hand."""

import asyncio
import contextlib
import os
import shutil
import socket
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from nexus_city.app import Nexus
from nexus_city.ground import HandClock, Settings, Tape
from tests.conftest import MORNING_MS, SMALL_CITY, ZERO_NOISE, Phone, pass_city_time, released_by

T = TypeVar("T")
PHONE = {"width": 390, "height": 844}
HOUR_S = 3600
_WITHOUT_OUTSIDE = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
    "--disable-component-update",
)


class OpenTown:
    """A city that is really served. Its server runs on a thread of its own; what is asked of it is run there."""

    def __init__(
        self, folder: Path, tape: bytes = ZERO_NOISE, city: str = SMALL_CITY, house: Path | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "city.toml").write_text(city)
        self.clock = HandClock(MORNING_MS)
        settings = Settings(data=folder / "data", city=folder / "city.toml", house=house, check_ins_per_minute=100_000)
        self.nexus = Nexus(settings, self.clock, Tape(tape))
        self.setup_code = self.nexus.accounts.setup_code()  # before anything is served: it writes outside the queue
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(self.nexus.asgi, log_level="warning", ws="websockets-sansio", timeout_graceful_shutdown=1)
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self.run(self._started())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` on the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def pass_time(self, seconds: float) -> None:
        """Let city time pass, closing every window on its way."""
        self.run(pass_city_time(self.nexus, self.clock, seconds))

    def crowd(self, people: int, cell: int = 9, place: str = "square") -> None:
        """Let `people` others check in, each with a phone of their own."""
        self.run(self._crowd(people, cell, place))

    def released(self) -> list[tuple[Any, ...]]:
        """Return everything that has left the city, byte for byte."""
        return released_by(self.nexus)

    def close(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self.nexus.hub.close)
        self._server.should_exit = True
        self._thread.join(10)
        self.nexus.close()
        self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve([self._listener]))

    async def _started(self) -> None:
        while not self._server.started:
            await asyncio.sleep(0.01)

    async def _crowd(self, people: int, cell: int, place: str) -> None:
        transport = httpx.ASGITransport(app=self.nexus.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
            for _ in range(people):
                token = (await client.post("/v1/devices")).json()["token"]
                answer = await Phone(client, token).give(place, cell)
                assert answer.status_code == 202, answer.text


@pytest.fixture
def open_town(tmp_path: Path) -> Iterator[OpenTown]:
    """A served city whose noise is zero."""
    town = OpenTown(tmp_path)
    yield town
    town.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The machine's own Chromium, headless, which may ask nobody outside for anything.

    For this package only: while it is open, Playwright runs a loop on this thread; no other test could have its own.
    """
    path = os.environ.get("NEXUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium: run scripts/install-test-tools, or set NEXUS_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_WITHOUT_OUTSIDE))
        yield browser
        browser.close()


class Visitor:
    """A person with a browser, and what their browser noticed on the way."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.foreign: list[str] = []
        """Requests that left for another host."""
        self.complaints: list[str] = []
        """Errors on the console: exceptions, and everything that the content security policy stopped."""

    def open(self, path: str) -> Page:
        """Open a page in a tab of its own."""
        page = self.context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", self._see)
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.url + path)
        return page

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.foreign.append(request.url)


@contextlib.contextmanager
def visiting(browser: Browser, url: str, **more: Any) -> Iterator[Visitor]:
    """Come with a fresh browser profile, phone-size and in English unless said otherwise."""
    with browser.new_context(**{"viewport": PHONE, "locale": "en-GB", "has_touch": True, **more}) as context:
        yield Visitor(context, url)


@pytest.fixture
def visitor(browser: Browser, open_town: OpenTown) -> Iterator[Visitor]:
    """A newcomer with a phone."""
    with visiting(browser, open_town.url) as visitor:
        yield visitor
