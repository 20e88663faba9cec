"""A canary: every minute a feeling of nobody goes through the door like anybody's, and is taken back.

It is given over the same HTTP interface, admitted, committed, acknowledged, and withdrawn in the next breath, before
its window closes. So it shows that the whole way from the door to the disk is open, and no climate ever hears it. (If
the machine stops between the two, one climate has one voice too many, which the noise hides.)
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import ASGIApp

TIMEOUT_S = 10.0
_OK = 300


@dataclass(frozen=True)
class Song:
    """How it went."""

    well: bool
    detail: str
    """What did not go well, empty if all did."""


class Canary:
    """Sings at an open door of the city.

    `door` returns a place without presence codes and an audience that it has, or None.
    """

    def __init__(
        self, app: Callable[[], ASGIApp], token: Callable[[], str], door: Callable[[], tuple[str, str] | None]
    ) -> None:
        self._app = app
        self._token = token
        self._door = door

    async def sing(self) -> Song | None:
        """Give a feeling and take it back; None when every door asks for presence."""
        open_door = self._door()
        if open_door is None:
            return None
        place, audience = open_door
        key, token = secrets.token_urlsafe(18), self._token()
        path = f"/v1/places/{place}/check-ins"
        report = {"key": key, "cell": secrets.randbelow(64), "audience": audience, "chosen": True}
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, body = await _ask(self._app(), "POST", path, token, msgspec.json.encode(report))
                if status >= _OK:
                    return Song(False, f"a check-in was answered with {status}")
                if b'"counted"' in body:
                    status, _ = await _ask(self._app(), "DELETE", f"{path}/{key}", token, b"")
        except TimeoutError:
            return Song(False, f"a check-in was not answered within {TIMEOUT_S:.0f} seconds")
        return Song(status < _OK, "" if status < _OK else f"taking it back was answered with {status}")


async def _ask(app: ASGIApp, method: str, path: str, token: str, body: bytes) -> tuple[int, bytes]:
    """Send one request into the application, as the server would; return status and body."""
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": None, "server": None,
        "headers": [(b"host", b"canary"), (b"authorization", b"Bearer " + token.encode()),
                    (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    status, answer = 500, bytearray()

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            answer.extend(message.get("body", b""))

    work: Awaitable[None] = app(scope, receive, send)
    await work
    return status, bytes(answer)
