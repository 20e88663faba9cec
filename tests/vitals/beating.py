"""What the tests of signs of life share: a clock by hand, and a way whose parts do as a test says."""

from collections.abc import Mapping, Sequence
from typing import Any

from nexus_city.climate import Voice
from nexus_city.environment.rig import Beat, Group
from nexus_city.environment.wires.state import WireState
from nexus_city.ground import Database
from nexus_city.vitals.beats.disk import Disk
from nexus_city.vitals.beats.lights import Lights
from nexus_city.vitals.beats.listener import Listener
from nexus_city.vitals.status import Punctuality, Way


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.s = 1_000_000.0

    def __call__(self) -> float:
        return self.s


def still(_: str) -> Voice:
    return Voice("square", "resting", None, "2026-01-01T00:00:00Z", None)


def a_group(*wires: str) -> Group:
    """Return the zone `front` of the square, on these wires."""
    return Group("front", "Front", "square", wires)


def a_beat(wires: Mapping[str, WireState], frame_age_s: float = 0.0, paint_age_s: float = 0.0) -> Beat:
    """Return the beat of a rig with one zone, which hangs on all of these wires."""
    return Beat(frame_age_s, paint_age_s, wires, (a_group(*wires),) if wires else ())


def a_way(
    database: Database, clock: Time, late: Sequence[float] = (0.0,), wires: Mapping[str, WireState] | None = None
) -> Way:
    """Return a way without a canary and without a listener; `late` and `wires` are read at each look."""

    async def nobody(*_: Any) -> None:
        raise AssertionError("nobody listens here")

    return Way(
        None,
        Disk(database, clock),
        lambda: Punctuality(late[0], 7.0),
        Listener(lambda: nobody, lambda: 0, clock),
        Lights(lambda: a_beat(wires or {}), clock),
    )
