"""How much an attack tells: from many days with and without a person to a lower bound on ε.

An audit draws the same day many times in two worlds that differ in one person's whole day, and scores each: the
higher, the more it looks as if the person were there. Three figures come of it, each with a confidence of 1 - ALPHA.

* `at_least` (Clopper & Pearson 1934). For every event S, ε-differential privacy says P₁(S) <= e^ε·P₀(S). An event
  "score >= t" is chosen on one half of the days, and its two frequencies are taken on the other half; a lower bound of
  the one over an upper bound of the other is a lower bound on ε, whatever the mechanism is. It assumes nothing, and so
  it is weak where all outputs are likely: it needs a bug that shifts a probability by more than its own width.
* `looks_like` ± `error` (parametric). If the loss is a walk of n steps of ±h, as `boundaries.ledger` proves for
  discrete Laplace noise of scale 1/h, the mean score of the two worlds differs by 2n·tanh(h/2). So the difference of
  means says n·h, with an error of the order of 1/√days. It finds bugs ten times smaller, for it knows what to look
  for.
* `auc`: how often a day with the person outscores one without. A fair coin has 0.5.

A sound mechanism stays below its claim in the first, within three errors of it in the second, and below what its claim
allows in the third. Sources: Jagielski, Ullman & Oprea 2020; Nasr et al. 2023; Dong, Roth & Su 2022.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

ALPHA = 1e-4
"""A right mechanism is blamed once in ten thousand audits."""
DAYS = 40_000
HIDDEN = np.iinfo(np.int64).min
"""Stands for a number that was not shown."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """What an audit found."""

    at_least: float
    looks_like: float
    error: float
    auc: float

    @property
    def surely(self) -> float:
        """The most ε that one of the two ways is sure of."""
        return max(self.at_least, self.looks_like - _SURE * self.error)


_SURE = float(norm.isf(ALPHA))


def judge(present: Floats, absent: Floats, step: float) -> Verdict:
    """Judge the scores of days with and without a person; `step` is h, what one unit of score says (ε)."""
    apart = float(present.mean() - absent.mean())
    error = math.sqrt(present.var() / present.size + absent.var() / absent.size)
    to_epsilon = step / (2 * math.tanh(step / 2))
    return Verdict(least_epsilon(present, absent), apart * to_epsilon, error * to_epsilon, auc(present, absent))


def least_epsilon(present: Floats, absent: Floats) -> float:
    """Return the ε that the scores show at least, with confidence 1 - ALPHA, whatever made them."""
    half = present.size // 2
    learn, test = (present[:half], absent[:half]), (present[half:], absent[half:])
    events = [(sign, at) for sign, at in product((1, -1), np.unique(np.quantile(learn[0], np.linspace(0, 1, 101))))]
    sides = [(one, other) for one, other in ((0, 1), (1, 0))]
    chosen = max(((event, side) for event in events for side in sides), key=lambda each: _bound(learn, *each))
    return max(0.0, _bound(test, *chosen))


def _bound(days: tuple[Floats, Floats], event: tuple[int, float], side: tuple[int, int]) -> float:
    sign, at = event
    likely, rare = (days[each] for each in side)
    inside, beside = (int((sign * each >= sign * at).sum()) for each in (likely, rare))
    if inside == 0:
        return 0.0
    low = beta.ppf(ALPHA / 2, inside, likely.size - inside + 1)
    high = 1.0 if beside == rare.size else beta.isf(ALPHA / 2, beside + 1, rare.size - beside)
    return math.log(low / high)


def auc(present: Floats, absent: Floats) -> float:
    """Return how often a score of `present` beats one of `absent`, ties counted half (Mann & Whitney 1947)."""
    ordered = np.sort(absent)
    below = np.searchsorted(ordered, present, "left") + np.searchsorted(ordered, present, "right")
    return float(below.mean() / (2 * absent.size))


def walk_auc(steps: int, step: float) -> float:
    """Return the AUC of the best attack on a walk of `steps` steps of ±`step`: what the claim allows, exactly."""
    up = 1 / (1 + math.exp(-step))
    with_it = [math.comb(steps, k) * up**k * (1 - up) ** (steps - k) for k in range(steps + 1)]
    without = with_it[::-1]
    ties = sum(p * q for p, q in zip(with_it, without, strict=True))
    return sum(with_it[k] * without[j] for k in range(steps + 1) for j in range(k)) + ties / 2


def auc_error(days: int) -> float:
    """Return five standard errors of an AUC near one half, of `days` days in each world."""
    return 5 * math.sqrt((2 * days + 1) / (12 * days * days))


def signs(seen: Ints, known: Ints) -> Ints:
    """Return +1 where a released number is nearer to one more than is known of the others, -1 where not, 0 if hidden.

    That is the whole of what a number says: its likelihood with one more and without differ by e^(±h), and by nothing
    in between (`boundaries.ledger`).
    """
    return np.where(seen == HIDDEN, 0, np.where(seen > known, 1, -1)).astype(np.int64)
