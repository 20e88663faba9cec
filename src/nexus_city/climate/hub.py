"""The fan-out hub: one climate goes to thousands of viewers, and no viewer can hold up another.

A climate is encoded once. To hand it on, the hub takes the first step of each viewer's ASGI `send` by hand. If the
socket has room, that first step is also the last, and no task was made and no loop iteration spent. If `send` waits,
its rest becomes a task, and until that is done the viewer only keeps the newest climate of each place: it skips,
nobody else notices. (From Python 3.12 on, an eager task would be the same thing; this runs on 3.11 too.)

Invariants
* Ids rise. A viewer receives each id at most once, in rising order, so its last id is always a place to resume from.
* A climate is in the history before it is published. A viewer joins before it reads the history, so between the two
  nothing is missed, and what comes by both ways is sent once.
* What waits for a viewer is bounded: the newest of each place, plus `_EXACT` while it reads its history.
* Everything here runs on the event loop's thread. `send` may be wrapped, but by plain coroutines only: a wrapper
  that needs the current task (a timeout, a cancel scope) would find the hub's.
"""

import asyncio
import contextlib
import functools
import types
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qs

import msgspec

from nexus_city.ground.errors import BadInput, NexusError, NotFound, Unavailable, WrongMethod
from nexus_city.ground.web import problem_headers

Kind = Literal["sse", "websocket"]
Event = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
Receive = Callable[[], Awaitable[Event]]
Scope = Mapping[str, Any]
Row = tuple[int, str, bytes]
"""(id, place, body): one climate, its body being JSON on one line."""

_EXACT: Final = 1024  # climates kept one by one before only the newest of each place is kept
_BREATH: Final = 256  # viewers served before other tasks, such as handshakes, get their turn


class _Message:
    """A climate, framed once for each kind of viewer."""

    __slots__ = ("frames", "id", "place")

    def __init__(self, place: str, id_: int, body: bytes) -> None:
        self.id = id_
        self.place = place
        sse = b"id: %d\nevent: climate\ndata: %b\n\n" % (id_, body)
        self.frames: dict[Kind, Event] = {
            "sse": _chunk(sse),
            "websocket": {"type": "websocket.send", "text": body.decode()},
        }


def _chunk(body: bytes, more: bool = True) -> Event:
    return {"type": "http.response.body", "body": body, "more_body": more}


_BEAT: Final = _chunk(b": hi\n\n")
_GOODBYE: Final[dict[Kind, Event]] = {
    "sse": _chunk(b"", more=False),
    "websocket": {"type": "websocket.close", "code": 1012, "reason": "The city is restarting."},
}


class _Waiting:
    """Climates that wait, in rising order: up to `exact` of them all, beyond that the newest of each place."""

    __slots__ = ("_by_key", "exact")

    def __init__(self, exact: int) -> None:
        self.exact = exact
        self._by_key: dict[int | str, _Message] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def keep(self, message: _Message) -> bool:
        """Add the newest message; return whether an older one of its place was dropped for it."""
        key = message.id if len(self._by_key) < self.exact else message.place
        dropped = self._by_key.pop(key, None)
        self._by_key[key] = message
        return dropped is not None

    def next(self) -> _Message:
        """Take the oldest."""
        return self._by_key.pop(next(iter(self._by_key)))


class Viewer:
    """One open stream. `busy` while a send of it is under way; then climates wait instead."""

    __slots__ = ("busy", "kind", "places", "rest", "seen", "send", "waiting")

    def __init__(self, send: Send, kind: Kind, places: frozenset[str] | None) -> None:
        self.send = send
        self.kind: Kind = kind
        self.places = places
        self.seen = 0
        self.busy = True  # until it has caught up
        self.waiting = _Waiting(_EXACT)
        self.rest: asyncio.Task[None] | None = None


