"""From released counts to a mixture: shares of moods that are never negative and sum to one.

Everything here is post-processing of released values, so it costs nothing and may be done again at will.

A place draws from tables of one grid: its counts are projected onto the simplex (Euclidean; Duchi, Shalev-Shwartz,
Singer & Chandra 2008). A parent also draws from places that could afford only a coarser grid: everybody decides the
quadrants, and those places that know more decide how a quadrant is divided (the chain rule). The error bound is the
sum of the bounds of these steps.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import expected_error

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def coarsen(counts: Ints, side: int) -> Ints:
    """Sum square blocks of a grid with cells (…, s·s), s in 2, 4, 8, to `side`·`side` cells, side <= s."""
    fine = int(np.sqrt(counts.shape[-1]))
    if fine % side:
        raise ValueError(f"a grid of side {fine} cannot be coarsened to side {side}")
    block = fine // side
    lead = counts.shape[:-1]
    summed: Ints = counts.reshape(*lead, side, block, side, block).sum(axis=(-3, -1))
    return summed.reshape(*lead, side * side)


def on_simplex(counts: Floats) -> Floats:
    """Return the shares nearest to `counts`/sum in the Euclidean sense: >= 0, sum 1; even ones when nothing is left."""
    total = counts.sum()
    if total <= 0:
        return np.full(counts.size, 1 / counts.size)
    shares = counts / total
    falling = np.sort(shares)[::-1]
    surplus = np.cumsum(falling) - 1
    rank = int(np.flatnonzero(falling * np.arange(1, shares.size + 1) > surplus)[-1])
    kept: Floats = np.maximum(shares - surplus[rank] / (rank + 1), 0)
    kept /= kept.sum()
    return kept


def mix(tables: Sequence[Ints], side: int, variance: float | Sequence[float]) -> tuple[Floats, float]:
    """Return the mixture (side², sum 1) of released `tables`, and the bound on its expected error by the noise.

    `variance` is that of one cell of one table: one for all, or one for each. A table may have any grid; at least one
    must be given.
    """
    each = [variance] * len(tables) if isinstance(variance, float) else variance
    noisy = list(zip(tables, each, strict=True))
    coarsest = min(side, *(_side(table) for table in tables))
    shares, error = _level(noisy, coarsest)
    while coarsest < side:
        coarsest *= 2
        knowing = [(table, noise) for table, noise in noisy if _side(table) >= coarsest]
        if not knowing:
            shares = _divide(shares, np.ones(coarsest * coarsest), coarsest)
            continue
        total = np.sum([coarsen(table, coarsest) for table, _ in knowing], axis=0).astype(float)
        _, added = _level(knowing, coarsest)
        shares, error = _divide(shares, total, coarsest), error + added
    return shares, min(1.0, error)


def summed(variances: Iterable[tuple[float, int]]) -> float:
    """Return the variance of a sum in which each variance occurs so many times; alike ones are counted before."""
    times: Counter[float] = Counter()
    for variance, count in variances:
        times[variance] += count
    return sum(variance * count for variance, count in times.items())


def _side(table: Ints) -> int:
    return int(np.sqrt(table.size))


def _level(tables: Sequence[tuple[Ints, float]], side: int) -> tuple[Floats, float]:
    total = np.sum([coarsen(table, side) for table, _ in tables], axis=0).astype(float)
    noise = summed((variance, (_side(table) // side) ** 2) for table, variance in tables)
    return on_simplex(total), expected_error(float(total.sum()), side * side, noise)


def _divide(shares: Floats, finer: Floats, side: int) -> Floats:
    """Divide each share of the coarser grid as the block of `finer` counts under it is divided."""
    half = side // 2
    blocks = finer.reshape(half, 2, half, 2).transpose(0, 2, 1, 3).reshape(half * half, 4)
    inside = np.stack([on_simplex(block) for block in blocks]) * shares[:, None]
    divided: Floats = inside.reshape(half, half, 2, 2).transpose(0, 2, 1, 3).reshape(side * side)
    return divided
