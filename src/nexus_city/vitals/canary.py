"""A canary: every minute a feeling of nobody goes through the door like anybody's, and is taken back.

It is given over the same HTTP interface, admitted, committed, acknowledged, and withdrawn in the next breath, before
its window closes. So it shows that the whole way from the door to the disk is open, and no climate ever hears it. (If
the machine stops between the two, one climate has one voice too many, which the noise hides.)

A second canary is silent: it comes with `Sec-GPC: 1` from somebody who has set no boundary, and must not be counted.
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
    respected: bool | None = None
    """Whether the boundary of the silent canary was kept to; None when it could not be tried."""


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
        try:
            async with asyncio.timeout(TIMEOUT_S):
                trouble, _ = await self._give(place, audience, chosen=True)
                silent_trouble, counted = await self._give(place, audience, chosen=False)
        except TimeoutError:
            return Song(False, f"a check-in was not answered within {TIMEOUT_S:.0f} seconds")
        if counted:
            trouble = "a check-in of somebody who takes no part was counted; stop the city and tell its makers"
        return Song(not trouble, trouble, None if silent_trouble else not counted)

    async def _give(self, place: str, audience: str, *, chosen: bool) -> tuple[str, bool]:
        """Give a feeling, and take it back if it was counted; return what went wrong, and whether it was counted.

        Without a `chosen` boundary it comes with the browser's wish to take no part.
        """
        key, token = secrets.token_urlsafe(18), self._token()
        path = f"/v1/places/{place}/check-ins"
        report = {"key": key, "cell": secrets.randbelow(64), "audience": audience, "chosen": chosen}
        status, body = await _ask(self._app(), "POST", path, token, msgspec.json.encode(report), silent=not chosen)
        if status >= _OK:
            return f"a check-in was answered with {status}", False
        counted = b'"counted"' in body
        if counted:
            status, _ = await _ask(self._app(), "DELETE", f"{path}/{key}", token, b"")
        return "" if status < _OK else f"taking it back was answered with {status}", counted


async def _ask(
    app: ASGIApp, method: str, path: str, token: str, body: bytes, *, silent: bool = False
) -> tuple[int, bytes]:
    """Send one request into the application, as the server would; return status and body."""
    headers = {"host": "canary", "authorization": f"Bearer {token}", "content-type": "application/json",
               "content-length": str(len(body)), **({"sec-gpc": "1"} if silent else {})}  # fmt: skip
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "client": None, "server": None,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
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
