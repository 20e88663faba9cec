"""The composition root: every object of the server is built here, by hand, in order.

The app object is passed to nobody: a room gets in its constructor only what it uses.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nexus_city import __version__
from nexus_city.access.me.holders import Holder
from nexus_city.access.me.room import MeRoom, taking_part
from nexus_city.access.room import AccessRoom
from nexus_city.access.staff import name_of
from nexus_city.climate import ClimateRoom, Voice
from nexus_city.climate.door import CheckInDoor, Wishes
from nexus_city.climate.hub import Hub, StreamDoor
from nexus_city.climate.model import Holdings
from nexus_city.climate.routes import ClimateRoutes
from nexus_city.climate.store import climates_after, newest_climates
from nexus_city.environment.lighting import Lighting
from nexus_city.environment.routes import EnvironmentRoutes
from nexus_city.feelings import load_framework
from nexus_city.feelings.routes import FeelingRoutes
from nexus_city.ground import Clock, Database, OsRandomness, Randomness, Settings, SystemClock
from nexus_city.ground.erasures import Erasures
from nexus_city.ground.errors import NotFound, SettingsError, WrongMethod
from nexus_city.ground.retention import Timetable
from nexus_city.ground.traces import UNTRACED, Traces, open_traces
from nexus_city.ground.web import (
    SECURITY_HEADERS,
    Endpoint,
    json_response,
    openapi,
    problem_response,
    tagged_response,
    to_routes,
    unforeseen,
)
from nexus_city.places import STARTER, City, Place, PlaceStore, parse_city, read_city
from nexus_city.places.charters import CharterRoom
from nexus_city.places.charters.own import OwnProposal
from nexus_city.vitals.figures import Figures
from nexus_city.vitals.reading import Days
from nexus_city.vitals.room import tended, watch_over
from nexus_city.vitals.routes import VitalsRoutes

FRAMEWORK = "nexus-1"
STATIC = Path(str(files("nexus_city"))) / "static"
RESUME_LIMIT = 1000
"""Climates that a reader who was away can catch up on by the stream; older ones are in the history."""
_LOST = NotFound("There is no page at this address.", "Open / for the city; the interface is at /v1/openapi.json.")

log = structlog.get_logger("nexus.app")


class Nexus:
    """One city, ready to be served: an ASGI application and what must be closed after it.

    `beside` are doors of whoever serves it, such as a demo's: behind the same guard, and in the same description.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        randomness: Randomness | None = None,
        now_s: Callable[[], float] = time.time,
        beside: Sequence[Endpoint] = (),
    ) -> None:
        self.clock = clock or SystemClock()
        self._beside = beside
        self._tasks: list[asyncio.Task[None]] = []
        self._traces: Traces = UNTRACED
        self.database = Database(settings.data)
        try:
            self._compose(settings, randomness or OsRandomness(), now_s)
        except BaseException:
            self.close()
            raise

    def _compose(self, settings: Settings, randomness: Randomness, now_s: Callable[[], float]) -> None:
        self._traces = open_traces(settings.traces)
        framework = load_framework(FRAMEWORK)
        word_ids = [word.id for word in framework.words]

        self.erasures = Erasures(self.database)  # before the rooms: it does what a crash or an older copy left undone
        places = PlaceStore(self.database)
        city = places.load() or _found(places, settings)
        access = AccessRoom(
            self.database,
            self.erasures,
            settings.public_url,
            settings.check_ins_per_minute,
            settings.voices_per_network,
            settings.own_networks,
            now_s,
        )
        self.tokens, self.staff, self.accounts = access.tokens, access.staff, access.staff.accounts
        self.hub = Hub()
        self.room = ClimateRoom(
            self.database, self.clock, city, randomness, self.hub, FRAMEWORK, word_ids, settings.settle_s, self._traces
        )
        self.charters = CharterRoom(
            self.database, self.clock, lambda: self.room.city, self._amended, settings.public_url
        )
        self.lighting = Lighting(
            self.database, self.clock, lambda: self.room.city, self._says, settings.house, settings.osc_in, self._traces
        )
        self.vitals = watch_over(
            self.room, self.lighting, self.tokens, lambda: self.asgi, self._traces, settings, _version()
        )
        endpoints = [
            *self._beside,
            *self._me(access, settings, now_s).endpoints(),
            *ClimateRoutes(self.room, access.device_of).endpoints(),
            *self.charters.endpoints(access.device_of, access.presences.check, name_of),
            *access.endpoints(self._place),
            *FeelingRoutes(framework).endpoints(),
            *EnvironmentRoutes(
                framework, self.lighting.palette, lambda: self.room.city.zone, self._voice_of
            ).endpoints(),
            *self.lighting.console(name_of).endpoints(),
            *VitalsRoutes(self.vitals, self._place, self.tokens.check_display, Days(self.room)).endpoints(),
            *tended(self.vitals, self.room, self.lighting, self.charters.charters),
            Endpoint("GET", "/health", self._health, "Whether the city is well", {200: dict[str, Any]}),
            *Figures(self.room, self.vitals).endpoints(),
        ]
        endpoints = self.staff.guarded(endpoints, self._place, self.lighting.place_of)
        pages = _site(endpoints, _help_route(settings.help_lines), self._lifespan)
        wishes = Wishes(
            access.opt_outs.holds,
            self.staff.opted_out_by_account,
            self.charters.charters.refuses,
            access.sources.new_voice,
        )
        door = CheckInDoor(self.room, self.tokens, access.presences, access.limit, framework.index, wishes)
        stream = StreamDoor(self.hub, self._since, self._newest, lambda place: place in self.room.city)
        self.asgi = _front(door, stream, _secured(pages))

    def _me(self, access: AccessRoom, settings: Settings, now_s: Callable[[], float]) -> MeRoom:
        """Name the rooms that may hold something of a device, and what each forgets when."""
        room, own = self.room, self.charters.own
        holders = [
            Holder("check_ins", Holdings, room.holdings, room.erase),
            taking_part(access.opt_outs),
            Holder("proposals", list[OwnProposal], own.held, own.erase, own.rows),
        ]
        rules = [
            *room.rules(),
            *self.charters.rules(settings.comment_days),
            *self.staff.rules(settings.audit_days),
            *self.vitals.incidents.rules(),
        ]
        self.timetable = Timetable(self.database, self.clock, rules)
        return MeRoom(
            self.database, self.erasures, access.device_of, holders, self.timetable, lambda: room.city.root.name, now_s
        )

    def close(self) -> None:
        """Close the database; everything acknowledged is on disk already."""
        self.database.close()
        self._traces.close()

    def _amended(self, city: City) -> None:
        self.room.city = city

    def _place(self, place_id: str) -> Place:
        return self.room.city[place_id]

    def _says(self, place_id: str) -> Voice:
        return self.room.voice(self.room.city[place_id])

    def _voice_of(self, place_id: str) -> tuple[Place, Voice]:
        return self.room.city[place_id], self._says(place_id)

    async def _since(self, after: int, places: frozenset[str] | None) -> list[tuple[int, str, bytes]]:
        until = self.room.published
        return await self.database.read(
            lambda connection: climates_after(connection, after, until, places, RESUME_LIMIT)
        )

    async def _newest(self, places: frozenset[str] | None) -> list[tuple[int, str, bytes]]:
        until = self.room.published
        rows = await self.database.read(lambda connection: newest_climates(connection, until))
        return [row for row in rows if places is None or row[1] in places]

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        rounds = (self.room, self.hub, self.charters, self.vitals, self.timetable)
        self._tasks = [asyncio.create_task(each.run()) for each in rounds]
        for task in self._tasks:
            task.add_done_callback(_report_death)
        self.lighting.start()
        try:
            yield
        finally:
            await self.lighting.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _health(self, _: Request) -> Response:
        await self.database.read(lambda connection: connection.execute("select 1").fetchone())
        well = not any(task.done() for task in self._tasks)
        age_s = self.clock.now_ms() // 1000 - self.room.published_at_s
        facts = {"status": "ok" if well else "stopped", "version": __version__, "last_release_age_s": age_s}
        return json_response(facts, 200 if well else 503)


