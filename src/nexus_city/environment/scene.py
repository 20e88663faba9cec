"""Scenes: what an Empathy Architect composes, and the house file that holds all of it. Pure values.

A scene says how the luminaires of some zones show a climate: by a policy that the public can read, and a look. Cues put
scenes one after the other; a schedule says which of them a zone shows when nobody touches a control.
"""

from collections.abc import Collection, Iterable
from collections.abc import Sequence as Listed
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from nexus_city.environment.palettes.deficiency import NEEDED, nearest_quadrants
from nexus_city.environment.palettes.palette import NEXUS_PALETTE, Anchor, Palette
from nexus_city.environment.patch import Luminaire, Patch, Share, Wire, Zone, rig
from nexus_city.ground.errors import BadInput, SettingsError
from nexus_city.places import Policy, Slug

Look = Literal["field", "breath", "drift", "ripple", "constellation"]
Curve = Literal["linear", "ease", "ease-in", "ease-out"]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
T = TypeVar("T", "Scene", "Sequence")
ClockTime = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
FadeS = Annotated[float, msgspec.Meta(ge=0, le=600)]
HoldS = Annotated[float, msgspec.Meta(ge=1, le=86_400)]

_KINDS: Final = ("wire", "zone", "luminaire", "scene", "sequence", "schedule")
_TOLD_PARTS: Final = 4
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How zones show a climate."""

    id: Slug
    name: Name
    zones: tuple[Slug, ...]
    policy: Policy = "echo"
    look: Look = "field"
    level: Share = 1.0
    """Share of the luminance that the climate asks for."""
    speed: Share = 0.3
    """How fast the look moves; 0 stands still."""
    softness: Share = 0.5
    """How softly moods run into each other; a climate's uncertainty adds to it."""
    fade_s: FadeS = 6.0
    """Seconds in which it comes and goes, unless a cue says otherwise."""
    curve: Curve = "ease"
    priority: Annotated[int, msgspec.Meta(ge=0, le=100)] = 50
    """Where two active scenes claim a zone, the higher one is shown."""


class Cue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of a sequence."""

    scene: Slug
    hold_s: HoldS
    fade_s: FadeS = 6.0
    curve: Curve = "ease"


class Sequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scenes one after the other."""

    id: Slug
    name: Name
    cues: Annotated[tuple[Cue, ...], msgspec.Meta(min_length=1, max_length=200)]
    loop: bool = True


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """When a scene or a sequence is shown, by the city's clocks; a span that ends before it begins crosses midnight."""

    id: Slug
    show: Slug
    """Id of a scene or of a sequence."""
    from_: ClockTime = "00:00"
    to: ClockTime = "00:00"
    """Equal to `from`: all day."""
    days: tuple[Day, ...] = DAYS


