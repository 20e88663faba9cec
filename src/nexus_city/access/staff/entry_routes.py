"""The doors by which one comes in and goes: set-up, sign-in by passkey or password, invitations, proofs."""

import contextlib
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.audit import Audit
from nexus_city.access.limits import DeviceLimit
from nexus_city.access.staff.accounts import Account, Accounts
from nexus_city.access.staff.factors import SecondFactors
from nexus_city.access.staff.guard import COOKIE, own_page, session_of, staff_of, with_session, without_session
from nexus_city.access.staff.invitations import Invitations
from nexus_city.access.staff.passkeys import Passkeys, Site
from nexus_city.access.staff.roles import ACTS, Role
from nexus_city.access.staff.sessions import PROOF_LIFE_S, Sessions
from nexus_city.ground.errors import NotAllowed, SignInNeeded
from nexus_city.ground.web import Endpoint, json_response, read_json

TRIES_PER_MINUTE = 20
"""How often one address may try a password, a passkey or a code; a password costs the server a slow hash."""
TRIES_AT_A_NAME = 20
"""How often a minute the password of one name may be tried, from wherever."""
Small = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Base64Url = Annotated[str, msgspec.Meta(max_length=3000, pattern=r"^[A-Za-z0-9_-]*$")]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Name and password, and a code where the account asks for one."""

    name: Small
    password: Small
    second: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Setup(msgspec.Struct, forbid_unknown_fields=True):
    """The first architect, with the code that the server printed when it started."""

    code: Small
    name: Small
    password: Small


class SignedIn(msgspec.Struct):
    """Who is signed in."""

    name: str
    role: Role


class SessionFacts(msgspec.Struct):
    """Whose session this is, if anybody's, what may be done with it, and whether the city has an architect yet."""

    name: str | None
    role: Role | None
    founded: bool
    may: list[str]
    """Acts that the role may do."""
    proved_s: int
    """Seconds for which grave acts are still open without another proof; 0 when they are not."""


class Assertion(msgspec.Struct, rename="camel", omit_defaults=True):
    """What a passkey answers; all base64url (`AuthenticatorAssertionResponseJSON`)."""

    authenticator_data: Base64Url
    client_data: Base64Url = msgspec.field(name="clientDataJSON")
    signature: Base64Url
    user_handle: Base64Url | None = None


class Shown(msgspec.Struct, rename="camel", omit_defaults=True):
    """A passkey that was shown (`AuthenticationResponseJSON`, as far as it is read)."""

    id: Base64Url
    raw_id: Base64Url
    response: Assertion
    type: Literal["public-key"] = "public-key"


class PasskeyShown(msgspec.Struct, forbid_unknown_fields=True):
    """A sign-in, or a proof, by passkey."""

    credential: Shown


class Proof(msgspec.Struct, forbid_unknown_fields=True):
    """A proof by password, and by a code where the account asks for one."""

    password: Small
    second: Annotated[str, msgspec.Meta(max_length=40)] | None = None


class Brought(msgspec.Struct, forbid_unknown_fields=True):
    """The secret of an invitation's link."""

    invitation: Small


class Taken(msgspec.Struct, forbid_unknown_fields=True):
    """An invitation that is taken."""

    invitation: Small
    name: Small
    password: Small


class InvitationFacts(msgspec.Struct):
    """What one is invited to."""

    role: Role
    host: str
    hours_left: int


