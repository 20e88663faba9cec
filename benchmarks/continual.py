"""What it costs to tell a live crowd again at every step: four buffers against binary trees and the square root.

Goals: the largest error of a day at most 0.2 % above that of the square-root factorisation, which remembers every draw
of the day; a step for 10,000 cells, and the memory of them, as small a share of its as can be.

Contestants, for a day of 288 steps (5 min) and of 8,640 (10 s):
* *four buffers*: `boundaries.continual`, as it ships;
* *binary tree*: noise on dyadic sums (Dwork, Naor, Pitassi & Rothblum 2010; Chan, Shi & Song 2011);
* *tree, from below*: the same, each node estimated from its children as well, as it goes (Honaker 2015);
* *square root*: A^(1/2), lower triangular (Fichtenberger, Henzinger & Upadhyay 2023).

Errors are exact: ‖row of B‖·‖column of C‖, one event of one, the largest and the root mean square of a day; the lower
bound holds for any factorisation (Li & Miklau 2013; Edmonds, Nikolov & Ullman 2020). Times are medians of steps at
three quarters of a day, in this process, in turn; all draw from the operating system by the city's own sampler, so
what differs is the rest. Memory is that of the arrays that a contestant keeps. The history of the square root is drawn
once and repeated: its time does not depend on the numbers.
"""

import argparse
import functools
import statistics
import time
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np
from measuring import Goal, at_least, at_most, machine, report
from numpy.typing import NDArray

from nexus_city.boundaries import Budget, Continual
from nexus_city.boundaries.continual import _normals, coefficients, poles
from nexus_city.ground import OsRandomness

Floats = NDArray[np.float64]
CELLS = 10_000
DAYS = (288, 8_640)
_draw = functools.partial(_normals, OsRandomness())


class FourBuffers:
    """The city's own."""

    name = "four buffers"

    def __init__(self, steps: int, at: int, cells: int) -> None:
        budget = Budget(epsilon=Fraction(1))
        mechanism = Continual(steps, budget.m, budget.m / budget.grid_scale, seats=2)
        self._noise = mechanism.start(cells, OsRandomness())
        self._noise.step_number = at

    def step(self) -> object:
        """Make the noise of the next step."""
        return self._noise.step()

    def bytes(self) -> int:
        """Return what is kept from step to step."""
        return len(self._noise.state())

    @staticmethod
    def errors(steps: int) -> tuple[float, float]:
        """Return the largest and the root mean square error of a day."""
        theta, omega, inverse, omega_inverse = poles(steps)
        rows = np.cumsum(np.cumsum(coefficients(inverse, omega_inverse, steps)) ** 2)
        return _of_rows(rows, (coefficients(theta, omega, steps) ** 2).sum())


class Tree:
    """One live draw a level; those below a new node are dropped."""

    name = "binary tree"

    def __init__(self, steps: int, at: int, cells: int) -> None:
        self._nodes = np.stack([_draw(cells) for _ in range(steps.bit_length())])
        self._step = at

    def step(self) -> object:
        """Make the noise of the next step."""
        self._step += 1
        level = (self._step & -self._step).bit_length() - 1
        self._nodes[:level] = 0
        self._nodes[level] = _draw(self._nodes.shape[1])
        return np.rint(self._nodes.sum(axis=0)).astype(np.int64)

    def bytes(self) -> int:
        """Return what is kept from step to step."""
        return self._nodes.nbytes

    @staticmethod
    def errors(steps: int) -> tuple[float, float]:
        """Return the largest and the root mean square error of a day."""
        levels = steps.bit_length()
        return _of_rows(_in_nodes(steps, np.ones(levels)), levels)


class TreeFromBelow(Tree):
    """A node that is complete is the weighted mean of its own draw and the sum of its children's estimates."""

    name = "tree, from below"

    def __init__(self, steps: int, at: int, cells: int) -> None:
        super().__init__(steps, at, cells)
        self._variance = _from_below(steps.bit_length())

    def step(self) -> object:
        """Make the noise of the next step."""
        self._step += 1
        level = (self._step & -self._step).bit_length() - 1
        found = _draw(self._nodes.shape[1])
        for below in range(level):
            weight = 1 / (1 + 2 * self._variance[below])
            found = weight * (self._nodes[below] + found) + (1 - weight) * _draw(found.size)
            self._nodes[below] = 0
        self._nodes[level] = found
        return np.rint(self._nodes.sum(axis=0)).astype(np.int64)

    @staticmethod
    def errors(steps: int) -> tuple[float, float]:
        """Return the largest and the root mean square error of a day."""
        levels = steps.bit_length()
        return _of_rows(_in_nodes(steps, _from_below(levels)), levels)


