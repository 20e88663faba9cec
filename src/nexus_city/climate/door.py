"""The check-in door: bare ASGI, because it is the one path that a crowd takes at once.

One signature to know the device, one bucket to slow it down, one decode to validate, and then the intake. Nothing of
the request is logged; the answer says what happened in the words of the receipt.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from nexus_city.access import DeviceLimit, Presences, Tokens, bearer
from nexus_city.climate.book import NO_WORD
from nexus_city.climate.intake import Decision, Order
from nexus_city.climate.model import AUDIENCES, NewReport, Receipt, Report
from nexus_city.climate.room import ClimateRoom
from nexus_city.ground.errors import BadInput, NexusError, NotFound, WrongMethod
from nexus_city.ground.web import decode, problem_headers, read_body
from nexus_city.places import Place

PREFIX, PART = "/v1/places/", "/check-ins"
_REST = re.compile(r"(/[^/]+)?")  # after the check-ins: nothing, or a key
_JSON = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_PROBLEM = [(b"content-type", b"application/problem+json"), *_JSON[1:]]
_UNWORDED = (NO_WORD, NO_WORD, NO_WORD)

log = structlog.get_logger("nexus.door")


class CheckInDoor:
    """`POST`, `PUT` and `DELETE` of check-ins, as an ASGI application."""

    def __init__(
        self, room: ClimateRoom, tokens: Tokens, presences: Presences, limit: DeviceLimit, words: Mapping[str, int]
    ) -> None:
        self._room = room
        self._tokens = tokens
        self._presences = presences
        self._limit = limit
        self._words = words
        self._new = msgspec.json.Decoder(NewReport)
        self._changed = msgspec.json.Decoder(Report)
        self._encode = msgspec.json.Encoder().encode

    @staticmethod
    def opens(scope: Scope) -> bool:
        """Whether a request is for this door."""
        return scope["type"] == "http" and scope["path"].startswith(PREFIX) and PART in scope["path"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; errors become problem documents, ours and unforeseen ones alike."""
        try:
            status, body = await self._answer(scope, receive)
        except NexusError as refusal:
            await _send(send, refusal.status, _problem_headers(refusal), self._encode(refusal.problem()))
        except Exception as error:  # noqa: BLE001 - the last line of defence: a person gets words, the log no content
            log.error("door failed", kind=type(error).__name__)
            await _send(send, 500, _PROBLEM, self._encode(_UNEXPECTED.problem()))
        else:
            await _send(send, status, _JSON, body)

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        place_id, _, rest = scope["path"][len(PREFIX) :].partition(PART)
        method, key = scope["method"], rest[1:]
        _check_method(method, rest)
        headers = dict(scope["headers"])
        device = self._tokens.device(bearer(_text(headers, b"authorization")))
        self._limit.take(device)
        place = self._room.city[place_id]
        if method == "DELETE":
            await self._submit("take-back", device, place, key, 0, _UNWORDED)
            return 204, b""
        body = await read_body(_text(headers, b"content-type"), _text(headers, b"content-length"), receive)
        if method == "PUT":
            changed = decode(body, self._changed)
            return 202, self._encode(await self._take("change", device, place, key, changed))
        report = decode(body, self._new)
        return 202, self._encode(await self._take("give", device, place, report.key, report))

    async def _take(
        self, act: Literal["give", "change"], device: bytes, place: Place, key: str, report: Report
    ) -> Receipt:
        if place.presence == "required":
            self._presences.check(place.id, report.presence_pass or "", device)
        heard = report.audience == "city" or place.parent is None  # words are counted by the city only
        words = list(dict.fromkeys(report.words)) if heard else []
        value = AUDIENCES.index(report.audience) << 6 | report.cell
        decision = await self._submit(act, device, place, key, value, self._numbers(words))
        return self._room.receipt(key, place, value, words, decision)

    async def _submit(
        self,
        act: Literal["give", "change", "take-back"],
        device: bytes,
        place: Place,
        key: str,
        value: int,
        words: tuple[int, int, int],
    ) -> Decision:
        answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self._room.intake.submit(Order(act, device, place.id, key, value, words, answer))
        return await answer

    def _numbers(self, words: list[str]) -> tuple[int, int, int]:
        if not words:
            return _UNWORDED
        try:
            first, second, third = [*(self._words[word] for word in words), NO_WORD, NO_WORD][:3]
        except KeyError as unknown:
            raise BadInput(
                f"The framework of this city has no word '{str(unknown.args[0])[:40]}'.",
                "Take words from GET /v1/words; words of your own stay on your phone.",
                field="words",
            ) from None
        return first, second, third


def _check_method(method: str, rest: str) -> None:
    """Raise unless something is done by `method` at an address that goes on with `rest` after the check-ins."""
    if not _REST.fullmatch(rest):
        raise NotFound(
            "There is no such door.", "Check-ins are given with POST, changed with PUT, taken back with DELETE."
        )
    allowed = ("PUT", "DELETE") if rest else ("POST",)
    if method not in allowed:
        raise WrongMethod(method, allowed)


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _problem_headers(refusal: NexusError) -> list[tuple[bytes, bytes]]:
    extra = problem_headers(refusal).items()
    return [*_PROBLEM, *((name.encode(), value.encode()) for name, value in extra)]


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    # A length lets the connection be used again; 204 has none by definition.
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": [*headers, *length]}
    await send(start)
    await send({"type": "http.response.body", "body": body})


_UNEXPECTED = NexusError(
    "The city could not take this check-in, for a reason it did not foresee.",
    "Nothing was counted. Try again, and tell the host if it stays so.",
)
