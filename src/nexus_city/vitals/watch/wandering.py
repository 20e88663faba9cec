"""Natural wandering: moods drift by themselves, and a chart that calls it an event cries wolf a thousand times.

Each standardised stream is a slow wander plus a window's own chance:  s_t = φ·s_{t-1} + w_t,  z_t = s_t + v_t, with
Var s = τ² and Var v = 1. A Kalman filter predicts z_t from the past; its innovations, standardised, are what the charts
watch. What the filter follows it cannot see: a change smaller than a place's ordinary wandering is not told apart from
it, and `Wandering` says how large that is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Wandering:
    """How streams wander by themselves; arrays of one shape, one value a stream."""

    spread: Floats
    """τ, standard deviations of a window's own chance, >= 0."""
    memory: Floats
    """φ, correlation of the wander with itself one window later, 0..1."""

    @classmethod
    def learn(cls, history: Floats) -> "Wandering":
        """Estimate from standardised streams [windows, ...] of ordinary days, at least 30 windows.

        A window's chance is independent of the next one's, so the autocovariances at lags 1 to 3 are the wander's
        alone: τ²φ, τ²φ², τ²φ³.
        """
        if len(history) < 30:
            raise ValueError(f"wandering is learned from at least 30 windows, not {len(history)}")
        off = history - history.mean(axis=0)
        lag = [(off[k:] * off[:-k]).mean(axis=0) for k in (1, 2, 3)]
        alone = 2 / np.sqrt(len(history))  # what chance alone puts into an autocovariance
        wanders = lag[0] > alone
        memory = np.where(wanders, np.clip((lag[1] + lag[2]) / np.maximum(lag[0] + lag[1], alone), 0.0, 0.999), 0.0)
        variance = np.where(wanders & (memory > 0), lag[0] / np.maximum(memory, 0.05), 0.0)
        return cls(np.sqrt(np.maximum(variance, 0.0)), memory)

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> "Wandering":
        """Return what does not wander: the noise and the voices are all there is."""
        return cls(np.zeros(shape), np.zeros(shape))


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

    With prior variance P: P = φ²P/(P + 1) + q, q = τ²(1 - φ²); so P² + P(1 - φ² - q) - q = 0.
    """
    memory2 = wandering.memory**2
    driven = wandering.spread**2 * (1 - memory2)
    half = (1 - memory2 - driven) / 2
    prior = np.sqrt(half**2 + driven) - half
    return prior / (prior + 1), np.sqrt(prior + 1)
