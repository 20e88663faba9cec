"""The rig at work: 44 times a second from what is wanted to bytes on all wires.

    desk (who decides) → looks (paint) → OutputStage (safety) → fixtures (codes) → wires

One thread owns all of it. A frame is packed for every universe before the first byte leaves, so that pictures do not
tear. Deadlines are absolute: a late frame is counted and the next one is on time again. Whatever fails in painting is
logged by its kind, the stage holds the last look, and the next frame tries again: a wall is never dark by accident.
"""

import datetime as dt
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
import structlog
from numpy.typing import NDArray

from nexus_city.climate import Voice
from nexus_city.environment.desk import Desk, Wanted
from nexus_city.environment.looks import Bands, Points, bands, paint
from nexus_city.environment.patch import LAMP_WIRES, Luminaire, Patch, Rigging, Wire, rig
from nexus_city.environment.scene import Scene
from nexus_city.environment.stage import Light, Limits, OutputStage
from nexus_city.environment.wires.codes import Fixtures, WireFrame
from nexus_city.environment.wires.state import FrameWire, LampWire, WireState
from nexus_city.ground.traces import UNTRACED, Traces

RATE_HZ: Final = 44
"""Frames a second: what a DMX line can carry."""
_EMPTY_S: Final = 0.5
"""Seconds between two looks at a house in which nothing is patched."""
LAMPS_EVERY: Final = 9
"""Lamp wires (MQTT, OSC, Hue) get every ninth frame: five a second, and fade between them by themselves."""
_NOTED_EVERY: Final = 60
"""Of so many seconds of frames one is in the traces."""
_SAFE_LEVEL: Final = 0.05
"""Linear light of the safe look: enough to find the door."""
_CROSSFADE_S: Final = 5.0
"""Seconds from a place's last climate to its next."""

T = TypeVar("T")
Whole = NDArray[np.intp]
Lights = dict[str, tuple[float, float, float]]

log = structlog.get_logger("nexus.rig")


@dataclass(frozen=True)
class Group:
    """The luminaires of a zone, which are lit together."""

    zone: str
    name: str
    place: str
    wires: tuple[str, ...]
    """The wires that carry their light, at least one."""


@dataclass(frozen=True)
class Beat:
    """The sign of life of a house's light."""

    frame_age_s: float
    """Seconds since a frame was made, or since the rig was started."""
    paint_age_s: float
    """Seconds since one was painted: where painting fails, frames go on with the last look."""
    wires: Mapping[str, WireState]
    groups: tuple[Group, ...]


class _Heard:
    """What a place says: its climate now, and the one before while the light goes over."""

    def __init__(self, voice: Voice, now_s: float) -> None:
        self.now, self.before, self.since_s = voice, voice, now_s

    def hear(self, voice: Voice, now_s: float) -> None:
        if _key(voice) != _key(self.now):
            self.before, self.now, self.since_s = self.now, voice, now_s

    def parts(self, now_s: float) -> list[tuple[Voice, float]]:
        """Return the voices to paint and their weights, which sum to 1."""
        part = min(1.0, (now_s - self.since_s) / _CROSSFADE_S)
        if part >= 1:
            return [(self.now, 1.0)]
        return [(self.before, 1 - part), (self.now, part)]