class SquareRoot:
    """The whole day's draws, and a product with all of them at each step."""

    name = "square root"

    def __init__(self, steps: int, at: int, cells: int) -> None:
        self._c = _square_root(steps).astype(np.float32)
        self._history = np.empty((steps, cells), np.float32)
        self._history[:] = _draw(cells)
        self._step = at

    def step(self) -> object:
        """Make the noise of the next step."""
        self._history[self._step] = _draw(self._history.shape[1])
        self._step += 1
        return np.rint(self._c[: self._step][::-1] @ self._history[: self._step]).astype(np.int64)

    def bytes(self) -> int:
        """Return what is kept from step to step."""
        return self._history.nbytes

    @staticmethod
    def errors(steps: int) -> tuple[float, float]:
        """Return the largest and the root mean square error of a day."""
        c = _square_root(steps)
        return _of_rows(np.cumsum(c**2), (c**2).sum())


CONTESTANTS: tuple[type[FourBuffers] | type[Tree] | type[SquareRoot], ...] = (
    FourBuffers,
    Tree,
    TreeFromBelow,
    SquareRoot,
)


def _of_rows(rows: Floats, column: float) -> tuple[float, float]:
    return float(np.sqrt(rows.max() * column)), float(np.sqrt(rows.mean() * column))


def _in_nodes(steps: int, variance: Floats) -> Floats:
    """Variance of each prefix: that of the nodes that its binary digits name."""
    step = np.arange(1, steps + 1)
    return sum((step >> level & 1) * each for level, each in enumerate(variance))  # type: ignore[return-value]


def _from_below(levels: int) -> Floats:
    variance = np.ones(levels)
    for level in range(1, levels):
        variance[level] = 1 / (1 + 1 / (2 * variance[level - 1]))
    return variance


def _square_root(steps: int) -> Floats:
    k = np.arange(1, steps)
    return np.append(1.0, np.cumprod((2 * k - 1) / (2 * k)))


def bound(steps: int) -> float:
    """Return the nuclear norm of A over its size, from its singular values."""
    odd = 2 * np.arange(1, steps + 1) - 1
    return float((1 / (2 * np.sin(odd * np.pi / (4 * steps + 2)))).sum() / steps)


def step_ms(made: Callable[[], object], steps: int) -> float:
    took = []
    for _ in range(steps):
        start = time.perf_counter()
        made()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took)


def measured(steps: int, cells: int, tries: int) -> list[tuple[float, float, float, float]]:
    """Return max and rms error, ms a step and MB of each contestant, at three quarters of a day."""
    found = []
    for contestant in CONTESTANTS:
        running = contestant(steps, steps * 3 // 4, cells)
        running.step()
        found.append((*contestant.errors(steps), step_ms(running.step, tries), running.bytes() / 1e6))
        del running
    return found


def rows_of(steps: int, found: Sequence[tuple[float, float, float, float]]) -> list[tuple[str, ...]]:
    _, _, ours_ms, ours_mb = found[0]
    rows = [
        (
            contestant.name,
            f"{steps:,}",
            f"{most:.3f}",
            f"{rms:.3f}",
            f"{ms:.2f}",
            f"{ms / ours_ms:.2f}",
            f"{mb:.2f}",
            f"{mb / ours_mb:.1f}",
        )
        for contestant, (most, rms, ms, mb) in zip(CONTESTANTS, found, strict=True)
    ]
    return [*rows, ("lower bound", f"{steps:,}", f"{bound(steps):.3f}", *[""] * 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few cells and steps, to see that it runs")
    chosen = parser.parse_args()
    facts = machine()
    cells, tries = (100, 3) if chosen.quick else (CELLS, 41)
    found = {steps: measured(steps, cells, tries) for steps in DAYS}
    goals: list[Goal] = []
    for steps, (ours, _, _, root) in found.items() if not chosen.quick else ():
        goals.append(
            at_most(f"largest error at {steps:,} steps, times that of the square root", ours[0] / root[0], 1.002)
        )
        goals.append(at_least(f"memory of the square root at {steps:,} steps, times ours", root[3] / ours[3], 10))
    heads = ("contestant", "steps", "max error", "rms error", "ms a step", "times ours", "MB", "times ours")
    rows = [row for steps, each in found.items() for row in rows_of(steps, each)]
    report(f"Continual release for {cells:,} cells; {facts}", heads, rows, goals)


if __name__ == "__main__":
    main()
