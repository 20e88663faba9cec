"""How fast a day of check-ins becomes counts, and how much memory that takes beside the check-ins themselves.

Goal: per CPU second at least 4 times the rows of DuckDB and 3 times those of Polars' streaming engine; at most 0.3 of
the data in extra memory; and the same counts.

Method: a day of a large city: 2,000 places with crowds of very different size, hourly windows, 64 cells, opaque 62-bit
pseudonyms that each give 25 times on average, a tenth of them away from home, up to 5 s late and out of order. Each
contestant folds it in a process of its own, with two threads where it has threads; they take turns, and the median
counts. The city's engines work as the city does, in batches of 200,000 rows as they arrive, each hour closed 10 s
after its end; the peers have the whole day at once, in their own form, the loading of which is not counted.

What counts as failure: a digest of the counts that differs from another contestant's.
"""

import argparse
import importlib.util
import json
import statistics
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from measuring import Goal, at_least, at_most, machine, python, report

DAY_MS = 86_400_000
PLACES, HOURS = 2000, 24
ROW_BYTES = 25
NAMES = {
    "numba": "Nexus City, numba",
    "numpy": "Nexus City, NumPy",
    "duckdb": "DuckDB, packed max",
    "polars": "Polars, streaming",
}


def write_day(folder: Path, rows: int) -> None:
    """Write the columns of a day, the same for the same number of rows."""
    randomness = np.random.default_rng(7)
    people = max(1000, rows // 25)
    pseudonyms = randomness.integers(0, 2**62, people, dtype=np.int64)
    home = randomness.zipf(1.3, people) % PLACES
    columns: dict[str, Any] = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", "w+", np.uint8 if name == "value" else np.int64, (rows,)
        )
        for name in ("key", "person", "at", "value")
    }
    for start in range(0, rows, 1_000_000):
        size = min(1_000_000, rows - start)
        who = randomness.integers(0, people, size)
        at = (start + np.arange(size)) * DAY_MS // rows + randomness.integers(-5000, 5000, size)
        at = np.clip(at, 0, DAY_MS - 1)
        away = randomness.random(size) < 0.1
        place = np.where(away, randomness.integers(0, PLACES, size), home[who])
        part = slice(start, start + size)
        columns["key"][part] = place * HOURS + at * HOURS // DAY_MS
        columns["person"][part] = pseudonyms[who]
        columns["at"][part] = at
        columns["value"][part] = np.clip(randomness.normal(32, 12, size), 0, 63)


def fold(engine: str, folder: Path) -> dict[str, Any]:
    """Let one contestant fold the day in a process of its own."""
    command = python("folding.py", engine, str(folder))
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(f"{NAMES[engine]} failed:\n{done.stderr}")
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one round of a few rows, to see that it runs")
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    rows, rounds = (500_000, 1) if chosen.quick else (chosen.rows, chosen.rounds)
    facts = machine()
    present = [name for name in NAMES if name == "numpy" or importlib.util.find_spec(name)]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in present}
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as name:
        write_day(Path(name), rows)
        for _ in range(rounds):
            for engine in present:
                runs[engine].append(fold(engine, Path(name)))
    digests = {run["digest"] for each in runs.values() for run in each}
    assert len(digests) == 1, f"the contestants do not agree: {digests}"
    say(facts, rows, runs, digests.pop(), quick=chosen.quick)


def say(facts: str, rows: int, runs: dict[str, list[dict[str, Any]]], digest: str, *, quick: bool) -> None:
    middle = {
        engine: {name: statistics.median(run[name] for run in each) for name in ("seconds", "cpu_s", "extra_mb")}
        for engine, each in runs.items()
    }
    data_mb = rows * ROW_BYTES / 1e6
    table = [
        (
            NAMES[engine],
            f"{took['seconds']:.1f}",
            f"{rows / took['cpu_s'] / 1e6:.1f}",
            f"{took['extra_mb']:,.0f}",
            f"{took['extra_mb'] / data_mb:.2f}",
        )
        for engine, took in middle.items()
    ]
    goals = [] if quick else list(_goals(middle, runs, data_mb))
    heads = ("engine", "wall s", "million rows per CPU s", "extra MB", "of the data")
    report(f"Folding {rows:,} check-ins ({data_mb:,.0f} MB), counts {digest}; {facts}", heads, table, goals)


def _goals(middle: dict[str, Any], runs: dict[str, list[dict[str, Any]]], data_mb: float) -> list[Goal]:
    """Compare the compiled engine; NumPy's twin is measured, and promises the same counts only."""
    if "numba" not in runs:
        return []
    goals = []
    for peer, goal in (("duckdb", 4), ("polars", 3)):
        if peer in runs:
            pairs = zip(runs[peer], runs["numba"], strict=True)
            ratio = statistics.median(theirs["cpu_s"] / ours["cpu_s"] for theirs, ours in pairs)
            goals.append(at_least(f"times {NAMES[peer]} per CPU second", ratio, goal))
    return [*goals, at_most("of the data in extra memory", middle["numba"]["extra_mb"] / data_mb, 0.3)]


if __name__ == "__main__":
    main()
