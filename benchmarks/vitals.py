"""How soon the charts find a change, against river's detectors, all at one false alarm in 30 days for a whole city.

The city of the study: 50 places, one-minute windows, 100 cells, ε = 1 a window. `--calibrate` finds every threshold on
quiet months (minutes of work) and keeps them in benchmarks/vitals.json; without it the kept ones are used. Then each
scenario is lived `--runs` times: 1,500 quiet windows, then the change. The delay is the median over runs, in windows.

    python benchmarks/vitals.py --calibrate all --months 10
    python benchmarks/vitals.py --runs 24
    python benchmarks/vitals.py --check 8 --wander 0.2
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from detectors import TRIED, peers
from numpy.typing import NDArray

from nexus_city.boundaries import DiscreteLaplace
from nexus_city.ground import OsRandomness
from nexus_city.vitals.watch.bank import Bank, Thresholds
from nexus_city.vitals.watch.calibration import calibrate, quiet_city
from nexus_city.vitals.watch.charts import EDetector
from nexus_city.vitals.watch.streams import MOMENTS, Expectation, Standardiser, discrete_laplace_log_mgf
from nexus_city.vitals.watch.wandering import Wandering

Floats = NDArray[np.float64]
KEPT = Path(__file__).with_name("vitals.json")
SIDE, PLACES, COMMUNITIES, MONTH = 10, 50, 5, 43_200
QUIET, HORIZON = 1_500, 1_500
CENTRES = np.linspace(-0.9, 0.9, SIDE)
AROUSAL, VALENCE = (axis.ravel() for axis in np.meshgrid(CENTRES, CENTRES, indexing="ij"))
NOISE = DiscreteLaplace(Fraction(1))
CHANGED: int
"""The place that changes when one does: the one with the middle crowd."""


def bump(valence: float, arousal: float, wide: float, high: float) -> Floats:
    shares = np.exp(-0.5 * ((VALENCE - valence) / wide) ** 2 - 0.5 * ((AROUSAL - arousal) / high) ** 2)
    return shares / shares.sum()


def the_city() -> Expectation:
    chance = np.random.default_rng(7)
    people = np.clip(np.exp(chance.normal(np.log(150), 0.6, PLACES)), 40, 600)
    shares = np.array(
        [
            0.85 * bump(0.2 + chance.normal(0, 0.1), chance.normal(0, 0.1), 0.4, 0.4)
            + 0.15 * bump(-0.5 + chance.normal(0, 0.1), 0.4 + chance.normal(0, 0.1), 0.3, 0.3)
            for _ in range(PLACES)
        ]
    )
    return Expectation(people, shares, np.full(PLACES, NOISE.variance))


CITY = the_city()
CHANGED = int(np.argsort(CITY.people)[PLACES // 2])
DISTRESSED = bump(-0.6, 0.6, 0.25, 0.25)
HOT = int(np.argmin((VALENCE + 0.9) ** 2 + (AROUSAL - 0.9) ** 2))


def tilted(shares: Floats, valence: float, arousal: float) -> Floats:
    """Return `shares` moved by (valence, arousal) and otherwise as alike as can be (an exponential tilt)."""
    axes, theta = np.stack([VALENCE, AROUSAL]), np.zeros(2)
    wanted = axes @ shares + (valence, arousal)
    for _ in range(50):
        now = shares * np.exp(theta @ axes)
        now /= now.sum()
        mean = axes @ now
        theta += np.linalg.solve((axes * now) @ axes.T - np.outer(mean, mean), wanted - mean)
    return now


def apart(by: float) -> Floats:
    turns = 2 * np.pi * (np.arange(PLACES) % COMMUNITIES) / COMMUNITIES
    moved = [tilted(CITY.shares[p], by * np.cos(turns[p]), by * np.sin(turns[p])) for p in range(PLACES)]
    return np.array(moved)


@dataclass
class Change:
    """What happens after QUIET windows: places turn to `into`, or a machine fails."""

    name: str
    into: Floats | None = None
    share: Callable[[int], float] = lambda _: 0.0
    places: list[int] = field(default_factory=lambda: list(range(PLACES)))
    fault: str = ""
    study: int = 0
    """Median delay of the study's bank, in windows."""


