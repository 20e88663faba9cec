"""What a city's released tables say about the city as a whole: spread, fragmentation, divergence, harmony.

Every figure here is made of released counts h = c + e: c are voices, e is noise with mean 0 and a known variance. Three
facts make the estimates honest:

* The matrix D of distances between cells has a zero diagonal, and noise in different cells is independent. So
  E[hᵀDh] = n(n - 1)·πᵀDπ: neither the noise nor the sampling of n voices adds a bias. (With a plug-in entropy on the
  same table noise alone reads as ten times the true difference.)
* For two places E[h_pᵀDh_q] = n_p·n_q·π_pᵀDπ_q.
* E[n̂² - n̂ - var(noise of n̂)] = n(n - 1).

Numerators and denominators are summed over windows and places before they are divided; a mean of ratios would be biased
where voices are few. Nothing here ranks places: figures are of the city, or of one community against its own past.

Sources: Rao 1982 (quadratic entropy); Rizzo & Székely 2010 (energy distance, the between share "DISCO"); Hill 1973;
van der Eijk 2001 (agreement).
"""

import functools
import itertools
import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MANY = 6.0
"""A place's voices in one window must be this many times the standard deviation of their noise, for fragmentation to be
told; T windows together need fewer in each, by the fourth root of T."""


@functools.cache
def distances(side: int) -> Floats:
    """Return the distances [side², side²] between cell centres of the mood plane; opposite corner cells have 1."""
    centres = np.linspace(0.0, 1.0, side) if side > 1 else np.zeros(1)
    y, x = (axis.ravel() for axis in np.meshgrid(centres, centres, indexing="ij"))
    apart: Floats = np.hypot(x[:, None] - x, y[:, None] - y) / math.sqrt(2)
    apart.flags.writeable = False
    return apart


@dataclass(frozen=True)
class Tables:
    """Released tables of communities over windows, on one grid.

    `counts` [windows, communities, side²]: released voices, possibly negative.
    `noise` [windows, communities]: variance of the noise in a table's sum, people².
    """

    counts: Floats
    noise: Floats

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or self.noise.shape != self.counts.shape[:2]:
            raise ValueError(
                f"counts must be [windows, communities, cells] and noise [windows, communities],"
                f" not {self.counts.shape} and {self.noise.shape}"
            )
        if self.side**2 != self.counts.shape[2]:
            raise ValueError(f"a grid has side² cells, not {self.counts.shape[2]}")

    @property
    def side(self) -> int:
        """Cells along one edge of the grid."""
        return math.isqrt(self.counts.shape[2])

    @functools.cached_property
    def voices(self) -> Floats:
        """Released voices [windows, communities]."""
        total: Floats = self.counts.sum(axis=2)
        return total

    @functools.cached_property
    def pairs(self) -> Floats:
        """Unbiased numbers n(n - 1) of ordered pairs of voices within a table [windows, communities]."""
        return self.voices**2 - self.voices - self.noise

    def enough(self) -> bool:
        """Whether the voices of the middle community stand clear of their noise, so that fragmentation can be told."""
        pairs = self.pairs.mean(axis=0)
        needed = MANY**2 * float(np.median(self.noise)) / math.sqrt(len(self.noise))
        return bool(np.median(pairs) >= needed and np.all(pairs > 0))

    def without(self, windows: slice) -> "Tables":
        """Return the tables but for `windows`: for the jackknife."""
        rest = np.delete(np.arange(len(self.noise)), windows)
        return Tables(self.counts[rest], self.noise[rest])


@dataclass(frozen=True)
class Spread:
    """How far apart moods are, inside communities and between them; distances in diagonals of the grid, 0..1."""

    within: float
    """Expected distance of two voices of one community (Rao's Q)."""
    between: float
    """Expected distance of two voices of two communities."""
    fragmentation: float
    """Share of the city's difference in mood that lies between communities: 0 together, 1 each on its own; a noisy
    estimate of a small value may be slightly negative."""
    moods: float
    """Effective number of moods inside a community (Hill's N2), 1..side²."""


def spread(tables: Tables) -> Spread:
    """Return the spread of at least two communities; raises ValueError when nothing can be said."""
    communities = tables.counts.shape[1]
    if communities < 2:
        raise ValueError("fragmentation needs at least two communities")
    h, n, apart = tables.counts, tables.voices, distances(tables.side)
    inside = float(np.einsum("tpk,kl,tpl->", h, apart, h, optimize=True))
    everybody = h.sum(axis=1)
    across = float(np.einsum("tk,kl,tl->", everybody, apart, everybody, optimize=True)) - inside
    pairs_inside = float(tables.pairs.sum())
    pairs_across = float((n.sum(axis=1) ** 2 - (n**2).sum(axis=1)).sum())
    same_cell = float((h**2).sum() - n.sum() - tables.noise.sum())
    if min(pairs_inside, pairs_across, same_cell) <= 0:
        raise ValueError("too few voices stand out of the noise; add windows before asking for the spread")
    within, between = inside / pairs_inside, across / pairs_across
    total = between * (communities - 1) / communities + within / communities
    return Spread(within, between, 1 - within / total if total > 0 else 0.0, pairs_inside / same_cell)


def fragmentation_error(tables: Tables, blocks: int = 8) -> float:
    """Return the standard error of the fragmentation by a jackknife over `blocks` runs of windows (Künsch 1989)."""
    windows = len(tables.noise)
    blocks = min(blocks, windows)
    if blocks < 2:
        raise ValueError("a jackknife needs at least two windows")
    edges = np.linspace(0, windows, blocks + 1).astype(int)
    left_out = [spread(tables.without(slice(a, b))).fragmentation for a, b in itertools.pairwise(edges)]
    return float(math.sqrt((blocks - 1) * np.var(left_out)))


