"""What a climate, a receipt and a voice are: values that travel, in the words of the public interface."""

from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries.policy import Reach
from nexus_city.places.model import LiveKind

State = Literal["speaks", "quiet", "resting"]
Reason = Literal["day-full", "nobody-speaks", "opted-out", "charter-unseen", "budget-spent"]

Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22,36}$(?!\n)")]
"""`$` alone would let a line end through."""
Cell = Annotated[int, msgspec.Meta(ge=0, le=63)]
WordId = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]

AUDIENCES: tuple[Reach, ...] = ("place", "city", "district")
"""By number. Numbers are stored, so the order never changes; each audience has the strand of its number."""
HERE, ONWARD, DISTRICT = 0, 1, 2
"""Strands: what stays with the place, what reaches the city, and what reaches everything above but the city."""
CELLS = 64
SPOTS = CELLS + 1
"""Cells of a table on the finest grid, and one for those who only said that they were there."""
PRESENT = len(AUDIENCES) * CELLS
"""The first of the values that say that somebody was there, and nothing of their mood."""
ERASED = 255
"""The value of a seat that is taken, and of which nothing else is known any more."""


def value_of(audience: Reach, cell: int | None) -> int:
    """Return what a contribution keeps in one byte: audience·64 + cell, or PRESENT + audience without a cell."""
    number = AUDIENCES.index(audience)
    return PRESENT + number if cell is None else number * CELLS + cell


def audience_of(value: int) -> Reach:
    """Return for whom a value is."""
    return AUDIENCES[value - PRESENT if value >= PRESENT else value // CELLS]


def cell_of(value: int) -> int | None:
    """Return the cell of a value; None for presence."""
    return None if value >= PRESENT else value % CELLS


def audiences_of(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the number of the audience of each value."""
    wide = values.astype(np.int64)
    return np.where(wide >= PRESENT, wide - PRESENT, wide // CELLS)


def spots_of(values: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the spot of each value in a table on the finest grid: its cell, or CELLS for presence."""
    wide = values.astype(np.int64)
    return np.where(wide >= PRESENT, CELLS, wide % CELLS)


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """What a person lets a place know: one of 64 cells of the mood plane, words, and how far it may travel."""

    cell: Cell | None
    """row·8 + column; columns from unpleasant to pleasant, rows from calm to activated. null: presence, and no mood."""
    audience: Reach
    words: Annotated[list[WordId], msgspec.Meta(max_length=3)] = []
    presence_pass: Annotated[str, msgspec.Meta(max_length=120)] | None = msgspec.field(default=None, name="pass")
    research: bool = False
    """Whether it may also be in the day's table for research, where the city has one."""
    chosen: bool = False
    """Whether the person has set this boundary themself; without it, `Sec-GPC: 1` counts as an opt-out."""
    charter: Annotated[int, msgspec.Meta(ge=1)] | None = None
    """The version of the place's charter that the person has seen; null: the one with which it was founded."""


class NewReport(Report, forbid_unknown_fields=True, kw_only=True):
    """A report with the key that makes sending it twice harmless."""

    key: Key


class Span(msgspec.Struct, frozen=True):
    """A window of city time: ISO 8601, UTC, start included, end excluded."""

    start: str
    end: str


class Price(msgspec.Struct, frozen=True):
    """ε: of this check-in, and of the whole person-day at most."""

    check_in: float
    day: float


class Receipt(msgspec.Struct, frozen=True):
    """What happened to a check-in: what left the phone, who will speak for it, when, and at what price."""

    key: str
    state: Literal["counted", "kept"]
    reason: Reason | None
    place: str
    cell: int | None
    words: list[str]
    audience: Reach
    speaker: str | None
    window: Span | None
    speaks_at: str | None
    epsilon: Price
    counted_today: int
    of: int
    deleted_by: str
    stands_until: str | msgspec.UnsetType = msgspec.UNSET
    """At a live place that counts in full: when a check-in goes, if its person does not move on before."""


class Held(msgspec.Struct, frozen=True):
    """One check-in of a device as the server still holds it."""

    place: str
    window: Span
    cell: int | None
    words: list[str]
    audience: Reach
    research: bool
    state: Literal["open", "spoken"]
    """`open`: it can be taken back; `spoken`: its window has been released."""
    counts: bool
    """Whether it is the last of its seat, which is the one that counts."""


class Holdings(msgspec.Struct, frozen=True):
    """All that the server holds of a device's check-ins, oldest first, and when it is destroyed."""

    check_ins: list[Held]
    deleted_by: str


class Withdrawn(msgspec.Struct, frozen=True):
    """What became of a device's day when it took everything back, in counted check-ins."""

    withdrawn: int
    """Taken back: nothing of them will ever be released."""
    spoken: int
    """Released before. Their words, and what they let research have, have been taken back all the same."""


class Cost(msgspec.Struct, frozen=True):
    """ε of one person's day, and of thirty such days at δ = 1e-6."""

    day: float
    thirty_days: float


class LiveStep(msgspec.Struct, frozen=True):
    """What is told of a live place with each of its steps."""

    kind: LiveKind
    """`continual`: a person counts in full until they go; `decaying`: less with every step."""
    step_s: int
    """Seconds from one step to the next."""
    stays_s: int
    """Seconds for which a check-in counts: until it goes, or on the average."""
    seats: int
    """Check-ins of the day that one there counts for."""
    epsilon: float
    """What one check-in there costs, however often it is told."""
    delta: float
    """The chance, weighed as in (ε, δ), with which a day that has such check-ins in it may cost more than its ε."""


class Climate(msgspec.Struct, frozen=True):
    """A place in one window: released once, the same bytes for ever."""

    id: int
    place: str
    name: str
    state: Literal["speaks", "quiet"]
    window: Span
    grid: int
    """Side of the grid: 2, 4 or 8."""
    mixture: list[float] | None
    """Share of each cell, grid·grid of them, row·grid + column, sum 1; None when too few spoke to say."""
    people: int
    """Noisy number of voices, >= 0, those included who only said that they were there."""
    people_sd: float
    """Standard deviation of the noise in `people`."""
    uncertainty: float
    """Bound on the expected total-variation error of the mixture by the noise, 0..1."""
    epsilon: Cost
    framework: str
    live: LiveStep | msgspec.UnsetType = msgspec.UNSET
    """Of a live place only: then the window is a step, and the people are those who stand there at its end."""


class Voice(msgspec.Struct, frozen=True):
    """What a place says now: its own climate, or that of the nearest ancestor that speaks for it."""

    place: str
    state: State
    speaker: str | None
    next_at: str
    climate: Climate | None
