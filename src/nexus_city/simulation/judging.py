"""What vitals make of a run: the causes they name from released tables and machines alone, to be judged by its truth.

The first days of a run teach what is usual; from then on each window is watched as a real city's would be. Places whose
usual voices do not stand out of their noise are watched by their machines alone.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import Budget, DiscreteLaplace
from nexus_city.simulation.city.chance import RepeatedNoise
from nexus_city.simulation.city.network.desk import STRANDS
from nexus_city.simulation.city.run import Run
from nexus_city.simulation.city.scenario import DAY_MINUTES
from nexus_city.vitals.causes import Named, Sign
from nexus_city.vitals.watch.bank import Bank
from nexus_city.vitals.watch.calibration import calibrate, quiet_city
from nexus_city.vitals.watch.usual import Usual
from nexus_city.vitals.watch.watcher import Finding, Machines, Watcher
from nexus_city.vitals.watching.thresholds import MONTH_S, SIDE_BY_SIDE, STRETCHES, looking_back

LEARNED_DAYS = 3
"""Days of a run that teach what is usual, and in which nothing is named."""
NAMED_AFTER = 2
"""Windows in a row in which a cause explains what is unusual at a place before it is named there, as in a city."""
_LATE_S = 1800  # without a sign of life from which an intake, a hub or a display is late
_DEPLOY_HOURS = 6  # for how long a new version may be the reason
_STREAM_CLEAR = 4.0


@dataclass(frozen=True)
class Found:
    """A cause that vitals named."""

    cause: Named
    start: int
    """First window in which something was unusual there."""
    end: int
    """The window after the last in which it was named."""
    places: tuple[str, ...]
    communities: tuple[str, ...]
    posterior: float
    """Of the cause when it was named first, 0..1."""
    signs: tuple[Sign, ...]
    """Those that were present when it was named first."""


def named(run: Run, learned_days: int = LEARNED_DAYS, seed: int = 1) -> list[Found]:
    """Return all causes that vitals name in `run`, in order of time. The same run and seed name the same."""
    windows_a_day = DAY_MINUTES // run.scenario.window_minutes
    counts = run.counts
    usual = _usual(run, counts[: learned_days * windows_a_day].reshape(learned_days, windows_a_day, *counts.shape[1:]))
    watcher = _watcher(run, usual, seed)
    machines = _Machines(run, learned_days * windows_a_day)
    following = _Following(run)
    for window in range(learned_days * windows_a_day, len(counts)):
        expected = usual.expectation(window, weekend=False)
        following.follow(window, watcher.read(counts[window], expected, machines.at(window)))
    return following.found()


def _usual(run: Run, days: NDArray[np.int64]) -> Usual:
    variance = np.full(len(run.places), STRANDS * run.variance)
    return Usual(days, [False] * len(days), variance, run.window_s)


def _watcher(run: Run, usual: Usual, seed: int) -> Watcher:
    longest = looking_back(usual)
    middle = usual.expectation(usual.windows // 2, weekend=False)
    noise = DiscreteLaplace(_budget(run).grid_scale)
    quiet = quiet_city(middle, noise, SIDE_BY_SIDE, RepeatedNoise(seed), seed, usual.wandering, STRANDS)
    promise = MONTH_S / run.window_s
    thresholds = calibrate(middle, promise, quiet, STRETCHES, usual.wandering, longest=longest)
    bank = Bank(middle, usual.wandering, longest)
    return Watcher(bank, thresholds, usual.wandering, [int(each) for each in run.community])


def _budget(run: Run) -> Budget:
    return Budget(epsilon=Fraction(run.scenario.epsilon).limit_denominator(1000))


class _Machines:
    """What the machines of a run say, window by window."""

    def __init__(self, run: Run, learned: int) -> None:
        self._run = run
        self._learned = run.sources[:learned].astype(float)
        self._recent = _DEPLOY_HOURS * 3600 // run.window_s

    def at(self, window: int) -> Machines:
        """Return the signs of one window."""
        run = self._run
        hub_late = run.signs.hub[window][run.community] >= _LATE_S
        due, shown = run.displays.digest_due[window], run.displays.digest_shown[window]
        released = set(run.displays.digest_due[: window + 1].ravel())
        never = np.array([digest not in released for digest in shown])
        dark = run.signs.display[window] >= _LATE_S
        young, refused = self._up(window, 2), self._up(window, 3)
        return Machines(
            {
                "heartbeat-late": (run.signs.intake[window] >= _LATE_S) | hub_late,
                "echo-wrong": never,
                "echo-stale": (due != "") & (shown != due) & ~never | dark,
                "deploy": any(window - self._recent < each <= window for each in run.deploys),
                "young-tokens": young[run.community],
                "rejects-up": refused[run.community],
            }
        )

    def _up(self, window: int, column: int) -> NDArray[np.bool_]:
        """Return in which communities a source is clearly above what it was at the same time of day."""
        day = DAY_MINUTES // self._run.scenario.window_minutes
        past = self._learned[:, :, column].reshape(-1, day, self._learned.shape[1])
        usual = past[:, window % day].mean(axis=0)
        spread = np.sqrt(self._run.variance + np.maximum(usual, 1.0) * (1 + 1 / len(past)))
        return np.asarray((self._run.sources[window, :, column] - usual) / spread > _STREAM_CLEAR)


@dataclass
class _Named:
    """A cause that explains what is unusual at one place."""

    place: int
    since: int
    """First window in which it did."""
    first: Finding
    times: int = 0
    last: int = 0


class _Following:
    """Follows what is found at each place, and puts together what has one cause."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: dict[int, _Named] = {}
        self._named: list[_Named] = []

    def follow(self, window: int, findings: list[Finding]) -> None:
        """Take the findings of one window."""
        for each in findings:
            known = self._open.get(each.community)
            if known is None or known.first.cause != each.cause or known.last < window - 1:
                known = self._open[each.community] = _Named(each.community, window, each)
            known.times, known.last = known.times + 1, window
            if known.times == NAMED_AFTER:
                self._named.append(known)

    def found(self) -> list[Found]:
        """Return each cause once for each time it was there, with all its places."""
        explained = {(each.place, each.first.since) for each in self._named if each.first.cause != "unknown"}
        told = [
            each
            for each in sorted(self._named, key=lambda each: each.since)
            if each.first.cause != "unknown" or (each.place, each.first.since) not in explained
        ]
        groups: list[list[_Named]] = []
        for each in told:
            group = next((group for group in groups if _together(group, each)), None)
            if group is None:
                groups.append([each])
            else:
                group.append(each)
        return [self._found(group) for group in groups]

    def _found(self, group: list[_Named]) -> Found:
        places = sorted({each.place for each in group})
        first = group[0].first
        return Found(
            first.cause,
            group[0].since,
            max(each.last for each in group) + 1,
            tuple(self._run.places[place] for place in places),
            tuple(dict.fromkeys(self._run.communities[self._run.community[place]] for place in places)),
            first.diagnosis.sureness,
            tuple(sign for sign, present in first.signs.items() if present),
        )


def _together(group: list[_Named], each: _Named) -> bool:
    """Whether the same cause is at work: named of another place, or again, before it was over."""
    return group[0].first.cause == each.first.cause and each.since <= max(one.last for one in group) + NAMED_AFTER
