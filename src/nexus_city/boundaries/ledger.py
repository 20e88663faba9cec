"""What a person's day costs in ε, and what many days cost together.

One day costs ε = ε_grid + ε_words + ε_moments by simple composition. For many days the plain sum is far too dark a
figure: here the exact trade-off is computed instead. Moving one cell by one under discrete Laplace noise of scale s
changes the log-likelihood of an output by +1/s or -1/s and by nothing else, since |k - 1| - |k| is ±1 for every integer
k. So the privacy loss of n such moves is a walk of n steps of ±1/s, each upward with probability 1/(1 + e^(-1/s)), and

    δ(ε) = Σ P(loss = l) · max(0, 1 - e^(ε - l))

(Sommer, Meiser & Mohammadi 2019; Koskela, Jälkö & Honkela 2020). The sum is over one binomial for each scale: exact, no
grid. The noise of live places is normal (`continual`); there max(0, …) becomes the δ of a normal draw at ε - l.
"""

import functools
import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries.continual import gaussian_delta

Floats = NDArray[np.float64]
_IMPOSSIBLE = 1e-18
_gaussian_deltas = np.vectorize(gaussian_delta, otypes=[float])


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
    moments_share: Fraction = Fraction(0)
    """Share of ε that pays for the day table for research; 0: there is none."""

    def __post_init__(self) -> None:
        if not 0 < self.epsilon <= 1:
            raise ValueError(f"epsilon must be above 0 and at most 1 a person-day, not {self.epsilon}")
        if self.words_share + self.moments_share >= 1:
            raise ValueError("words and research leave no share of epsilon for the grid")

    @property
    def grid_scale(self) -> Fraction:
        """Scale of the noise in each cell of the grid, in people."""
        return self.m / (self.epsilon * (1 - self.words_share - self.moments_share))

    @property
    def words_scale(self) -> Fraction:
        """Scale of the noise of each word, in people."""
        return self.word_votes / (self.epsilon * self.words_share)

    @property
    def moments_scale(self) -> Fraction:
        """Scale of the noise in each cell of the day table for research, in people; a person is in one cell of it."""
        return 1 / (self.epsilon * self.moments_share)

    @functools.cached_property
    def check_in_epsilon(self) -> float:
        """What one counted check-in costs, without words."""
        return float(1 / self.grid_scale)


def epsilon_after_days(budget: Budget, days: int, delta: float = 1e-6) -> float:
    """Return the ε at `delta` that `days` full days of one person cost together (exact, to 1e-4).

    Days that are spent at live places, in whole or in part, cost no more: normal noise adds up more slowly.
    """
    moves = [(budget.m * days, 1 / budget.grid_scale), (budget.word_votes * days, 1 / budget.words_scale)]
    if budget.moments_share:
        moves.append((days, 1 / budget.moments_scale))
    return epsilon_of_moves(tuple((count, float(price)) for count, price in moves), delta)


@functools.lru_cache(maxsize=1024)
def epsilon_of_moves(moves: tuple[tuple[int, float], ...], delta: float = 1e-6, mu: float = 0.0) -> float:
    """Return the ε at `delta` that moves of cells cost together: how many at which price 1/s (exact, to 1e-4).

    `mu`: by how many standard deviations the noise of live places was moved besides: the root of the sum of squares of
    `Continual.mu` over the days.
    """
    loss, share = np.zeros(1), np.ones(1)
    for count, price in moves:
        further, likely = _walk(count, price)
        loss, share = np.add.outer(loss, further).ravel(), np.multiply.outer(share, likely).ravel()
    delta_at = functools.partial(_delta, loss=loss, share=share)
    low, high = 0.0, sum(count * price for count, price in moves)
    if mu:
        delta_at, high = functools.partial(_normal_delta, loss=loss, share=share, mu=mu), high + mu * (mu / 2 + 9)
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (middle, high) if delta_at(middle) > delta else (low, middle)
    return high


def _walk(steps: int, size: float) -> tuple[Floats, Floats]:
    """Return losses and their probabilities of a walk of `steps` steps of ±`size`."""
    up = 1 / (1 + math.exp(-size))
    likely = [math.comb(steps, ups) * up**ups * (1 - up) ** (steps - ups) for ups in range(steps + 1)]
    return np.array([(2 * ups - steps) * size for ups in range(steps + 1)]), np.array(likely)


def _delta(epsilon: float, loss: Floats, share: Floats) -> float:
    above = loss > epsilon
    return float(-(share[above] * np.expm1(epsilon - loss[above])).sum())


def _normal_delta(epsilon: float, loss: Floats, share: Floats, mu: float) -> float:
    """Return δ with normal noise on top; what is all but impossible counts as if it lost everything."""
    likely = share > _IMPOSSIBLE
    rest = max(0.0, 1 - float(share[likely].sum())) if not likely.all() else 0.0
    return float(share[likely] @ _gaussian_deltas(epsilon - loss[likely], mu)) + rest
