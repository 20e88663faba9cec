"""From released tables to standardised streams: what a chart watches, with mean 0 and variance 1 while all is as usual.

A community is expected to give `people` voices a window, spread over the cells as `shares`; its table then has mean
people·shares and variance people·shares + v in each cell, independent between cells, v the known variance of the noise.
From each table come

* the volume, the sum of its cells;
* five moments of mood, (valence, arousal, valence², valence·arousal, arousal²), centred on what is expected, so that
  their mean is 0 whatever the volume, and whitened by their known covariance;
* whether the counter is stuck: the log likelihood ratio of the change from the window before, of noise alone against
  noise and fresh voices;
* the cells themselves.

What is expected may differ from window to window: people sleep, and come back.

The exact log moment function of each stream (Poisson voices and discrete Laplace noise) is `log_mgf`: a chart that
guarantees its rate of false alarms is built on it, without simulation and without "approximately normal".
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOMENTS = 5
RATES = np.array([0.125, 0.25, 0.5, 1.0, 2.0, -0.125, -0.25, -0.5, -1.0, -2.0])
"""At which strengths an e-process bets that a stream has moved, in standard deviations."""
NoiseMgf = Callable[[Floats], Floats]


def discrete_laplace_log_mgf(scale: float, tables: int = 1) -> NoiseMgf:
    """Return log E[e^{θX}] of the sum of `tables` discrete Laplace draws; +inf from |θ| = 1/scale on."""
    p = math.exp(-1 / scale)

    def log_mgf(theta: Floats) -> Floats:
        inside = np.abs(theta) < 1 / scale
        safe = np.where(inside, theta, 0.0)
        value = 2 * math.log1p(-p) - np.log1p(-p * np.exp(safe)) - np.log1p(-p * np.exp(-safe))
        return np.where(inside, tables * value, np.inf)

    return log_mgf


@dataclass(frozen=True)
class Expectation:
    """What communities usually give in one window."""

    people: Floats
    """Voices of each community [communities], > 0."""
    shares: Floats
    """Share of each cell [communities, cells], rows sum to 1."""
    variance: Floats
    """Variance of the noise in one cell [communities], people²."""

    @property
    def side(self) -> int:
        """Cells along one edge of the grid."""
        return math.isqrt(self.shares.shape[1])

    @functools.cached_property
    def means(self) -> Floats:
        """Expected voices [communities, cells]."""
        return self.people[:, None] * self.shares

    @functools.cached_property
    def variances(self) -> Floats:
        """Variance of each released cell [communities, cells]."""
        return self.means + self.variance[:, None]

    @functools.cached_property
    def features(self) -> Floats:
        """Moments of mood centred on what is expected [communities, 5, cells]."""
        axis = (np.arange(self.side) + 0.5) * 2 / self.side - 1
        arousal, valence = (each.ravel() for each in np.meshgrid(axis, axis, indexing="ij"))
        raw: Floats = np.stack([valence, arousal, valence**2, valence * arousal, arousal**2])
        return np.asarray(raw - (self.shares @ raw.T)[:, :, None])

    @functools.cached_property
    def whitener(self) -> Floats:
        """Lower triangular W [communities, 5, 5] that makes the moments uncorrelated with variance 1."""
        cov = np.einsum("pbk,pk,pck->pbc", self.features, self.variances, self.features)
        return np.linalg.inv(np.linalg.cholesky(cov))

    @functools.cached_property
    def pushes(self) -> Floats:
        """Return by which voices [communities, 1 + 5, cells] volume and moments move by one, each alone."""
        weights = np.concatenate([self.plain[:, :1], self.whitener @ self.features], axis=1)
        spread = weights * self.variances[:, None]
        return np.asarray(np.linalg.solve(spread @ weights.transpose(0, 2, 1), spread))

    @functools.cached_property
    def plain(self) -> Floats:
        """Weights [communities, 3, cells] of volume, valence and arousal, each of variance 1 under the expectation."""
        ones = np.ones((len(self.people), 1, self.shares.shape[1]))
        weights = np.concatenate([ones, self.features[:, :2]], axis=1)
        return np.asarray(weights / np.sqrt(np.einsum("pbk,pk->pb", weights**2, self.variances))[:, :, None])

    def log_mgf(self, noise: NoiseMgf) -> Floats:
        """Return the exact log moment function of `plain` streams at RATES [communities, 3, rates]; +inf where none."""
        theta = RATES[:, None] * self.plain[:, :, None, :]
        means = self.means[:, None, None, :]
        sampling = (means * (np.expm1(theta) - theta)).sum(axis=-1)
        return np.asarray(sampling + noise(theta).sum(axis=-1))


@dataclass(frozen=True)
class Streams:
    """One window, standardised. Leading axes (cities side by side, for calibration) are kept: `...` below."""

    volume: Floats
    """[..., communities]"""
    moments: Floats
    """Whitened moments of mood [..., communities, 5]."""
    plain: Floats
    """Volume, valence, arousal, each of variance 1 [..., communities, 3]."""
    cells: Floats
    """Standardised cells [..., communities, cells]."""
    stuck: Floats
    """Log likelihood ratio that only the noise is fresh [..., communities]; 0 in the first window."""
    repeated: NDArray[np.bool_]
    """Whether a table is exactly the one before [..., communities]: fresh noise never repeats."""


class Standardiser:
    """Turns released tables [..., communities, cells] into streams, window after window."""

    def __init__(self, expected: Expectation) -> None:
        self._expected = expected
        self._before: tuple[NDArray[np.int64], Expectation] | None = None

    def read(self, counts: NDArray[np.int64], expected: Expectation | None = None) -> Streams:
        """Return the streams of the next window; `expected` is what is usual in it, if that is not always the same."""
        expected = expected or self._expected
        off = counts - expected.means
        plain = np.einsum("...pk,pbk->...pb", off, expected.plain)
        raw = np.einsum("...pk,pbk->...pb", off, expected.features)
        moments = np.einsum("pbc,...pc->...pb", expected.whitener, raw)
        stuck: Floats = np.zeros(counts.shape[:-1])
        repeated: NDArray[np.bool_] = np.zeros(counts.shape[:-1], bool)
        if self._before is not None:
            last, usual = self._before
            stuck = _stuck(counts - last, expected, usual)
            repeated = np.logical_not((counts - last).any(axis=-1))
        self._before = counts, expected
        return Streams(plain[..., 0], moments, plain, off / np.sqrt(expected.variances), stuck, repeated)


def _stuck(change: NDArray[np.int64], now: Expectation, before: Expectation) -> Floats:
    """Return the log likelihood ratio [..., communities] of a change, if only the noise changed, against as usual."""
    usual = now.variances + before.variances
    noise = (now.variance + before.variance)[:, None]
    fresh = change - (now.means - before.means)
    return np.asarray((np.log(usual / noise) - change**2 / noise + fresh**2 / usual).sum(axis=-1) / 2)
