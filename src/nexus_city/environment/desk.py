"""The desk: who decides what each zone shows, and since when.

In this order: stop-all, a hand on the control, the schedule, the scenes that stand by themselves; among scenes of one
kind the higher priority wins. A change cross-fades from whatever the zone shows at that moment. The desk keeps no
clock: time is passed in, so that a test or a replay can move it.

A hand wins for `HAND_S` and then gives the zone back by itself; it can be given back sooner. Stop-all fades every zone
to its safe look and stays until it is released: automation never ends it. Edits of the house can be undone and redone,
and everything that was done is told with who did it.
"""

import datetime as dt
import math
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from nexus_city.environment.patch import Zone
from nexus_city.environment.scene import DAYS, Cue, Curve, House, Scene, Schedule, check
from nexus_city.ground.errors import BadInput, Conflict

HAND_S: Final = 3600.0
"""Seconds for which a hand on a control beats automation."""
STEPS_BACK: Final = 100
"""Edits that can be undone."""
REMEMBERED: Final = 500
"""Changes that are told."""
_STOP_FADE_S: Final = 3.0

_CURVES: Final[dict[Curve, Callable[[float], float]]] = {
    "linear": lambda part: part,
    "ease": lambda part: part * part * (3 - 2 * part),
    "ease-in": lambda part: part * part,
    "ease-out": lambda part: part * (2 - part),
}

Source = Literal["stopped", "hand", "schedule", "standing", "nothing"]


class Change(msgspec.Struct, frozen=True):
    """Something that somebody did."""

    at: str
    """ISO 8601, UTC."""
    who: str
    what: str


class Standing(msgspec.Struct, frozen=True):
    """What stays as a hand left it, over a restart as well: a stop is not ended by a crash."""

    stopped: bool = False
    """Whether stop-all is held."""
    masters: dict[str, float] = {}
    """Zone → master, 0..1; the grand master under an empty name; 1 where there is none."""


@dataclass(frozen=True)
class Layer:
    """A scene and its share of what a zone shows; None is the safe look."""

    scene: Scene | None
    weight: float


@dataclass(frozen=True)
class Wanted:
    """What a zone shall show now."""

    zone: Zone
    layers: tuple[Layer, ...]
    """Weights sum to 1; the last is the newest."""
    level: float
    """Share of the light that the masters leave, 0..1."""
    cap: float
    """Highest luminance at this hour."""
    source: Source


@dataclass(frozen=True)
class _Hand:
    scene: Scene
    until_s: float


@dataclass
class _Shown:
    """A zone's fade."""

    scene: Scene | None = None
    under: tuple[Layer, ...] = (Layer(None, 1.0),)
    since_s: float = -math.inf
    fade_s: float = 0.0
    curve: Curve = "ease"

    def layers(self, now_s: float) -> tuple[Layer, ...]:
        part = 1.0 if self.fade_s <= 0 else min(1.0, max(0.0, (now_s - self.since_s) / self.fade_s))
        weight = _CURVES[self.curve](part)
        if weight >= 1:
            return (Layer(self.scene, 1.0),)
        return (*(Layer(each.scene, each.weight * (1 - weight)) for each in self.under), Layer(self.scene, weight))

    def go_to(self, scene: Scene | None, now_s: float, fade_s: float, curve: Curve) -> None:
        self.under = self.layers(now_s)
        self.scene, self.since_s, self.fade_s, self.curve = scene, now_s, fade_s, curve


