"""What may happen in a scenario: faults of the machine, attacks, choices, things that befall people, and what is done.

Each kind is a table `[[event]]` of a scenario file. `places` and `communities` say where; without them: everywhere.
Times are `day 2 14:30`, in person-days that begin at 04:00.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

from nexus_city.places.model import Slug

When = Annotated[str, msgspec.Meta(pattern=r"^day [1-9]\d{0,2} ([01]\d|2[0-3]):[0-5]\d$(?!\n)")]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=30 * 24 * 60)]


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    begins: When = msgspec.field(name="from")
    until: When | None = None
    """None: to the end of the run."""
    places: tuple[Slug, ...] = ()
    communities: tuple[Slug, ...] = ()


class SensorSilent(_Event, frozen=True, tag="sensor-silent"):
    """Check-ins that are made there never arrive, and the intake gives no sign of life."""


class SensorStuck(_Event, frozen=True, tag="sensor-stuck"):
    """A counter that hangs. It gives signs of life, so only its figures can tell."""

    repeats: Literal["counts", "release"] = "counts"
    """`counts`: the same true counts under fresh noise. `release`: the very table that was released before."""


class DoubleCount(_Event, frozen=True, tag="double-count"):
    """Every check-in there is counted twice."""


class HubDown(_Event, frozen=True, tag="hub-down"):
    """The hub of whole communities is gone: nothing arrives, nothing is shown anew, nobody gives a sign of life."""


class EchoBroken(_Event, frozen=True, tag="echo-broken"):
    """Displays no longer show what was released. People go on checking in, and see something else."""

    mode: Literal["stale", "wrong", "dark"] = "wrong"
    """`stale`: the last climate from before. `wrong`: their own mood, exaggerated, which was never released. `dark`:
    nothing."""


class MappingBug(_Event, frozen=True, tag="mapping-bug"):
    """A new version of the phone's page, deployed at `from`, mirrors the plane: pleasant is sent as unpleasant."""

    phones: Share = 0.5
    """Share of phones that have the new version."""


class Flood(_Event, frozen=True, tag="flood"):
    """Devices that are nobody: each keeps to the bounds of a person, and all say the same."""

    share: Share = 0.05
    """Of the voices there."""
    cell: Annotated[int, msgspec.Meta(ge=0, le=63)] = 56
    """Of the 8×8 grid; 56 is as unpleasant and as activated as can be."""


class OptOutWave(_Event, frozen=True, tag="opt-out-wave"):
    """People who live there decide to say nothing for a while."""

    share: Share = 0.3
    ramp_minutes: Minutes = 180


class Distress(_Event, frozen=True, tag="distress"):
    """Something befalls people who live there: their own set point moves towards the distressed quadrant."""

    share: Share = 0.25
    strength: Share = 0.8
    ramp_minutes: Minutes = 120


class Divergence(_Event, frozen=True, tag="divergence"):
    """Communities come to live different days: each set point moves in a direction of its own; nothing is broken."""

    by: Share = 0.25
    ramp_minutes: Minutes = 360


class Repair(_Event, frozen=True, tag="repair"):
    """What is broken there is mended, one place after the other between `from` and `until`."""

    of: Annotated[
        tuple[
            Literal["sensor-silent", "sensor-stuck", "double-count", "hub-down", "echo-broken", "mapping-bug", "flood"],
            ...,
        ],
        msgspec.Meta(min_length=1),
    ]


class Circle(_Event, frozen=True, tag="circle"):
    """Some of those who live there meet in small groups and put into words how it is; that eases, and fades."""

    share: Share = 0.05
    ease: Share = 0.3


class Rally(_Event, frozen=True, tag="rally"):
    """Many who are awake come to one place, see its climate large, and learn to name what they feel."""

    share: Share = 0.3
    ease: Share = 0.3
    echo: Share = 0.5
    """How strongly the climate on display pulls there, meanwhile."""


class CharterChange(_Event, frozen=True, tag="charter-change"):
    """A place's charter is amended; some who had said nothing trust the new one."""

    finest_grid: Literal[2, 8] = 8
    """2: only the quadrant of a mood is told there."""
    returning: Share = 0.0
    """Share of those who tell nothing at first who now tell a quadrant there."""
    room: Share = 0.0
    """How much room it leaves those who live there to be as they are: their λ is smaller by this share."""
    echo: Share | None = None
    """How strongly the climate on display pulls there from now on; None: as before."""


Event: TypeAlias = (
    SensorSilent
    | SensorStuck
    | DoubleCount
    | HubDown
    | EchoBroken
    | MappingBug
    | Flood
    | OptOutWave
    | Distress
    | Divergence
    | Repair
    | Circle
    | Rally
    | CharterChange
)
Fault: TypeAlias = (
    SensorSilent
    | SensorStuck
    | DoubleCount
    | HubDown
    | EchoBroken
    | MappingBug
    | Flood
    | OptOutWave
    | Distress
    | Divergence
)
Ramped: TypeAlias = OptOutWave | Distress | Divergence
OF_THE_NETWORK = (SensorSilent, SensorStuck, DoubleCount, HubDown, EchoBroken, Flood, Repair)
"""What a simulated network does. At the door of a real city these are left out: its machine is its own."""


def kind_of(event: Event) -> str:
    """Return the kind of an event, as a scenario file names it."""
    return str(type(event).__struct_config__.tag)