class Night(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """The hours in which the zones keep to their night caps."""

    from_: ClockTime = "22:00"
    to: ClockTime = "06:00"


class House(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an architect composes, in one file."""

    format: Literal["nexus-house-1"] = "nexus-house-1"
    patch: Patch = Patch()
    scenes: tuple[Scene, ...] = ()
    sequences: tuple[Sequence, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    night: Night = Night()
    hues: Annotated[tuple[Anchor, ...], msgspec.Meta(max_length=64)] = ()
    """Hues that this place's culture agrees on; empty for those of the study."""

    @property
    def palette(self) -> Palette:
        """Return the palette of the house's hues."""
        return Palette(NEXUS_PALETTE.framework, self.hues) if self.hues else NEXUS_PALETTE

    def scene(self, scene_id: str) -> Scene:
        """Return a scene. Raises `BadInput` that lists those there are."""
        return _named(self.scenes, scene_id, "scene")

    def sequence(self, sequence_id: str) -> Sequence:
        """Return a sequence. Raises `BadInput` that lists those there are."""
        return _named(self.sequences, sequence_id, "sequence")


_Part = Wire | Zone | Luminaire | Scene | Sequence | Schedule


def read_house(text: bytes, places: Collection[str] | None = None) -> House:
    """Read a house file (JSON); its zones may be at `places` only. Raises `BadInput` with the key and the remedy."""
    try:
        house = msgspec.json.decode(text, type=House)
    except msgspec.ValidationError as error:
        said, _, at = str(error).partition(" - at ")
        where = at.strip("`").removeprefix("$.") or "the file"
        raise BadInput(f"{where}: {said}.", "Mend that key; docs/lighting.md lists all of them.", field=where) from None
    except msgspec.DecodeError as error:
        raise BadInput(
            f"This is not a house file: {error}.", "Export one from the console to see its shape.", field="body"
        ) from None
    check(house)
    if places is not None:
        for zone in house.patch.zones:
            _all_known([zone.place], set(places), f"Zone '{zone.id}'", "place")
    return house


def open_house(path: Path, places: Collection[str]) -> House:
    """Read the house file at `path`; raises `SettingsError`, for it is opened while starting."""
    try:
        return read_house(path.read_bytes(), places)
    except OSError as error:
        raise SettingsError(f"The house file {path} cannot be read ({error.strerror}).", "Check --house.") from error
    except BadInput as error:
        raise SettingsError(f"{path}: {error.detail}", error.remedy, field=error.field) from error


def write_house(house: House) -> bytes:
    """Return the house as the file that `read_house` reads."""
    return msgspec.json.format(msgspec.json.encode(house), indent=2)


def difference(before: House, after: House) -> str:
    """Say what an edit did, such as "changed scene tide; added wire stage": the log tells it."""
    said = []
    for kind, old, new in zip(_KINDS, _parts(before), _parts(after), strict=True):
        was, now = {part.id: part for part in old}, {part.id: part for part in new}
        said += [f"added {kind} {name}" for name in now if name not in was]
        said += [f"changed {kind} {name}" for name in now if name in was and now[name] != was[name]]
        said += [f"removed {kind} {name}" for name in was if name not in now]
    if before.night != after.night:
        said.append("changed the night")
    more = len(said) - _TOLD_PARTS
    return "; ".join([*said[:_TOLD_PARTS], *([f"and {more} more"] if more > 0 else [])]) or "changed the order"


def check(house: House) -> None:
    """Raise `BadInput` where parts of the house do not fit together."""
    rig(house.patch)
    _check_hues(house)
    zones = {zone.id for zone in house.patch.zones}
    shows = _unlike([*house.scenes, *house.sequences])
    _unlike(house.schedules)
    for scene in house.scenes:
        _all_known(scene.zones, zones, f"Scene '{scene.id}'", "zones")
    scenes = {scene.id for scene in house.scenes}
    for sequence in house.sequences:
        _all_known([cue.scene for cue in sequence.cues], scenes, f"Sequence '{sequence.id}'", "cues")
    for schedule in house.schedules:
        _all_known([schedule.show], shows, f"Schedule '{schedule.id}'", "show")


def _parts(house: House) -> tuple[Listed[_Part], ...]:
    patch = house.patch
    return patch.wires, patch.zones, patch.luminaires, house.scenes, house.sequences, house.schedules


def _check_hues(house: House) -> None:
    """Raise `BadInput` for hues by which somebody's eyes could not tell the quadrants apart."""
    distance, eyes = nearest_quadrants(house.palette)
    if distance < NEEDED:
        whose = "" if eyes == "usual" else f" to eyes with {eyes}"
        raise BadInput(
            f"With these hues two quadrants look alike{whose}: {distance:.3f} apart, {NEEDED:.2f} are needed.",
            "Move the anchors' hues further apart, above all blue from violet and red from green.",
            field="hues",
        )


def _named(parts: Listed[T], wanted: str, kind: str) -> T:
    for part in parts:
        if part.id == wanted:
            return part
    known = ", ".join(part.id for part in parts) or "none"
    raise BadInput(f"There is no {kind} '{wanted[:40]}'.", f"Known are: {known}.", field=kind)


def _unlike(parts: Iterable[Scene | Sequence | Schedule]) -> set[str]:
    seen: set[str] = set()
    for part in parts:
        if part.id in seen:
            raise BadInput(
                f"The id '{part.id}' is used twice.", "Give every scene, sequence and schedule its own.", "id"
            )
        seen.add(part.id)
    return seen


def _all_known(names: Iterable[str], known: set[str], who: str, field: str) -> None:
    for name in names:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise BadInput(f"{who} names '{name}', which is not there.", f"Known are: {there}.", field=field)
