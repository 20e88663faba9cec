"""The doors of those who tend the network: the city at any moment, why here, an incident and its notes."""

import time
from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.staff.guard import staff_of
from nexus_city.ground import Clock, iso
from nexus_city.ground.errors import BadInput, NotFound
from nexus_city.ground.web import Endpoint, json_response, read_json
from nexus_city.vitals.causes import KIND, Kind, Named
from nexus_city.vitals.incidents import Incident
from nexus_city.vitals.status import Vitals
from nexus_city.vitals.tending.circumstances import WhyFacts, WhyHere
from nexus_city.vitals.tending.hour import HourFacts, Hours
from nexus_city.vitals.tending.moments import Pace, seconds_of
from nexus_city.vitals.tending.timeline import Kind as StepKind
from nexus_city.vitals.tending.timeline import Step, Timeline


class NewNote(msgspec.Struct, forbid_unknown_fields=True):
    """What was tried."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=280, pattern=r"\S")]


class StepFacts(msgspec.Struct):
    """One step of an incident; real time, ISO 8601."""

    at: str
    kind: StepKind | Literal["began", "ended"]
    what: str
    """Name of the sign, id of the place, or text of the note; empty for the beginning and the end."""
    role: str | None = None
    who: str | None = None


class IncidentStory(msgspec.Struct):
    """An incident, step by step."""

    id: int
    cause: Named
    kind: Kind | None
    """Which kind of cause; null for an unknown one."""
    posterior: float
    """How sure the cause was when it was surest, 0..1."""
    places: tuple[str, ...]
    began: str
    ended: str | None
    steps: list[StepFacts]


class TendingRoutes:
    """Answers those who tend the network. `now_s` is real time, Unix seconds."""

    def __init__(
        self,
        vitals: Vitals,
        timeline: Timeline,
        hours: Hours,
        why_here: WhyHere,
        clock: Clock,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._vitals = vitals
        self._timeline = timeline
        self._hours = hours
        self._why_here = why_here
        self._clock = clock
        self._now_s = now_s

    async def hour(self, request: Request) -> Response:
        """Tell the city at a moment: of the feed what it had told by then, and which mirrors were not in order."""
        city_s, asked = self._clock.now_ms() // 1000, request.query_params.get("at")
        pace = Pace(city_s, self._now_s(), self._clock.rate)
        at_s = city_s if asked is None else seconds_of(asked)
        if not 0 <= at_s <= city_s:
            raise BadInput(
                "'at' is not a moment that the city has seen.", "Ask for one that is over, in city time.", field="at"
            )
        incidents = await self._vitals.incidents.recent(pace.real(at_s))
        steps = await self._timeline.steps([each.id for each in incidents])
        echo = self._vitals.echoes.listen() if asked is None else None
        return json_response(await self._hours.at(at_s, pace, incidents, steps, echo))

    async def why(self, request: Request) -> Response:
        """Tell in which of its circumstances a place differs from the others."""
        return json_response(self._why_here.of(request.path_params["place"]))

    async def incident(self, request: Request) -> Response:
        """Tell an incident step by step."""
        return json_response(await self._story(request.path_params["number"]))

    async def note(self, request: Request) -> Response:
        """Write down what was tried."""
        story = await self._story(request.path_params["number"])
        written = await read_json(request, NewNote)
        staff = staff_of(request)
        staff.what = f"incident {story.id}"
        await self._timeline.note(story.id, self._now_s(), written.text.strip(), staff.role, staff.name)
        return json_response(await self._story(str(story.id)), 201)

    async def _story(self, number: str) -> IncidentStory:
        """Return an incident by the number in an address; raises `NotFound`."""
        known = await self._vitals.incidents.recent(0)
        found = next((each for each in known if str(each.id) == number), None)
        if found is None:
            raise NotFound(
                "There is no incident of that number.", "GET /v1/vitals/incidents names those of the last days.",
                field="number",
            )  # fmt: skip
        return _told(found, (await self._timeline.steps([found.id]))[found.id])

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        one = "/v1/vitals/incidents/{number}"
        at = {"type": "string", "format": "date-time"}
        return [
            Endpoint(
                "GET", "/v1/vitals/hour", self.hour, "The city at a moment", {200: HourFacts}, None, "session",
                {"at": at}, "health.read",
            ),
            Endpoint(
                "GET", "/v1/vitals/why/{place}", self.why, "Why here?", {200: WhyFacts}, None, "session",
                act="health.read",
            ),
            Endpoint(
                "GET", one, self.incident, "An incident, step by step", {200: IncidentStory}, None, "session",
                act="health.read",
            ),
            Endpoint(
                "POST", f"{one}/notes", self.note, "What was tried", {201: IncidentStory}, NewNote, "session",
                act="health.tend",
            ),
        ]  # fmt: skip


def _told(incident: Incident, steps: list[Step]) -> IncidentStory:
    ended = None if incident.ended_s is None else StepFacts(iso(incident.ended_s), "ended", "")
    between = [StepFacts(iso(each.at_s), each.kind, each.what, each.role, each.who) for each in steps]
    told = [StepFacts(iso(incident.began_s), "began", ""), *between, *([ended] if ended else [])]
    return IncidentStory(
        id=incident.id,
        cause=incident.cause,
        kind=None if incident.cause == "unknown" else KIND[incident.cause],
        posterior=round(incident.posterior, 3),
        places=incident.places,
        began=iso(incident.began_s),
        ended=ended.at if ended else None,
        steps=sorted(told, key=lambda each: each.at),
    )
