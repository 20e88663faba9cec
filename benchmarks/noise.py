"""How long the noise of one close takes: exact integer noise for 10,000 cells of a table.

Goal: at most 1 ms, which no window of any length notices.

Method: the city's sampler, OpenDP's discrete Laplace on a vector of the same size and scale (`make_laplace` over
integers, exact by rejection), and NumPy's `laplace`, which is neither exact nor private (its floating-point gaps leak,
Mironov 2012) and stands here as the floor. All in this process, in turn; the median of many draws counts. Making the
table of a scale happens once when a city starts, and is shown beside it.
"""

import argparse
import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from measuring import at_most, machine, report

from nexus_city.boundaries.noise import DiscreteLaplace
from nexus_city.ground import OsRandomness

CELLS = 10_000
SCALE = Fraction(40, 9)
"""People: m = 4 check-ins for nine tenths of ε = 1, the default of a city."""


def ms(job: Callable[[], object], draws: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of how long `job` takes, in ms."""
    took = []
    for _ in range(draws):
        start = time.perf_counter()
        job()
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    return statistics.median(took), took[int(len(took) * 0.99)]


def opendp(scale: float) -> Callable[[], object]:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    domain = dp.vector_domain(dp.atom_domain(T="i64"), size=CELLS)
    measurement = dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=scale)
    zeros = [0] * CELLS
    return lambda: measurement(zeros)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few draws, to see that it runs")
    chosen = parser.parse_args()
    draws = 20 if chosen.quick else 500
    facts = machine()
    start = time.perf_counter()
    sampler = DiscreteLaplace(SCALE)
    table_ms = (time.perf_counter() - start) * 1000
    randomness, generator = OsRandomness(), np.random.default_rng()
    contestants: dict[str, tuple[Callable[[], object], int]] = {
        "Nexus City": (lambda: sampler.draw(randomness, CELLS), draws),
        "its randomness alone (getrandom)": (lambda: os.urandom(8 * CELLS), draws),
        "NumPy laplace (not private)": (lambda: generator.laplace(scale=float(SCALE), size=CELLS), draws),
    }
    if importlib.util.find_spec("opendp"):
        contestants["OpenDP discrete Laplace"] = (opendp(float(SCALE)), max(5, draws // 25))
    took = {name: ms(job, count) for name, (job, count) in contestants.items()}
    ours = took["Nexus City"][0]
    rows = [(name, f"{mid:.3f}", f"{late:.3f}", f"{mid / ours:.2f}") for name, (mid, late) in took.items()]
    title = f"Noise for {CELLS:,} cells, scale {SCALE} (its table takes {table_ms:.0f} ms, once); {facts}"
    goals = [] if chosen.quick else [at_most("ms for 10,000 cells", ours, 1)]
    report(title, ("sampler", "ms", "p99 ms", "times ours"), rows, goals)


if __name__ == "__main__":
    main()
