"""The room's HTTP interface: voices, history, words, and each place's own privacy numbers."""

import functools
import math
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.boundaries import Rung, people_needed
from nexus_city.climate import store
from nexus_city.climate.ledger.routes import LedgerRoutes
from nexus_city.climate.live.terms import as_heard, kind_of, live_rungs, live_step, mechanism
from nexus_city.climate.model import Climate, LiveStep, NewReport, Receipt, Report, Voice
from nexus_city.climate.own.routes import OwnRoutes
from nexus_city.climate.plan import noise_of
from nexus_city.climate.research.routes import ResearchRoutes
from nexus_city.climate.room import ClimateRoom
from nexus_city.ground import iso
from nexus_city.ground.errors import BadInput
from nexus_city.ground.web import Endpoint, json_response, tagged_response
from nexus_city.places import Place

PAGE = 96
"""Climates on one page of history, unless asked for fewer."""


class ClockFace(msgspec.Struct):
    """City time and its pace."""

    now: str
    rate: Annotated[float, msgspec.Meta(gt=0)]


class History(msgspec.Struct):
    """Climates of a place, newest first."""

    climates: list[Climate]
    next: str | None


class WordCount(msgspec.Struct):
    """How often a word was given yesterday: noisy, and its share of all words that stand out of the noise."""

    id: str
    count: int
    share: float


class Words(msgspec.Struct):
    """The words of a day, released once for the whole city; only those that stand out of the noise."""

    place: str
    day: str | None
    words: list[WordCount]
    sd: float


class Step(msgspec.Struct):
    """A rung of the ladder, and how many voices it needs: in one window, and on a day whose windows are alike."""

    window_s: int
    grid: int
    people_needed: int
    people_a_day: int


class LiveNeed(msgspec.Struct):
    """How many people a live picture needs: standing there at once, and check-ins on a day that is alike all day."""

    grid: int
    people_needed: int
    people_a_day: int


class LiveFacts(msgspec.Struct):
    """The numbers by which a place is told live, when it is."""

    today: bool
    step: LiveStep
    sd_first: float
    """Standard deviation of the noise in one cell of one of its tables at the first step of the day, people."""
    sd_last: float
    """The same at the last."""
    ladder: list[LiveNeed]


class PrivacyFacts(msgspec.Struct):
    """The numbers by which a place is released today."""

    place: str
    name: str
    state: str
    window_s: int | None
    grid: int | None
    scale: float
    noise_sd: float
    """Standard deviation of the noise in one cell of its climate, people."""
    m: int
    epsilon: float
    ladder: list[Step]
    retention_h: int
    presence: str
    setting: str
    live: LiveFacts | None
    """None where it may not be live."""


