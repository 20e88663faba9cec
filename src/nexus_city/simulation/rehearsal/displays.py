"""Displays: one for each place of the demo. They follow the stream as a wall does, and say what they show."""

import asyncio
import contextlib
import hashlib
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

BEAT_S = 30
"""How often a display says what it shows, real seconds: as often as a wall."""
_AGAIN_S = 2.0
_SOON_S = 0.5
_TRIES = 3  # a voice may be ahead of the stream that brings its bytes
_KEPT = 256  # climates whose bytes are remembered, of all places together
_SILENCE_S = 60  # the stream sends a sign of life every 20 s


class Displays:
    """The displays of the city at `url`. `keys` are those of its places, one display each."""

    def __init__(self, url: str, keys: Mapping[str, str]) -> None:
        self._url = url
        self._keys = keys
        self._names = {place: secrets.token_urlsafe(12) for place in keys}
        self._digests: dict[int, str] = {}
        self._order: deque[int] = deque()

    async def show(self) -> None:
        """Follow the city, and say every BEAT_S what is shown, until cancelled."""
        async with aiohttp.ClientSession(self._url) as client, asyncio.TaskGroup() as group:
            group.create_task(self._follow(client))
            group.create_task(self._say(client))

    async def _follow(self, client: aiohttp.ClientSession) -> None:
        patience = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE_S)
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with client.get("/v1/stream", timeout=patience) as stream:
                    async for line in stream.content:
                        if line.startswith(b"data: "):
                            self._keep(line.removeprefix(b"data: ").rstrip(b"\n"))
            await asyncio.sleep(_AGAIN_S)

    def _keep(self, body: bytes) -> None:
        number = msgspec.json.decode(body)["id"]
        self._digests[number] = hashlib.sha256(body).hexdigest()
        self._order.append(number)
        if len(self._order) > _KEPT:
            self._digests.pop(self._order.popleft(), None)

    async def _say(self, client: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.gather(*(self.tell(client, place) for place in self._keys))
            await asyncio.sleep(BEAT_S)

    async def tell(self, client: aiohttp.ClientSession, place: str) -> None:
        """Say what the display of `place` shows; if its bytes have not come, or nobody answers, the next beat will."""
        for _ in range(_TRIES):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with client.get(f"/v1/places/{place}/climate") as answer:
                    shown: dict[str, Any] | None = (await answer.json())["climate"]
                digest = self._digests.get(shown["id"]) if shown else ""
                if digest is not None:
                    said = {"display": self._names[place], "climate": shown and shown["id"], "digest": digest}
                    key = {"x-display-key": self._keys[place]}
                    async with client.post(f"/v1/places/{place}/echo", json=said, headers=key) as answer:
                        await answer.read()
                    return
            await asyncio.sleep(_SOON_S)
