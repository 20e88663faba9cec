"""The people of a simulated city: who they are by themselves, whom they know, where they go, and what they let out.

A person is one row of a few narrow columns, about 90 bytes with all friends, sorted by where they live.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.simulation.city.chance import generator
from nexus_city.simulation.city.scenario import Traits
from nexus_city.simulation.city.streets import Map

DEGREE = 10
"""Friends of each person: a fixed number, so that they are one block of memory."""
CHUNK = 1 << 15
"""People that are worked on at once; part of the result's definition, so it does not depend on the machine."""
NOTHING, PRESENCE, QUADRANT, CELL = 0, 1, 2, 3
"""What leaves the phone at most, in the order of strictness."""
HERE_ONLY = 4
"""Added to it: for the place alone."""
EDGE = np.float32(0.999)
_NIGHT_SHARE, _NIGHT_SHIFT_MINUTES, _SHIFT_SD_MINUTES = 0.10, 600, 75
_FRIENDS_NEAR, _FRIENDS_BEYOND = 0.82, 0.97  # of the same place; of the same community; the rest are anywhere
_WORK_AWAY, _EVENING_AWAY = 0.35, 0.30  # shares whose second and third place is in another community
_CONCENTRATION = 7.0  # of the beta distribution of susceptibility
_HABIT_SHAPE = 0.7  # of the gamma distribution of check-ins a day: many seldom, few often


@dataclass
class People:
    """Columns of all residents [n]."""

    temperament: NDArray[np.float32]
    """Set point in the mood plane [n, 2]: valence, arousal."""
    sway: NDArray[np.float32]
    """λ, 0..1: how far others draw this person; 1 - λ is individuality."""
    habit: NDArray[np.float32]
    """Check-ins that the person would make on an ordinary day."""
    haunts: NDArray[np.int16]
    """Numbers of the places [n, 3] where the person lives, works, and spends evenings."""
    shift: NDArray[np.int16]
    """Minutes by which the person's day lies later than others'."""
    boundary: NDArray[np.uint8]
    """What leaves the phone at most: NOTHING to CELL, plus HERE_ONLY."""
    friends: NDArray[np.int32]
    """Numbers of the people [n, DEGREE] whose moods rub off on this one; never the person, maybe one twice."""

    def __len__(self) -> int:
        return self.sway.size

    @property
    def bytes_each(self) -> float:
        """Memory of one person, without moods."""
        return float(sum(column.nbytes for column in vars(self).values()) / len(self))


def chunks(count: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the chunks of `count` people."""
    for start in range(0, count, CHUNK):
        yield start, min(count, start + CHUNK)


def draw_people(count: int, traits: Traits, where: Map, seed: int) -> People:
    """Draw `count` people; the same seed draws the same ones."""
    lives = _deal(count, where.crowd)
    home = np.repeat(np.arange(lives.size, dtype=np.int16), lives)
    people = People(
        temperament=np.empty((count, 2), np.float32),
        sway=np.empty(count, np.float32),
        habit=np.empty(count, np.float32),
        haunts=np.empty((count, 3), np.int16),
        shift=np.empty(count, np.int16),
        boundary=np.empty(count, np.uint8),
        friends=np.empty((count, DEGREE), np.int32),
    )
    leaning = generator(seed, "leaning").normal(0, 0.06, (lives.size, 2)) + traits.apart * where.directions
    for start, end in chunks(count):
        part, own = slice(start, end), home[start:end]
        chance = generator(seed, "people", start)
        drawn = chance.normal(traits.temper, traits.spread, (own.size, 2)) + leaning[own]
        people.temperament[part] = np.clip(drawn, -0.95, 0.95)
        people.sway[part] = _susceptibility(chance, traits.individuality, own.size)
        people.habit[part] = chance.gamma(_HABIT_SHAPE, traits.check_ins / _HABIT_SHAPE, own.size)
        people.haunts[part] = _haunts(chance, own, where)
        night = chance.random(own.size) < _NIGHT_SHARE
        people.shift[part] = np.where(night, _NIGHT_SHIFT_MINUTES, chance.normal(0, _SHIFT_SD_MINUTES, own.size))
        people.boundary[part] = _boundaries(chance, traits, own.size)
        people.friends[part] = _friends(chance, start, own, where, lives)
    return people


def _deal(count: int, shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return how many of `count` live at each place: by share, rounded so that they sum to `count`."""
    edges = np.rint(np.cumsum(shares) * count).astype(np.int64)
    dealt: NDArray[np.int64] = np.diff(edges, prepend=0)
    return dealt


def _susceptibility(chance: np.random.Generator, individuality: float, count: int) -> NDArray[np.float64]:
    if individuality in (0.0, 1.0):
        return np.full(count, 1 - individuality)
    return chance.beta(_CONCENTRATION * (1 - individuality), _CONCENTRATION * individuality, count)


def _haunts(chance: np.random.Generator, home: NDArray[np.int16], where: Map) -> NDArray[np.int64]:
    anywhere = chance.choice(where.crowd.size, size=(home.size, 2), p=where.crowd)
    near = _within_community(chance.random((home.size, 2)), where.community[home], where)
    away = chance.random((home.size, 2)) < (_WORK_AWAY, _EVENING_AWAY)
    haunts: NDArray[np.int64] = np.column_stack([home, np.where(away, anywhere, near)])
    return haunts


def _within_community(u: NDArray[np.float64], community: NDArray[np.int16], where: Map) -> NDArray[np.int64]:
    """Return places of one's own community, the likelier the more live there; `u` [n, 2] is even over [0, 1)."""
    upto = np.concatenate([[0.0], np.cumsum(where.crowd)])
    first = np.searchsorted(where.community, community, side="left")
    last = np.searchsorted(where.community, community, side="right")
    spot = upto[first, None] + u * (upto[last] - upto[first])[:, None]
    place: NDArray[np.int64] = np.searchsorted(upto, spot, side="right") - 1
    return np.clip(place, first[:, None], last[:, None] - 1)


def _boundaries(chance: np.random.Generator, traits: Traits, count: int) -> NDArray[np.uint8]:
    u = chance.random(count)
    upto = np.cumsum([traits.silent, traits.present_only, traits.quadrant_only])
    most = np.searchsorted(upto, u, side="right").astype(np.uint8)
    here = chance.random(count) < traits.here_only
    boundary: NDArray[np.uint8] = most + np.where(here, np.uint8(HERE_ONLY), np.uint8(0))
    return boundary


def _friends(
    chance: np.random.Generator, start: int, home: NDArray[np.int16], where: Map, lives: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw friends: most of one's own place, some of one's community, few from anywhere; never oneself."""
    count = int(lives.sum())
    edge = np.concatenate([[0], np.cumsum(lives)])
    community = where.community[home]
    near = edge[home], edge[home.astype(np.int64) + 1]
    beyond = (
        edge[np.searchsorted(where.community, community, side="left")],
        edge[np.searchsorted(where.community, community, side="right")],
    )
    kind = chance.random((home.size, DEGREE))
    low, high = (
        np.where(kind < _FRIENDS_NEAR, n[:, None], np.where(kind < _FRIENDS_BEYOND, b[:, None], whole))
        for n, b, whole in zip(near, beyond, (0, count), strict=True)
    )
    alone = high - low < 2  # nobody else lives there: friends are anywhere
    low, high = np.where(alone, 0, low), np.where(alone, count, high)
    me = np.arange(start, start + home.size)[:, None]
    friend: NDArray[np.int64] = low + (chance.random((home.size, DEGREE)) * (high - low - 1)).astype(np.int64)
    return friend + (friend >= me)
