"""Signs: what is looked at, community by community, once something is unusual there.

A chart says that something is unusual. What it is, many small questions tell together: are the voices gone, or doubled?
Do moods move to the distressed quadrant, or are they mirrored, or do they fill one cell? The answers here are compared
with what is usual (`usual`), over all windows since the suspicion began, and each is asked only where the crowd stands
far enough out of the noise. `causes` weighs them.
"""

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nexus_city.vitals.causes import Sign
from nexus_city.vitals.watch.bank import Chart
from nexus_city.vitals.watch.streams import Expectation, Floats
from nexus_city.vitals.watch.wandering import Wandering

CLEAR = 4.0
"""Standard deviations from which an answer is yes."""
STANDS = 6.0
"""How many times the noise the usual voices must be, for anything to be asked of them."""
MEMORY = 6
"""Last windows that are compared with what is usual."""
_GONE = 0.15  # share of the usual voices under which they are gone
_DOUBLED, _NEARLY_DOUBLED = 0.25, 1.5  # how far from twice the usual is twice, beside chance; and at least

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass
class Suspicion:
    """Something is unusual in one community, since a window. Of the windows since then the last MEMORY are compared."""

    since: int
    """Number of the window in which it began."""
    failing: bool = False
    """Whether a machine says that it fails."""
    charts: set[Chart] = field(default_factory=set)
    """Those that alarmed."""
    calm: int = 0
    """Windows in a row in which nothing was unusual."""
    _windows: deque[tuple[Counts, Floats, Floats, float]] = field(default_factory=lambda: deque(maxlen=MEMORY))

    def hear(self, counts: Counts, expected: Expectation, community: int, charts: Iterable[Chart]) -> None:
        """Take one more window: released voices [cells], and what is usual."""
        means, spread, noise = (each[community] for each in (expected.means, expected.variances, expected.variance))
        self._windows.append((counts, means, spread, float(noise)))
        self.charts.update(charts)

    @property
    def looks(self) -> int:
        """Windows that are compared."""
        return len(self._windows)

    def sums(self) -> tuple[Floats, Floats, Floats, float]:
        """Return released voices, usual voices and their variances [cells], and the variance of noise in a cell."""
        heard, usual, spread, noise = zip(*self._windows, strict=True)
        return np.sum(heard, axis=0).astype(float), np.sum(usual, axis=0), np.sum(spread, axis=0), sum(noise)


def signs_of(found: Suspicion, wandering: Wandering, community: int) -> dict[Sign, bool]:
    """Return the signs that released tables show of one community; those that cannot be looked at are left out."""
    heard, usual, spread, noise = found.sums()
    repeat = "repeat" in found.charts
    signs: dict[Sign, bool] = {"repeat": repeat, "floor": repeat or "floor" in found.charts}
    of_noise = float(np.sqrt(noise * usual.size))
    if usual.sum() < STANDS * of_noise:
        return signs
    own, wanders = wandering.chance[community] ** 2, wandering.spread[community] ** 2
    wide = own + wanders * found.looks  # a wander of long memory adds up
    error = float(np.sqrt(spread.sum() * wide[0]))
    signs |= _of_volume(float(heard.sum()), float(usual.sum()), of_noise, error)
    if not signs["volume-gone"]:
        # Whoever is counted twice makes a count twice as uneven.
        uneven = float(wide[1:].mean()) * max(1.0, heard.sum() / usual.sum())
        signs |= _of_moods(heard, usual / usual.sum(), noise, uneven, found.charts)
    return signs


def stands_out(expected: Expectation) -> Flags:
    """Return in which communities [communities] the usual voices of one window stand out of their noise."""
    return np.asarray(expected.people >= STANDS * np.sqrt(expected.variance * expected.shares.shape[1]))


def _of_volume(heard: float, usual: float, noise: float, error: float) -> dict[Sign, bool]:
    ratio, off = heard / usual, (heard - usual) / error
    gone = ratio < _GONE and heard < usual - CLEAR * noise
    return {
        "volume-gone": gone,
        "volume-up": off > CLEAR,
        "volume-doubled": off > CLEAR and abs(ratio - 2) < _DOUBLED + 2 * error / usual and ratio > _NEARLY_DOUBLED,
        "volume-down": gone or off < -CLEAR,
    }


def _of_moods(heard: Floats, shares: Floats, noise: float, wide: float, charts: Collection[Chart]) -> dict[Sign, bool]:
    """Return in which ways moods have moved: mirrored, into the distressed quadrant, into one cell.

    `wide` is by how much more than by chance and noise they vary.
    """
    side = round(shares.size**0.5)
    off = heard - heard.sum() * shares
    variance = max(float(heard.sum()), 0.0) * shares + noise
    cell = np.array([_gain(off, one - shares, variance) for one in np.eye(off.size)])
    cell -= 2 * wide * np.log(off.size)  # the best of so many cells is somewhat high by chance alone
    unpleasant, activated, there, towards = _distress(shares, side)
    gains: dict[Sign, float] = {
        "mirrored": _gain(off, shares.reshape(side, side)[:, ::-1].ravel() - shares, variance),
        "distressed-quadrant": max(
            float(cell[unpleasant & activated].max()), *(_gain(off, way, variance) for way in (there, towards))
        ),
        "cells": float(cell.max()),
    }
    most = max(gains.values())
    clear = most > CLEAR**2 * wide
    alone = not {"cells", "city-cells"}.isdisjoint(charts)
    return {
        "mood-moved": clear or "mood" in charts,
        **{sign: clear and gain == most and (sign != "cells" or alone) for sign, gain in gains.items()},
    }


def _gain(off: Floats, way: Floats, variance: Floats) -> float:
    """Return by how much (twice the log likelihood) `off` is better explained by a step along `way`, 0 if none is."""
    along = float((off * way / variance).sum())
    return along**2 / float((way**2 / variance).sum()) if along > 0 else 0.0


def _distress(shares: Floats, side: int) -> tuple[Flags, Flags, Floats, Floats]:
    """Return which cells are unpleasant, and activated; and two ways there: some come to stand there, or all move."""
    axis = (np.arange(side) + 0.5) * 2 / side - 1
    arousal, valence = (each.ravel() for each in np.meshgrid(axis, axis, indexing="ij"))
    there = np.exp(-2 * ((valence + 0.5) ** 2 + (arousal - 0.5) ** 2)) * ((valence < 0) & (arousal > 0))
    towards = arousal - valence
    return valence < 0, arousal > 0, there / there.sum() - shares, shares * (towards - shares @ towards)
