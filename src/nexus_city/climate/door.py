"""The check-in door: bare ASGI, because it is the one path that a crowd takes at once.

One signature to know the device, one bucket to slow it down, one decode to validate, the wishes of the person, and then
the intake. Nothing of the request is logged; the answer says what happened in the words of the receipt.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import structlog
from starlette.types import Receive, Scope, Send

from nexus_city.access import DeviceLimit, Presences, Tokens, bearer
from nexus_city.climate.book import NO_WORD, UNWORDED
from nexus_city.climate.intake import Decision, Order
from nexus_city.climate.model import NewReport, Reason, Receipt, Report, value_of
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

log = structlog.get_logger("nexus.door")


@dataclass(frozen=True)
class Wishes:
    """What is asked before anything is written down, of those who know."""

    opted_out: Callable[[bytes], bool]
    """Whether a device takes no part."""
    account_opted_out: Callable[[str], bool]
    """The same of the account behind the cookies of a request; asked only when it has some."""
    unseen: Callable[[str, int | None], bool]
    """Whether the charter in force at a place is looser than the version that the person has seen."""
    new_voice: Callable[[str, str | None, bytes], None]
    """Count a device, at a place, for the network of an address; raises `TooMany` when that has brought its share."""


class CheckInDoor:
    """`POST`, `PUT` and `DELETE` of check-ins, as an ASGI application."""

    def __init__(
        self,
        room: ClimateRoom,
        tokens: Tokens,
        presences: Presences,
        limit: DeviceLimit,
        words: Mapping[str, int],
        wishes: Wishes,
    ) -> None:
        self._room = room
        self._tokens = tokens
        self._presences = presences
        self._limit = limit
        self._words = words
        self._wishes = wishes
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
            await self._submit(Order("take-back", device, place.id, key, 0, UNWORDED, False, None, _answer()))
            return 204, b""
        body = await read_body(_text(headers, b"content-type"), _text(headers, b"content-length"), receive)
        if method == "PUT":
            changed = decode(body, self._changed)
            keep = self._reason_to_keep(device, place, changed, headers)
            return 202, self._encode(await self._take("change", device, place, key, changed, keep))
        report = decode(body, self._new)
        keep = self._reason_to_keep(device, place, report, headers)
        if keep is None:
            client = scope.get("client")
            self._wishes.new_voice(place.id, client[0] if client else None, device)
        return 202, self._encode(await self._take("give", device, place, report.key, report, keep))

    def _reason_to_keep(
        self, device: bytes, place: Place, report: Report, headers: Mapping[bytes, bytes]
    ) -> Reason | None:
        """Return why nothing of a report may be written down, if so. Raises when the place would not take it anyway."""
        _check_audience(place, report)
        if place.presence == "required":
            self._presences.check(place.id, report.presence_pass or "", device)
        wishes, controlled = self._wishes, headers.get(b"sec-gpc") == b"1"
        report.research = report.research and not controlled
        if (controlled and not report.chosen) or wishes.opted_out(device):
            return "opted-out"
        if b"cookie" in headers and wishes.account_opted_out(_text(headers, b"cookie")):
            return "opted-out"
        return "charter-unseen" if wishes.unseen(place.id, report.charter) else None

    async def _take(
        self,
        act: Literal["give", "change"],
        device: bytes,
        place: Place,
        key: str,
        report: Report,
        keep: Reason | None,
    ) -> Receipt:
        heard = report.audience == "city" or place.parent is None  # what follows is counted by the city only
        worded = heard and place.words and report.cell is not None
        words = list(dict.fromkeys(report.words)) if worded else []
        value = value_of(report.audience, report.cell)
        said = (value, self._numbers(words), heard and report.research)
        decision = await self._submit(Order(act, device, place.id, key, *said, keep, _answer()))
        return self._room.receipt(key, place, value, words, decision)

    async def _submit(self, order: Order) -> Decision:
        self._room.intake.submit(order)
        return await order.answer

    def _numbers(self, words: list[str]) -> tuple[int, int, int]:
        if not words:
            return UNWORDED
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


def _check_audience(place: Place, report: Report) -> None:
    """Raise unless a report is for somebody whom the place declares; all that is given at the root is for the city."""
    if place.parent is not None and report.audience not in place.audiences:
        raise BadInput(
            f"This place takes no check-ins for '{report.audience}'.",
            f"Choose one of: {', '.join(place.audiences)}. Nothing was counted.",
            field="audience",
        )


def _answer() -> asyncio.Future[Decision]:
    return asyncio.get_running_loop().create_future()


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