def changes() -> list[Change]:
    one, sad = [CHANGED], np.broadcast_to(DISTRESSED, (PLACES, SIDE**2))
    return [
        Change("a1 one place, 5 % distressed", sad, lambda _: 0.05, one, study=84),
        Change("a2 one place, 10 % distressed", sad, lambda _: 0.10, one, study=22),
        Change("a3 one place, 25 % distressed", sad, lambda _: 0.25, one, study=4),
        Change("b1 one place, 2 % more an hour", sad, lambda t: min(t / 60 * 0.02, 0.5), one, study=180),
        Change("b2 one place, 10 % more an hour", sad, lambda t: min(t / 60 * 0.10, 0.5), one, study=63),
        Change("c1 communities part by 0.02", apart(0.02), lambda _: 1.0, study=20),
        Change("c2 communities part by 0.05", apart(0.05), lambda _: 1.0, study=3),
        Change("c3 by 0.05 over ten hours", apart(0.05), lambda t: min(t / 600, 1.0), study=137),
        Change("d1 release repeats", places=one, fault="repeat", study=1),
        Change("d2 counter stuck under the noise", places=one, fault="stuck", study=10),
        Change("d3 sensor silent", places=one, fault="silent", study=1),
        Change("d4 everything twice", places=one, fault="twice", study=1),
        Change("e1 5 % sybils everywhere, one cell", fault="sybils", study=1),
        Change("e2 5 % sybils in one place, one cell", places=one, fault="sybils", study=5),
    ]


