"""The bank of charts of one city, and the alarms they raise.

Eight charts, each blind to what another sees. Which one speaks first is itself a hint at the cause:

| chart | watches | kind |
|---|---|---|
| `mood` | moments of mood of a community (GLR) | people |
| `volume` | voices of a community, more or fewer (GLR) | people or machine |
| `floor` | change under the floor of the noise: a counter that is stuck (CUSUM) | machine |
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

from nexus_city.vitals.watch.charts import Cusum, Glr, Mixture
from nexus_city.vitals.watch.streams import MOMENTS, Expectation, Standardiser
from nexus_city.vitals.watch.wandering import Innovations, Wandering

Floats = NDArray[np.float64]
Chart = Literal["mood", "volume", "floor", "cells", "city", "city-cells", "divergence", "repeat"]
CHARTS: tuple[Chart, ...] = get_args(Chart)
CALIBRATED = CHARTS[:-1]
"""Those that have a threshold; a repeat is one or it is none."""

_FLOOR_ALLOWANCE = _CELL_ALLOWANCE = 0.5
_LAG_ONE = 1.3  # neighbouring changes share a window: their sum varies this much more than independent ones would


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

    def __init__(self, expected: Expectation, wandering: Wandering | None = None) -> None:
        communities = len(expected.people)
        self._standardiser = Standardiser(expected)
        self._innovations = Innovations(wandering or Wandering.none((communities, 1 + MOMENTS)))
        self._mood, self._volume, self._city, self._mixture = Glr(), Glr(), Glr(), Mixture()
        self._floor = Cusum(_FLOOR_ALLOWANCE, side=-1)
        self._cells, self._city_cells = Cusum(_CELL_ALLOWANCE), Cusum(_CELL_ALLOWANCE)
        self._spread = np.sqrt(expected.variances)
        self._city_spread = np.sqrt(expected.variances.sum(axis=0))

    def read(self, counts: NDArray[np.int64]) -> dict[Chart, Floats]:
        """Return the statistic of every chart: [..., communities], or [..., 1] for those of the whole city."""
        now = self._standardiser.read(counts)
        moving = self._innovations.read(np.concatenate([now.volume[..., None], now.moments], axis=-1))
        volume, moments = moving[..., :1], moving[..., 1:]
        communities = volume.shape[-2]
        whole = moving[..., :3].sum(axis=-2, keepdims=True) / np.sqrt(communities)
        city_cells = (now.cells * self._spread).sum(axis=-2) / self._city_spread
        return {
            "mood": self._mood.read(moments),
            "volume": self._volume.read(volume),
            "floor": self._floor.read(now.change / _LAG_ONE),
            "cells": self._cells.read(now.cells).max(axis=-1),
            "city": self._city.read(whole),
            "city-cells": self._city_cells.read(city_cells).max(axis=-1)[..., None],
            "divergence": self._mixture.read(moments[..., :2])[..., None],
            "repeat": now.repeated.astype(float),
        }


class Watch:
    """A bank with its thresholds: raises an alarm when a chart goes above, and not again until it has come down."""

    def __init__(self, bank: Bank, thresholds: Thresholds) -> None:
        self._bank, self._thresholds = bank, thresholds
        self._window = -1
        self._above: set[tuple[Chart, int | None]] = set()

    def read(self, counts: NDArray[np.int64]) -> list[Alarm]:
        """Return the alarms that begin with this window of released tables [communities, cells]."""
        self._window += 1
        alarms = []
        above: set[tuple[Chart, int | None]] = set()
        for chart, statistics in self._bank.read(counts).items():
            limit = 0.5 if chart == "repeat" else self._thresholds.values[chart]
            for community in np.flatnonzero(statistics > limit):
                where = int(community) if statistics.size > 1 else None
                above.add((chart, where))
                if (chart, where) not in self._above:
                    alarms.append(self._alarm(chart, where, float(statistics[community]), limit))
        self._above = above
        return alarms

    def _alarm(self, chart: Chart, community: int | None, statistic: float, limit: float) -> Alarm:
        promise = self._thresholds
        return Alarm(self._window, chart, community, statistic, limit, promise.windows, promise.assumption)