class _Line(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody to call."""

    name: str
    number: str
    hours: str = ""


class _Help(msgspec.Struct, forbid_unknown_fields=True):
    """The lines that a place adds to the emergency numbers that every page knows."""

    lines: list[_Line]


def _help_route(file: Path | None) -> Route:
    """Serve the host's own help lines; raises `SettingsError` while starting: nobody shall find them broken later."""
    try:
        lines = msgspec.json.decode(file.read_bytes(), type=_Help) if file else _Help([])
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsError(
            f"The file with help lines {file} cannot be used: {error}.",
            'Write {"lines": [{"name": "…", "number": "…", "hours": "…"}]}, or leave the setting out.',
            field="help_lines",
        ) from error
    body = msgspec.json.encode(lines)
    return Route("/help.json", lambda request: tagged_response(request, body))


def _site(
    endpoints: Sequence[Endpoint],
    help_route: Route,
    lifespan: Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]],
) -> Starlette:
    """Put doors, their description and the pages under one roof."""
    document = msgspec.json.encode(openapi(endpoints, __version__))
    return Starlette(
        routes=[
            *to_routes(endpoints),
            Route("/v1/openapi.json", lambda _: Response(document, media_type="application/json")),
            help_route,
            *_page_routes(),
        ],
        exception_handlers={404: _lost, 405: _wrong_method, 500: _failed},
        lifespan=lifespan,
    )


