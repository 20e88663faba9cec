"""The room's HTTP interface: the places of the city, and what an architect may change about one."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.boundaries.policy import Reach
from nexus_city.ground.web import Endpoint, json_response, read_json, tagged_response
from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.model import Changes, Why
from nexus_city.places.model import City, Kind, Live, Place, Policy, Presence, Setting


class PlaceFacts(msgspec.Struct):
    """A place as anybody may see it."""

    id: str
    name: str
    parent: str | None
    kind: Kind
    adjacent: tuple[str, ...]
    position: tuple[float, float]
    presence: Presence
    policy: Policy
    setting: Setting
    welcome: str
    timezone: str
    audiences: tuple[Reach, ...]
    finest_grid: int
    fastest_s: int
    """At work and at school a day, whatever else is declared."""
    words: bool
    live: Live
    charter: int
    """Number of the charter's version in force."""


class CityFacts(msgspec.Struct):
    """All places, the city first."""

    root: str
    places: list[PlaceFacts]


class PlaceSettings(Changes, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What an architect may change, and why. Each change makes a version of the charter."""

    why: Why = ""


class PlaceRoutes:
    """Answers about places."""

    def __init__(
        self, city: Callable[[], City], charters: Charters, architect: Callable[[Request], Awaitable[str]]
    ) -> None:
        self._city = city
        self._charters = charters
        self._architect = architect

    async def places(self, request: Request) -> Response:
        """List the city's places."""
        city = self._city()
        facts = [self._facts(city, place) for place in city.places]
        return tagged_response(request, msgspec.json.encode(CityFacts(city.root.id, facts)))

    def _facts(self, city: City, place: Place) -> PlaceFacts:
        version = self._charters.version(place.id)
        terms = version.terms
        return PlaceFacts(
            id=place.id,
            name=place.name,
            parent=place.parent,
            kind=place.kind,
            adjacent=place.adjacent,
            position=place.position,
            presence=terms.presence,
            policy=terms.policy,
            setting=terms.setting,
            welcome=terms.welcome,
            timezone=city.timezone,
            audiences=terms.audiences,
            finest_grid=terms.finest_grid,
            fastest_s=terms.fastest_s,
            words=terms.words,
            live=terms.live,
            charter=version.number,
        )

    async def settings(self, request: Request) -> Response:
        """Show an architect all that a place declares."""
        await self._architect(request)
        return json_response(self._city()[request.path_params["id"]])

    async def amend(self, request: Request) -> Response:
        """Change what a place declares, by a version of its charter."""
        await self._architect(request)
        place_id = self._city()[request.path_params["id"]].id
        wished = await read_json(request, PlaceSettings)
        await self._charters.amend(place_id, wished, wished.why)
        return json_response(self._city()[place_id])

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        one = "/v1/places/{id}/settings"
        return [
            Endpoint("GET", "/v1/places", self.places, "All places of the city", {200: CityFacts}),
            Endpoint(
                "GET", one, self.settings, "What a place declares", {200: Place}, None, "session", act="place.read"
            ),
            Endpoint(
                "PATCH",
                one,
                self.amend,
                "Change what it declares",
                {200: Place},
                PlaceSettings,
                "session",
                act="charter.amend",
            ),
        ]