class Hub:
    """Hands published climates to all viewers. `run` must be running for anything to arrive."""

    def __init__(self, beat_s: float = 20.0) -> None:
        self.beat_s = beat_s
        """Real seconds between comments on a quiet SSE stream, so that no proxy takes it for dead."""
        self.newest = 0
        """The highest id published since this process started."""
        self.delivered = 0
        """Climates handed to viewers, counted once per viewer."""
        self.skipped = 0
        """Climates that a slow viewer did not get because a newer one of the same place came."""
        self.closed = False
        self._everywhere: dict[Viewer, None] = {}  # dicts as ordered sets: old friends first
        self._of_place: dict[str, dict[Viewer, None]] = {}
        self._published = _Waiting(_EXACT)
        self._news = asyncio.Event()
        self.viewers = 0
        """Streams that are open now."""

    def publish(self, place: str, id_: int, body: bytes) -> None:
        """Send a climate on its way; `id_` is above all before, `body` is JSON on one line. Returns at once."""
        if id_ <= self.newest:
            raise ValueError(f"climate {id_} of '{place}' is published after climate {self.newest}; ids must rise")
        if b"\n" in body:
            raise ValueError(f"the body of climate {id_} must be JSON on one line")
        self.newest = id_
        self.skipped += self._published.keep(_Message(place, id_, body))
        self._news.set()

    async def run(self) -> None:
        """Deliver what is published, and keep quiet streams alive, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._deliver())
            group.create_task(self._beat())

    @contextlib.contextmanager
    def join(self, send: Send, kind: Kind, places: frozenset[str] | None) -> Iterator[Viewer]:
        """Open a stream of `places` (None: all). From here on climates wait for it, until `catch_up` is called."""
        viewer = Viewer(send, kind, places)
        for circle in self._circles(viewer):
            circle[viewer] = None
        self.viewers += 1
        try:
            yield viewer
        finally:
            self.viewers -= 1
            self._forget(viewer)

    async def catch_up(self, viewer: Viewer, backlog: Sequence[Row]) -> None:
        """Send `backlog`, read after `viewer` joined, then what was published meanwhile; from then on it is live."""
        for id_, place, body in sorted(backlog):
            await self._hand(viewer, _Message(place, id_, body))
        await self._hand_waiting(viewer)

    def close(self) -> None:
        """Say goodbye to every viewer, so that a server that waits for open streams can stop; they will return."""
        self.closed = True
        for viewer in self._everyone():
            if not viewer.busy:
                self._step(viewer, _GOODBYE[viewer.kind])

    async def _deliver(self) -> None:
        while await self._news.wait():
            while self._published:
                message = self._published.next()
                viewers = [*self._everywhere, *self._of_place.get(message.place, ())]
                for number, viewer in enumerate(viewers, 1):
                    self._offer(viewer, message)
                    if number % _BREATH == 0:
                        await asyncio.sleep(0)
            self._news.clear()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.beat_s)
            for number, viewer in enumerate(self._everyone(), 1):
                if viewer.kind == "sse" and not viewer.busy:  # the server itself pings WebSockets
                    self._step(viewer, _BEAT)
                if number % _BREATH == 0:
                    await asyncio.sleep(0)

    def _offer(self, viewer: Viewer, message: _Message) -> None:
        if viewer.busy:
            self.skipped += viewer.waiting.keep(message)
        elif message.id > viewer.seen:
            viewer.seen = message.id
            self.delivered += 1
            self._step(viewer, message.frames[viewer.kind])

    def _step(self, viewer: Viewer, event: Event) -> None:
        """Take the first step of a send; if that was not all, leave the rest to a task."""
        steps = viewer.send(event).__await__()
        try:
            waits_for = next(steps)
        except StopIteration:
            return
        except Exception:  # noqa: BLE001 - a viewer may fail in any way, but only for itself
            self._forget(viewer)
        else:
            viewer.busy = True
            viewer.rest = asyncio.ensure_future(self._finish(viewer, steps, waits_for))

    async def _finish(self, viewer: Viewer, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        try:
            await _rest(steps, waits_for)
            await self._hand_waiting(viewer)
        except Exception:  # noqa: BLE001 - as above
            self._forget(viewer)

    async def _hand_waiting(self, viewer: Viewer) -> None:
        viewer.waiting.exact = 0
        while viewer.waiting:
            await self._hand(viewer, viewer.waiting.next())
        viewer.busy = False
        if self.closed:
            self._step(viewer, _GOODBYE[viewer.kind])

    async def _hand(self, viewer: Viewer, message: _Message) -> None:
        if message.id > viewer.seen:
            viewer.seen = message.id
            self.delivered += 1
            await viewer.send(message.frames[viewer.kind])

    def _everyone(self) -> set[Viewer]:
        return set(self._everywhere).union(*self._of_place.values())

    def _circles(self, viewer: Viewer) -> list[dict[Viewer, None]]:
        if viewer.places is None:
            return [self._everywhere]
        return [self._of_place.setdefault(place, {}) for place in viewer.places]

    def _forget(self, viewer: Viewer) -> None:
        viewer.busy = True  # whoever still holds it in a list must not step it
        for circle in self._circles(viewer):
            circle.pop(viewer, None)
        for place in viewer.places or ():
            if not self._of_place[place]:
                del self._of_place[place]
        if viewer.rest is not None and viewer.rest is not asyncio.current_task():
            viewer.rest.cancel()


@types.coroutine
def _rest(steps: Generator[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with an awaitable whose first step was taken by hand and ended in `waits_for`."""
    while True:
        try:
            answer = yield waits_for
        except BaseException as error:  # noqa: BLE001 - cancellation, too, is the awaitable's to handle
            go_on = functools.partial(steps.throw, error)
        else:
            go_on = functools.partial(steps.send, answer)
        try:
            waits_for = go_on()
        except StopIteration:
            return


