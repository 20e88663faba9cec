"""One contestant folds one day of check-ins in this process, and prints what it took as JSON.

`python folding.py ENGINE FOLDER` where FOLDER holds the columns. Every engine first gets them in the form that it likes
best, which is not counted: NumPy arrays, a DuckDB table, a Polars frame. Counted are the CPU seconds of all threads
and how far memory rises above that.
"""

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = ("key", "person", "at", "value")
BATCH = 200_000
HOUR_MS, LATE_MS = 3_600_000, 10_000
THREADS = 2
Counts = tuple[Any, Any, Any]
"""Columns key, value, count; in any order of rows."""


def load(folder: Path) -> dict[str, Any]:
    return {name: np.load(folder / f"{name}.npy") for name in COLUMNS}


def nexus(engine: str, folder: Path) -> Callable[[], Counts]:
    """Fold as the city does: batches as they come in, and each hour closed once nothing of it can come any more."""
    from nexus_city.climate.folding import Folder, fold

    day = load(folder)
    first = {name: column[:1000] for name, column in day.items()}
    fold(**first, engine=engine)  # type: ignore[arg-type]  # compiled, or loaded, before the clock runs

    def run() -> Counts:
        folder = Folder(engine)  # type: ignore[arg-type]
        parts = []
        closed = 0
        for start in range(0, len(day["at"]), BATCH):
            batch = {name: column[start : start + BATCH] for name, column in day.items()}
            folder.add(**batch)
            hours = (int(batch["at"].max()) - LATE_MS) // HOUR_MS
            if hours > closed:
                closed = hours
                open_ = folder.open_keys()
                parts.append(folder.close_many(open_[open_ % 24 < hours]))
        parts.append(folder.close_many(folder.open_keys()))
        return tuple(np.concatenate([getattr(part, name) for part in parts]) for name in ("key", "value", "count"))

    return run


def duckdb(folder: Path) -> Callable[[], Counts]:
    """Take the largest packed (at, value) of each key and person, then count the values."""
    import duckdb as engine

    database = engine.connect()
    database.execute(f"set threads={THREADS}")
    day = load(folder)
    database.execute("create table day as select * from day")
    del day

    def run() -> Counts:
        found = database.execute(
            """select key, last & 255 as value, count(*) as count
               from (select key, max(("at" << 8) | value) as last from day group by key, person) group by all"""
        ).fetchnumpy()
        return found["key"], found["value"], found["count"]

    return run


def polars(folder: Path) -> Callable[[], Counts]:
    """Do the same on Polars' streaming engine."""
    import os

    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    day = pl.DataFrame(load(folder))
    packed = pl.col("at") * 256 + pl.col("value").cast(pl.Int64)
    last = day.lazy().select("key", "person", last=packed).group_by("key", "person").agg(pl.col("last").max())
    query = last.group_by("key", value=pl.col("last") % 256).agg(count=pl.len())

    def run() -> Counts:
        found = query.collect(engine="streaming")
        return found["key"].to_numpy(), found["value"].to_numpy(), found["count"].to_numpy()

    return run


def digest(counts: Counts) -> str:
    """Return a digest of the counts that does not depend on the order of rows or the width of integers."""
    key, value, count = (np.asarray(column, np.int64) for column in counts)
    order = np.lexsort((value, key))
    return hashlib.sha256(np.stack([key, value, count])[:, order].tobytes()).hexdigest()[:16]


def memory_mb(field: str) -> float:
    """Return a figure of /proc/self/status in MB."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024 / 1e6


def main() -> None:
    engine, folder = sys.argv[1], Path(sys.argv[2])
    prepare = {"duckdb": duckdb, "polars": polars}.get(engine) or (lambda folder: nexus(engine, folder))
    run = prepare(folder)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
    before_mb, cpu, start = memory_mb("VmRSS"), resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    counts = run()
    seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    facts = {
        "seconds": seconds,
        "cpu_s": used.ru_utime + used.ru_stime - cpu.ru_utime - cpu.ru_stime,
        "extra_mb": memory_mb("VmHWM") - before_mb,
        "digest": digest(counts),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
