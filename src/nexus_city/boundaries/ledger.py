"""What a person's day costs in ε, and what many days cost together.

One day costs ε = ε_grid + ε_words by simple composition. For many days the plain sum is far too dark a figure: here
the exact trade-off is computed instead. Moving one cell by one under discrete Laplace noise of scale s changes the
log-likelihood of an output by +1/s or -1/s and by nothing else, since |k - 1| - |k| is ±1 for every integer k. So the
privacy loss of n such moves is a walk of n steps of ±1/s, each upward with probability 1/(1 + e^(-1/s)), and

    δ(ε) = Σ P(loss = l) · max(0, 1 - e^(ε - l))

(Sommer, Meiser & Mohammadi 2019; Koskela, Jälkö & Honkela 2020). The sums are over two binomials: exact, no grid.
"""

import functools
import math
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Budget:
    """The bounds and the price of one person-day, as a city's charter declares them."""

    epsilon: Fraction = Fraction(1)
    """Total ε of a person-day, > 0; 1 unless the charter lowers it."""
    m: int = 4
    """Check-ins of a person-day that are counted, over all places."""
    word_votes: int = 3
    """Words of a person-day that are counted, over all places."""
    words_share: Fraction = Fraction(1, 10)
    """Share of ε that pays for the words; the grid has the rest."""

    def __post_init__(self) -> None:
        if not 0 < self.epsilon <= 1:
            raise ValueError(f"epsilon must be above 0 and at most 1 a person-day, not {self.epsilon}")

    @property
    def grid_scale(self) -> Fraction:
        """Scale of the noise in each cell of the grid, in people."""
        return self.m / (self.epsilon * (1 - self.words_share))

    @property
    def words_scale(self) -> Fraction:
        """Scale of the noise of each word, in people."""
        return self.word_votes / (self.epsilon * self.words_share)

    @functools.cached_property
    def check_in_epsilon(self) -> float:
        """What one counted check-in costs, without words."""
        return float(1 / self.grid_scale)


@functools.lru_cache(maxsize=256)
def epsilon_after_days(budget: Budget, days: int, delta: float = 1e-6) -> float:
    """Return the ε at `delta` that `days` full days of one person cost together (exact, to 1e-4)."""
    grid = _walk(budget.m * days, 1 / budget.grid_scale)
    words = _walk(budget.word_votes * days, 1 / budget.words_scale)
    low, high = 0.0, days * float(budget.epsilon)
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if _delta(middle, grid, words) > delta else (low, middle)
    return high


def _walk(steps: int, height: Fraction) -> list[tuple[float, float]]:
    """Return (loss, probability) of a walk of `steps` steps of ±`height`."""
    size = float(height)
    up = 1 / (1 + math.exp(-size))
    return [
        ((2 * ups - steps) * size, math.comb(steps, ups) * up**ups * (1 - up) ** (steps - ups))
        for ups in range(steps + 1)
    ]


def _delta(epsilon: float, grid: list[tuple[float, float]], words: list[tuple[float, float]]) -> float:
    return sum(
        p * q * -math.expm1(epsilon - loss - more) for loss, p in grid for more, q in words if loss + more > epsilon
    )
