"""The guard: one place where it is decided who passes a door that asks for a session, and where the act is noted.

A room lists its doors with the act that is done there; the composition root sends all of them through `Guard.doors`. So
a handler runs only for those who may, and no room can forget to ask or to tell.

Order of questions: is the request our own page's? who is it? may the role? is the proof fresh? Then the room; then,
if the act succeeded, the log.
"""

import functools
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.audit import Audit
from nexus_city.access.staff.accounts import Accounts
from nexus_city.access.staff.programs import PREFIX, Programs
from nexus_city.access.staff.roles import ACTS, Act, Role
from nexus_city.access.staff.sessions import SESSION_LIFE_S, Session, Sessions
from nexus_city.access.tokens import bearer
from nexus_city.ground.errors import NotAllowed, NotFound, SignInNeeded
from nexus_city.ground.web import Endpoint, Handler

COOKIE = "nexus_session"


class Staff(msgspec.Struct):
    """Who has passed the guard with this request, and what its handler wants told of the act."""

    name: str
    role: Role
    session: Session | None
    """None for a program's token."""
    program: str = ""
    """Label of the token, if it is one."""
    what: str = ""
    about: str | None = None
    """Another account that the act concerns."""


class Guard:
    """Lets those in who may. `place_of` returns the place of a zone, or None."""

    def __init__(
        self,
        sessions: Sessions,
        accounts: Accounts,
        programs: Programs,
        audit: Audit,
        place_of: Callable[[str], str | None],
    ) -> None:
        self._sessions = sessions
        self._accounts = accounts
        self._programs = programs
        self._audit = audit
        self._place_of = place_of

    def doors(self, endpoints: Sequence[Endpoint]) -> list[Endpoint]:
        """Return the same doors, each that asks for a session with the guard before it."""
        return [self._door(each) if each.secured == "session" else each for each in endpoints]

    def _door(self, door: Endpoint) -> Endpoint:
        if door.act not in ACTS or door.handler is None:
            raise LookupError(
                f"{door.method} {door.path} asks for a session and names no act: add act=… to its Endpoint, "
                "and say in access/staff/roles.py who may do it."
            )
        act = ACTS[door.act]
        return msgspec.structs.replace(door, handler=self._guarded(door.handler, door.act, act), scope=act.scope)

    def _guarded(self, handler: Handler, name: str, act: Act) -> Handler:
        @functools.wraps(handler)
        async def guarded(request: Request) -> Response:
            staff = await self._pass(request, act)
            request.state.staff = staff
            answer = await handler(request)
            if act.noted and answer.status_code < 400:
                await self._note(request, staff, name)
            return answer

        return guarded

    async def _pass(self, request: Request, act: Act) -> Staff:
        token = bearer(request.headers.get("authorization"))
        if token.startswith(PREFIX):
            program = await self._programs.recognise(token, act.scope)
            return Staff(program.name, self._accounts[program.name].role, None, program.label)
        own_page(request)
        session = self._sessions[request.cookies.get(COOKIE, "")]
        account = self._accounts[session.name]
        if account.role not in act.roles:
            raise NotAllowed(
                f"This is not open to the role {account.role}.",
                f"Ask one of these: {', '.join(sorted(act.roles))}.",
                field="role",
            )
        if act.grave:
            self._sessions.check_proof(session)
        await self._sessions.see(session)
        return Staff(account.name, account.role, session)

    async def _note(self, request: Request, staff: Staff, act: str) -> None:
        path = request.path_params
        place = path.get("id") or (self._place_of(path["zone"]) if "zone" in path else None)
        what = staff.what or path.get("zone") or path.get("proposal") or ""
        by = f" (token: {staff.program})" if staff.program else ""
        await self._audit.note(staff.name, act, (what + by).strip(), role=staff.role, place=place, about=staff.about)


def with_session(request: Request, answer: Response, token: str) -> Response:
    """Put a session into the browser: out of reach for scripts and for other sites, and for plain http under TLS."""
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, max_age=SESSION_LIFE_S, httponly=True, samesite="strict", secure=secure)
    return answer


def without_session(answer: Response) -> Response:
    """Take the session out of the browser."""
    answer.delete_cookie(COOKIE)
    return answer


def staff_of(request: Request) -> Staff:
    """Return who has passed the guard; raises `SignInNeeded` at a door that has none before it."""
    found = getattr(request.state, "staff", None)
    if not isinstance(found, Staff):
        raise SignInNeeded("There is no session, or it has ended.", "Sign in at /sign-in.")
    return found


async def name_of(request: Request) -> str:
    """Return the name of who has passed the guard, for rooms that write it beside what they keep."""
    return staff_of(request).name


def session_of(request: Request) -> Session:
    """Return the session of who has passed the guard; raises `NotFound` for a program, which has no account page."""
    session = staff_of(request).session
    if session is None:
        raise NotFound("A token has no session.", "Sign in at /sign-in.")
    return session


def own_page(request: Request) -> None:
    """Raise `NotAllowed` when the page of another site made the browser send this request.

    `Sec-Fetch-Site` is written by the browser and out of reach for scripts, so it decides where it is sent; `Origin` is
    for browsers that are older. Who sends neither is no browser, and holds a cookie only if it was given one.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    foreign = site not in (None, "same-origin", "none")
    if request.method not in ("GET", "HEAD"):
        foreign = foreign or (origin is not None and urlsplit(origin).netloc != request.headers.get("host"))
    if foreign:
        raise NotAllowed("This request came from another site.", "Open the city's own page and do it there.")
