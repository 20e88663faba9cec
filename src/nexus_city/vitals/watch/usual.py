"""What is usual: the voices and moods of a community at each time of day, learned from what earlier days released.

Nobody tells a network what is ordinary. It takes the released tables of the last days, window by window, and smooths
them over neighbouring times of day; with enough of both kinds, weekdays and weekends are learned apart. What is learned
from few days is uncertain, and that uncertainty is added to the variance which a window is judged by.

The rest is what no clock explains: moods wander from day to day and crowds differ more than chance. `Wandering` is
learned from what is left of the same days when the time of day is taken out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.vitals.watch.streams import Expectation, Floats, Standardiser
from nexus_city.vitals.watch.wandering import Wandering

FEWEST_DAYS = 3
"""Days from which what is usual can be learned."""
_SMOOTHED_S = 1800  # standard deviation of the kernel over times of day: a city wakes up within the hour
_LEAST = 0.02  # voices that a cell is expected to give at least, so that its variance is never only noise
_APART = 2  # days of a kind from which it is learned apart

Ints = NDArray[np.int64]


class Usual:
    """The baseline of communities that speak in windows of one length, on one grid."""

    def __init__(self, days: Ints, weekend: Sequence[bool], variance: Floats, window_s: int) -> None:
        """Learn from `days` [days, windows of a day, communities, cells], the kinds of which `weekend` tells.

        `variance` [communities] is that of the noise in one cell. Raises ValueError for fewer than FEWEST_DAYS.
        """
        if len(days) < FEWEST_DAYS:
            raise ValueError(f"what is usual is learned from at least {FEWEST_DAYS} days, not {len(days)}")
        kinds = np.asarray(weekend, bool)
        self._apart = min(int(kinds.sum()), int((~kinds).sum())) >= _APART
        self._variance = variance
        self._kernel = _kernel(days.shape[1], window_s)
        self._known: dict[tuple[int, int], Expectation] = {}
        self._slots = [self._learn(days[kinds == kind] if self._apart else days) for kind in (False, True)]
        self.wandering = self._left(days, kinds)
        """What moves volume and moods [communities, 1 + moments] beside the time of day."""

    @property
    def windows(self) -> int:
        """Windows of a day."""
        return len(self._kernel)

    def expectation(self, window: int, *, weekend: bool) -> Expectation:
        """Return what is usual in a window of the day, on a day of that kind."""
        slot = int(weekend), window % self.windows
        if slot not in self._known:
            self._known[slot] = self._slots[slot[0]].at(slot[1], self._variance)
        return self._known[slot]

    def _learn(self, days: Ints) -> "_Slots":
        smooth: Floats = np.einsum("st,tpc->spc", self._kernel, days.mean(axis=0))
        # The mean of a few days is itself off by chance: each cell by this share of what one window is off by.
        doubt = float((self._kernel**2).sum(axis=1).mean()) / len(days)
        return _Slots(np.maximum(smooth, _LEAST), doubt)

    def _left(self, days: Ints, kinds: NDArray[np.bool_]) -> Wandering:
        """Learn from each day as it was unlike the others: what is learned with a day explains that day too well."""
        rows = []
        for number, day in enumerate(days):
            others = (kinds == kinds[number]) if self._apart else np.ones(kinds.size, bool)
            slots = self._learn(days[others & (np.arange(kinds.size) != number)])
            reader: Standardiser | None = None
            for window, counts in enumerate(day):
                expected = slots.at(window, self._variance)
                reader = reader or Standardiser(expected)
                now = reader.read(counts, expected)
                rows.append(np.concatenate([now.volume[..., None], now.moments], axis=-1))
        expected = self.expectation(self.windows // 2, weekend=False)
        return Wandering.learn(np.array(rows), expected.people / np.sqrt(expected.variances.sum(axis=1)))


@dataclass(frozen=True)
class _Slots:
    """What some days teach of one kind of day."""

    means: Floats
    """Voices [windows of a day, communities, cells]."""
    doubt: float

    def at(self, window: int, variance: Floats) -> Expectation:
        means = self.means[window]
        people = means.sum(axis=1)
        doubt = self.doubt * (variance + means.mean(axis=1))
        return Expectation(people, means / people[:, None], variance + doubt)


def _kernel(windows: int, window_s: int) -> Floats:
    """Return the weights [windows, windows] by which times of day lend to each other; rows sum to 1."""
    apart = np.arange(windows)[:, None] - np.arange(windows)
    apart = np.minimum(np.abs(apart), windows - np.abs(apart)) * window_s
    weight: Floats = np.exp(-0.5 * (apart / _SMOOTHED_S) ** 2)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))
