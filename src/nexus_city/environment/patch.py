"""The patch: which luminaires a place has, where they hang, and where on which wire they listen. Pure values.

A luminaire is one or more pixels in a row. On a DMX wire (sACN, Art-Net) its first pixel starts at `universe` and
`channel`, and a pixel never straddles two universes: where fewer channels are left than it needs, the row goes on at
channel 1 of the next. On a pixel wire (DDP, WLED) `channel` counts from the first byte of the device. On a lamp wire
(MQTT, OSC, Hue) a luminaire has a `name` there, and neither universe nor channel.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from nexus_city.ground.errors import BadInput
from nexus_city.places import Slug

WireKind = Literal["sacn", "artnet", "ddp", "wled", "mqtt", "osc", "hue"]
Lamp = Literal["rgb", "grb", "rgbw", "cct", "dimmer"]
CHANNELS: Final[dict[str, int]] = {"rgb": 3, "grb": 3, "rgbw": 4, "cct": 2, "dimmer": 1}
"""Channels of one pixel. `cct` is brightness and colour temperature, `dimmer` brightness only."""
LAMP_WIRES: Final[frozenset[WireKind]] = frozenset({"mqtt", "osc", "hue"})
"""Wires that know luminaires by name instead of by channel."""
UNIVERSE_CHANNELS: Final = 512
UNIVERSES: Final[dict[WireKind, tuple[int, int]]] = {"sacn": (1, 63_999), "artnet": (0, 32_767)}
"""First and last universe of the wires that have them (E1.31 6.2.7, Art-Net 4 port address)."""
MOST_PIXELS: Final = 100_000

T = TypeVar("T", "Wire", "Zone", "Luminaire")
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


Taken = dict[tuple[str, int], list[tuple[int, int, str]]]
"""(wire, universe) → channels that are taken, in order: first, end, by whom."""


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A way out of the house."""

    id: Slug
    kind: WireKind
    host: Annotated[str, msgspec.Meta(max_length=253)] = ""
    """Address of the node, broker or bridge; empty for multicast (sACN) and discovery (WLED)."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 0
    """0 for the protocol's own."""
    priority: Annotated[int, msgspec.Meta(ge=0, le=200)] = 100
    """sACN only: the node listens to the source of the highest priority."""
    sync_universe: Annotated[int, msgspec.Meta(ge=0, le=63_999)] = 0
    """sACN only: universe of the synchronisation packets, 0 for none."""
    latency_ms: Annotated[int, msgspec.Meta(ge=0, le=500)] = 0
    """How much later than the slowest wire this one shall send, so that all fixtures show a frame together."""
    interface: Annotated[str, msgspec.Meta(pattern=r"^(\d{1,3}(\.\d{1,3}){3})?$(?!\n)")] = ""
    """sACN only: IPv4 address of this machine on the network by which multicast leaves, empty for the system's choice:
    a machine that stands in the lighting network and in another one has to be told."""


class Luminaire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lamp, or a row of pixels that are patched as one."""

    id: Slug
    zone: Slug
    wire: Slug
    lamp: Lamp = "rgb"
    pixels: Annotated[int, msgspec.Meta(ge=1, le=MOST_PIXELS)] = 1
    universe: Annotated[int, msgspec.Meta(ge=0, le=63_999)] = 1
    channel: Annotated[int, msgspec.Meta(ge=1, le=400_000)] = 1
    """Counted from 1, as on the fixture's own display."""
    name: Annotated[str, msgspec.Meta(max_length=80)] = ""
    """What a lamp wire calls it."""
    start: tuple[Share, Share] = (0.5, 0.5)
    """Where its first pixel hangs in the zone: x to the right, y downwards."""
    end: tuple[Share, Share] | None = None
    """Where its last pixel hangs; None for a single point."""
    gamma: Annotated[float, msgspec.Meta(ge=1, le=3)] = 2.2
    """Exponent from channel value to light; 1 where the fixture does it itself."""
    white: tuple[Share, Share, Share] = (1.0, 1.0, 1.0)
    """Share of each channel with which the fixture shows white."""


class Zone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Luminaires that are lit together: a wall, a row of lamps, a square's lanterns."""

    id: Slug
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    place: Slug
    """The place whose climate it shows."""
    cap: Share = 1.0
    """Highest luminance by day."""
    night_cap: Share = 0.4
    """Highest luminance at night."""


