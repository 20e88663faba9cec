"""The console's doors: what an Empathy Architect sees and does. Every act is told in the log with its doer.

Reading and acting need a session of the role architect, and acts come from the city's own pages only. What a zone
shows, and why, is public: `GET /v1/places/{id}/lights`.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from nexus_city.environment.desk import HAND_S, Change, Desk, Source, Standing
from nexus_city.environment.palettes.colour import hexes
from nexus_city.environment.patch import Share
from nexus_city.environment.rig import Rig
from nexus_city.environment.scene import House, difference, read_house, write_house
from nexus_city.environment.store import HouseStore
from nexus_city.environment.wires.state import WireState
from nexus_city.ground.web import Endpoint, json_response, read_body, read_json
from nexus_city.places import City, Policy, Slug

HOUSE_LIMIT = 4 << 20
"""Bytes that a house file may have."""
_PREVIEW_S = 0.2
_TOLD = 60


class ZoneLight(msgspec.Struct, frozen=True):
    """What a zone shows now, and who decided it."""

    zone: str
    name: str
    place: str
    scene: str | None
    """None: the safe look."""
    policy: Policy
    source: Source
    level: float
    """The masters' share, 0..1."""
    cap: float
    """Highest luminance at this hour, 0..1."""


class HandNow(msgspec.Struct, frozen=True):
    """A hand on a control, and for how many more seconds it wins."""

    scene: str
    left_s: float


class ConsoleState(msgspec.Struct, frozen=True):
    """Everything that the console shows."""

    house: House
    zones: list[ZoneLight]
    masters: dict[str, float]
    """Zone → master; the grand master under an empty name."""
    hands: dict[str, HandNow]
    stopped: bool
    may_undo: bool
    may_redo: bool
    wires: dict[str, WireState]
    frames: int
    late: int
    changes: list[Change]


class Lights(msgspec.Struct, frozen=True):
    """What the light of a place does, for anybody."""

    place: str
    zones: list[ZoneLight]


class Take(msgspec.Struct, forbid_unknown_fields=True):
    """Show a scene by hand."""

    scene: Slug
    minutes: Annotated[float, msgspec.Meta(gt=0, le=1440)] = HAND_S / 60


class Master(msgspec.Struct, forbid_unknown_fields=True):
    """Set a master; without a zone the grand one."""

    level: Share
    zone: Slug | None = None


class Cut(msgspec.Struct, forbid_unknown_fields=True):
    """Jump in these zones."""

    zones: Annotated[list[Slug], msgspec.Meta(min_length=1, max_length=1000)]


