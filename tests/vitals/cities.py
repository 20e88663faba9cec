"""Cities of known moods, with voices and noise like those of a release."""

from fractions import Fraction

import numpy as np

from nexus_city.boundaries import DiscreteLaplace
from nexus_city.ground import OsRandomness
from nexus_city.vitals.metrics import Floats, Tables
from nexus_city.vitals.watch.streams import Expectation

SIDE = 8
_AXIS = (np.arange(SIDE) + 0.5) * 2 / SIDE - 1
AROUSAL, VALENCE = (axis.ravel() for axis in np.meshgrid(_AXIS, _AXIS, indexing="ij"))
NOISE = DiscreteLaplace(Fraction(2))


def bump(valence: float, arousal: float, width: float = 0.4) -> Floats:
    shares = np.exp(-((VALENCE - valence) ** 2 + (AROUSAL - arousal) ** 2) / (2 * width**2))
    return shares / shares.sum()


def moods(communities: int, apart: float = 0.0) -> Floats:
    """Shares [communities, cells]: everybody a little different, and `apart` in as many directions."""
    turns = 2 * np.pi * np.arange(communities) / communities
    own = 0.06 * np.stack([np.cos(3 * turns + 1), np.sin(2 * turns)])
    return np.array(
        [
            0.8 * bump(0.2 + own[0, c] + apart * np.cos(turns[c]), own[1, c] + apart * np.sin(turns[c]))
            + 0.2 * bump(-0.5, 0.4, 0.3)
            for c in range(communities)
        ]
    )


def released(shares: Floats, people: float, windows: int, seed: int, noise: DiscreteLaplace | None = NOISE) -> Tables:
    """Tables of `windows` windows of communities with `people` voices each."""
    communities, cells = shares.shape
    counts = np.random.default_rng(seed).poisson(people * shares, (windows, communities, cells)).astype(float)
    if noise:
        counts += noise.draw(OsRandomness(), counts.size).reshape(counts.shape)
    return Tables(counts, np.full((windows, communities), cells * noise.variance if noise else 0.0))


def expectation(communities: int = 6, people: float = 300.0) -> Expectation:
    return Expectation(np.full(communities, people), moods(communities), np.full(communities, NOISE.variance))