History = Callable[[int, frozenset[str] | None], Awaitable[Sequence[Row]]]
"""Returns the climates of these places (None: all) with an id above the given one; at least the newest of them."""
Latest = Callable[[frozenset[str] | None], Awaitable[Sequence[Row]]]
"""Returns the newest climate of each of these places (None: all)."""


@dataclass(frozen=True)
class _Wish:
    """What a viewer asks for: which places (None: all), and after which id (None: whatever is newest)."""

    places: frozenset[str] | None
    after: int | None


class StreamDoor:
    """`GET /v1/stream?places=a,b` as a bare ASGI app: server-sent events over HTTP, text frames over WebSocket.

    A viewer that brings an id (the header `Last-Event-ID`, else `?after=`) gets everything since. One that brings
    none gets the newest climate of each place at once, so that a wall paints before the next window closes.
    """

    def __init__(self, hub: Hub, history: History, latest: Latest, is_place: Callable[[str], bool]) -> None:
        self._hub = hub
        self._history = history
        self._latest = latest
        self._is_place = is_place
        self._known = 0  # an id that the history has reached
        self._guests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream until its viewer or the hub ends it."""
        if scope["type"] == "websocket":
            await receive()  # websocket.connect
        try:
            if scope["type"] == "http" and scope["method"] != "GET":
                raise WrongMethod(scope["method"], ["GET"])
            wish = self._wish(scope)
            if self._hub.closed:
                raise Unavailable("The city is restarting.", "Connect again in a few seconds.")
        except NexusError as error:
            await _refuse(scope, send, error)
        else:
            await self._stream(wish, "websocket" if scope["type"] == "websocket" else "sse", receive, send)

    async def _stream(self, wish: _Wish, kind: Kind, receive: Receive, send: Send) -> None:
        with self._hub.join(send, kind, wish.places) as viewer:
            after = await self._after(wish)
            if after is None:
                backlog = await self._latest(wish.places)
            else:
                viewer.seen = after
                backlog = await self._history(after, wish.places)
            await self._open(kind, send)
            await self._hub.catch_up(viewer, backlog)
            while not (await receive())["type"].endswith(".disconnect"):
                pass

    async def _open(self, kind: Kind, send: Send) -> None:
        if kind == "sse":
            headers = {b"content-type": b"text/event-stream", b"x-accel-buffering": b"no", **_HEADERS}
            await send({"type": "http.response.start", "status": 200, "headers": list(headers.items())})
            # After a restart browsers come back between 1 and 5 s later, spread out rather than all at once.
            self._guests += 1
            await send(_chunk(b"retry: %d\n\n" % (1000 + self._guests * 797 % 4000)))
        else:
            await send({"type": "websocket.accept"})

    async def _after(self, wish: _Wish) -> int | None:
        """Return the id to go on from, or None if it is of another life of this city, whose ids ran further."""
        if wish.after is not None and wish.after > max(self._known, self._hub.newest):
            self._known = max((id_ for id_, _, _ in await self._latest(None)), default=0)
            if wish.after > max(self._known, self._hub.newest):
                return None
        return wish.after

    def _wish(self, scope: Scope) -> _Wish:
        try:
            query = parse_qs(scope["query_string"].decode("ascii"), keep_blank_values=True, max_num_fields=16)
        except ValueError:
            raise BadInput("The query cannot be read.", "Ask for /v1/stream?places=a,b.", field="query") from None
        places = frozenset(name for given in query.get("places", ()) for name in given.split(","))
        for place in places:
            if not self._is_place(place):
                raise NotFound(f"There is no place '{place[:64]}'.", "GET /v1/places lists them.", field="places")
        header = next((value for name, value in scope["headers"] if name == b"last-event-id"), b"")
        if header.isdigit() and len(header) < _ID_DIGITS:
            return _Wish(places or None, int(header))
        given = query.get("after", [""])[-1]
        if given and not (given.isascii() and given.isdigit() and len(given) < _ID_DIGITS):
            raise BadInput("'after' is not the id of a climate.", "Give a whole number from 0 on.", field="after")
        return _Wish(places or None, int(given) if given else None)


_ID_DIGITS: Final = 19  # ids are below 2**63
_HEADERS: Final = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}


async def _refuse(scope: Scope, send: Send, error: NexusError) -> None:
    body, headers = msgspec.json.encode(error.problem()), {b"content-type": b"application/problem+json"}
    headers |= {name.encode(): value.encode() for name, value in problem_headers(error).items()}
    if scope["type"] == "http":
        await _answer(send, "http.response", error.status, body, headers)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await _answer(send, "websocket.http.response", error.status, body, headers)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": error.detail})


async def _answer(send: Send, form: str, status: int, body: bytes, headers: dict[bytes, bytes]) -> None:
    headers = {**headers, **_HEADERS, b"content-length": str(len(body)).encode()}
    await send({"type": f"{form}.start", "status": status, "headers": list(headers.items())})
    await send({"type": f"{form}.body", "body": body, "more_body": False})
