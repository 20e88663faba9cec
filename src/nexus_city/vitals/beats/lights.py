"""Lights: what the rig and its wires tell, zone by zone, and since when.

A wire that says that it sends may have sent nothing for an hour: so a zone is well when a frame has *just* left for it.
A rig makes 44 a second, lamps get five; what is FROZEN_S old stands still.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from nexus_city.environment import rig
from nexus_city.environment.stage import HOLD_S
from nexus_city.vitals.beats.beat import Beat, State

FROZEN_S = HOLD_S
"""Age of a frame, real seconds, from which light is frozen: so long the stage itself holds the last look."""


@dataclass(frozen=True)
class GroupBeat:
    """The sign of life of one zone's luminaires."""

    zone: str
    name: str
    place: str
    wires: tuple[str, ...]
    state: State
    detail: str
    """What is wrong and what to do, empty when all is well."""
    age_s: float | None
    """Seconds since a frame left for it, by the wire that was silent longest; None before the first."""


class Lights:
    """Judges what the rig tells. `now_s` is real time, Unix seconds."""

    def __init__(self, beat: Callable[[], rig.Beat], now_s: Callable[[], float]) -> None:
        self._beat = beat
        self._now_s = now_s

    def groups(self) -> list[GroupBeat]:
        """Return how every zone with luminaires does."""
        beat = self._beat()
        return [_judged(group, beat) for group in beat.groups]

    def ask(self) -> Beat:
        """Return how all of them do, and the wires on which no luminaire hangs."""
        beat = self._beat()
        if not beat.wires:
            return Beat("unknown", "no lights are patched")
        lit = {name for group in beat.groups for name in group.wires}
        troubles = [*_rig_troubles(beat), *_wire_troubles(beat, sorted(lit))]
        idle = {name: wire for name, wire in sorted(beat.wires.items()) if name not in lit}
        troubles += [f"{name}: {wire.detail}" for name, wire in idle.items() if wire.state == "failed"]
        oldest = _oldest(beat, lit)
        seen_s = self._now_s() - oldest if oldest is not None else None
        return Beat("troubled" if troubles else "well", "; ".join(troubles), seen_s)


def _judged(group: rig.Group, beat: rig.Beat) -> GroupBeat:
    troubles = [*_rig_troubles(beat), *_wire_troubles(beat, group.wires)]
    oldest = _oldest(beat, group.wires)
    state: State = "troubled" if troubles else "unknown" if oldest is None else "well"
    return GroupBeat(group.zone, group.name, group.place, group.wires, state, "; ".join(troubles), oldest)


def _oldest(beat: rig.Beat, wires: Collection[str]) -> float | None:
    """Return how long the wire is silent that is silent longest; None while one of them has sent nothing yet."""
    ages = [beat.wires[name].age_s if name in beat.wires else None for name in wires]
    known = [age for age in ages if age is not None]
    return max(known) if known and len(known) == len(ages) else None


def _rig_troubles(beat: rig.Beat) -> Iterator[str]:
    if beat.frame_age_s > FROZEN_S:
        yield f"no frame was made for {beat.frame_age_s:.0f} seconds; restart the city"
    elif beat.paint_age_s > FROZEN_S:
        yield f"nothing could be painted for {beat.paint_age_s:.0f} seconds; look at the log, then undo the last edit"


def _wire_troubles(beat: rig.Beat, wires: Collection[str]) -> Iterator[str]:
    """Yield what is wrong with wires on which luminaires hang; the others have nothing to send all the time."""
    for name in wires:
        wire = beat.wires.get(name)
        if wire is None:
            continue
        if wire.state == "failed":
            yield f"{name}: {wire.detail}"
        elif wire.age_s is not None and wire.age_s > FROZEN_S:
            yield f"{name}: nothing has left for {wire.age_s:.0f} seconds; restart the city, and tell us"
