"""One's own account: passkeys, password, second factor, sessions, tokens, the opt-out, and what the log says of it."""

from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.audit import Audit, Entry
from nexus_city.access.qr import qr_svg
from nexus_city.access.staff.accounts import Accounts
from nexus_city.access.staff.entry_routes import Base64Url, EntryRoutes, Small
from nexus_city.access.staff.factors import SecondFactors
from nexus_city.access.staff.guard import session_of, staff_of, with_session, without_session
from nexus_city.access.staff.passkeys import Passkey, Passkeys
from nexus_city.access.staff.programs import Program, Programs
from nexus_city.access.staff.roles import Role, Scope, scopes_of
from nexus_city.access.staff.sessions import Session, Sessions
from nexus_city.ground import iso
from nexus_city.ground.web import Endpoint, Handler, json_response, read_json

TOLD = 100
"""Entries of the log that an account is shown."""
ALL = 1_000_000
"""Entries of the log that it can take along: more than there ever are."""
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_DAY_S = 86_400


class PasskeyFacts(msgspec.Struct):
    """A passkey; when it was last used is known to the day."""

    id: str
    label: str
    since: str
    used: str


class SessionOfMine(msgspec.Struct):
    """Where one is signed in; last seen to the hour."""

    id: str
    device: str
    since: str
    seen: str
    here: bool
    """Whether it is the one that asks."""


class TokenFacts(msgspec.Struct):
    """A program's token; when it was last used is known to the day, null when it never was."""

    id: str
    label: str
    scopes: list[Scope]
    since: str
    until: str
    used: str | None


class AccountFacts(msgspec.Struct):
    """Everything about one's own account."""

    name: str
    role: Role
    since: str
    passkeys: list[PasskeyFacts]
    second_factor: bool
    recovery_left: int
    sessions: list[SessionOfMine]
    tokens: list[TokenFacts]
    scopes: list[Scope]
    """Those that the role may give a token."""
    opted_out: bool


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """A password of at least twelve characters."""

    password: Small


class Attestation(msgspec.Struct, rename="camel", omit_defaults=True):
    """What an authenticator says of a new passkey (`AuthenticatorAttestationResponseJSON`, as far as it is read)."""

    client_data: Base64Url = msgspec.field(name="clientDataJSON")
    attestation_object: Base64Url


class Made(msgspec.Struct, rename="camel", omit_defaults=True):
    """A passkey that was made (`RegistrationResponseJSON`, as far as it is read)."""

    id: Base64Url
    raw_id: Base64Url
    response: Attestation
    type: Literal["public-key"] = "public-key"


class NewPasskey(msgspec.Struct, forbid_unknown_fields=True):
    """A passkey and what its owner calls it."""

    label: Label
    credential: Made


