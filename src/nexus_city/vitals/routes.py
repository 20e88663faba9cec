"""The room's HTTP interface: how the network is, and the displays' word for what they show."""

import time
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground import iso
from nexus_city.ground.web import Endpoint, json_response, read_json
from nexus_city.vitals.beats.beat import PartName, State
from nexus_city.vitals.beats.lights import GroupBeat
from nexus_city.vitals.causes import Named, Sign
from nexus_city.vitals.echoes import Verdict
from nexus_city.vitals.reading import DayFigures, Days
from nexus_city.vitals.status import Part, Vitals

TOLD_S = 14 * 24 * 3600
"""How far back incidents are told, real seconds."""


class Shown(msgspec.Struct, forbid_unknown_fields=True):
    """What a display shows."""

    display: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,40}$(?!\n)")]
    """Its own random name; tells two displays at a place apart."""
    climate: Annotated[int, msgspec.Meta(ge=1)] | None
    digest: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """SHA-256, hexadecimal, of the climate's bytes as the stream brought them."""


class Judged(msgspec.Struct):
    """What the network thinks of it."""

    verdict: Verdict


class PartFacts(msgspec.Struct):
    """A part of the network; real time, ISO 8601."""

    part: PartName
    state: State
    since: str


class Finding(msgspec.Struct):
    """A place whose mirror is not in order."""

    place: str
    finding: Verdict
    since: str


class VitalsFacts(msgspec.Struct):
    """How the network is, for everybody."""

    well: bool
    parts: list[PartFacts]
    displays: int
    integrity: float | None
    """Share of displays that show what was released, 0..1; null when none has spoken."""
    places: list[Finding]
    burning: Literal["page", "ticket"] | None
    """The most urgent rule by which the promise burns too fast, if any."""


class IncidentFacts(msgspec.Struct):
    """Something was wrong with the network; real time, ISO 8601."""

    id: int
    cause: Named
    places: tuple[str, ...]
    """Whose mirror it touched; empty: the whole city's."""
    began: str
    ended: str | None
    evidence: tuple[Sign, ...]


class PartTrouble(PartFacts):
    """A part and what an operator should know about it."""

    detail: str
    """What is wrong and what to do, empty when all is well."""
    age_s: float | None
    """Real seconds since its last sign of life; null if it gave none."""
    groups: list[GroupBeat]
    """Of the lights: each zone with luminaires; of other parts none."""


class VitalsRoutes:
    """Answers about health. `check_display` raises `NotAllowed`."""

    def __init__(
        self,
        vitals: Vitals,
        known: Callable[[str], object],
        check_display: Callable[[str, str], None],
        days: Days,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._now_s = now_s
        self._vitals = vitals
        self._known = known
        self._check_display = check_display
        self._days = days

    async def echo(self, request: Request) -> Response:
        """Take a display's word for what it shows."""
        place: str = request.path_params["id"]
        self._known(place)
        self._check_display(place, request.headers.get("x-display-key", ""))
        shown = await read_json(request, Shown)
        return json_response(Judged(self._vitals.echoes.hear(place, shown.display, shown.climate, shown.digest)))

    async def vitals(self, _: Request) -> Response:
        """Tell everybody how the network is: which part, and at which places the mirror is not in order."""
        status = self._vitals.status()
        echo = status.echo
        return json_response(
            VitalsFacts(
                well=status.well,
                parts=[PartFacts(part.name, part.state, iso(part.since_s)) for part in status.parts],
                displays=echo.displays,
                integrity=echo.integrity,
                places=[
                    Finding(place, verdict, iso(echo.since_s[place])) for place, verdict in sorted(echo.broken.items())
                ],
                burning=status.burning[0].urgency if status.burning else None,
            )
        )

    async def incidents(self, _: Request) -> Response:
        """Tell everybody what was wrong with the network in the last days, newest first."""
        found = await self._vitals.incidents.recent(self._now_s() - TOLD_S)
        return json_response(
            [
                IncidentFacts(
                    each.id,
                    each.cause,
                    each.places,
                    iso(each.began_s),
                    None if each.ended_s is None else iso(each.ended_s),
                    each.evidence,
                )
                for each in found
            ]
        )

    async def days(self, _: Request) -> Response:
        """Tell everybody how far apart the city's moods were on each of the last days, newest first."""
        return json_response(await self._days.told())

    async def parts(self, _: Request) -> Response:
        """Tell operators what is wrong in detail, and what to do."""
        status = self._vitals.status()

        def told(part: Part) -> PartTrouble:
            groups = list(status.groups) if part.name == "lights" else []
            return PartTrouble(part.name, part.state, iso(part.since_s), part.detail, part.age_s, groups)

        return json_response([told(part) for part in status.parts])

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        return [
            Endpoint("GET", "/v1/vitals", self.vitals, "How the network is", {200: VitalsFacts}),
            Endpoint("GET", "/v1/vitals/days", self.days, "How far apart moods were", {200: list[DayFigures]}),
            Endpoint(
                "GET", "/v1/vitals/incidents", self.incidents, "What was wrong lately", {200: list[IncidentFacts]}
            ),
            Endpoint(
                "GET", "/v1/vitals/parts", self.parts, "What is wrong, and what to do", {200: list[PartTrouble]}, None,
                "session", act="health.read",
            ),
            Endpoint(
                "POST", "/v1/places/{id}/echo", self.echo, "What a display shows", {200: Judged}, Shown, "display"
            ),
        ]  # fmt: skip
