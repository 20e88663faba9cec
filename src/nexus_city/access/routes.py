"""The doors for devices and displays: tokens, presence, and the codes that a place shows."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.displays import DisplayTurns
from nexus_city.access.presence import Presences
from nexus_city.access.qr import qr_svg
from nexus_city.access.sources import ISSUING, SourceLimit
from nexus_city.access.tokens import Tokens
from nexus_city.ground.web import Endpoint, json_response, read_json, tagged_response


class DeviceToken(msgspec.Struct):
    """What a phone keeps and shows at the door."""

    token: str


class CodeBrought(msgspec.Struct, forbid_unknown_fields=True):
    """A code that was scanned at the place."""

    code: Annotated[str, msgspec.Meta(max_length=16)]


class PresencePass(msgspec.Struct, rename={"presence_pass": "pass"}):
    """What a fresh code is exchanged for; real time in Unix seconds."""

    presence_pass: str
    expires_at: int


class CodeShown(msgspec.Struct):
    """What a display shows now: the address with the code, also as a QR code (SVG)."""

    code: str
    changes_in_s: float
    url: str
    qr: str


class DisplayKey(msgspec.Struct):
    """The key for displays at a place, and the address of its wall with it."""

    key: str
    wall: str


class AccessRoutes:
    """Answers to devices and displays.

    `known` raises `NotFound` for a place that does not exist; `device_of` knows the device of a request.
    """

    def __init__(
        self,
        tokens: Tokens,
        turns: DisplayTurns,
        presences: Presences,
        known: Callable[[str], object],
        public_url: str | None,
        device_of: Callable[[Request], bytes],
        source_limit: SourceLimit,
    ) -> None:
        self._tokens = tokens
        self._turns = turns
        self._presences = presences
        self._known = known
        self._public_url = public_url
        self._device_of = device_of
        self._source_limit = source_limit

    async def device(self, request: Request) -> Response:
        """Give a device its token; a network gets so many a day and no more, since a token is a voice."""
        token = self._tokens.issue()
        self._source_limit.new_voice(ISSUING, request.client.host if request.client else None, token.encode())
        return json_response(DeviceToken(token), 201)

    async def presence(self, request: Request) -> Response:
        """Exchange a code that was scanned at the place for a pass."""
        place = self._place(request)
        device = self._device_of(
            request
        )  # which slows it down: eight characters can be guessed by nobody who must wait
        brought = await read_json(request, CodeBrought)
        presence_pass, until_s = self._presences.exchange(place, brought.code, device)
        return json_response(PresencePass(presence_pass, until_s))

    async def code(self, request: Request) -> Response:
        """Show a display the code of its place."""
        place = self._place(request)
        self._tokens.check_display(place, request.headers.get("x-display-key", ""))
        code, changes_in_s = self._presences.code(place)
        url = f"{self._base(request)}/p/{place}/feel?c={code}"
        return json_response(CodeShown(code, round(changes_in_s, 1), url, qr_svg(url)))

    async def qr(self, request: Request) -> Response:
        """Draw the QR code of a place's check-in page (without a presence code)."""
        url = f"{self._base(request)}/p/{self._place(request)}/feel"
        return tagged_response(request, qr_svg(url).encode(), "image/svg+xml", max_age_s=3600)

    async def why_qr(self, request: Request) -> Response:
        """Draw the QR code of "why this colour?"."""
        url = f"{self._base(request)}/why/{self._place(request)}"
        return tagged_response(request, qr_svg(url).encode(), "image/svg+xml", max_age_s=3600)

    async def display(self, request: Request) -> Response:
        """Give the key for displays at a place."""
        return self._display(request, self._place(request))

    async def renew_display(self, request: Request) -> Response:
        """Give another key, and make the one before worthless."""
        place = self._place(request)
        await self._turns.renew(place)
        return self._display(request, place)

    def _display(self, request: Request, place: str) -> Response:
        key = self._tokens.display_key(place)
        return json_response(DisplayKey(key, f"{self._base(request)}/wall/{place}#key={key}"))

    def _place(self, request: Request) -> str:
        place: str = request.path_params["id"]
        self._known(place)
        return place

    def _base(self, request: Request) -> str:
        return (self._public_url or str(request.base_url)).rstrip("/")

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        svg = "image/svg+xml"
        one = "/v1/places/{id}"
        return [
            Endpoint("POST", "/v1/devices", self.device, "A token for this phone", {201: DeviceToken}),
            Endpoint(
                "POST",
                f"{one}/presence",
                self.presence,
                "A scanned code for a pass",
                {200: PresencePass},
                CodeBrought,
                "device",
            ),
            Endpoint(
                "GET", f"{one}/code", self.code, "The code that a display shows", {200: CodeShown}, None, "display"
            ),
            Endpoint("GET", "/p/{id}/qr.svg", self.qr, "QR code of its check-in page", {200: svg}),
            Endpoint("GET", "/why/{id}/qr.svg", self.why_qr, "QR code of why this colour", {200: svg}),
            Endpoint(
                "GET",
                f"{one}/display",
                self.display,
                "Key for displays there",
                {200: DisplayKey},
                None,
                "session",
                act="display.read",
            ),
            Endpoint(
                "POST",
                f"{one}/display",
                self.renew_display,
                "Another key for displays there",
                {200: DisplayKey},
                None,
                "session",
                act="display.renew",
            ),
        ]
