"""Telling a run as a story: its acts in figures of what was released, and beside them what only a simulation knows."""

from dataclasses import dataclass

import numpy as np

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city import Run
from nexus_city.simulation.city.timeline import Label
from nexus_city.simulation.judging import LEARNED_DAYS, Found, named
from nexus_city.simulation.story.figures import Course, Figures, Reading, exact, released


@dataclass(frozen=True)
class Truth:
    """What only a simulation knows of an act."""

    figures: Figures
    """The same figures of what was told, before the noise."""
    apart: float
    """Share of the differences in what people felt that lies between communities, 0..1; by variance."""
    within: float
    """Standard deviation of what people felt inside communities, both axes together."""


@dataclass(frozen=True)
class Act:
    """One chapter of a run."""

    title: str
    first: int
    last: int
    """The window after its last."""
    figures: Figures
    harmony: float
    """Mean over the act's windows, each against what is usual at its time of day."""
    truth: Truth


@dataclass(frozen=True)
class Story:
    """A run as it is told. `true`, `faults` and each act's `truth` no real network knows; all else is released."""

    run: Run
    usual: Act
    """What is usual: the first act, of this run or of one that was lived in health."""
    acts: tuple[Act, ...]
    course: Course
    """Of released facts."""
    true: Course
    """The same before the noise."""
    named: tuple[Found, ...]
    """What vitals named, in order of time."""
    faults: tuple[Label, ...]
    """What was really broken."""


def tell(run: Run, healthy: Run | None = None) -> Story:
    """Tell the chapters of `run`; what is usual is learned from the first chapter of `healthy`, or else of `run`.

    Raises `SettingsError` when a run has no chapters, when its first one is too short to learn from, and when too few
    people spoke in one.
    """
    told = _Telling(run)
    usual = _Telling(healthy) if healthy else told
    course, true = told.seen.course(usual.seen.usual(usual.first)), told.true.course(usual.true.usual(usual.first))
    acts = tuple(told.act(number, course) for number in range(len(told.parts)))
    before = usual.act(0, usual.seen.course(usual.seen.usual(usual.first))) if healthy else acts[0]
    return Story(run, before, acts, course, true, tuple(named(run)), run.truth.labels)


class _Telling:
    """The chapters of a run and the readings of its tables: what is seen, and what is true."""

    def __init__(self, run: Run) -> None:
        if not run.scenario.chapter:
            raise SettingsError(
                f"'{run.scenario.title}' has no chapters, so there are no acts to tell.",
                "Name them in the scenario as [[chapter]]; see docs/simulation.md.",
                field="scenario",
            )
        self._run, self.parts = run, run.scenario.parts()
        self.seen, self.true = Reading(run, released(run)), Reading(run, exact(run))
        self.first = slice(*self.parts[0][1:])
        if (self.first.stop - self.first.start) * run.window_s < LEARNED_DAYS * 24 * 3600:
            raise SettingsError(
                f"The first chapter of '{run.scenario.title}' is too short to learn from what is usual.",
                f"Let it last {LEARNED_DAYS} days.",
                field="scenario",
            )

    def act(self, number: int, course: Course) -> Act:
        """Return an act, with the Harmony of a course."""
        title, first, last = self.parts[number]
        windows, truth = slice(first, last), self._run.truth
        apart = truth.between**2 / (truth.between**2 + truth.within**2)
        return Act(
            title,
            first,
            last,
            self.seen.figures(windows),
            float(np.nanmean(course.harmony[windows])),
            Truth(self.true.figures(windows), float(apart[windows].mean()), float(truth.within[windows].mean())),
        )
