"""The room put together: the composition root hands in what can be asked, and starts `vitals.run`."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from nexus_city.access import Tokens
from nexus_city.climate import ClimateRoom, Voice
from nexus_city.environment.lighting import Lighting
from nexus_city.ground import Settings
from nexus_city.ground.traces import Traces
from nexus_city.ground.web import Endpoint
from nexus_city.places.charters.charters import Charters
from nexus_city.vitals.beats.daily import Daily
from nexus_city.vitals.beats.disk import Disk
from nexus_city.vitals.beats.lights import Lights
from nexus_city.vitals.beats.listener import Listener
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.echoes import Echoes
from nexus_city.vitals.incidents import Incidents
from nexus_city.vitals.status import Punctuality, Vitals, Way
from nexus_city.vitals.tending.circumstances import WhyHere
from nexus_city.vitals.tending.hour import Hours
from nexus_city.vitals.tending.routes import TendingRoutes
from nexus_city.vitals.tending.timeline import Timeline
from nexus_city.vitals.watching.alarms import Alarms
from nexus_city.vitals.watching.deploys import Deploys
from nexus_city.vitals.watching.routes import WatchRoutes
from nexus_city.vitals.watching.thresholds import ThresholdFile
from nexus_city.vitals.watching.watching import Watching


def watch_over(
    room: ClimateRoom,
    lighting: Lighting,
    tokens: Tokens,
    app: Callable[[], ASGIApp],
    traces: Traces,
    settings: Settings,
    version: str,
) -> Vitals:
    """Return the vitals of a city. `app` is the whole application, for the canary, if one shall sing."""

    def voice_of(place: str) -> Voice:
        return room.voice(room.city[place])

    def open_door() -> tuple[str, str] | None:
        doors = (room.city.root, *room.city.places)
        return next(((place.id, place.audiences[-1]) for place in doors if place.presence == "open"), None)

    def punctuality() -> Punctuality:
        now_ms, rate = room.clock.now_ms(), room.clock.rate
        age_s = (now_ms / 1000 - room.published_at_s) / rate
        return Punctuality((now_ms - room.acts_at_ms) / 1000 / rate, age_s)

    way = Way(
        Canary(app, tokens.issue, open_door) if settings.canary else None,
        Disk(room.database, time.time),
        punctuality,
        Listener(app, lambda: room.published, time.time),
        Lights(lighting.rig.beat, time.time),
    )
    watching = Watching(room, Alarms(room.database), ThresholdFile(settings.data))
    deploys = Deploys(room.database, version, time.time())
    daily = Daily(room.database, lambda: room.plan.day.date)
    return Vitals(
        way,
        Echoes(voice_of, time.time),
        Incidents(room.database),
        traces=traces,
        watching=watching,
        deploys=deploys,
        daily=daily,
    )


def tended(vitals: Vitals, room: ClimateRoom, lighting: Lighting, charters: Charters) -> list[Endpoint]:
    """Return the doors of those who tend the network."""
    why_here = WhyHere(room, vitals.echoes, charters.number, lighting.wires_at)
    alarms = Alarms(room.database)
    tending = TendingRoutes(vitals, Timeline(room.database), Hours(room, alarms), why_here, room.clock)
    charts = WatchRoutes(vitals.watching).endpoints() if vitals.watching else []
    return [*tending.endpoints(), *charts]
