"""What a wire is to the rig, and how it does: what the console shows of it."""

from collections.abc import Callable
from typing import Literal, Protocol

import msgspec

from nexus_city.climate import Voice
from nexus_city.environment.wires.codes import WireFrame

_STALE_S = 5.0


class WireState(msgspec.Struct, frozen=True):
    """A wire at work."""

    state: Literal["waiting", "sending", "failed"]
    """`waiting`: nothing was sent yet, or the far end is not there yet."""
    detail: str
    """What is wrong and what to do, empty when all is well."""
    frames: int
    """Frames sent since it was opened."""
    dropped: int
    """Packets that the network did not take."""
    age_s: float | None = None
    """Seconds since the last frame left, to a tenth; None before the first."""


class FrameWire(Protocol):
    """A wire that carries channel codes. `send` never blocks and never raises."""

    def send(self, frame: WireFrame) -> None:
        """Send a frame."""
        ...

    def state(self) -> WireState:
        """Return how it goes."""
        ...

    def close(self) -> None:
        """Say goodbye and hang up."""
        ...


class LampWire(Protocol):
    """A wire that carries the light of whole luminaires, by the name it knows them under."""

    def show(self, lights: dict[str, tuple[float, float, float]]) -> None:
        """Show linear light by the luminaire's name there."""
        ...

    def hear(self, voice: Voice) -> None:
        """Take notice of what a place says."""
        ...

    def state(self) -> WireState:
        """Return how it goes."""
        ...

    def close(self) -> None:
        """Say goodbye and hang up."""
        ...


class Tally:
    """Counts for one wire; kept by the frame clock's thread, read by others as snapshots."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._frames = 0
        self._sent_s = 0.0
        self._dropped = 0
        self._trouble = ""
        self._trouble_s = 0.0

    def sent(self, dropped: int = 0) -> None:
        """Count a frame of which `dropped` packets were not taken."""
        self._frames += 1
        self._sent_s = self._now_s()
        self._dropped += dropped
        if self._trouble and self._now_s() - self._trouble_s > _STALE_S:
            self._trouble = ""

    def failed(self, why: str) -> None:
        """Remember why a frame could not be sent."""
        self._trouble, self._trouble_s = why, self._now_s()

    def recovered(self) -> None:
        """Forget the trouble: the far end is there again."""
        self._trouble = ""

    def state(self) -> WireState:
        """Return a snapshot."""
        age_s = round(self._now_s() - self._sent_s, 1) if self._frames else None
        if self._trouble:
            return WireState("failed", self._trouble, self._frames, self._dropped, age_s)
        return WireState("sending" if self._frames else "waiting", "", self._frames, self._dropped, age_s)
