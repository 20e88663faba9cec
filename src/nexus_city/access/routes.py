"""The room's HTTP interface: devices, presence, displays, and the architect's session."""

import contextlib
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import segno
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.accounts import SESSION_LIFE_S, Accounts
from nexus_city.access.limits import DeviceLimit
from nexus_city.access.presence import Presences
from nexus_city.access.tokens import Tokens, bearer
from nexus_city.ground.errors import NotAllowed, SignInNeeded
from nexus_city.ground.web import Endpoint, json_response, read_json, tagged_response

COOKIE = "nexus_session"
TRIES_PER_MINUTE = 20
"""How often one address may try a password or a setup code; each try costs the server a slow hash."""
_SMALL = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


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


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Name and password of an architect."""

    name: _SMALL
    password: _SMALL


class Setup(msgspec.Struct, forbid_unknown_fields=True):
    """The first architect, with the code that the server printed when it started."""

    code: _SMALL
    name: _SMALL
    password: _SMALL


class SignedIn(msgspec.Struct):
    """Who is signed in."""

    name: str


class SessionFacts(msgspec.Struct):
    """Whose session this is, if anybody's, and whether the city has an architect yet."""

    name: str | None
    founded: bool


class DisplayKey(msgspec.Struct):
    """The key for displays at a place, and the address of its wall with it."""

    key: str
    wall: str


class AccessRoutes:
    """Answers at the door. `known` raises `NotFound` for a place that does not exist."""

    def __init__(
        self,
        tokens: Tokens,
        presences: Presences,
        accounts: Accounts,
        known: Callable[[str], object],
        public_url: str | None,
        limit: DeviceLimit,
    ) -> None:
        self._tokens = tokens
        self._presences = presences
        self._accounts = accounts
        self._known = known
        self._public_url = public_url
        self._limit = limit
        self._tries = DeviceLimit(TRIES_PER_MINUTE)

    async def device(self, _: Request) -> Response:
        """Give a device its token."""
        return json_response(DeviceToken(self._tokens.issue()), 201)

    async def presence(self, request: Request) -> Response:
        """Exchange a code that was scanned at the place for a pass."""
        place = self._place(request)
        device = self._tokens.device(bearer(request.headers.get("authorization")))
        self._limit.take(device)  # eight characters can be guessed by nobody who must wait
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

    async def setup(self, request: Request) -> Response:
        """Make the first architect, and sign in."""
        same_origin(request)
        wish = await read_json(request, Setup)
        self._try(request)
        await self._accounts.found(wish.code, wish.name, wish.password)
        return await self._signed_in(request, wish.name, wish.password)

    async def sign_in(self, request: Request) -> Response:
        """Begin a session."""
        same_origin(request)
        wish = await read_json(request, SignIn)
        self._try(request)
        return await self._signed_in(request, wish.name, wish.password)

    async def session(self, request: Request) -> Response:
        """Tell who is signed in; nobody is an answer too."""
        name: str | None = None
        with contextlib.suppress(SignInNeeded):
            name = await self.architect(request)
        return json_response(SessionFacts(name, await self._accounts.founded()))

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        same_origin(request)
        await self._accounts.sign_out(request.cookies.get(COOKIE, ""))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE)
        return answer

    async def display(self, request: Request) -> Response:
        """Give an architect the key for displays at a place."""
        place = self._place(request)
        await self.architect(request)
        key = self._tokens.display_key(place)
        return json_response(DisplayKey(key, f"{self._base(request)}/wall/{place}#key={key}"))

    async def architect(self, request: Request) -> str:
        """Return the name of the signed-in architect; raises `SignInNeeded`, or `NotAllowed` for a foreign page."""
        if request.method not in ("GET", "HEAD"):
            same_origin(request)
        return await self._accounts.architect(request.cookies.get(COOKIE, ""))

    async def _signed_in(self, request: Request, name: str, password: str) -> Response:
        token, _ = await self._accounts.sign_in(name, password)
        answer = json_response(SignedIn(name.strip()))
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, max_age=SESSION_LIFE_S, httponly=True, samesite="strict", secure=secure)
        return answer

    def _try(self, request: Request) -> None:
        self._tries.take(request.client.host.encode() if request.client else b"")

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
            Endpoint("POST", "/v1/setup", self.setup, "Make the first architect", {200: SignedIn}, Setup),
            Endpoint("POST", "/v1/session", self.sign_in, "Sign in", {200: SignedIn}, SignIn),
            Endpoint("GET", "/v1/session", self.session, "Who is signed in, if anybody", {200: SessionFacts}),
            Endpoint("DELETE", "/v1/session", self.sign_out, "Sign out", {204: None}),
            Endpoint(
                "GET", f"{one}/display", self.display, "Key for displays there", {200: DisplayKey}, None, "session"
            ),
        ]


def same_origin(request: Request) -> None:
    """Raise `NotAllowed` when a page of another site made the browser send this request."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise NotAllowed("This request came from another site.", "Open the city's own page and do it there.")


def qr_svg(url: str) -> str:
    """Return `url` as a QR code, an SVG that takes its colour from the page it stands in."""
    drawn: str = segno.make(url, error="m", micro=False).svg_inline(
        border=2, dark="#04070d", light="#f4f1ea", omitsize=True
    )
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
