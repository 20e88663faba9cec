"""How well draws fit a distribution: Pearson's χ² with pooled tails, against exact figures or another sampler."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

SURE = 1e-4
"""A p-value at or below this is a failure: a right sampler is blamed once in ten thousand runs."""
_FULL = 25  # expected draws that a bin must have; rarer values are pooled into the two tails

Ints = NDArray[np.int64]


def share_of(scale: Fraction) -> Callable[[int], float]:
    """Return P(X = k) of the discrete Laplace distribution, written down anew: tanh(1/2s)·e^(-|k|/s)."""
    return lambda k: math.tanh(1 / (2 * scale)) * math.exp(-abs(k) / scale)


def fit(draws: Ints, share: Callable[[int], float]) -> float:
    """Return the p-value of `draws` under a symmetric distribution with probabilities `share`, falling from 0 on."""
    edge = 0
    while draws.size * share(edge + 1) >= _FULL:
        edge += 1
    inside = np.array([share(k) for k in range(-edge, edge + 1)])
    tail = (1 - inside.sum()) / 2
    expected = np.array([tail, *inside, tail]) * draws.size
    expected = expected if expected[0] >= _FULL else _pooled(expected)
    found = np.bincount(np.clip(draws, -edge - 1, edge + 1) + edge + 1, minlength=2 * edge + 3).astype(float)
    found = found if found.size == expected.size else _pooled(found)
    return float(chi2.sf(((found - expected) ** 2 / expected).sum(), expected.size - 1))


def same(one: Ints, other: Ints) -> float:
    """Return the p-value of two samples having come from one distribution."""
    low, high = np.percentile(np.concatenate([one, other]), [0.05, 99.95]).astype(int)
    size = int(high - low) + 1
    a, b = (np.bincount(np.clip(each, low, high) - low, minlength=size).astype(float) for each in (one, other))
    full = a + b >= 2 * _FULL
    a, b = (np.append(each[full], each[~full].sum()) for each in (a, b))
    a, b = (each[each_ > 0] for each, each_ in ((a, a + b), (b, a + b)))
    k = math.sqrt(other.size / one.size)
    return float(chi2.sf(((a * k - b / k) ** 2 / (a + b)).sum(), a.size - 1))


def _pooled(bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pool each thin tail with the value next to it."""
    return np.array([bins[0] + bins[1], *bins[2:-2], bins[-2] + bins[-1]])