def _version() -> str:
    """Return what tells this version from another: that of the server, and the pages that it gives to phones."""
    index = STATIC / "index.html"  # it names the pages' files, and their names change with what is in them
    pages = hashlib.sha256(index.read_bytes()).hexdigest()[:12] if index.exists() else "no pages"
    return f"{__version__} {pages}"


def _found(places: PlaceStore, settings: Settings) -> City:
    city = read_city(settings.city) if settings.city else parse_city(STARTER, "the starter city")
    places.found(city)
    return city


def _front(door: CheckInDoor, stream: StreamDoor, pages: ASGIApp) -> ASGIApp:
    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        if CheckInDoor.opens(scope):
            await door(scope, receive, send)
        elif scope["type"] in ("http", "websocket") and scope["path"] == "/v1/stream":
            await stream(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return front


def _secured(pages: ASGIApp) -> ASGIApp:
    """Put the security headers on everything that a browser may show."""

    async def secured(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await pages(scope, receive, send_with_headers)

    return secured


def _page_routes() -> list[Route | Mount]:
    """Serve the front end: one document for all pages, hashed assets for ever, the worker never from a cache."""
    pages = (
        *("/", "/p/{id}/feel", "/p/{id}/charter", "/wall/{id}", "/why/{id}", "/privacy", "/privacy/{id}"),
        *("/me", "/me/boundaries", "/me/data"),
        *("/sign-in", "/account", "/console", "/console/people", "/console/vitals", "/p/{id}/acts", "/status"),
    )

    async def page(_: Request) -> Response:
        index = STATIC / "index.html"
        if not index.exists():
            return PlainTextResponse("The front end was not built. Run `make setup`, or `pip install .` again.", 503)
        return FileResponse(index, headers={"cache-control": "no-cache"})

    async def to_check_in(request: Request) -> Response:
        return RedirectResponse(f"/p/{request.path_params['id']}/feel")

    async def asset(request: Request) -> Response:
        return FileResponse(STATIC / request.url.path.lstrip("/"), headers={"cache-control": "no-cache"})

    top_files = [
        path.name for path in STATIC.glob("*.*") if path.suffix in (".js", ".webmanifest", ".svg", ".png", ".txt")
    ]
    return [
        *(Route(path, page) for path in pages),
        Route("/p/{id}", to_check_in),
        *(Route(f"/{name}", asset) for name in sorted(top_files)),
        Mount("/assets", _Assets(directory=STATIC / "assets", check_dir=False)),
    ]


class _Assets(StaticFiles):
    """Files whose names change with their content: a browser may keep them for ever."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer a file as immutable."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer


async def _lost(request: Request, _: Exception) -> Response:
    """Answer people with the page that knows how to say it, and programs with a problem document."""
    index = STATIC / "index.html"
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/") and index.exists():
        return FileResponse(index, status_code=404, headers={"cache-control": "no-cache"})
    return problem_response(_LOST)


async def _wrong_method(request: Request, _: Exception) -> Response:
    """Name every method that this address has; each of its routes knows only its own."""
    routes = [each for each in request.app.routes if isinstance(each, Route)]
    here = [each.methods or () for each in routes if each.matches(request.scope)[0] is not Match.NONE]
    return problem_response(WrongMethod(request.method, sorted(set[str]().union(*here)) or ["GET", "HEAD"]))


async def _failed(_: Request, error: Exception) -> Response:
    log.error("request failed", kind=type(error).__name__)
    return problem_response(unforeseen())


def _report_death(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("the city stopped; restart it, nothing acknowledged is lost", kind=type(error).__name__)
