"""What a climate, a receipt and a voice are: values that travel, in the words of the public interface."""

import datetime as dt
import functools
from typing import Annotated, Literal

import msgspec

Audience = Literal["place", "city"]
State = Literal["speaks", "quiet", "resting"]
Reason = Literal["day-full", "nobody-speaks"]

Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{22,36}$(?!\n)")]
"""`$` alone would let a line end through."""
Cell = Annotated[int, msgspec.Meta(ge=0, le=63)]
WordId = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]

AUDIENCES: tuple[Audience, ...] = ("place", "city")
"""In the order of the strands: HERE stays with the place, ONWARD reaches everything above it."""
HERE, ONWARD = 0, 1


class Report(msgspec.Struct, forbid_unknown_fields=True):
    """What a person lets a place know: one of 64 cells of the mood plane, words, and how far it may travel."""

    cell: Cell
    """row·8 + column; columns from unpleasant to pleasant, rows from calm to activated."""
    audience: Audience
    words: Annotated[list[WordId], msgspec.Meta(max_length=3)] = []
    presence_pass: Annotated[str, msgspec.Meta(max_length=120)] | None = msgspec.field(default=None, name="pass")


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
    cell: int
    words: list[str]
    audience: Audience
    speaker: str | None
    window: Span | None
    speaks_at: str | None
    epsilon: Price
    counted_today: int
    of: int
    deleted_by: str


class Cost(msgspec.Struct, frozen=True):
    """ε of one person's day, and of thirty such days at δ = 1e-6."""

    day: float
    thirty_days: float


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
    """Noisy number of voices, >= 0."""
    people_sd: float
    """Standard deviation of the noise in `people`."""
    uncertainty: float
    """Bound on the expected total-variation error of the mixture by the noise, 0..1."""
    epsilon: Cost
    framework: str


class Voice(msgspec.Struct, frozen=True):
    """What a place says now: its own climate, or that of the nearest ancestor that speaks for it."""

    place: str
    state: State
    speaker: str | None
    next_at: str
    climate: Climate | None


@functools.lru_cache(maxsize=4096)
def iso(at_s: int) -> str:
    """Return the instant `at_s` (Unix seconds) as ISO 8601 in UTC."""
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