class Patch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All wires, zones and luminaires of a house; `check` before use."""

    wires: tuple[Wire, ...] = ()
    zones: tuple[Zone, ...] = ()
    luminaires: tuple[Luminaire, ...] = ()


@dataclass(frozen=True)
class Rigging:
    """A checked patch, laid out: pixels are numbered in the order of the luminaires."""

    patch: Patch
    first: dict[str, int]
    """Luminaire id → number of its first pixel."""
    at: NDArray[np.float32]
    """Position in the zone, shape (pixels, 2)."""
    zone: NDArray[np.intp]
    """Index of the zone of each pixel."""

    @property
    def pixels(self) -> int:
        """How many pixels hang in the house."""
        return len(self.zone)


def rig(patch: Patch) -> Rigging:
    """Check `patch` and lay it out. Raises `BadInput` that names the luminaire, the clash and the next free spot."""
    wires, zones = _known(patch.wires, "wire"), _known(patch.zones, "zone")
    _known(patch.luminaires, "luminaire")
    _check_nodes(patch.wires)
    taken: Taken = {}
    for lamp in patch.luminaires:
        for name, known in ((lamp.wire, wires), (lamp.zone, zones)):
            if name not in known:
                raise BadInput(
                    f"Luminaire '{lamp.id}' names '{name}', which is not patched.",
                    f"Known are {', '.join(sorted(known)) or 'none'}.",
                    field="luminaires",
                )
        _check_place(lamp, wires[lamp.wire], taken)
    total = sum(lamp.pixels for lamp in patch.luminaires)
    if total > MOST_PIXELS:
        raise BadInput(f"The patch has {total:,} pixels.", f"One house carries {MOST_PIXELS:,}.", field="luminaires")
    first, rows, zone = {}, [np.zeros((0, 2), np.float32)], [np.zeros(0, np.intp)]
    order = {each.id: number for number, each in enumerate(patch.zones)}
    count = 0
    for lamp in patch.luminaires:
        first[lamp.id] = count
        rows.append(np.linspace(lamp.start, lamp.end or lamp.start, lamp.pixels, dtype=np.float32))
        zone.append(np.full(lamp.pixels, order[lamp.zone]))
        count += lamp.pixels
    return Rigging(patch, first, np.concatenate(rows), np.concatenate(zone))


def spans(lamp: Luminaire) -> Iterator[tuple[int, int, int, int]]:
    """Yield (universe, first channel from 0, first pixel, pixels) for each universe that a DMX luminaire reaches."""
    size, done, universe, at = CHANNELS[lamp.lamp], 0, lamp.universe, lamp.channel - 1
    while done < lamp.pixels:
        fit = min((UNIVERSE_CHANNELS - at) // size, lamp.pixels - done)
        if fit > 0:
            yield universe, at, done, fit
        done, universe, at = done + fit, universe + 1, 0


def _known(parts: Sequence[T], kind: str) -> dict[str, T]:
    known: dict[str, T] = {}
    for part in parts:
        if known.setdefault(part.id, part) is not part:
            raise BadInput(
                f"Two {kind}s are called '{part.id}'.", f"Give every {kind} an id of its own.", field=f"{kind}s"
            )
    return known


def _check_nodes(wires: Sequence[Wire]) -> None:
    nodes: dict[tuple[str, str, int, str], str] = {}
    for wire in wires:
        other = nodes.setdefault((wire.kind, wire.host, wire.port, "" if wire.host else wire.interface), wire.id)
        if other != wire.id:
            raise BadInput(
                f"Wires '{other}' and '{wire.id}' lead to the same node: they would overwrite each other's frames.",
                "Patch all its luminaires on one of them.",
                field="wires",
            )


def _check_place(lamp: Luminaire, wire: Wire, taken: Taken) -> None:
    if wire.kind in LAMP_WIRES:
        return
    if wire.kind in ("ddp", "wled"):
        if wire.kind == "wled" and CHANNELS[lamp.lamp] != CHANNELS["rgb"]:
            raise BadInput(
                f"Luminaire '{lamp.id}' is {lamp.lamp}; a WLED is sent red, green and blue.",
                "Patch it as rgb: the device makes its own white.",
                field="lamp",
            )
        bytes_ = CHANNELS[lamp.lamp] * lamp.pixels
        _take(lamp, (wire.id, 0), lamp.channel - 1, lamp.channel - 1 + bytes_, taken)
        return
    low, high = UNIVERSES[wire.kind]
    if lamp.channel > UNIVERSE_CHANNELS:
        raise BadInput(
            f"Luminaire '{lamp.id}' starts at channel {lamp.channel}; a universe has {UNIVERSE_CHANNELS}.",
            f"That is channel {(lamp.channel - 1) % UNIVERSE_CHANNELS + 1} of universe "
            f"{lamp.universe + (lamp.channel - 1) // UNIVERSE_CHANNELS}.",
            field="channel",
        )
    for universe, at, _, count in spans(lamp):
        if not low <= universe <= high:
            raise BadInput(
                f"Luminaire '{lamp.id}' reaches universe {universe}; {wire.kind} has {low} to {high}.",
                "Give it another universe, or fewer pixels.",
                field="universe",
            )
        _take(lamp, (wire.id, universe), at, at + count * CHANNELS[lamp.lamp], taken)


def _take(
    lamp: Luminaire,
    where: tuple[str, int],
    start: int,
    end: int,
    taken: dict[tuple[str, int], list[tuple[int, int, str]]],
) -> None:
    here = taken.setdefault(where, [])
    spot = bisect_left(here, (start, start, ""))
    for low, high, other in here[max(0, spot - 1) : spot + 1]:  # only neighbours can be in the way
        if start < high and low < end:
            raise BadInput(
                f"Luminaire '{lamp.id}' overlaps '{other}' on {where[0]}, universe {where[1]}: channels "
                f"{max(start, low) + 1} to {min(end, high)}.",
                f"The first free channel after it is {high + 1}.",
                field="channel",
            )
    here.insert(spot, (start, end, lamp.id))
