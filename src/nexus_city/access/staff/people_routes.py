"""People who tend the city: who they are, whom to invite, and the log of what they did."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.audit import Audit, Trail
from nexus_city.access.staff.accounts import TABLE, Account, Accounts
from nexus_city.access.staff.guard import staff_of
from nexus_city.access.staff.invitations import Invitations
from nexus_city.access.staff.passkeys import Passkeys
from nexus_city.access.staff.programs import Programs
from nexus_city.access.staff.roles import ACTS, Role
from nexus_city.access.staff.sessions import Sessions
from nexus_city.ground import iso
from nexus_city.ground.erasures import Erasures
from nexus_city.ground.errors import BadInput, NotFound
from nexus_city.ground.web import Endpoint, json_response, read_json

PAGE = 100
"""Entries of the log on a page, and of the acts on a place."""
_PUBLIC = tuple(name for name, act in ACTS.items() if act.public)
_EVERYWHERE = tuple(name for name in _PUBLIC if name.startswith("light."))
"""Acts that concern every place when they are done at none in particular, such as stopping all light."""


class Person(msgspec.Struct):
    """Somebody who tends the city."""

    id: str
    name: str
    role: Role
    since: str
    passkeys: int
    second_factor: bool


class Invited(msgspec.Struct):
    """Somebody who may come."""

    id: str
    role: Role
    host: str
    until: str


class People(msgspec.Struct):
    """Everybody who tends the city, and who may come."""

    people: list[Person]
    invitations: list[Invited]


class NewInvitation(msgspec.Struct, forbid_unknown_fields=True):
    """Whom to invite, and for how long the link works."""

    role: Role
    hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 14)] = 48


class InvitationLink(msgspec.Struct):
    """A link that works once; it is shown this once. The secret is behind the #, so no server logs it."""

    link: str
    until: str


class NewRole(msgspec.Struct, forbid_unknown_fields=True):
    """The role that somebody shall have."""

    role: Role


class PublicAct(msgspec.Struct):
    """What was done to a place: by which role, not by whom."""

    at: str
    """Real time, to the minute."""
    role: str
    act: str


class PlaceActs(msgspec.Struct):
    """What those who tend a place did there lately, the newest first."""

    place: str
    acts: list[PublicAct]


class PeopleRoutes:
    """Answers about people, to those who may ask."""

    def __init__(
        self,
        accounts: Accounts,
        sessions: Sessions,
        passkeys: Passkeys,
        programs: Programs,
        invitations: Invitations,
        audit: Audit,
        erasures: Erasures,
        public_url: str | None,
    ) -> None:
        self._erasures = erasures
        self._accounts = accounts
        self._sessions = sessions
        self._passkeys = passkeys
        self._programs = programs
        self._invitations = invitations
        self._audit = audit
        self._public_url = public_url

    async def people(self, _: Request) -> Response:
        """Tell who tends the city."""
        people = [
            Person(
                each.handle.hex(),
                each.name,
                each.role,
                iso(each.since_s),
                len(await self._passkeys.of(each.name)),
                each.second_factor,
            )
            for each in self._accounts.all()
        ]
        invited = [Invited(each.id, each.role, each.host, iso(each.until_s)) for each in await self._invitations.open()]
        return json_response(People(people, invited))

    async def invite(self, request: Request) -> Response:
        """Make a link by which somebody can come."""
        wish = await read_json(request, NewInvitation)
        staff = staff_of(request)
        secret, until_s = await self._invitations.make(staff.name, wish.role, wish.hours)
        staff.what = wish.role
        base = (self._public_url or str(request.base_url)).rstrip("/")
        return json_response(InvitationLink(f"{base}/sign-in#invitation={secret}", iso(until_s)), 201)

    async def uninvite(self, request: Request) -> Response:
        """Take an invitation back."""
        await self._invitations.withdraw(request.path_params["invitation"])
        return Response(status_code=204)

    async def set_role(self, request: Request) -> Response:
        """Give somebody another role; their sessions end, and begin anew with it."""
        wish = await read_json(request, NewRole)
        person = self._person(request)
        before = person.role
        await self._accounts.set_role(person.name, wish.role)
        await self._sessions.end_all(person.name)
        staff = staff_of(request)
        staff.about, staff.what = person.name, f"{before} → {wish.role}"
        return Response(status_code=204)

    async def remove(self, request: Request) -> Response:
        """Remove somebody's account, sessions and tokens."""
        person = self._person(request)
        await self._accounts.remove(person.name)
        async with self._erasures.noted([(TABLE, person.handle)]):
            pass  # after it, unlike elsewhere: the last architect is not removed, and so must not be on the list
        await self._sessions.end_all(person.name)
        await self._programs.end_all(person.name)
        staff = staff_of(request)
        staff.about, staff.what = person.name, person.role
        return Response(status_code=204)

    async def audit(self, request: Request) -> Response:
        """Tell a page of the log, and whether it hangs together."""
        return json_response(await self._audit.trail(PAGE, _number(request, "before")))

    def _person(self, request: Request) -> Account:
        try:
            handle = bytes.fromhex(request.path_params["person"])
        except ValueError:
            raise NotFound("There is no such account.", "Look at /console/people for those that there are.") from None
        return self._accounts.by_handle(handle)

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        people, one = "/v1/people", "/v1/people/{person}"
        invited = "/v1/invitations"
        before = {"before": {"type": "integer", "minimum": 1, "maximum": 2**53}}
        return [
            Endpoint(
                "GET", people, self.people, "Who tends the city", {200: People}, None, "session", act="people.read"
            ),
            Endpoint(
                "POST",
                invited,
                self.invite,
                "Invite somebody",
                {201: InvitationLink},
                NewInvitation,
                "session",
                act="people.invite",
            ),
            Endpoint(
                "DELETE",
                invited + "/{invitation}",
                self.uninvite,
                "Take an invitation back",
                {204: None},
                None,
                "session",
                act="people.uninvite",
            ),
            Endpoint("PUT", one, self.set_role, "Another role", {204: None}, NewRole, "session", act="people.role"),
            Endpoint(
                "DELETE", one, self.remove, "Remove an account", {204: None}, None, "session", act="people.remove"
            ),
            Endpoint(
                "GET",
                "/v1/audit",
                self.audit,
                "Who did what",
                {200: Trail},
                None,
                "session",
                before,
                act="audit.read",
            ),
        ]


class PlaceActRoutes:
    """Answers to anybody who asks what was done to a place. `known` raises `NotFound`."""

    def __init__(self, audit: Audit, known: Callable[[str], object]) -> None:
        self._audit = audit
        self._known = known

    async def acts(self, request: Request) -> Response:
        """Tell what those who tend a place did there, by role and to the minute."""
        place = request.path_params["id"]
        self._known(place)
        found = await self._audit.at(place, _PUBLIC, _EVERYWHERE, PAGE)
        acts = [PublicAct(each.at[:16] + "Z", each.role, each.act) for each in found]
        return json_response(PlaceActs(place, acts))

    def endpoints(self) -> list[Endpoint]:
        """List this door."""
        one = "/v1/places/{id}/acts"
        return [Endpoint("GET", one, self.acts, "What those who tend it did there", {200: PlaceActs})]


def _number(request: Request, name: str) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:17]) <= 2**53:
        raise BadInput(f"'{name}' is not the number of an entry.", f"Change or leave out '{name}'.", field=name)
    return int(text)
