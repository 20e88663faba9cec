"""What the tests of light share: small patches, climates, and a rig whose time stands in the test's hand."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from nexus_city.climate import Climate, Voice
from nexus_city.climate.model import Cost, Span
from nexus_city.environment.desk import Desk
from nexus_city.environment.patch import Luminaire, Patch, Wire, Zone
from nexus_city.environment.rig import Rig
from nexus_city.environment.scene import House, Scene
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.state import FrameWire, LampWire, WireState

NOON = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)


def a_patch(*lamps: Luminaire, kind: Any = "sacn", **zone: Any) -> Patch:
    """Return a patch of one wire and one zone."""
    return Patch((Wire("w", kind, "127.0.0.1"),), (Zone("z", "Zone", "square", **zone),), lamps)


def a_house(*lamps: Luminaire, **scene: Any) -> House:
    """Return a house whose one scene stands by itself."""
    return House(patch=a_patch(*(lamps or (Luminaire("l", "z", "w"),))), scenes=(Scene("s", "Scene", ("z",), **scene),))


def a_voice(mixture: list[float] | None, number: int = 1, place: str = "square", uncertainty: float = 0.0) -> Voice:
    """Return what a place says; the mixture's length decides the grid."""
    if mixture is None:
        return Voice(place, "resting", None, "2026-11-25T13:00:00Z", None)
    grid = round(len(mixture) ** 0.5)
    span = Span("2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z")
    climate = Climate(
        number, place, "The Square", "speaks", span, grid, mixture, 400, 9.0, uncertainty, Cost(1.0, 8.9), "nexus-1"
    )
    return Voice(place, "speaks", place, "2026-11-25T13:00:00Z", climate)


class Listening:
    """A wire that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[WireFrame] = []
        self.shown: list[dict[str, tuple[float, float, float]]] = []
        self.heard: list[Voice] = []
        self.closed = False

    def send(self, frame: WireFrame) -> None:
        self.sent.append(WireFrame(frame.universes, frame.codes.copy()))

    def show(self, lights: dict[str, tuple[float, float, float]]) -> None:
        self.shown.append(lights)

    def hear(self, voice: Voice) -> None:
        self.heard.append(voice)

    def state(self) -> WireState:
        return WireState("sending", "", len(self.sent), 0)

    def close(self) -> None:
        self.closed = True


def a_rig(
    house: House,
    voice_of: Callable[[str], Voice] = lambda place: a_voice([0.25] * 4, place=place),
    open_wire: Callable[[Wire], FrameWire | LampWire] | None = None,
) -> tuple[Rig, Listening]:
    """Return a rig on one listening wire."""
    wire = Listening()
    rig = Rig(Desk(house), voice_of, lambda: ["square"], open_wire or (lambda _: wire), local=lambda: NOON)
    return rig, wire


def play(rig: Rig, seconds: float, start_s: float = 100.0) -> float:
    """Make frames for a while; return the time after the last one."""
    frames = round(seconds * 44)
    for number in range(frames):
        rig.frame(start_s + number / 44)
    return start_s + frames / 44