class Desk:
    """One house under one architect's hands. `now_s` is monotonic, `local` is the city's wall clock."""

    def __init__(self, house: House, changes: Iterable[Change] = (), standing: Standing | None = None) -> None:
        check(house)
        self._houses: list[House] = [house]
        self._step = 0
        self._hands: dict[str, _Hand] = {}
        self._shown: dict[str, _Shown] = {}
        self._standing = standing or Standing()
        self._begun: dict[str, float] = {}
        """Sequence → when it began to run."""
        self._changes: deque[Change] = deque(changes, maxlen=REMEMBERED)
        self._cut: frozenset[str] = frozenset()

    @property
    def house(self) -> House:
        """The house as it is composed now."""
        return self._houses[self._step]

    @property
    def changes(self) -> list[Change]:
        """Return what was done, newest first."""
        return list(reversed(self._changes))

    @property
    def standing(self) -> Standing:
        """What stays as a hand left it."""
        return self._standing

    @property
    def stopped(self) -> bool:
        """Whether stop-all is held."""
        return self._standing.stopped

    @property
    def may_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return self._step > 0

    @property
    def may_redo(self) -> bool:
        """Whether there is an edit to do again."""
        return self._step < len(self._houses) - 1

    # --- what is wanted ---------------------------------------------------------------------------------------------

    def wanted(self, now_s: float, local: dt.datetime) -> list[Wanted]:
        """Return what each zone shall show at `now_s`, in the order of the patch."""
        night = _within(self.house.night.from_, self.house.night.to, local)
        return [self._want(zone, now_s, local, night) for zone in self.house.patch.zones]

    def take_cut(self) -> frozenset[str]:
        """Return the zones that an operator asked to cut since the last frame, once."""
        cut, self._cut = self._cut, frozenset()
        return cut

    def _want(self, zone: Zone, now_s: float, local: dt.datetime, night: bool) -> Wanted:
        scene, fade_s, curve, source = self._decide(zone.id, now_s, local)
        shown = self._shown.setdefault(zone.id, _Shown())
        if scene != shown.scene:
            shown.go_to(scene, now_s, fade_s, curve)
        if zone.id in self._cut:
            shown.fade_s = 0.0  # a cut waits for no fade
        masters = self._standing.masters
        level = masters.get("", 1.0) * masters.get(zone.id, 1.0)
        cap = min(zone.cap, zone.night_cap) if night else zone.cap
        return Wanted(zone, shown.layers(now_s), level, cap, source)

    def _decide(self, zone: str, now_s: float, local: dt.datetime) -> tuple[Scene | None, float, Curve, Source]:
        if self.stopped:
            return None, _STOP_FADE_S, "ease", "stopped"
        hand = self._hands.get(zone)
        if hand is not None and hand.until_s > now_s:
            return hand.scene, hand.scene.fade_s, hand.scene.curve, "hand"
        due = [schedule for schedule in self.house.schedules if _is_due(schedule, local)]
        claims = [(scene, cue) for schedule in due for scene, cue in [self._now_of(schedule.show, now_s)]]
        claims = [(scene, cue) for scene, cue in claims if zone in scene.zones]
        if claims:
            scene, cue = max(claims, key=lambda claim: claim[0].priority)
            return scene, cue.fade_s if cue else scene.fade_s, cue.curve if cue else scene.curve, "schedule"
        scheduled = self._scheduled()
        standing = [scene for scene in self.house.scenes if zone in scene.zones and scene.id not in scheduled]
        if standing:
            scene = max(standing, key=lambda each: each.priority)
            return scene, scene.fade_s, scene.curve, "standing"
        return None, _STOP_FADE_S, "ease", "nothing"

    def _now_of(self, show: str, now_s: float) -> tuple[Scene, Cue | None]:
        """Return the scene that a scene's or sequence's id stands for at `now_s`, and the cue that brought it."""
        for sequence in self.house.sequences:
            if sequence.id == show:
                into_s = now_s - self._begun.setdefault(show, now_s)
                cue = _cue_at(sequence.cues, into_s, sequence.loop)
                return self.house.scene(cue.scene), cue
        return self.house.scene(show), None

    def _scheduled(self) -> set[str]:
        """Return the scenes that are shown only when their hour comes, or as part of a sequence."""
        shows = {schedule.show for schedule in self.house.schedules}
        return shows | {cue.scene for sequence in self.house.sequences for cue in sequence.cues}

    # --- hands ------------------------------------------------------------------------------------------------------

    def take(self, zone: str, scene: str, who: str, now_s: float, at: dt.datetime, for_s: float = HAND_S) -> None:
        """Show `scene` in `zone` by hand, for `for_s` seconds."""
        self._check_zone(zone)
        chosen = self.house.scene(scene)
        self._hands[zone] = _Hand(chosen, now_s + for_s)
        self._tell(at, who, f"{zone}: {chosen.name} by hand, for {for_s / 60:.0f} min")

    def give_back(self, zone: str, who: str, at: dt.datetime) -> None:
        """Let automation have `zone` again."""
        self._check_zone(zone)
        self._hands.pop(zone, None)
        self._tell(at, who, f"{zone}: given back")

    def master(self, zone: str | None, level: float, who: str, at: dt.datetime) -> None:
        """Set the master of a zone, or the grand master, to `level` (0..1)."""
        if not 0 <= level <= 1:
            raise BadInput(f"A master stands between 0 and 1, not at {level}.", "Give a number from 0 to 1.", "level")
        if zone is not None:
            self._check_zone(zone)
        masters = {**self._standing.masters, zone or "": level}
        self._standing = msgspec.structs.replace(self._standing, masters=masters)
        self._tell(at, who, f"{zone or 'all'}: master at {level:.0%}")

    def masters(self) -> dict[str, float]:
        """Return the masters of all zones, and the grand one under an empty name."""
        names = ["", *(zone.id for zone in self.house.patch.zones)]
        return {name: self._standing.masters.get(name, 1.0) for name in names}

    def hands(self, now_s: float) -> dict[str, tuple[str, float]]:
        """Return zone → (scene, seconds left) where a hand wins."""
        held = {zone: (hand.scene.id, hand.until_s - now_s) for zone, hand in self._hands.items()}
        return {zone: (scene, left_s) for zone, (scene, left_s) in held.items() if left_s > 0}

    def stop(self, who: str, at: dt.datetime) -> None:
        """Fade everything to the safe look, and hold it there."""
        self._standing = msgspec.structs.replace(self._standing, stopped=True)
        self._tell(at, who, "stopped everything")

    def release(self, who: str, at: dt.datetime) -> None:
        """End a stop."""
        self._standing = msgspec.structs.replace(self._standing, stopped=False)
        self._tell(at, who, "released the stop")

    def cut(self, zones: list[str], who: str, at: dt.datetime) -> None:
        """Jump to what is wanted in `zones` with the next frame, if the output stage allows a cut by then."""
        for zone in zones:
            self._check_zone(zone)
        self._cut |= frozenset(zones)
        self._tell(at, who, f"cut {', '.join(zones)}")

    def _check_zone(self, zone: str) -> None:
        if zone not in {each.id for each in self.house.patch.zones}:
            known = ", ".join(each.id for each in self.house.patch.zones) or "none"
            raise BadInput(f"There is no zone '{zone[:40]}'.", f"Known are: {known}.", field="zone")

    # --- composing --------------------------------------------------------------------------------------------------

    def compose(self, house: House, who: str, what: str, at: dt.datetime) -> None:
        """Replace the house by an edited one; raises `BadInput` where it does not fit together, and changes nothing."""
        check(house)
        self._houses = [*self._houses[max(0, self._step + 1 - STEPS_BACK) : self._step + 1], house]
        self._step = len(self._houses) - 1
        self._settle(at, who, what)

    def undo(self, who: str, at: dt.datetime) -> None:
        """Go back one edit; raises `Conflict` at the first."""
        if not self.may_undo:
            raise Conflict("There is nothing left to undo.", f"The last {STEPS_BACK} edits can be taken back.")
        self._step -= 1
        self._settle(at, who, "undid an edit")

    def redo(self, who: str, at: dt.datetime) -> None:
        """Go forward one edit; raises `Conflict` at the last."""
        if not self.may_redo:
            raise Conflict("There is nothing to redo.", "Only what was undone can be done again.")
        self._step += 1
        self._settle(at, who, "redid an edit")

    def _settle(self, at: dt.datetime, who: str, what: str) -> None:
        """Let go of hands, fades and sequences of what is no longer in the house."""
        scenes = {scene.id: scene for scene in self.house.scenes}
        self._hands = {
            zone: _Hand(scenes[hand.scene.id], hand.until_s)
            for zone, hand in self._hands.items()
            if hand.scene.id in scenes
        }
        sequences = {sequence.id for sequence in self.house.sequences}
        self._begun = {name: begun_s for name, begun_s in self._begun.items() if name in sequences}
        self._tell(at, who, what)

    def _tell(self, at: dt.datetime, who: str, what: str) -> None:
        self._changes.append(Change(at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), who, what))


def _cue_at(cues: tuple[Cue, ...], into_s: float, loop: bool) -> Cue:
    """Return the cue that is on `into_s` seconds after the sequence began; each lasts for its fade and its hold."""
    whole_s = sum(cue.fade_s + cue.hold_s for cue in cues)
    left_s = into_s % whole_s if loop else into_s
    for cue in cues:
        left_s -= cue.fade_s + cue.hold_s
        if left_s < 0:
            return cue
    return cues[-1]


def _is_due(schedule: Schedule, local: dt.datetime) -> bool:
    """Whether a schedule is on; after midnight it is the day on which it began that counts."""
    crosses = schedule.to < schedule.from_
    if not _within(schedule.from_, schedule.to, local):
        return False
    began = local - dt.timedelta(days=1) if crosses and f"{local:%H:%M}" < schedule.to else local
    return DAYS[began.weekday()] in schedule.days


def _within(from_: str, to: str, local: dt.datetime) -> bool:
    now = f"{local:%H:%M}"
    if from_ == to:
        return True
    return from_ <= now < to if from_ < to else now >= from_ or now < to
