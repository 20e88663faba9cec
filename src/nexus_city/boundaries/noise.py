"""Exact integer noise: the discrete Laplace distribution by an inverse-CDF table over 64 random bits.

P(X = k) = (1 - p) / (1 + p) · p^|k|  with  p = exp(-1/scale), for all integers k.

Adding X to an integer count that one person changes by at most d gives (d/scale)-differential privacy (Ghosh,
Roughgarden & Sundararajan 2009, the two-sided geometric mechanism).

Precondition: scale is an exact fraction > 0. Postcondition: each draw differs from the distribution by a total
variation of at most `total_variation` (below 1e-16 up to a scale of 30 people, and in proportion to it): thresholds are
floors of 2^64·P(X <= k), computed with 60 decimal digits. So each probability is off by less than 2^-64, and half the
sum of what they are off, the two folded tails of at most 2^-66 included, is below (thresholds / 2 + 2) · 2^-64.

The table, the number of random bytes and the number of draws do not depend on any data; noise is drawn in bulk
before a window closes, so its timing tells nothing about a count (Jin, McMurtry, Rubinstein & Ohrimenko 2022).
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.ground import Randomness

_TAIL = Decimal(2) ** -66  # probability that is folded into the outermost values


class DiscreteLaplace:
    """Discrete Laplace noise of one public `scale` (in people)."""

    def __init__(self, scale: Fraction) -> None:
        if scale <= 0:
            raise ValueError(f"the scale of noise must be above 0 people, not {scale}")
        self.scale = scale
        with localcontext() as context:
            context.prec = 60
            p = (Decimal(-scale.denominator) / Decimal(scale.numerator)).exp()
            self.reach = max(1, int((_TAIL.ln() / p.ln()).to_integral_value(ROUND_CEILING)))
            below = [(p**-k) / (1 + p) if k < 0 else 1 - p ** (k + 1) / (1 + p) for k in range(-self.reach, self.reach)]
            thresholds = [int((share * 2**64).to_integral_value(ROUND_FLOOR)) for share in below]
            self.variance = float(2 * p / (1 - p) ** 2)
        self._thresholds = np.array(thresholds, dtype=np.uint64)
        self.total_variation = (len(thresholds) / 2 + 2) * 2.0**-64
        # Most draws are decided by their first 16 bits: the table says between which thresholds they fall.
        starts = np.arange(2**16, dtype=np.uint64) << np.uint64(48)
        ends = starts | np.uint64(2**48 - 1)
        self._low = np.searchsorted(self._thresholds, starts, side="right").astype(np.int64)
        self._decided = self._low == np.searchsorted(self._thresholds, ends, side="right")

    def draw(self, randomness: Randomness, count: int) -> NDArray[np.int64]:
        """Return `count` independent draws (int64, people), consuming exactly 8·count bytes of `randomness`."""
        bits = np.frombuffer(randomness.draw(8 * count), dtype="<u8")
        first = (bits >> np.uint64(48)).astype(np.intp)
        drawn = self._low[first]
        open_ = np.flatnonzero(~self._decided[first])
        drawn[open_] = np.searchsorted(self._thresholds, bits[open_], side="right")
        drawn -= self.reach
        return drawn

    def probability(self, k: int) -> float:
        """Return P(X = k) of the exact distribution."""
        with localcontext() as context:
            context.prec = 60
            p = (Decimal(-self.scale.denominator) / Decimal(self.scale.numerator)).exp()
            return float((1 - p) / (1 + p) * p ** abs(k))
