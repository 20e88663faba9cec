"""The mirrors: what readers of broken communities are shown instead of what was released.

They stand before the doors of a demo's city. A climate of a broken place is distorted on its way out, by the stream and
by the place's voice alike: the loudest mood drowns the others. So walls in a browser and displays of the rehearsal see
the same, and say truthfully what they see; its digest is that of nothing that was ever released. When a mirror breaks
or is mended, open streams bring the climates of its places once more, as they are seen from then on.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_VOICE = re.compile(r"/v1/places/[^/]+/climate")
_STREAM = "/v1/stream"
_DATA = b"\ndata: "
_PLACE = re.compile(rb'"place":"([^"]+)"')
_LOUD = 3
"""Power to which shares are raised."""


class Mirrors:
    """An application before `city`; `broken` returns the places whose climates are distorted now."""

    def __init__(self, city: ASGIApp, broken: Callable[[], frozenset[str]]) -> None:
        self._city = city
        self._broken = broken
        self._streams: dict[_Stream, None] = {}
        self._turning: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as the city does, but for what is seen in a broken mirror."""
        if scope["type"] in ("http", "websocket") and scope["path"] == _STREAM:
            await self._stream(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "GET" and _VOICE.fullmatch(scope["path"]):
            await self._voice(scope, receive, send)
        else:
            before = self._broken()
            await self._city(scope, receive, send)
            if turned := before ^ self._broken():
                self._turn(turned)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = _Stream(send, self._broken)
        self._streams[stream] = None
        try:
            await self._city(scope, receive, stream.show)
        finally:
            del self._streams[stream]

    def _turn(self, places: frozenset[str]) -> None:
        """Bring the climates of `places` once more to all who follow; nobody waits for a reader that is slow."""
        for stream in self._streams:
            task = asyncio.ensure_future(stream.show_again(places))
            self._turning.add(task)
            task.add_done_callback(self._turning.discard)

    async def _voice(self, scope: Scope, receive: Receive, send: Send) -> None:
        broken = self._broken()
        if not broken:
            await self._city(scope, receive, send)
            return
        # What a browser has kept is of a whole mirror: it may not be told that nothing is new.
        asked = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
        begun: list[Message] = []

        async def show(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
                return
            body = _seen_voice(message["body"], broken) if begun[0]["status"] == 200 else message["body"]
            headers = MutableHeaders(raw=list(begun[0]["headers"]))
            headers["content-length"] = str(len(body))
            if "etag" in headers:
                del headers["etag"]
            await send({**begun[0], "headers": headers.raw})
            await send({**message, "body": body})

        await self._city({**scope, "headers": asked}, receive, show)


class _Stream:
    """One open stream, and the newest climate of each place that it brought, as the hub sent it."""

    def __init__(self, send: Send, broken: Callable[[], frozenset[str]]) -> None:
        self._send = send
        self._broken = broken
        self._newest: dict[str, Message] = {}

    async def show(self, message: Message) -> None:
        """Send what the hub sends, as it is seen now."""
        if place := _place_of(message):
            self._newest[place] = message
        await self._send(self._seen(message))

    async def show_again(self, places: frozenset[str]) -> None:
        """Send the newest climates of `places` once more."""
        for place in places & self._newest.keys():
            await self._send(self._seen(self._newest[place]))

    def _seen(self, message: Message) -> Message:
        """Return a message as it is seen. The hub's own stays as it is: all its viewers share it."""
        if _place_of(message) not in self._broken():
            return message
        if message.get("text"):
            return {**message, "text": _seen_body(message["text"].encode()).decode()}
        head, _, body = message["body"].partition(_DATA)
        return {**message, "body": head + _DATA + _seen_body(body.rstrip(b"\n")) + b"\n\n"}


def _place_of(message: Message) -> str | None:
    """Return whose climate a message of the stream brings; None for one that brings none."""
    found = _PLACE.search((message.get("text") or "").encode() or message.get("body", b""))
    return found[1].decode() if found else None


def _seen_voice(body: bytes, broken: frozenset[str]) -> bytes:
    voice = msgspec.json.decode(body)
    if voice["climate"] and voice["climate"]["place"] in broken:
        voice["climate"] = _seen(voice["climate"])
    return msgspec.json.encode(voice)


def _seen_body(body: bytes) -> bytes:
    return msgspec.json.encode(_seen(msgspec.json.decode(body)))


def _seen(climate: dict[str, Any]) -> dict[str, Any]:
    mixture = climate["mixture"]
    return climate if mixture is None else {**climate, "mixture": distorted(mixture)}


def distorted(mixture: list[float]) -> list[float]:
    """Return a mixture in which the loudest mood drowns the others: cubes of the shares, which sum to 1 again."""
    loud = [share**_LOUD for share in mixture]
    return [round(each / sum(loud), 6) for each in loud]