def divergence(tables: Tables, community: int) -> float:
    """Return the squared energy distance, in diagonals, of one community from all others together."""
    apart = distances(tables.side)
    own, rest = tables.counts[:, community], np.delete(tables.counts, community, axis=1)
    n, others = tables.voices[:, community], np.delete(tables.voices, community, axis=1)
    everybody = rest.sum(axis=1)
    rest_noise = np.delete(tables.noise, community, axis=1).sum(axis=1)
    rest_pairs = others.sum(axis=1) ** 2 - others.sum(axis=1) - rest_noise
    between = _form(own, apart, everybody) / float((n * others.sum(axis=1)).sum())
    inside = _form(own, apart, own) / float(tables.pairs[:, community].sum())
    outside = _form(everybody, apart, everybody) / float(rest_pairs.sum())
    return 2 * between - inside - outside


def _form(left: Floats, apart: Floats, right: Floats) -> float:
    return float(np.einsum("tk,kl,tl->", left, apart, right, optimize=True))


def agreement(shares: Floats) -> float:
    """Return van der Eijk's agreement of ordered categories: 1 all in one, 0 spread evenly, -1 half at each end.

    `shares` [categories] >= 0. The distribution is taken apart into layers of equal height; each layer is a pattern of
    filled and empty categories, whose agreement is weighed by the share of voices in it.
    """
    left = np.asarray(shares, float) / np.sum(shares)
    total = 0.0
    while left.max() > 1e-12:
        layer = left > 1e-12
        height = float(left[layer].min())
        total += height * layer.sum() * _layer_agreement(layer)
        left = np.where(layer, left - height, left)
    return total


def _layer_agreement(layer: NDArray[np.bool_]) -> float:
    categories, filled = layer.size, int(layer.sum())
    if filled == categories:
        return 0.0
    if filled == 1:
        return 1.0
    empty_between = one_side = 0
    for middle in range(categories):
        below, above = int(layer[:middle].sum()), int(layer[middle + 1 :].sum())
        gaps = middle - below, categories - middle - 1 - above
        if layer[middle]:
            one_side += below * gaps[1] + gaps[0] * above
        else:
            empty_between += below * above
    unimodal = ((categories - 2) * one_side - (categories - 1) * empty_between) / (
        (categories - 2) * (one_side + empty_between)
    )
    return unimodal * (1 - (filled - 1) / (categories - 1))


@dataclass(frozen=True)
class Harmony:
    """The collective and the individual side of a city, each 0..1, and their harmonic mean.

    A side is as strong as its weakest part, and a part is a ratio to the city's own baseline, capped at 1: more
    uniformity than usual earns nothing on the collective side and costs on the individual one. So neither conformity
    nor fragmentation can be bought with the other.
    """

    collective: float
    individual: float

    @property
    def value(self) -> float:
        """Harmonic mean of the two sides."""
        both = self.collective + self.individual
        return 2 * self.collective * self.individual / both if both else 0.0


class Apartness(Protocol):
    """How far apart moods are: a `Spread`, or the mean of several."""

    @property
    def within(self) -> float:
        """As of `Spread`."""

    @property
    def fragmentation(self) -> float:
        """As of `Spread`."""


def harmony(
    now: Apartness, usual: Apartness, echo: float, boundaries: float, voice: float, tolerance: float = 0.0
) -> Harmony:
    """Return the harmony of a city that is usually as far apart as `usual`.

    `echo`: share of displays that show what was released. `boundaries`: share of audited uses that kept to a person's
    boundary. `voice`: how evenly communities are heard, as a ratio to the usual. Each 0..1. `tolerance`: by how much
    the fragmentation may be above the usual by chance alone.
    """
    # An estimate near zero may come out below it; a city is not more than together.
    still = max(usual.fragmentation + tolerance, 0.0)
    together = 1.0 if now.fragmentation <= still else still / now.fragmentation
    diverse = now.within / usual.within
    return Harmony(_weakest(together, echo), _weakest(diverse, boundaries, voice))


def _weakest(*parts: float) -> float:
    return max(0.0, min(1.0, *parts))


def evenness(voices: Floats) -> float:
    """Return how evenly communities are heard, 1 - Gini of their voices (each >= 0): 1 alike, near 0 one alone."""
    ordered = np.sort(np.maximum(voices, 0.0))
    if ordered.sum() == 0:
        return 1.0
    ranks = np.arange(1, ordered.size + 1)
    gini = float((2 * ranks - ordered.size - 1) @ ordered / (ordered.size * ordered.sum()))
    return 1 - gini


def synchrony(series: Floats, noise: Floats) -> float | None:
    """Return the mean leave-one-out correlation of communities' series [windows, communities], corrected for noise.

    `noise` [communities] is the variance that the noise adds to each series. None when a series is mostly noise: its
    reliability, the share of its variance that is not noise, is below 0.3.
    """
    seen = series.var(axis=0, ddof=1)
    reliability = np.clip(1 - noise / seen, 0, 1)
    if series.shape[1] < 2 or reliability.min() < 0.3:
        return None
    values = []
    for one in range(series.shape[1]):
        rest = np.delete(series, one, axis=1).mean(axis=1)
        others = np.delete(np.arange(series.shape[1]), one)
        rest_reliability = 1 - noise[others].sum() / others.size**2 / rest.var(ddof=1)
        if rest_reliability < 0.3:
            return None
        values.append(np.corrcoef(series[:, one], rest)[0, 1] / math.sqrt(reliability[one] * rest_reliability))
    return float(np.clip(np.mean(values), -1, 1))
