"""Natural wandering: moods drift by themselves, and a chart that calls it an event cries wolf a thousand times.

Each standardised stream is a slow wander plus a window's own chance:  s_t = φ·s_{t-1} + w_t,  z_t = s_t + v_t, with
Var s = τ² and Var v = ρ². By voices and noise alone ρ would be 1; crowds that come together make it more. A Kalman
filter predicts z_t from the past; its innovations, standardised, are what the charts watch. What the filter follows it
cannot see: a change smaller than a place's ordinary wandering is not told apart from it, and `Wandering` says how large
that is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LAGS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Windows by which autocovariances are taken apart."""


@dataclass(frozen=True)
class Wandering:
    """How streams wander by themselves; arrays of one shape, one value a stream."""

    spread: Floats
    """τ, standard deviation of the wander, >= 0; in standard deviations of voices and noise."""
    memory: Floats
    """φ, correlation of the wander with itself one window later, 0..1."""
    chance: Floats
    """ρ, standard deviation of a window's own chance, >= 1; in the same."""

    @classmethod
    def learn(cls, history: Floats, reach: Floats | None = None) -> "Wandering":
        """Estimate from standardised streams [windows, ...] of ordinary days, at least 30 windows.

        A window's chance is independent of the next one's, so the autocovariance at lag k is the wander's alone: τ²φᵏ.
        With `reach` [communities], how many standard deviations one and the same change makes
        in each of the streams [windows, communities, streams], communities lend to each other: none is thought to
        wander less than all of them together do, be it in moods or in standard deviations.
        """
        if len(history) < 30:
            raise ValueError(f"wandering is learned from at least 30 windows, not {len(history)}")
        off = history - history.mean(axis=0)
        reached = [lag for lag in LAGS if lag <= len(history) // 4]
        lags = np.stack([(off[lag:] * off[:-lag]).mean(axis=0) for lag in reached])
        variance, memory = _from_lags(lags, 2 / np.sqrt(len(history)))  # what chance alone puts into an autocovariance
        if reach is not None:
            square = (reach**2)[:, None]
            together = (lags * square).sum(axis=1) / (square**2).sum()
            common, lasting = _from_lags(together, 2 / np.sqrt(len(history) * (square**2).sum()))
            # Of how long they last one community alone tells little, and all together much.
            variance = np.where(lasting > 0, np.maximum(lags[0], 0.0) / np.maximum(lasting, 0.05), variance)
            memory = np.where(lasting > 0, lasting, memory)
            variance = np.maximum(variance, np.maximum(common * square, variance.mean(axis=0)))
        own = (off**2).mean(axis=0) - variance
        return cls(np.sqrt(variance), memory, np.sqrt(np.maximum(own, 1.0)))

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "Wandering":
        """Return what does not wander: the noise and the voices are all there is."""
        return cls(np.zeros(shape), np.zeros(shape), np.ones(shape))


def _from_lags(lags: Floats, alone: float) -> tuple[Floats, Floats]:
    """Return variance and memory of wanders from autocovariances at LAGS [lags, ...], 0 where chance explains them.

    The memory is read from the longest lag at which half of the wander is left: there a small error matters least.
    """
    first = np.maximum(lags[0], alone)
    memory = np.clip(lags[1] / first, 0.0, 0.9999)
    for lag, left in zip(LAGS[2:], lags[2:], strict=False):
        lasting = np.clip(np.maximum(left, 0.0) / first, 0.0, 1.0) ** (1 / (lag - 1))
        memory = np.where(left >= first / 2, np.minimum(lasting, 0.9999), memory)
    wanders = (lags[0] > alone) & (memory > 0)
    return np.where(wanders, lags[0] / np.maximum(memory, 0.05), 0.0), np.where(wanders, memory, 0.0)


class Innovations:
    """A steady-state Kalman filter for each stream: from standardised streams to standardised innovations."""

    def __init__(self, wandering: Wandering) -> None:
        self._memory = wandering.memory
        self._gain, self._spread = _steady(wandering)
        self._expected: Floats | float = 0.0

    def read(self, streams: Floats) -> Floats:
        """Return the innovations of the next window, variance 1 as long as nothing but wandering happens."""
        surprise = streams - self._expected
        self._expected = self._memory * (self._expected + self._gain * surprise)
        return np.asarray(surprise / self._spread)


def _steady(wandering: Wandering) -> tuple[Floats, Floats]:
    """Return gain and standard deviation of the innovations: the fixed point of the Riccati equation, in closed form.

    In units of ρ², with prior variance P: P = φ²P/(P + 1) + q, q = τ²(1 - φ²)/ρ²; so P² + P(1 - φ² - q) - q = 0.
    """
    memory2 = wandering.memory**2
    driven = (wandering.spread / wandering.chance) ** 2 * (1 - memory2)
    half = (1 - memory2 - driven) / 2
    prior = np.sqrt(half**2 + driven) - half
    return prior / (prior + 1), wandering.chance * np.sqrt(prior + 1)