def lived(change: Change, runs: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield the released tables [runs, places, cells] of one scenario."""
    chance, randomness = np.random.default_rng(seed), OsRandomness()
    means = np.broadcast_to(CITY.means, (runs, *CITY.means.shape)).copy()
    usual, before, stuck = means.copy(), None, None
    for window in range(QUIET + HORIZON):
        since, at = window - QUIET, change.places
        if since >= 0 and change.into is not None:
            part = change.share(since)
            means[:, at] = ((1 - part) * CITY.shares[at] + part * change.into[at]) * CITY.people[at, None]
        voices = chance.poisson(means)
        if since == 0:
            stuck = voices[:, at].copy()
        if since >= 0:
            if change.fault == "silent":
                voices[:, at] = 0
            elif change.fault == "stuck":
                voices[:, at] = stuck
            elif change.fault == "twice":
                voices[:, at] *= 2
            elif change.fault == "sybils":
                voices[:, at, HOT] += chance.poisson(0.05 * CITY.people[at], (runs, len(at)))
        released = voices + NOISE.draw(randomness, usual.size).reshape(usual.shape)
        if since >= 0 and change.fault == "repeat" and before is not None:
            released[:, at] = before[:, at]
        before = released
        yield released


# --- the peers: every one is fed the same standardised streams ------------------------------------------------------


def peer_streams(tables: Iterator[NDArray[np.int64]], windows: int) -> Floats:
    """Return volume, valence, arousal and change of each place and the city's means [windows, runs, streams]."""
    standardiser, rows = Standardiser(CITY), []
    before: NDArray[np.int64] | None = None
    for _ in range(windows):
        counts = next(tables)
        now = standardiser.read(counts)
        change, before = changed(counts, before), counts
        city = now.plain.sum(axis=-2) / np.sqrt(PLACES)
        off = now.plain[..., 1:] - now.plain[..., 1:].mean(axis=-2, keepdims=True)
        parted = ((off**2).sum(axis=(-2, -1)) - 2 * (PLACES - 1)) / np.sqrt(4 * (PLACES - 1))
        rows.append(
            np.concatenate(
                [now.plain.reshape(len(city), -1), change / 1.3, city, parted[:, None]], axis=-1, dtype=np.float32
            )
        )
    return np.array(rows)


def changed(counts: NDArray[np.int64], before: NDArray[np.int64] | None) -> Floats:
    """Return the size of the change from the window before, nearly normal (Wilson & Hilferty 1931)."""
    if before is None:
        return np.zeros(counts.shape[:-1])
    noise = CITY.variance[:, None] * (1 + 3 * CITY.variance[:, None])  # fourth cumulants
    freedom = SIDE**2 / (1 + ((CITY.means + noise) / CITY.variances**2).mean(axis=1) / 4)
    size = ((counts - before) ** 2 / (2 * CITY.variances)).sum(axis=-1)
    spread = 2 / (9 * freedom)
    return np.asarray((np.cbrt(size / SIDE**2) - (1 - spread)) / np.sqrt(spread))


def calibrate_peers(months: int) -> dict[str, float]:
    """Return the lowest tried setting of each peer with at most one alarm a month."""
    found = {}
    streams = peer_streams(quiet_city(CITY, NOISE, months, OsRandomness(), 77), MONTH)
    for name, tried in TRIED.items():
        few = 1 if name in ("ADWIN", "KSWIN 100/30") else months
        for setting in tried:
            alarms = sum(len(peers()[name](np.ascontiguousarray(streams[:, month]), setting)) for month in range(few))
            print(f"  {name} at {setting:.3f}: {alarms / few:.1f} alarms a month", flush=True)
            if alarms <= few:
                break
        found[name] = float(setting)
    return found


# --- ours ------------------------------------------------------------------------------------------------------------


def first_above(statistics: list[Floats], limit: float) -> list[int | None]:
    """Return, run by run, after how many windows of the change the statistic is first above `limit`."""
    above = np.array([each.max(axis=-1) > limit for each in statistics[QUIET:]])
    return [int(run.argmax()) + 1 if run.any() else None for run in above.T]


def delays(change: Change, runs: int, kept: Thresholds, settings: dict[str, float]) -> dict[str, list[int | None]]:
    bank, rows = Bank(CITY), []
    detector, standardiser = EDetector(CITY.log_mgf(discrete_laplace_log_mgf(1.0))), Standardiser(CITY)
    evidence: list[Floats] = []

    def watched() -> Iterator[NDArray[np.int64]]:
        for counts in lived(change, runs, 50_000):
            rows.append(bank.read(counts))
            evidence.append(detector.read(standardiser.read(counts).plain)[..., None])
            yield counts

    streams = peer_streams(watched(), QUIET + HORIZON)
    limits = {**kept.values, "repeat": 0.5}
    by_chart = {chart: first_above([row[chart] for row in rows], limit) for chart, limit in limits.items()}
    found: dict[str, list[int | None]] = {
        "bank": [min((d for d in each if d), default=None) for each in zip(*by_chart.values(), strict=True)],
        "e-detector": first_above(evidence, MONTH),
    }
    firsts = [
        min((d[run], chart) for chart, d in by_chart.items() if d[run]) for run in range(runs) if found["bank"][run]
    ]
    found["first"] = [name for _, name in firsts]  # type: ignore[assignment]
    one = change.places == [CHANGED]
    touched = [*range(3 * CHANGED, 3 * CHANGED + 3), 150 + CHANGED, *range(200, 204)] if one else list(range(204))
    for name, setting in settings.items():
        few = runs if one or name.startswith("Page") else min(runs, 4)
        found[name] = []
        for run in range(few):
            alarms = peers()[name](np.ascontiguousarray(streams[:, run][:, touched]), setting)
            after = sorted(t for t in alarms if t >= QUIET)
            found[name].append(after[0] - QUIET + 1 if after else None)
    return found


def median(found: list[int | None]) -> str:
    value = float(np.median([HORIZON + 1 if each is None else each for each in found]))
    missed = sum(each is None for each in found) / len(found)
    return ("–" if value > HORIZON else f"{value:.0f}") + (
        f" ({1 - missed:.0%})" if missed > 0 and value <= HORIZON else ""
    )


def told(share: float) -> None:
    print(f"\r  bank {share:.0%}", end="", file=sys.stderr)


def main() -> None:
    global QUIET, HORIZON  # noqa: PLW0603 - a command's two lengths
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calibrate", choices=["", "all", "bank"], default="")
    options.add_argument("--months", type=int, default=10)
    options.add_argument("--check", type=int, default=0, help="fresh quiet months on which the thresholds are checked")
    options.add_argument("--wander", type=float, default=0.0, help="by how much moods wander in them, sd of a window")
    options.add_argument("--runs", type=int, default=24)
    options.add_argument("--only", default="", help="the beginning of a scenario's name")
    options.add_argument("--quick", action="store_true", help="only whether it runs: one scenario, short")
    wish = options.parse_args()
    if wish.quick:
        QUIET = HORIZON = 60
        wish.runs, wish.only = 2, "a3"
    if wish.calibrate:
        months = quiet_city(CITY, NOISE, wish.months, OsRandomness(), 1)
        found = calibrate(CITY, MONTH, months, wish.months * MONTH // 480, progress=told)
        known = json.loads(KEPT.read_text())["peers"] if wish.calibrate == "bank" else {}
        settings = known or calibrate_peers(min(wish.months, 4))
        KEPT.write_text(json.dumps({"bank": found.values, "peers": settings}, indent=1) + "\n")
    kept = json.loads(KEPT.read_text())
    thresholds = Thresholds(kept["bank"], MONTH, "quiet months of this city")
    if wish.check:
        check(thresholds, wish.check, wish.wander)
        return
    settings = {name: setting for name, setting in kept["peers"].items() if name in peers()}
    names = ["bank", "e-detector", *settings]
    print("| scenario | study | " + " | ".join(names) + " | first to speak |")
    print("|---" * (len(names) + 3) + "|")
    for change in changes():
        if wish.only and not change.name.startswith(wish.only):
            continue
        found = delays(change, wish.runs, thresholds, settings)
        speakers = found.pop("first")
        first = max(set(speakers), key=speakers.count) if speakers else "–"
        print(
            f"| {change.name} | {change.study} | "
            + " | ".join(median(found[name]) for name in names)
            + f" | {first} |",
            flush=True,
        )


def check(thresholds: Thresholds, months: int, wander: float) -> None:
    """Count the alarms of each chart in fresh quiet months, two within 480 windows being one.

    With `wander` moods and volumes wander by so many standard deviations, and the bank has learned it from four days.
    """
    there = wandering(wander) if wander else None
    learned = learn(there) if there else None
    banks = {"as it watches": Bank(CITY, learned)} | ({"without learning": Bank(CITY)} if there else {})
    tables = quiet_city(CITY, NOISE, months, OsRandomness(), 991, there)
    last: dict[tuple[str, str, int], int] = {}
    alarms: dict[str, dict[str, int]] = {name: {} for name in banks}
    for window in range(MONTH + 1024):
        counts = next(tables)
        for name, bank in banks.items():
            for chart, statistic in bank.read(counts).items():
                limit = 0.5 if chart == "repeat" else thresholds.values[chart]
                for month in np.flatnonzero(statistic.max(axis=-1) > limit):
                    if window >= 1024 and window - last.get((name, chart, month), -480) >= 480:
                        alarms[name][chart] = alarms[name].get(chart, 0) + 1
                    last[name, chart, month] = window
    for name, found in alarms.items():
        print(f"{sum(found.values())} false alarms of the bank {name} in {months} months: {found}")


def wandering(spread: float) -> Wandering:
    """Return a wander of `spread` standard deviations that is half forgotten in four hours."""
    shape = (PLACES, 1 + MOMENTS)
    return Wandering(np.full(shape, spread), np.full(shape, 0.5 ** (1 / 240)), np.ones(shape))


def learn(there: Wandering) -> Wandering:
    """Return what four days of a city teach of how it wanders."""
    reader, rows = Standardiser(CITY), []
    tables = quiet_city(CITY, NOISE, 1, OsRandomness(), 17, there)
    for _ in range(4 * 1440):
        now = reader.read(next(tables)[0])
        rows.append(np.concatenate([now.volume[..., None], now.moments], axis=-1))
    return Wandering.learn(np.array(rows), CITY.people / np.sqrt(CITY.variances.sum(axis=1)))


if __name__ == "__main__":
    main()
