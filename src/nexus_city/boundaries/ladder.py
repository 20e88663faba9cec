"""The honesty ladder: which window and grid a crowd can carry.

A picture of the mixture with `cells` cells, made from `people` voices and noise of variance v in each cell, is off by
an expected total variation of at most

    E[TV] <= 1/2 · cells · E|noise| / people <= 1/2 · cells · sqrt(2v/π) / people

because the noise is a sum of discrete Laplace draws, each a scale mixture of normals, for which E|X| <= sqrt(2 Var/π).
The rung of a day is the most demanding one whose expected error is at most 10 %, and it is chosen from the day
before's *released* totals alone, so the choice itself tells nothing new. Steps up need 25 % more voices than the rule
asks and steps down 20 % fewer, so that the choice does not flicker.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

HOUR_S = 3600
AWAKE_S = 16 * HOUR_S
"""Voices of a day are spread over this time; windows at night may be quieter than the ladder planned for."""
MAX_ERROR = 0.10
"""Expected total-variation error that a day is planned for, 0..1."""
QUIET_ERROR = 0.20
"""A released window whose error bound is above this is too quiet to be shown, 0..1."""
_UP, _DOWN = 1.25, 0.80


@dataclass(frozen=True, order=True)
class Rung:
    """One step: a window length in seconds and the side of a square grid (2, 4 or 8)."""

    window_s: int
    grid: int

    @property
    def cells(self) -> int:
        """Cells of the grid."""
        return self.grid * self.grid

    def share_of_day(self) -> float:
        """Return the share of a day's voices that an average waking window hears, 0..1."""
        return min(1.0, self.window_s / AWAKE_S)


_QUARTER, _FOUR, _DAY = HOUR_S // 4, 4 * HOUR_S, 24 * HOUR_S
LADDER: tuple[Rung, ...] = (
    Rung(_QUARTER, 8),
    Rung(_QUARTER, 4),
    Rung(HOUR_S, 8),
    Rung(HOUR_S, 4),
    Rung(_QUARTER, 2),
    Rung(_FOUR, 8),
    Rung(HOUR_S, 2),
    Rung(_FOUR, 4),
    Rung(_DAY, 8),
    Rung(_FOUR, 2),
    Rung(_DAY, 4),
    Rung(_DAY, 2),
)
"""From the most demanding to the least; among rungs that ask for equal crowds the more detailed hourly one leads."""


def expected_error(people: float, cells: int, variance: float) -> float:
    """Return the bound on the expected total-variation error, 0..1, of a mixture of `people` voices."""
    if people <= 0:
        return 1.0
    return min(1.0, 0.5 * cells * math.sqrt(2 * variance / math.pi) / people)


def people_needed(cells: int, variance: float) -> int:
    """Return how many voices one window needs for an expected error of at most 10 %."""
    return math.ceil(0.5 * cells * math.sqrt(2 * variance / math.pi) / MAX_ERROR)


def choose_rung(
    error: Callable[[Rung, float], float], before: Rung | None, ladder: Sequence[Rung] = LADDER
) -> Rung | None:
    """Return the first rung of `ladder` that the crowd carries, or None when even the lowest asks for more.

    `error(rung, factor)` is the expected error if `factor` times fewer voices came than are expected; `before` is
    yesterday's rung (None: the place rested).
    """
    height = {rung: step for step, rung in enumerate(ladder)}
    start = len(ladder) if before is None else height.get(before, len(ladder))
    for step, rung in enumerate(ladder):
        if error(rung, _UP if step < start else _DOWN) <= MAX_ERROR:
            return rung
    return None