class ClimateRoutes:
    """Answers for one climate room. `device` knows the device of a request by its token, and slows it down."""

    def __init__(self, room: ClimateRoom, device: Callable[[Request], bytes]) -> None:
        self._room = room
        self._beside = [*LedgerRoutes(room).endpoints(), *OwnRoutes(room, device).endpoints()]
        self._beside += ResearchRoutes(room).endpoints()

    async def clock(self, _: Request) -> Response:
        """Tell the city's time."""
        return json_response(ClockFace(iso(self._room.clock.now_ms() // 1000), self._room.clock.rate))

    async def climate(self, request: Request) -> Response:
        """Say what a place says now."""
        voice = self._room.voice(self._room.city[request.path_params["id"]])
        return tagged_response(request, msgspec.json.encode(voice))

    async def history(self, request: Request) -> Response:
        """Page back through the climates of a place."""
        place = self._room.city[request.path_params["id"]]
        limit = _whole(request, "limit", PAGE, 1, PAGE * 8)
        before = _whole(request, "before", 2**53, 1, 2**53)
        before = min(before, self._room.published + 1)
        rows = await self._room.database.read(
            lambda connection: store.climates_before(connection, place.id, before, limit)
        )
        more = f"/v1/places/{place.id}/history?limit={limit}&before={rows[-1][0]}" if len(rows) == limit else None
        climates = [msgspec.json.decode(body, type=Climate) for _, body in rows]
        return tagged_response(request, msgspec.json.encode(History(climates, more)))

    async def words(self, request: Request) -> Response:
        """Tell the city's words of the last whole day."""
        root = self._room.city.root
        self._room.city[request.path_params["id"]]
        sd = self._room.desk.words_sd
        found = await self._room.database.read(lambda connection: store.newest_words(connection, self._room.told_s))
        if found is None:
            return tagged_response(request, msgspec.json.encode(Words(root.id, None, [], round(sd, 1))))
        date, released = found
        clear = [
            (count, word)
            for count, word in zip(released.counts.tolist(), self._room.words, strict=True)
            if count > 2 * sd
        ]
        total = sum(count for count, _ in clear)
        counts = [WordCount(word, count, round(count / total, 4)) for count, word in sorted(clear, reverse=True)]
        return tagged_response(request, msgspec.json.encode(Words(root.id, date, counts, round(sd, 1))))

    async def privacy(self, request: Request) -> Response:
        """State the numbers by which a place is released."""
        room = self._room
        place = room.city[request.path_params["id"]]
        plan, rung = room.plan, room.plan.rungs.get(place.id)
        live = {each: mechanism(room.city.budget, plan.day, kind) for each, kind in plan.live.items()}
        noise = functools.partial(
            noise_of, room.city, place, plan.rungs, plan.strands, variance=room.desk.variance, live=live
        )
        facts = PrivacyFacts(
            place=place.id,
            name=place.name,
            state=room.voice(place).state,
            window_s=rung.window_s if rung else None,
            grid=rung.grid if rung else None,
            scale=float(room.city.budget.grid_scale),
            noise_sd=round(noise(rung or place.ladder[-1]) ** 0.5, 2),
            m=room.city.budget.m,
            epsilon=float(room.city.budget.epsilon),
            ladder=[_step(each, noise(each)) for each in place.ladder],
            retention_h=24,
            presence=place.presence,
            setting=place.setting,
            live=self._live(place),
        )
        return tagged_response(request, msgspec.json.encode(facts))

    def _live(self, place: Place) -> LiveFacts | None:
        plan, city = self._room.plan, self._room.city
        kind = plan.live.get(place.id) or kind_of(city, place)
        if kind is None:
            return None
        live = mechanism(city.budget, plan.day, kind)
        tables = len(plan.strands[place.id])
        needs = [(rung, people_needed(rung.cells, tables * live.sd(live.steps) ** 2)) for rung in live_rungs(place)]
        return LiveFacts(
            today=place.id in plan.live,
            step=live_step(live, kind),
            sd_first=round(live.sd(1), 2),
            sd_last=round(live.sd(live.steps), 2),
            ladder=[
                LiveNeed(rung.grid, people, math.ceil(people / as_heard(rung).share_of_day())) for rung, people in needs
            ],
        )

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors; those of check-ins and the stream are answered by bare ASGI before routing."""
        one = "/v1/places/{id}"
        return [
            Endpoint(
                "POST", f"{one}/check-ins", None, "Tell a place how you feel", {202: Receipt}, NewReport, "device"
            ),
            Endpoint(
                "PUT",
                one + "/check-ins/{key}",
                None,
                "Change it while its window is open",
                {202: Receipt},
                Report,
                "device",
            ),
            Endpoint(
                "DELETE",
                one + "/check-ins/{key}",
                None,
                "Take it back while its window is open",
                {204: None},
                None,
                "device",
            ),
            Endpoint(
                "GET",
                "/v1/stream",
                None,
                "Follow climates as they are released, from the newest or from an id on; also as a WebSocket",
                {200: "text/event-stream"},
                query={"places": {"type": "string"}, "after": {"type": "integer", "minimum": 0}},
            ),
            Endpoint("GET", "/v1/clock", self.clock, "City time and its pace", {200: ClockFace}),
            Endpoint("GET", f"{one}/climate", self.climate, "What a place says now", {200: Voice}),
            Endpoint(
                "GET",
                f"{one}/history",
                self.history,
                "Its climates, newest first",
                {200: History},
                query={"limit": _integer(1, PAGE * 8), "before": _integer(1, 2**53)},
            ),
            Endpoint("GET", f"{one}/words", self.words, "The city's words of the last whole day", {200: Words}),
            Endpoint("GET", f"{one}/privacy", self.privacy, "The numbers by which it is released", {200: PrivacyFacts}),
            *self._beside,
        ]


def _step(rung: Rung, variance: float) -> Step:
    people = people_needed(rung.cells, variance)
    return Step(rung.window_s, rung.grid, people, math.ceil(people / rung.share_of_day()))


def _integer(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        value = int(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise BadInput(
            f"'{name}' is not a whole number from {low} to {high}.", f"Change or leave out '{name}'.", field=name
        )
    return value
