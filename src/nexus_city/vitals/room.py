"""The room put together: the composition root hands in what can be asked, and starts `vitals.run`."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp

from nexus_city.access import Tokens
from nexus_city.climate import ClimateRoom, Voice
from nexus_city.environment.lighting import Lighting
from nexus_city.ground import Database
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.echoes import Echoes
from nexus_city.vitals.incidents import Incidents
from nexus_city.vitals.status import Vitals


def watch_over(
    database: Database,
    room: ClimateRoom,
    lighting: Lighting,
    tokens: Tokens,
    app: Callable[[], ASGIApp],
    *,
    canary: bool,
) -> Vitals:
    """Return the vitals of a city. `app` is the whole application, for the canary, if one shall sing."""

    def voice_of(place: str) -> Voice:
        return room.voice(room.city[place])

    def open_door() -> tuple[str, str] | None:
        doors = (room.city.root, *room.city.places)
        return next(((place.id, place.audiences[-1]) for place in doors if place.presence == "open"), None)

    def release_late_s() -> float:
        return (room.clock.now_ms() - room.acts_at_ms) / 1000 / room.clock.rate

    def wires() -> dict[str, str]:
        states = lighting.rig.states()
        return {name: state.detail if state.state == "failed" else "" for name, state in states.items()}

    bird = Canary(app, tokens.issue, open_door) if canary else None
    return Vitals(bird, Echoes(voice_of, time.time), Incidents(database), release_late_s, wires)