class SecondFactorShown(msgspec.Struct):
    """What an authenticator app needs, once: to be scanned, to be tapped, or to be typed."""

    secret: str
    address: str
    qr: str


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """The six digits that the app shows."""

    digits: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class RecoveryCodes(msgspec.Struct):
    """Codes for paper; each works once. They are not shown again."""

    codes: list[str]


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token that is wished for."""

    label: Label
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1, max_length=8)]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 90


class TokenShown(msgspec.Struct):
    """A token, once."""

    token: str
    until: str


class ActList(msgspec.Struct):
    """A part of the log, the newest first."""

    acts: list[Entry]


class AccountExport(msgspec.Struct):
    """Everything that is kept of an account, but for what it proves itself with: that can only be recognised."""

    account: AccountFacts
    acts: list[Entry]


class AccountRoutes:
    """Answers to those who are signed in, about themselves."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passkeys: Passkeys,
        factors: SecondFactors,
        programs: Programs,
        audit: Audit,
        entry: EntryRoutes,
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passkeys = passkeys
        self._factors = factors
        self._programs = programs
        self._audit = audit
        self._site = entry.site

    async def account(self, request: Request) -> Response:
        """Tell everything about this account."""
        return json_response(await self._facts(session_of(request)))

    async def export(self, request: Request) -> Response:
        """Hand everything about this account out, and all that the log says of it."""
        session = session_of(request)
        acts = await self._audit.concerning(session.name, ALL)
        return json_response(AccountExport(await self._facts(session), acts))

    async def _facts(self, session: Session) -> AccountFacts:
        mine = self._accounts[session.name]
        return AccountFacts(
            name=mine.name,
            role=mine.role,
            since=iso(mine.since_s),
            passkeys=[_passkey_facts(each) for each in await self._passkeys.of(mine.name)],
            second_factor=mine.second_factor,
            recovery_left=await self._factors.recovery_left(mine.name),
            sessions=[
                SessionOfMine(each.id, each.device, iso(each.since_s), iso(each.seen_s), each is session)
                for each in self._sessions.of(mine.name)
            ],
            tokens=[_token_facts(each) for each in self._programs.of(mine.name)],
            scopes=scopes_of(mine.role),
            opted_out=mine.opted_out,
        )

    async def acts(self, request: Request) -> Response:
        """Tell what this account did, and what others did to it."""
        return json_response(ActList(await self._audit.concerning(staff_of(request).name, TOLD)))

    # --- what one proves oneself with ---------------------------------------------------------------------------------

    async def password(self, request: Request) -> Response:
        """Change the password; every other session ends."""
        wish = await read_json(request, NewPassword)
        session = session_of(request)
        await self._accounts.set_password(session.name, wish.password)
        staff_of(request).what = "password"
        await self._sessions.end_all(session.name, but=session.token)
        return with_session(request, Response(status_code=204), await self._sessions.renew(session, proved=True))

    async def passkey_options(self, request: Request) -> Response:
        """Begin to make a passkey."""
        account = self._accounts[session_of(request).name]
        return json_response(await self._passkeys.registration(account, self._site(request)))

    async def add_passkey(self, request: Request) -> Response:
        """Keep a passkey that was made."""
        wish = await read_json(request, NewPasskey)
        credential: dict[str, Any] = msgspec.to_builtins(wish.credential)
        await self._passkeys.register(session_of(request).name, wish.label, credential, self._site(request))
        staff_of(request).what = f"passkey: {wish.label}"
        return Response(status_code=204)

    async def remove_passkey(self, request: Request) -> Response:
        """Remove a passkey."""
        label = await self._passkeys.remove(session_of(request).name, request.path_params["passkey"])
        staff_of(request).what = f"passkey removed: {label}"
        return Response(status_code=204)

    async def propose_second(self, request: Request) -> Response:
        """Begin to set up codes."""
        secret, address = self._factors.propose(session_of(request).name)
        return json_response(SecondFactorShown(secret, address, qr_svg(address)))

    async def confirm_second(self, request: Request) -> Response:
        """Turn codes on, once the app's first one comes back."""
        wish = await read_json(request, Code)
        codes = await self._factors.confirm(session_of(request).name, wish.digits)
        staff_of(request).what = "codes on"
        return json_response(RecoveryCodes(codes))

    async def remove_second(self, request: Request) -> Response:
        """Turn codes off."""
        await self._factors.remove(session_of(request).name)
        staff_of(request).what = "codes off"
        return Response(status_code=204)

    # --- sessions and tokens ------------------------------------------------------------------------------------------

    async def end_session(self, request: Request) -> Response:
        """End a session, elsewhere or here."""
        await self._sessions.end(session_of(request).name, request.path_params["session"])
        staff_of(request).what = "ended one"
        return Response(status_code=204)

    async def end_sessions(self, request: Request) -> Response:
        """End all sessions, this one included."""
        await self._sessions.end_all(session_of(request).name)
        staff_of(request).what = "ended all"
        return without_session(Response(status_code=204))

    async def add_token(self, request: Request) -> Response:
        """Make a token for a program; it is shown this once."""
        wish = await read_json(request, NewToken)
        token, made = await self._programs.issue(session_of(request).name, wish.label, wish.scopes, wish.days)
        staff_of(request).what = f"{made.label} ({', '.join(made.scopes)})"
        return json_response(TokenShown(token, iso(made.until_s)), 201)

    async def end_token(self, request: Request) -> Response:
        """End a token."""
        staff_of(request).what = await self._programs.end(session_of(request).name, request.path_params["token"])
        return Response(status_code=204)

    async def opt_out(self, request: Request) -> Response:
        """Take nothing from browsers in which this account is signed in."""
        await self._accounts.set_opted_out(session_of(request).name, True)
        return Response(status_code=204)

    async def opt_in(self, request: Request) -> Response:
        """Take check-ins from them again."""
        await self._accounts.set_opted_out(session_of(request).name, False)
        return Response(status_code=204)

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""

        def door(
            method: str, path: str, handler: Handler, summary: str, act: str, answer: Any = None, body: Any = None
        ) -> Endpoint:
            answers = {200: answer} if answer is not None else {204: None}
            return Endpoint(
                method, f"/v1/account{path}", handler, summary, answers, body, "session", act=f"account.{act}"
            )

        made: Any = dict[str, Any]
        token = Endpoint(
            "POST",
            "/v1/account/tokens",
            self.add_token,
            "A token for a program",
            {201: TokenShown},
            NewToken,
            "session",
            act="account.token",
        )
        return [
            door("GET", "", self.account, "Everything about one's own account", "read", AccountFacts),
            door("GET", "/export", self.export, "All of it, to take along", "read", AccountExport),
            door("GET", "/acts", self.acts, "What the log says of it", "read", ActList),
            door("PUT", "/password", self.password, "Change the password", "secret", None, NewPassword),
            door("POST", "/passkey-options", self.passkey_options, "Begin to make a passkey", "begin", made),
            door("POST", "/passkeys", self.add_passkey, "Keep a passkey", "secret", None, NewPasskey),
            door("DELETE", "/passkeys/{passkey}", self.remove_passkey, "Remove a passkey", "secret"),
            door("POST", "/second", self.propose_second, "Begin to set up codes", "begin", SecondFactorShown),
            door("PUT", "/second", self.confirm_second, "Turn codes on", "secret", RecoveryCodes, Code),
            door("DELETE", "/second", self.remove_second, "Turn codes off", "secret"),
            door("DELETE", "/sessions/{session}", self.end_session, "End a session", "session"),
            door("DELETE", "/sessions", self.end_sessions, "End all sessions", "session"),
            token,
            door("DELETE", "/tokens/{token}", self.end_token, "End a token", "end-token"),
            door("PUT", "/opt-out", self.opt_out, "Take nothing where I am signed in", "set"),
            door("DELETE", "/opt-out", self.opt_in, "Take check-ins there again", "set"),
        ]


def _passkey_facts(passkey: Passkey) -> PasskeyFacts:
    return PasskeyFacts(passkey.id, passkey.label, iso(passkey.since_s), iso(passkey.used_day * _DAY_S)[:10])


def _token_facts(program: Program) -> TokenFacts:
    used = iso(program.used_day * _DAY_S)[:10] if program.used_day else None
    since, until = iso(program.since_s), iso(program.until_s)
    return TokenFacts(program.id, program.label, list(program.scopes), since, until, used)
