"""The rehearsal's HTTP interface: only a demo has these doors."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.staff.guard import staff_of
from nexus_city.ground import iso
from nexus_city.ground.web import Endpoint, json_response, read_json
from nexus_city.places.model import Slug
from nexus_city.simulation.rehearsal.stage import Act, Rehearsal


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What a visitor lets happen."""

    act: Act
    communities: tuple[Slug, ...] = ()
    """Whose mirror breaks; to repair and to call circles, none named means all that are concerned."""


class CommunityFacts(msgspec.Struct):
    """A community, and since when its mirror is broken: real time, ISO 8601; null while it is whole."""

    id: str
    name: str
    broken_since: str | None


class Running(msgspec.Struct):
    """What runs; real time, ISO 8601."""

    act: Act
    since: str
    until: str


class RehearsalFacts(msgspec.Struct):
    """How the rehearsal stands. The people of this city are simulated."""

    says: str
    """In one sentence, in English."""
    can: list[Act]
    """What may be done now."""
    communities: list[CommunityFacts]
    running: list[Running]
    square: str
    """The place to which people come for the rally."""


class RehearsalRoutes:
    """Answers for one rehearsal."""

    def __init__(self, rehearsal: Rehearsal) -> None:
        self._rehearsal = rehearsal

    async def facts(self, _: Request) -> Response:
        """Tell everybody how the rehearsal stands."""
        return json_response(self._facts())

    async def act(self, request: Request) -> Response:
        """Let something happen."""
        wish = await read_json(request, Wish)
        staff_of(request).what = wish.act
        self._rehearsal.do(wish.act, wish.communities)
        return json_response(self._facts())

    def _facts(self) -> RehearsalFacts:
        stage = self._rehearsal
        return RehearsalFacts(
            says=stage.says(),
            can=stage.can(),
            communities=[
                CommunityFacts(each, name, iso(stage.broken[each]) if each in stage.broken else None)
                for each, name in stage.names.items()
            ],
            running=[Running(act, iso(since_s), iso(until_s)) for act, (since_s, until_s) in stage.running().items()],
            square=stage.square,
        )

    def endpoints(self) -> list[Endpoint]:
        """List the doors that a demo has beside those of every city."""
        return [
            Endpoint("GET", "/v1/rehearsal", self.facts, "How the rehearsal stands", {200: RehearsalFacts}),
            Endpoint(
                "POST", "/v1/rehearsal", self.act, "Break the mirror, repair it, call circles, hold the rally",
                {200: RehearsalFacts}, Wish, "session", act="health.tend",
            ),
        ]  # fmt: skip
