"""The bank of charts of one city, and the alarms they raise.

Eight charts, each blind to what another sees. Which one speaks first is itself a hint at the cause:

| chart | watches | kind |
|---|---|---|
| `mood` | moments of mood of a community (GLR) | people |
| `volume` | voices of a community, more or fewer (GLR) | people or machine |
| `floor` | change by the noise alone: a counter that is stuck (CUSUM of likelihood ratios) | machine |
| `cells` | few cells of a community that fill up (CUSUM) | attack |
| `city` | volume, valence, arousal of the whole city (GLR) | people |
| `city-cells` | few cells of the whole city (CUSUM) | attack |
| `divergence` | some communities against the city's mean (mixture) | people |
| `repeat` | a table that is exactly the one before: noise never repeats | machine |

`floor`, `cells`, `city-cells` and `repeat` read the streams as they are; moods and volumes wander by themselves, so the
other four read Kalman innovations (`wandering`).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nexus_city.vitals.watch.charts import LONGEST, Cusum, Flags, Glr, Mixture
from nexus_city.vitals.watch.streams import MOMENTS, Expectation, Standardiser, Streams
from nexus_city.vitals.watch.wandering import Innovations, Wandering

Floats = NDArray[np.float64]
Chart = Literal["mood", "volume", "floor", "cells", "city", "city-cells", "divergence", "repeat"]
CHARTS: tuple[Chart, ...] = get_args(Chart)
OF_THE_CITY: frozenset[Chart] = frozenset({"city", "city-cells", "divergence"})
CALIBRATED = CHARTS[:-1]
"""Those that have a threshold; a repeat is one or it is none."""

_CELL_ALLOWANCE = 1.0
_CELL_MOST = 5.0  # standard deviations that one window may count for: the noise has heavier tails than voices have


@dataclass(frozen=True)
class Thresholds:
    """Above which value each chart alarms, and what that promises."""

    values: dict[Chart, float]
    windows: float
    """Average number of windows between two false alarms of the whole bank."""
    assumption: str
    """Under which the promise holds."""


@dataclass(frozen=True)
class Alarm:
    """One chart above its threshold, with what must be known to judge it later."""

    window: int
    """Number of the window since the bank began, from 0."""
    chart: Chart
    community: int | None
    """None: the whole city."""
    statistic: float
    threshold: float
    mean_windows: float
    """How many windows pass between two false alarms of the bank on average, if `assumption` holds."""
    assumption: str


class Bank:
    """All charts over one city, or over several of the same expectation side by side (leading axes)."""

    def __init__(self, expected: Expectation, wandering: Wandering | None = None, longest: int = LONGEST) -> None:
        """`longest` is how many windows back a change of mood or volume is looked for."""
        communities = len(expected.people)
        self._expected = expected
        self._standardiser = Standardiser(expected)
        self._innovations = Innovations(wandering or Wandering.none((communities, 1 + MOMENTS)))
        self._mood, self._volume, self._city = Glr(longest), Glr(longest), Glr(longest)
        self._mixture = Mixture(longest)
        self._floor, self._cells, self._city_cells = Cusum(), Cusum(_CELL_ALLOWANCE), Cusum(_CELL_ALLOWANCE)
        self.streams: Streams
        """What was read last, before wandering was taken out."""

    def read(self, counts: NDArray[np.int64], expected: Expectation | None = None) -> dict[Chart, Floats]:
        """Return the statistic of every chart: [..., communities], or [..., 1] for those of the whole city.

        `expected` is what is usual in this window, if that is not always the same.
        """
        expected = expected or self._expected
        self.streams = now = self._standardiser.read(counts, expected)
        moving = self._innovations.read(np.concatenate([now.volume[..., None], now.moments], axis=-1))
        volume, moments = moving[..., :1], moving[..., 1:]
        whole = moving[..., :3].sum(axis=-2, keepdims=True) / np.sqrt(volume.shape[-2])
        city_cells = (now.cells * np.sqrt(expected.variances)).sum(axis=-2, keepdims=True)
        city_cells /= np.sqrt(expected.variances.sum(axis=0))
        return {
            "mood": self._mood.read(moments),
            "volume": self._volume.read(volume),
            "floor": self._floor.read(now.stuck[..., None])[..., 0],
            "cells": self._cells.read(np.minimum(now.cells, _CELL_MOST)).max(axis=-1),
            "city": self._city.read(whole),
            "city-cells": self._city_cells.read(np.minimum(city_cells, _CELL_MOST)).max(axis=-1),
            "divergence": self._mixture.read(moments[..., :2])[..., None],
            "repeat": now.repeated.astype(float),
        }

    def forget(self, communities: Flags) -> None:
        """Let the charts of some communities [communities] begin anew, and those of the whole city with them."""
        for chart in (self._mood, self._volume, self._floor, self._cells, self._mixture):
            chart.forget(communities)
        for chart in (self._city, self._city_cells):
            chart.forget(np.ones(1, bool))


class Watch:
    """A bank with its thresholds: raises an alarm when a chart goes above, and not again until it has come down."""

    def __init__(self, bank: Bank, thresholds: Thresholds) -> None:
        self._bank, self._thresholds = bank, thresholds
        self._window = -1
        self._above: set[tuple[Chart, int | None]] = set()

    def above(self, community: int | None) -> set[Chart]:
        """Return which charts are above their threshold for one community; None: those of the whole city."""
        return {chart for chart, where in self._above if where == community}

    def read(self, counts: NDArray[np.int64], expected: Expectation | None = None) -> list[Alarm]:
        """Return the alarms that begin with this window of released tables [communities, cells]."""
        self._window += 1
        alarms = []
        above: set[tuple[Chart, int | None]] = set()
        for chart, statistics in self._bank.read(counts, expected).items():
            limit = 0.5 if chart == "repeat" else self._thresholds.values[chart]
            for community in np.flatnonzero(statistics > limit):
                where = None if chart in OF_THE_CITY else int(community)
                above.add((chart, where))
                if (chart, where) not in self._above:
                    alarms.append(self._alarm(chart, where, float(statistics[community]), limit))
        self._above = above
        return alarms

    def _alarm(self, chart: Chart, community: int | None, statistic: float, limit: float) -> Alarm:
        promise = self._thresholds
        return Alarm(self._window, chart, community, statistic, limit, promise.windows, promise.assumption)