class EntryRoutes:
    """Answers to those who come in. `public_url` is the address of the city, where it is known."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passkeys: Passkeys,
        factors: SecondFactors,
        invitations: Invitations,
        audit: Audit,
        public_url: str | None,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passkeys = passkeys
        self._factors = factors
        self._invitations = invitations
        self._audit = audit
        self._public_url = public_url
        self._tries = DeviceLimit(TRIES_PER_MINUTE)
        self._name_tries = DeviceLimit(TRIES_AT_A_NAME)

    async def setup(self, request: Request) -> Response:
        """Make the first architect, and sign in."""
        own_page(request)
        wish = await read_json(request, Setup)
        self._try(request)
        account = await self._accounts.found(wish.code, wish.name, wish.password)
        return await self._begin(request, account, "city.found")

    async def sign_in(self, request: Request) -> Response:
        """Begin a session with a password."""
        own_page(request)
        wish = await read_json(request, SignIn)
        self._try(request, wish.name)
        account = await self._accounts.check_password(wish.name, wish.password)
        await self._factors.check(account.name, wish.second)
        return await self._begin(request, account, "session.begin")

    async def passkey_options(self, request: Request) -> Response:
        """Begin a ceremony by which a passkey is shown: a sign-in, or a proof."""
        own_page(request)
        self._try(request)
        return json_response(self._passkeys.authentication(self.site(request)))

    async def passkey(self, request: Request) -> Response:
        """Begin a session with a passkey."""
        own_page(request)
        self._try(request)
        account = await self._recognise(request)
        return await self._begin(request, account, "session.begin", "passkey")

    async def session(self, request: Request) -> Response:
        """Tell who is signed in; nobody is an answer too."""
        founded = self._accounts.founded()
        with contextlib.suppress(SignInNeeded):
            own_page(request)
            session = self._sessions[request.cookies.get(COOKIE, "")]
            role = self._accounts[session.name].role
            may = [name for name, act in ACTS.items() if role in act.roles]
            left_s = max(0, session.proved_s + PROOF_LIFE_S - self._sessions.now_s())
            return json_response(SessionFacts(session.name, role, founded, may, left_s))
        return json_response(SessionFacts(None, None, founded, [], 0))

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        own_page(request)
        token = request.cookies.get(COOKIE, "")
        if (name := self._sessions.holder(token)) is not None:
            await self._sessions.sign_out(token)
            await self._audit.note(name, "session.end", role=self._accounts[name].role)
        return without_session(Response(status_code=204))

    async def prove(self, request: Request) -> Response:
        """Prove by password that it is still the same person."""
        staff = staff_of(request)
        wish = await read_json(request, Proof)
        self._try(request, staff.name)
        await self._accounts.check_password(staff.name, wish.password)
        await self._factors.check(staff.name, wish.second)
        return await self._proved(request)

    async def prove_by_passkey(self, request: Request) -> Response:
        """Prove it by passkey."""
        self._try(request)
        account = await self._recognise(request)
        if account.name != staff_of(request).name:
            raise NotAllowed("This passkey is somebody else's.", "Take one of your own.", field="credential")
        staff_of(request).what = "passkey"
        return await self._proved(request)

    async def look(self, request: Request) -> Response:
        """Tell to what a link invites."""
        own_page(request)
        wish = await read_json(request, Brought)
        self._try(request)
        found = await self._invitations.look(wish.invitation)
        left_s = found.until_s - self._sessions.now_s()
        return json_response(InvitationFacts(found.role, found.host, max(1, left_s // 3600)))

    async def join(self, request: Request) -> Response:
        """Take an invitation, and sign in."""
        own_page(request)
        wish = await read_json(request, Taken)
        self._try(request)
        host = (await self._invitations.look(wish.invitation)).host
        account = await self._invitations.take(wish.invitation, wish.name, wish.password)
        return await self._begin(request, account, "people.join", account.role, host)

    def site(self, request: Request) -> Site:
        """Return where passkeys belong: the city's address, or the one that was asked."""
        parts = urlsplit(self._public_url or str(request.base_url))
        return Site(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")

    async def _recognise(self, request: Request) -> Account:
        brought = await read_json(request, PasskeyShown)
        credential: dict[str, Any] = msgspec.to_builtins(brought.credential)
        return await self._passkeys.recognise(credential, self.site(request))

    async def _proved(self, request: Request) -> Response:
        token = await self._sessions.renew(session_of(request), proved=True)
        return with_session(request, Response(status_code=204), token)

    async def _begin(
        self, request: Request, account: Account, act: str, what: str = "", about: str | None = None
    ) -> Response:
        token = await self._sessions.begin(account.name, request.headers.get("user-agent", ""))
        if refused := await self._accounts.entered(account.name):
            what = f"{what} (refused before: {refused})".strip()
        await self._audit.note(account.name, act, what, role=account.role, about=about)
        return with_session(request, json_response(SignedIn(account.name, account.role)), token)

    def _try(self, request: Request, name: str = "") -> None:
        self._tries.take(request.client.host.encode() if request.client else b"")
        if name:
            self._name_tries.take(name.strip().encode("utf-8", "replace"))

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        one, proof, invited = "/v1/session", "/v1/session/proof", "/v1/session/invitation"
        signed_in = {200: SignedIn}
        return [
            Endpoint("POST", "/v1/setup", self.setup, "Make the first architect", signed_in, Setup),
            Endpoint("POST", one, self.sign_in, "Sign in", signed_in, SignIn),
            Endpoint("GET", one, self.session, "Who is signed in, if anybody", {200: SessionFacts}),
            Endpoint("DELETE", one, self.sign_out, "Sign out", {204: None}),
            Endpoint(
                "POST",
                f"{one}/passkey/options",
                self.passkey_options,
                "Begin to show a passkey",
                {200: dict[str, Any]},
            ),
            Endpoint("POST", f"{one}/passkey", self.passkey, "Sign in with a passkey", signed_in, PasskeyShown),
            Endpoint(
                "POST", proof, self.prove, "Prove who you are", {204: None}, Proof, "session", act="account.prove"
            ),
            Endpoint(
                "POST",
                f"{proof}/passkey",
                self.prove_by_passkey,
                "Prove it with a passkey",
                {204: None},
                PasskeyShown,
                "session",
                act="account.prove",
            ),
            Endpoint("POST", f"{invited}/look", self.look, "What a link invites to", {200: InvitationFacts}, Brought),
            Endpoint("POST", invited, self.join, "Take an invitation", signed_in, Taken),
        ]
