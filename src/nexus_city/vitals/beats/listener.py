"""A listener: it reads the stream inside the process, as a wall does outside, and stays for as long as the city runs.

So it is known that what is released also reaches a reader: the newest climate has to come within BOUND_S of its
publication, and a stream on which nobody says anything has to bring its beat.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.types import ASGIApp

from nexus_city.vitals.beats.beat import Beat, State

BOUND_S = 10.0
"""Within how many real seconds what was published has to come by the stream."""
SILENT_S = 60.0
"""After how many real seconds without any word a stream counts as silent; the hub speaks every twenty."""
AGAIN_S = 5.0
"""Real seconds until a stream that ended is opened again."""
_OPENED = 200
_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)


class Listener:
    """Listens to every place. `published` is the number of the newest climate that may be seen."""

    def __init__(self, app: Callable[[], ASGIApp], published: Callable[[], int], now_s: Callable[[], float]) -> None:
        self._app = app
        self._published = published
        self._now_s = now_s
        self._heard = 0
        """Number of the newest climate that came."""
        self._status = 0
        """How the stream was answered last; 0 when it has ended, or was never opened."""
        self.seen_s: float | None = None
        """When anything last came, real time in Unix seconds; None if nothing ever did."""
        self._listens = False
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled, opening the stream again whenever it ends."""
        self._listens = True
        while True:
            with contextlib.suppress(Exception):  # that it broke shows in what it says of itself
                await self._listen()
            self._status = 0 if self._status == _OPENED else self._status
            await asyncio.sleep(AGAIN_S)

    async def ask(self) -> Beat:
        """Return whether what is published by now has come, waiting for it for at most BOUND_S."""
        if not self._listens:
            return Beat("unknown", "nobody listens to it yet")
        due = self._published()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BOUND_S):
                await self._reach(due)
        return Beat(*self._judged(due), self.seen_s)

    def _judged(self, due: int) -> tuple[State, str]:
        if self._status != _OPENED:
            answer = f"answers {self._status}" if self._status else "is closed"
            return "troubled", f"it {answer}; restart the city, walls come back by themselves"
        if self._heard < due:
            missing = f"climate {due} was published and has not come within {BOUND_S:.0f} seconds"
            return "troubled", f"{missing}; look at the machine's load, or restart the city"
        if self.seen_s is None or self._now_s() - self.seen_s > SILENT_S:
            return "troubled", f"it has said nothing for {SILENT_S:.0f} seconds; restart the city"
        return "well", ""

    async def _reach(self, due: int) -> None:
        while self._status != _OPENED or self._heard < due:
            self._news.clear()
            await self._news.wait()

    async def _listen(self) -> None:
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/v1/stream", "raw_path": b"/v1/stream", "query_string": b"", "root_path": "", "client": None,
            "server": None, "headers": [(b"host", b"listener")],
        }  # fmt: skip
        ended = asyncio.Event()

        async def receive() -> MutableMapping[str, Any]:
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            self._hear(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                ended.set()

        await self._app()(scope, receive, send)

    def _hear(self, message: MutableMapping[str, Any]) -> None:
        """Take in one message; never waits, because the hub takes the step by hand."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        numbers = [int(each) for each in _ID.findall(message.get("body", b""))]
        self._heard = max([self._heard, *numbers])
        self.seen_s = self._now_s()
        self._news.set()
