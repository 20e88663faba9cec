"""The figures of a run: what vitals read from released tables, and the same from what was told before the noise."""

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city import Run
from nexus_city.simulation.city.network.desk import STRANDS
from nexus_city.simulation.city.scenario import DAY_MINUTES
from nexus_city.vitals.metrics import Spread, Tables, evenness, fragmentation_error, harmony, spread

Floats = NDArray[np.float64]

ROLLING_H = 6
"""Hours of which a figure of the course is made, up to the end of its window: few voices at night need some company."""
NOT_AUDITED = 1.0
"""Boundary respect. Nobody audits it in a simulated city, where what leaves a phone is the boundary itself; so it costs
no Harmony here, and no bar speaks of it."""


@dataclass(frozen=True)
class Figures:
    """What some windows of a city say together."""

    spread: Spread
    error: float
    """Standard error of the fragmentation."""
    voice: float
    """How evenly communities are heard, 1 - Gini."""
    echo: float
    """Share of displays that show what they should, of those that should show something, by their digests, 0..1."""


@dataclass(frozen=True)
class Course:
    """Figures window by window [windows], each of the ROLLING_H hours up to its end; nan where too few spoke."""

    fragmentation: Floats
    error: Floats
    moods: Floats
    harmony: Floats


class Usual:
    """What a city is like as long as nothing happens, at each time of day: what is fair to compare it with."""

    def __init__(self, tables: Tables, windows: slice, windows_a_day: int, rolling: int) -> None:
        self._tables, self._day, self._rolling = tables, windows_a_day, rolling
        self._windows = np.arange(*windows.indices(len(tables.noise)))

    def at(self, window: int) -> tuple[Spread, float] | None:
        """Return the usual spread and evenness of the hours up to the end of a window; None where too few spoke."""
        return self._until(window % self._day)

    @functools.cache  # noqa: B019 - as many as windows of a day, and gone with the run
    def _until(self, of_day: int) -> tuple[Spread, float] | None:
        before = (of_day - self._windows) % self._day
        tables = part_of(self._tables, self._windows[before < self._rolling])
        found = _spread(tables)
        return (found[0], evenness(tables.voices.sum(axis=0))) if found else None


class Reading:
    """Reads the figures of one run from one kind of its tables."""

    def __init__(self, run: Run, tables: Tables) -> None:
        self._run, self._tables = run, tables
        displays = run.displays
        self._due = displays.digest_due != ""
        self._in_step = self._due & (displays.digest_due == displays.digest_shown)
        self._rolling = max(1, ROLLING_H * 3600 // run.window_s)

    def figures(self, windows: slice) -> Figures:
        """Return what `windows` say; raises `SettingsError` when too few people spoke."""
        tables = part_of(self._tables, windows)
        found = _spread(tables)
        if found is None:
            raise SettingsError(
                "Too few people spoke for their moods to stand clear of the noise.", "Let more people live in the city."
            )
        return Figures(*found, evenness(tables.voices.sum(axis=0)), self._echo(windows))

    def usual(self, windows: slice) -> Usual:
        """Return what is usual, learned from `windows`."""
        return Usual(self._tables, windows, DAY_MINUTES * 60 // self._run.window_s, self._rolling)

    def course(self, usual: Usual) -> Course:
        """Return the figures of all windows, with the Harmony of a city that is usually as `usual` says."""
        columns = np.full((4, len(self._tables.noise)), math.nan)
        for window in range(self._rolling - 1, columns.shape[1]):
            part = slice(window + 1 - self._rolling, window + 1)
            tables = part_of(self._tables, part)
            found, before = _spread(tables), usual.at(window)
            if found and before:
                now, error = found
                heard = evenness(tables.voices.sum(axis=0)) / before[1]
                whole = harmony(now, before[0], self._echo(part), NOT_AUDITED, heard)
                columns[:, window] = now.fragmentation, error, now.moods, whole.value
        return Course(*columns)

    def _echo(self, windows: slice) -> float:
        due = int(self._due[windows].sum())
        return float(self._in_step[windows].sum()) / due if due else 1.0  # nobody was shown anything untrue


def released(run: Run) -> Tables:
    """Return the tables of communities that a real network has."""
    places = np.bincount(run.community)
    counts = run.of_communities().astype(float)
    noise = run.variance * STRANDS * places * counts.shape[2]
    return Tables(counts, np.tile(noise, (len(counts), 1)))


def exact(run: Run) -> Tables:
    """Return the same tables before the noise, which only a simulation has."""
    starts = np.searchsorted(run.community, np.arange(len(run.communities)))
    counts = np.add.reduceat(run.truth.counts[..., :-1], starts, axis=1).astype(float)
    return Tables(counts, np.zeros(counts.shape[:2]))


def part_of(tables: Tables, windows: slice | NDArray[np.int64]) -> Tables:
    """Return the tables of some windows."""
    return Tables(tables.counts[windows], tables.noise[windows])


def _spread(tables: Tables) -> tuple[Spread, float] | None:
    """Return the spread and the error of its fragmentation; None where too few spoke to say."""
    try:
        return (spread(tables), fragmentation_error(tables)) if tables.enough() else None
    except ValueError:
        return None
