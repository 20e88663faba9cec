"""Calibration: thresholds at which the whole bank cries wolf once in a stated number of windows.

Cities in which nothing happens are simulated (Poisson voices, discrete Laplace noise, the wandering that was learned),
several side by side, and the highest value of each chart in each stretch of time is noted. A maximum over a long
stretch falls off exponentially, so the threshold is read from a line through the logarithm of how often it is passed.
Each chart gets an equal share of the allowed rate, so that their union keeps it.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import DiscreteLaplace
from nexus_city.ground import Randomness
from nexus_city.vitals.watch.bank import CALIBRATED, Bank, Chart, Thresholds
from nexus_city.vitals.watch.charts import LONGEST
from nexus_city.vitals.watch.streams import Expectation
from nexus_city.vitals.watch.wandering import Wandering

Floats = NDArray[np.float64]
STRETCH = 480
"""Windows of which one maximum is noted; alarms closer together than this are one event."""
WARM_UP = 1024
"""Windows until a bank has forgotten that it began."""


def quiet_city(
    expected: Expectation,
    noise: DiscreteLaplace,
    cities: int,
    randomness: Randomness,
    seed: int,
    wandering: Wandering | None = None,
    tables: int = 1,
) -> Iterator[NDArray[np.int64]]:
    """Yield, for ever, the released tables [cities, communities, cells] of cities in which nothing happens.

    Each is the sum of `tables` tables with noise of their own; moods and volumes wander as `wandering` says.
    """
    chance = np.random.default_rng(seed)  # synthetic voices; their noise is drawn as a real city's
    still = np.broadcast_to(expected.means, (cities, *expected.means.shape))
    moods = _wander(wandering, cities, chance) if wandering else None
    while True:
        means = still + np.einsum("ypk,pkc->ypc", next(moods), expected.pushes) if moods else still
        drawn = noise.draw(randomness, tables * means.size).reshape(tables, *means.shape).sum(axis=0)
        yield chance.poisson(np.maximum(means, 0.0)) + drawn


def _wander(wandering: Wandering, cities: int, chance: np.random.Generator) -> Iterator[Floats]:
    """Yield how far volume and moments [cities, communities, 1 + 5] have wandered, window after window."""
    shape = (cities, *wandering.spread.shape)
    state = wandering.spread * chance.normal(size=shape)
    driven = wandering.spread * np.sqrt(1 - wandering.memory**2)
    own = np.sqrt(wandering.chance**2 - 1)
    while True:
        yield state + own * chance.normal(size=shape)
        state = wandering.memory * state + driven * chance.normal(size=shape)


def calibrate(
    expected: Expectation,
    windows_between_alarms: float,
    tables: Iterator[NDArray[np.int64]],
    stretches: int,
    wandering: Wandering | None = None,
    progress: Callable[[float], None] = lambda _: None,
    longest: int = LONGEST,
) -> Thresholds:
    """Return thresholds for one false alarm of the bank in `windows_between_alarms` windows.

    `tables` yields quiet cities side by side; `stretches` (at least 20 in all, over all cities) are read. The bank
    looks back over `longest` windows.
    """
    bank = Bank(expected, wandering, longest)
    highest: dict[Chart, list[float]] = {chart: [] for chart in CALIBRATED}
    cities = 1
    for _ in range(min(WARM_UP, 2 * longest)):
        counts = next(tables)
        cities = len(counts)
        bank.read(counts)
    rounds = math.ceil(stretches / cities)
    for done in range(rounds):
        top: dict[Chart, Floats] = {}
        for _ in range(STRETCH):
            for chart, statistic in bank.read(next(tables)).items():
                most = statistic.max(axis=-1)
                top[chart] = np.maximum(top.get(chart, most), most)
        for chart in CALIBRATED:
            highest[chart].extend(top[chart].tolist())
        progress((done + 1) / rounds)
    share = STRETCH / windows_between_alarms / len(CALIBRATED)
    values = {chart: threshold(np.array(found), share) for chart, found in highest.items()}
    return Thresholds(values, windows_between_alarms, "voices and noise as simulated from the city's own baseline")


def threshold(maxima: Floats, wanted: float) -> float:
    """Return the value that the maximum of one stretch passes `wanted` times on average (may be below 1 in `maxima`).

    Of n maxima the i-th highest is passed with probability (i - 1/2)/n, that is by -log(1 - that) events a stretch.
    Above the median its logarithm is nearly a straight line, which is followed to where it meets `wanted`.
    """
    if maxima.size < 20:
        raise ValueError(f"a threshold needs at least 20 stretches, not {maxima.size}")
    ordered = np.sort(maxima)[::-1]
    events = -np.log1p(-(np.arange(ordered.size) + 0.5) / ordered.size)
    upper = slice(0, ordered.size // 2)
    slope, base = np.polyfit(ordered[upper], np.log(events[upper]), 1, w=np.sqrt(np.arange(1, ordered.size // 2 + 1)))
    return float((math.log(wanted) - base) / slope)