class ConsoleRoutes:
    """Answers at the console."""

    def __init__(
        self,
        rig: Rig,
        store: HouseStore,
        city: Callable[[], City],
        architect: Callable[[Request], Awaitable[str]],
        now_s: Callable[[], float],
    ) -> None:
        self._rig = rig
        self._store = store
        self._city = city
        self._architect = architect
        self._now_s = now_s

    async def lights(self, request: Request) -> Response:
        """Show what the light of a place does."""
        place = self._city()[request.path_params["id"]]
        return json_response(Lights(place.id, [zone for zone in self._zones() if zone.place == place.id]))

    async def state(self, request: Request) -> Response:
        """Show everything."""
        await self._architect(request)
        return json_response(self._state())

    async def house(self, request: Request) -> Response:
        """Export the house as a file."""
        await self._architect(request)
        headers = {"content-disposition": 'attachment; filename="house.json"'}
        return Response(write_house(self._rig.touch(lambda desk: desk.house)), 200, headers, "application/json")

    async def compose(self, request: Request) -> Response:
        """Replace the house: the whole file, checked before anything changes."""
        who = await self._architect(request)
        headers = request.headers
        body = await read_body(
            headers.get("content-type", ""), headers.get("content-length", ""), request.receive, HOUSE_LIMIT
        )
        composed = read_house(body, set(self._city().index))
        return await self._done(
            lambda desk, at: desk.compose(composed, who, difference(desk.house, composed), at), edits=True
        )

    async def undo(self, request: Request) -> Response:
        """Take back an edit."""
        who = await self._architect(request)
        return await self._done(lambda desk, at: desk.undo(who, at), edits=True)

    async def redo(self, request: Request) -> Response:
        """Do again what was undone."""
        who = await self._architect(request)
        return await self._done(lambda desk, at: desk.redo(who, at), edits=True)

    async def take(self, request: Request) -> Response:
        """Show a scene in a zone by hand."""
        who = await self._architect(request)
        zone, wish = request.path_params["zone"], await read_json(request, Take)
        now_s = self._now_s()
        return await self._done(lambda desk, at: desk.take(zone, wish.scene, who, now_s, at, wish.minutes * 60))

    async def give_back(self, request: Request) -> Response:
        """Let automation have a zone again."""
        who = await self._architect(request)
        zone = request.path_params["zone"]
        return await self._done(lambda desk, at: desk.give_back(zone, who, at))

    async def master(self, request: Request) -> Response:
        """Set a master."""
        who = await self._architect(request)
        wish = await read_json(request, Master)
        return await self._done(lambda desk, at: desk.master(wish.zone, wish.level, who, at))

    async def cut(self, request: Request) -> Response:
        """Jump to what is wanted."""
        who = await self._architect(request)
        wish = await read_json(request, Cut)
        return await self._done(lambda desk, at: desk.cut(wish.zones, who, at))

    async def stop(self, request: Request) -> Response:
        """Fade everything to the safe look."""
        who = await self._architect(request)
        return await self._done(lambda desk, at: desk.stop(who, at))

    async def release(self, request: Request) -> Response:
        """End a stop."""
        who = await self._architect(request)
        return await self._done(lambda desk, at: desk.release(who, at))

    async def preview(self, request: Request) -> Response:
        """Stream what every luminaire shows, as server-sent events: luminaire → colours of its pixels."""
        await self._architect(request)

        async def frames() -> AsyncIterator[bytes]:
            while True:
                shown = {name: hexes(light) for name, light in self._rig.snapshot().items()}
                yield b"event: lights\ndata: " + msgspec.json.encode(shown) + b"\n\n"
                await asyncio.sleep(_PREVIEW_S)

        return StreamingResponse(frames(), 200, {"cache-control": "no-store"}, "text/event-stream")

    async def _done(self, act: Callable[[Desk, dt.datetime], None], edits: bool = False) -> Response:
        """Act at the desk, keep it, and answer with the console as it is after it."""
        at = dt.datetime.now(dt.UTC)

        def acted(desk: Desk) -> tuple[Change, Standing, House]:
            act(desk, at)
            return desk.changes[0], desk.standing, desk.house

        change, standing, house = self._rig.touch(acted)
        await self._store.keep(change, standing, house if edits else None)
        return json_response(self._state())

    def _state(self) -> ConsoleState:
        now_s, zones = self._now_s(), self._zones()

        def looked(desk: Desk) -> ConsoleState:
            return ConsoleState(
                house=desk.house,
                zones=zones,
                masters=desk.masters(),
                hands={zone: HandNow(scene, round(left_s)) for zone, (scene, left_s) in desk.hands(now_s).items()},
                stopped=desk.stopped,
                may_undo=desk.may_undo,
                may_redo=desk.may_redo,
                wires=self._rig.states(),
                frames=self._rig.frames,
                late=self._rig.late,
                changes=desk.changes[:_TOLD],
            )

        return self._rig.touch(looked)

    def _zones(self) -> list[ZoneLight]:
        return [
            ZoneLight(
                zone=wanted.zone.id,
                name=wanted.zone.name,
                place=wanted.zone.place,
                scene=scene.id if scene else None,
                policy=scene.policy if scene else "rest",
                source=wanted.source,
                level=wanted.level,
                cap=wanted.cap,
            )
            for wanted in self._rig.wanted()
            for scene in (wanted.layers[-1].scene,)
        ]

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""

        def door(
            method: str,
            path: str,
            handler: Callable[[Request], Awaitable[Response]],
            summary: str,
            act: str,
            body: type | None = None,
        ) -> Endpoint:
            answers = {200: ConsoleState}
            return Endpoint(method, f"/v1/console{path}", handler, summary, answers, body, "session", act=act)

        zone = "/zones/{zone}/hand"
        return [
            Endpoint("GET", "/v1/places/{id}/lights", self.lights, "What the light of a place does", {200: Lights}),
            door("GET", "", self.state, "Everything that the console shows", "light.read"),
            Endpoint(
                "GET",
                "/v1/console/house",
                self.house,
                "The house as a file",
                {200: House},
                None,
                "session",
                act="light.export",
            ),
            door("PUT", "/house", self.compose, "Replace the house", "light.compose", House),
            door("POST", "/undo", self.undo, "Take back an edit of the house", "light.compose"),
            door("POST", "/redo", self.redo, "Do again what was undone", "light.compose"),
            door("PUT", zone, self.take, "Show a scene by hand", "light.hand", Take),
            door("DELETE", zone, self.give_back, "Give a zone back to automation", "light.hand"),
            door("PUT", "/masters", self.master, "Set a master", "light.hand", Master),
            door("POST", "/cut", self.cut, "Jump to what is wanted, at most once a second", "light.hand", Cut),
            door("POST", "/stop", self.stop, "Fade everything to the safe look", "light.stop"),
            door("POST", "/release", self.release, "End a stop", "light.release"),
            Endpoint(
                "GET",
                "/v1/console/lights",
                self.preview,
                "What every luminaire shows, five times a second",
                {200: "text/event-stream"},
                None,
                "session",
                act="light.read",
            ),
        ]
