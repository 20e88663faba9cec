"""Many days of one city at once: the product's admission, fold, noise and release, over an axis of days.

What is simulated is the attacker's worst case: they know everything about everybody else, and the target's whole day,
and ask only whether it was lived. The target gives something in every window there is; the others give what they like.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from nexus_city.boundaries import Admission, Budget, DiscreteLaplace, admit, draw_noise, release
from nexus_city.climate.folding import fold
from nexus_city.climate.model import CELLS, value_of
from nexus_city.ground import OsRandomness
from tests.attacks.auditing import DAYS, Ints

WINDOWS = 6
"""Windows of a day; more than a person is counted in."""
CROWD = 4
"""Others in each window."""
TARGET_CELL = 27
TARGET = 10**9

Bound = Callable[[], tuple[int, ...]]
Publish = Callable[[Ints, Fraction], Ints]
"""From true numbers [days, tables] and the scale of their noise to what is published [days, copies, tables]."""


@dataclass(frozen=True)
class Mechanism:
    """A way to count a person's day and to publish it, and what is claimed of it."""

    counted: Bound
    """Returns the windows in which the target is counted."""
    publish: Publish
    scale: Fraction
    """Scale of the noise, people."""
    moves: int = Budget().m
    """Numbers that a day may move, by the claim."""
    claimed: Fraction = Budget().grid_scale
    """Scale of the noise, by the claim."""

    @property
    def step(self) -> float:
        """ε of one number that moves by one, by the claim."""
        return float(1 / self.claimed)

    @property
    def epsilon(self) -> float:
        """ε of a whole day, by the claim."""
        return float(self.moves / self.claimed)


def counted_by_the_city() -> tuple[int, ...]:
    """Return in which windows somebody is counted who gives in all of them, by the product's bound."""
    return counted_at_most(Budget().m)


def counted_at_most(m: int) -> tuple[int, ...]:
    seats: list[int] = []
    for window in range(WINDOWS):
        if admit(seats, window, m) is Admission.NEW:
            seats.append(window)
    return tuple(seats)


def publish_once(counts: Ints, scale: Fraction) -> Ints:
    """Release each number once, as the product does."""
    noise = draw_noise(DiscreteLaplace(scale), OsRandomness(), counts.size)
    return release(counts.ravel(), noise).counts.reshape(counts.shape)[:, None, :]


@functools.cache
def true_counts(counted: tuple[int, ...], cell: int | None = TARGET_CELL, days: int = DAYS) -> Ints:
    """Return how many were in the target's cell [days, windows], with the target in the windows `counted`."""
    chance = np.random.default_rng(7)
    key = np.repeat(np.arange(days * WINDOWS), CROWD)
    person = np.tile(np.arange(CROWD), days * WINDOWS)
    value = chance.choice([value_of("city", each) for each in (cell, 3, 60)], key.size)
    own = (np.arange(days)[:, None] * WINDOWS + np.array(counted, dtype=np.int64)).ravel()
    rows = [
        np.concatenate([key, own]).astype(np.int64),
        np.concatenate([person, np.full(own.size, TARGET)]).astype(np.int64),
        np.arange(key.size + own.size, dtype=np.int64),
        np.concatenate([value, np.full(own.size, value_of("city", cell))]).astype(np.uint8),
    ]
    folded = fold(*rows)
    counts = np.zeros(days * WINDOWS, np.int64)
    here = folded.value == value_of("city", cell)
    counts[folded.key[here]] = folded.count[here]
    counts.flags.writeable = False
    return counts.reshape(days, WINDOWS)


def word_counts(voted: int, days: int) -> Ints:
    """Return how many voted for each of four words on each day, with the target's `voted` votes for the first ones."""
    others = np.random.default_rng(8).poisson(20, (days, 4)).astype(np.int64)
    others[:, :voted] += 1
    return others


if CELLS <= TARGET_CELL:
    raise AssertionError("the target's cell is not on the grid")
