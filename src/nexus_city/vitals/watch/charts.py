"""Charts: each watches standardised streams for one kind of change and gives one number a window; high is suspicious.

All are fed window after window by `read`, keep a state of fixed size, and take any number of cities side by side as
leading axes (`...`), which is how they are calibrated.

* `EDetector`: a mixture of Shiryaev-Roberts e-processes over streams and strengths of change. M/n is a martingale with
  mean at most 1 a window, so a threshold of A windows gives an average run length of at least A, whatever the number of
  streams: guaranteed, not calibrated (Shin, Ramdas & Rinaldo 2024).
* `Glr`: generalised likelihood ratio of a changed mean over the last 1 to 512 windows (Lai 1995).
* `Mixture`: how probable it is that *some* communities have moved while the city as a whole has not (Xie & Siegmund
  2013): divergence.
* `Cusum`: cumulated sum above what is expected (Page 1954): few cells that fill up, or what speaks for a stuck counter.

`forget` lets a chart begin anew for some communities: what was explained shall not be told again.
"""

import numpy as np
from numpy.typing import NDArray

from nexus_city.vitals.watch.streams import RATES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SPANS = np.array([1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512])
"""Over how many last windows a change is looked for."""
LONGEST = int(SPANS[-1])
_FULL = 1e200  # far above any threshold, far below what a float cannot hold


class _Sums:
    """Sums of up to `longest` last windows of any array [..., communities, dimensions], by a ring of cumulated ones."""

    def __init__(self, longest: int) -> None:
        self.spans = SPANS[longest >= SPANS]
        self._ring: Floats | None = None
        self._at = 0

    def read(self, values: Floats) -> Floats:
        """Return the sums over spans of the past that is there [spans, ...]."""
        size = int(self.spans[-1]) + 1
        if self._ring is None:
            self._ring = np.zeros((size, *values.shape))
        now = self._ring[self._at % size] + values
        self._at += 1
        self._ring[self._at % size] = now
        there = self.spans[self._at >= self.spans]
        return np.asarray(now - self._ring[(self._at - there) % size])

    def forget(self, communities: Flags) -> None:
        """Let the sums of some communities [communities], the last axis but one, begin at 0."""
        if self._ring is not None:
            now = self._ring[self._at % len(self._ring)]
            self._ring[..., communities, :] = now[..., communities, :]


class Glr:
    """Largest ‖sum over the last w windows‖²/w of whitened vectors [..., communities, dimensions]."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._sums = _Sums(longest)
        self.forget = self._sums.forget

    def read(self, vectors: Floats) -> Floats:
        """Return the statistic of each community [..., communities]."""
        sums = self._sums.read(vectors)
        spans = self._sums.spans[: len(sums)].reshape(-1, *[1] * vectors.ndim)
        return np.asarray((sums**2 / spans).sum(axis=-1).max(axis=0))


class Mixture:
    """Evidence that a share of communities has moved against the city's mean, over the last w windows."""

    MOVED = 0.3
    """Share of communities that is expected to move when some do."""

    def __init__(self, longest: int = LONGEST) -> None:
        self._sums = _Sums(longest)
        self.forget = self._sums.forget

    def read(self, vectors: Floats) -> Floats:
        """Return the statistic of the city [...] from vectors [..., communities, dimensions]."""
        sums = self._sums.read(vectors - vectors.mean(axis=-2, keepdims=True))
        spans = self._sums.spans[: len(sums)].reshape(-1, *[1] * vectors.ndim)
        gain = (sums**2 / spans).sum(axis=-1) / 2
        each = np.logaddexp(np.log1p(-self.MOVED), np.log(self.MOVED) + gain)
        return np.asarray(each.sum(axis=-1).max(axis=0))


class Cusum:
    """Cumulated excess of each stream [..., communities, dimensions] over `allowance`, never below 0."""

    def __init__(self, allowance: float = 0.0) -> None:
        self._allowance = allowance
        self._sum: Floats | None = None

    def read(self, streams: Floats) -> Floats:
        """Return the sum of each stream."""
        before = np.zeros(streams.shape) if self._sum is None else self._sum
        self._sum = np.maximum(0.0, before + streams - self._allowance)
        return self._sum

    def forget(self, communities: Flags) -> None:
        """Let the sums of some communities begin at 0."""
        if self._sum is not None:
            self._sum[..., communities, :] = 0.0


class EDetector:
    """Mixture Shiryaev-Roberts e-detector over all streams and RATES, from their exact log moment functions.

    `log_mgf` [communities, streams, rates] of the streams it is fed; +inf where a bet is not allowed.
    """

    def __init__(self, log_mgf: Floats) -> None:
        self._log_mgf = log_mgf
        self._allowed = np.isfinite(log_mgf)
        if not self._allowed.any():
            raise ValueError("no stream has a finite moment function at any rate; the noise is too heavy for its sums")
        self._process: Floats | float = 0.0

    def read(self, streams: Floats) -> Floats:
        """Return the e-detector [...] from streams [..., communities, streams]; a window without change adds 1."""
        log_bet = np.where(
            self._allowed, RATES * streams[..., None] - np.where(self._allowed, self._log_mgf, 0), -np.inf
        )
        bet = np.exp(np.minimum(log_bet, 460.0))  # e^460 is _FULL: a bet that won more has won
        self._process = np.minimum(bet * (self._process + 1), _FULL)
        return np.asarray(self._process.sum(axis=(-3, -2, -1)) / self._allowed.sum())
