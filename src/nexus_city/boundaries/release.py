"""The one door from true counts to released ones.

`draw_noise` first, before the data is touched; `release` then adds it, once. There is no other way to make a
`Released` value, and everything beyond this room (climates, light, metrics, logs, exports) is made from those.
"""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries.noise import DiscreteLaplace
from nexus_city.ground import Randomness

_SEAL = object()


class Noise:
    """Noise for the cells of one table and window: drawn before the data, used once, never shown."""

    __slots__ = ("_values", "scale", "unit", "variance")

    def __init__(self, values: NDArray[np.int64], scale: Fraction, variance: float, unit: int = 1) -> None:
        self._values: NDArray[np.int64] | None = values
        self.scale = scale
        self.variance = variance
        self.unit = unit
        """Parts of a person in which the values are, and in which the counts must be; whole people are released."""

    def take(self) -> NDArray[np.int64]:
        """Hand the values over, for the first and last time."""
        if self._values is None:
            raise RuntimeError("this noise was used before: two releases would share it and cancel it out")
        values, self._values = self._values, None
        return values

    def __repr__(self) -> str:
        return f"<Noise of scale {self.scale}>"  # its values are a secret, in tracebacks too


class Released:
    """Counts that may be shown to anybody, for ever: int64, read-only, possibly negative."""

    __slots__ = ("counts",)

    def __init__(self, counts: NDArray[np.int64], seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a Released value is made by boundaries.release, and by nothing else")
        counts.flags.writeable = False
        self.counts = counts

    def to_bytes(self) -> bytes:
        """Return the counts as little-endian int64, for the append-only table."""
        return self.counts.astype("<i8").tobytes()


def draw_noise(mechanism: DiscreteLaplace, randomness: Randomness, cells: int) -> Noise:
    """Draw the noise for `cells` cells. Call it before the window closes."""
    return Noise(mechanism.draw(randomness, cells), mechanism.scale, mechanism.variance)


def release(counts: NDArray[np.int64], noise: Noise) -> Released:
    """Add `noise` to the true `counts` (int64, same length) and consume it."""
    values = noise.take()
    if counts.dtype != np.int64 or counts.shape != values.shape:
        raise ValueError(f"counts must be int64 of shape {values.shape}, not {counts.dtype} of {counts.shape}")
    return Released((counts + values + noise.unit // 2) // noise.unit, _SEAL)


def reload(stored: bytes) -> Released:
    """Read back what `Released.to_bytes` wrote: it was released before, so no noise is needed again."""
    return Released(np.frombuffer(stored, dtype="<i8").astype(np.int64), _SEAL)