class Rig:
    """All luminaires of a house. `frame` makes one frame; `start` makes them on a thread until `stop`."""

    def __init__(
        self,
        desk: Desk,
        voice_of: Callable[[str], Voice],
        places: Callable[[], Iterable[str]],
        open_wire: Callable[[Wire], FrameWire | LampWire],
        now_s: Callable[[], float] = time.monotonic,
        local: Callable[[], dt.datetime] = dt.datetime.now,
        traces: Traces = UNTRACED,
    ) -> None:
        self._desk = desk
        self._touching = threading.Lock()
        self._voice_of = voice_of
        self._places = places
        self._told: dict[tuple[str, str], tuple[str, int | None]] = {}
        """(wire, place) → what the wire was told of it last."""
        self._open_wire = open_wire
        self._now_s = now_s
        self._local = local
        self._traces = traces
        self._heard: dict[str, _Heard] = {}
        self._bands: dict[tuple[object, ...], Bands] = {}
        self._wires: dict[str, tuple[Wire, FrameWire | LampWire]] = {}
        self._delayed: dict[str, deque[WireFrame]] = {}
        self._patch: Patch | None = None
        self._rigging: Rigging
        self._groups: tuple[Group, ...]
        self._stage: OutputStage
        self._fixtures: Fixtures
        self._pixels_of: list[Whole] = []
        self.frames = 0
        """Frames made."""
        self.late = 0
        """Frames that were begun more than a frame too late."""
        self._busy_s = 0.0
        self._framed_s = self._painted_s = now_s()
        self._wanted: list[Wanted] = []
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._follow_house(-np.inf)

    def touch(self, act: Callable[[Desk], T]) -> T:
        """Do something at the desk, between two frames; hands come from other threads than frames do."""
        with self._touching:
            return act(self._desk)

    # --- one frame ----------------------------------------------------------------------------------------------------

    def frame(self, now_s: float) -> None:
        """Make one frame and send it."""
        if self._desk.house.patch is not self._patch and self._stage.may_cut(now_s):
            self._follow_house(now_s)
        try:
            with self._touching:
                self._wanted = self._desk.wanted(now_s, self._local())
            light = self._painted(now_s)
            self._painted_s = now_s
        except Exception as error:  # noqa: BLE001 - whatever it was, the last look is held
            log.error("painting failed; the last look is held", kind=type(error).__name__)
            light = None
        shown = self._stage.step(now_s, light, self._cut_pixels())
        frames = self._fixtures.encode(shown)
        for wire_id, (wire, sender) in self._wires.items():
            if wire_id in frames:
                sender.send(self._in_time(wire, frames[wire_id]))  # type: ignore[union-attr]
            elif self.frames % LAMPS_EVERY == 0 and wire.kind in LAMP_WIRES:
                self._tell(wire_id, sender, shown)  # type: ignore[arg-type]
        self.frames += 1
        self._framed_s = now_s

    def snapshot(self) -> dict[str, NDArray[np.float32]]:
        """Return the linear light that each luminaire shows now, shape (its pixels, 3)."""
        shown, rigging = self._stage.out, self._rigging
        return {
            lamp.id: shown[:, first : first + lamp.pixels].T
            for lamp, first in ((lamp, rigging.first[lamp.id]) for lamp in rigging.patch.luminaires)
        }

    def wanted(self) -> list[Wanted]:
        """Return what each zone shall show now."""
        return self.touch(lambda desk: desk.wanted(self._now_s(), self._local()))

    def states(self) -> dict[str, WireState]:
        """Return how each wire does."""
        return {wire_id: sender.state() for wire_id, (_, sender) in list(self._wires.items())}

    def beat(self) -> Beat:
        """Return the rig's sign of life: how old its last frame is, how its wires do, and what hangs on them."""
        now_s = self._now_s()
        return Beat(now_s - self._framed_s, now_s - self._painted_s, self.states(), self._groups)

    # --- on a thread --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Make frames until `stop`."""
        self._ended.clear()
        self._framed_s = self._painted_s = self._now_s()
        self._thread = threading.Thread(target=self._run, name="nexus-rig", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the current frame, and say goodbye on all wires: receivers hold or fade as they are set."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        for _, sender in self._wires.values():
            sender.close()
        self._wires.clear()

    def _run(self) -> None:
        due_s, seconds = self._now_s(), 0
        while not self._ended.is_set():
            noted = self._rigging.pixels and seconds % _NOTED_EVERY == 0
            with (self._traces if noted else UNTRACED).span("light.frames") as span:
                frames, late, busy_s = self.frames, self.late, self._busy_s
                due_s = self._second(due_s)
                span.tell("nexus.frames", self.frames - frames)
                span.tell("nexus.late", self.late - late)
                span.tell("nexus.busy_ms", round(1000 * (self._busy_s - busy_s)))
                span.tell("nexus.pixels", self._rigging.pixels)
                span.tell("nexus.wires", len(self._wires))
            seconds += 1

    def _second(self, due_s: float) -> float:
        """Make the frames of a second, each when it is due, the first at `due_s`; return when the next one is."""
        for _ in range(RATE_HZ):
            if self._ended.wait(max(0.0, due_s - self._now_s())):
                break
            begun_s = self._now_s()
            self.frame(begun_s)
            self._busy_s += self._now_s() - begun_s
            due_s += 1 / RATE_HZ if self._rigging.pixels else _EMPTY_S
            behind_s = self._now_s() - due_s
            if behind_s > 1 / RATE_HZ:
                self.late += 1
                due_s += behind_s  # what is missed is missed: no burst to catch up
        return due_s

    # --- parts of a frame ---------------------------------------------------------------------------------------------

    def _painted(self, now_s: float) -> Light:
        light = np.zeros((3, self._rigging.pixels), np.float32)
        caps, safe = self._stage.limits.cap, self._stage.limits.safe
        for wanted, pixels in zip(self._wanted, self._pixels_of, strict=True):
            caps[pixels] = wanted.cap
            if not pixels.size:
                continue
            at, zone = self._rigging.at[pixels], np.zeros((3, pixels.size), np.float32)
            for layer in wanted.layers:
                painted = safe[:, pixels] if layer.scene is None else self._scene(wanted, layer.scene, at, now_s)
                zone += np.float32(layer.weight) * painted
            stopped = wanted.source in ("stopped", "nothing")
            light[:, pixels] = zone if stopped else zone * np.float32(wanted.level)
        return light

    def _scene(self, wanted: Wanted, scene: Scene, at: Points, now_s: float) -> Light:
        place = wanted.zone.place
        heard = self._heard.get(place)
        voice = self._voice_of(place)
        if heard is None:
            heard = self._heard[place] = _Heard(voice, now_s)
        heard.hear(voice, now_s)
        painted = np.zeros((3, len(at)), np.float32)
        for part, weight in heard.parts(now_s):
            uncertainty = part.climate.uncertainty if part.climate else 0.0
            painted += np.float32(weight) * paint(at, self._mixed(part, scene), scene, uncertainty, now_s)
        return painted

    def _mixed(self, voice: Voice, scene: Scene) -> Bands:
        house = self._desk.house
        key = (_key(voice), scene.policy, house.hues)
        if key not in self._bands:
            if len(self._bands) > 256:
                self._bands.clear()
            climate = voice.climate
            mixture, grid = (climate.mixture, climate.grid) if climate else (None, 2)
            self._bands[key] = bands(mixture, grid, house.palette, scene)
        return self._bands[key]

    def _cut_pixels(self) -> NDArray[np.bool_] | None:
        with self._touching:
            zones = self._desk.take_cut()
        if not zones:
            return None
        cut = np.zeros(self._rigging.pixels, bool)
        for wanted, pixels in zip(self._wanted, self._pixels_of, strict=True):
            cut[pixels] = wanted.zone.id in zones
        return cut

    def _tell(self, wire_id: str, sender: LampWire, shown: Light) -> None:
        for place in self._places():
            voice = self._voice_of(place)
            if self._told.get((wire_id, place)) != (key := (voice.state, _key(voice)[1])):
                self._told[(wire_id, place)] = key
                sender.hear(voice)
        sender.show(self._lamps(wire_id, shown))

    def _lamps(self, wire_id: str, shown: Light) -> Lights:
        lamps = [lamp for lamp in self._rigging.patch.luminaires if lamp.wire == wire_id]
        return {lamp.name or lamp.id: self._mean(lamp, shown) for lamp in lamps}

    def _mean(self, lamp: Luminaire, shown: Light) -> tuple[float, float, float]:
        first = self._rigging.first[lamp.id]
        red, green, blue = shown[:, first : first + lamp.pixels].mean(axis=1)
        return float(red), float(green), float(blue)

    def _in_time(self, wire: Wire, frame: WireFrame) -> WireFrame:
        """Return the frame that is due on `wire` now: an older one where the wire is set to wait for slower ones."""
        back = round(wire.latency_ms / 1000 * RATE_HZ)
        if not back:
            return frame
        kept = self._delayed.setdefault(wire.id, deque(maxlen=back + 1))
        kept.append(WireFrame(frame.universes, frame.codes.copy()))
        return kept[0]

    # --- a new house --------------------------------------------------------------------------------------------------

    def _follow_house(self, now_s: float) -> None:
        """Lay out the patch of the house. Channels that stay keep their light, and the change counts as a cut."""
        patch = self._desk.house.patch
        rigging = rig(patch)
        safe = np.full((3, rigging.pixels), _SAFE_LEVEL, np.float32)
        limits = Limits(np.ones(rigging.pixels, np.float32), safe)
        self._stage = OutputStage(limits, self._kept_light(rigging) if self._patch else None, now_s)
        self._rigging, self._fixtures, self._patch = rigging, Fixtures(rigging), patch
        self._pixels_of = [np.flatnonzero(rigging.zone == number) for number in range(len(patch.zones))]
        self._groups = _groups(patch)
        self._wanted = []
        self._delayed.clear()
        self._open_wires(patch)

    def _kept_light(self, rigging: Rigging) -> Light:
        light = np.zeros((3, rigging.pixels), np.float32)
        known = {_spot(lamp): lamp for lamp in self._rigging.patch.luminaires}
        for lamp in rigging.patch.luminaires:
            before = known.get(_spot(lamp))
            if before is not None:
                start, first, count = (
                    self._rigging.first[before.id],
                    rigging.first[lamp.id],
                    min(lamp.pixels, before.pixels),
                )
                light[:, first : first + count] = self._stage.out[:, start : start + count]
        return light

    def _open_wires(self, patch: Patch) -> None:
        wanted = {wire.id: wire for wire in patch.wires}
        for wire_id, (wire, sender) in list(self._wires.items()):
            if wanted.get(wire_id) != wire:
                sender.close()
                del self._wires[wire_id]
                self._told = {told: key for told, key in self._told.items() if told[0] != wire_id}
        for wire_id, wire in wanted.items():
            if wire_id not in self._wires:
                self._wires[wire_id] = (wire, self._open_wire(wire))


def _groups(patch: Patch) -> tuple[Group, ...]:
    hung: dict[str, dict[str, None]] = {}
    for lamp in patch.luminaires:
        hung.setdefault(lamp.zone, {})[lamp.wire] = None
    return tuple(Group(zone.id, zone.name, zone.place, tuple(hung[zone.id])) for zone in patch.zones if zone.id in hung)


def _spot(lamp: Luminaire) -> tuple[str, int, int, str]:
    """Return what a fixture is known by in the real world: where it listens, whatever the patch calls it."""
    return lamp.wire, lamp.universe, lamp.channel, lamp.name


def _key(voice: Voice) -> tuple[str, int | None]:
    return voice.place, voice.climate.id if voice.climate else None
