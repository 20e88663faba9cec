"""The room's HTTP interface: the places of the city, and what an architect may change about one."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground.web import Endpoint, json_response, read_json, tagged_response
from nexus_city.places.model import City, Crowd, Kind, Place, Policy, Presence, Setting, Welcome
from nexus_city.places.store import PlaceStore


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


class CityFacts(msgspec.Struct):
    """All places, the city first."""

    root: str
    places: list[PlaceFacts]


class PlaceSettings(msgspec.Struct, forbid_unknown_fields=True):
    """What an architect may set; the crowd counts from a place's next new plan, the rest at once."""

    presence: Presence | msgspec.UnsetType = msgspec.UNSET
    policy: Policy | msgspec.UnsetType = msgspec.UNSET
    expected_crowd: Crowd | msgspec.UnsetType = msgspec.UNSET
    welcome: Welcome | msgspec.UnsetType = msgspec.UNSET


class PlaceRoutes:
    """Answers about places. `amended` is called with the city as it is after a change."""

    def __init__(
        self,
        city: Callable[[], City],
        store: PlaceStore,
        architect: Callable[[Request], Awaitable[str]],
        amended: Callable[[City], None],
    ) -> None:
        self._city = city
        self._store = store
        self._architect = architect
        self._amended = amended
        self._one_at_a_time = asyncio.Lock()

    async def places(self, request: Request) -> Response:
        """List the city's places."""
        city = self._city()
        facts = [
            PlaceFacts(
                id=place.id,
                name=place.name,
                parent=place.parent,
                kind=place.kind,
                adjacent=place.adjacent,
                position=place.position,
                presence=place.presence,
                policy=place.policy,
                setting=place.setting,
                welcome=place.welcome,
                timezone=city.timezone,
            )
            for place in city.places
        ]
        return tagged_response(request, msgspec.json.encode(CityFacts(city.root.id, facts)))

    async def settings(self, request: Request) -> Response:
        """Show an architect all that a place declares."""
        await self._architect(request)
        return json_response(self._city()[request.path_params["id"]])

    async def amend(self, request: Request) -> Response:
        """Change what a place declares."""
        await self._architect(request)
        place_id = self._city()[request.path_params["id"]].id
        wished = await read_json(request, PlaceSettings)
        changes = {name: value for name, value in msgspec.structs.asdict(wished).items() if value is not msgspec.UNSET}
        async with self._one_at_a_time:  # each change is made to the city as the change before has left it
            city = self._city()
            changed = msgspec.structs.replace(city[place_id], **changes)
            self._amended(await self._store.amend(city, changed))
        return json_response(changed)

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        one = "/v1/places/{id}/settings"
        return [
            Endpoint("GET", "/v1/places", self.places, "All places of the city", {200: CityFacts}),
            Endpoint("GET", one, self.settings, "What a place declares", {200: Place}, None, "session"),
            Endpoint("PATCH", one, self.amend, "Change what it declares", {200: Place}, PlaceSettings, "session"),
        ]
