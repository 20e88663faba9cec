"""A group: places that are watched together on one day, and what is read of them."""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.climate.mixture import coarsen
from nexus_city.climate.store import Table
from nexus_city.places import PersonDay
from nexus_city.vitals.causes import SIGNS, Sign
from nexus_city.vitals.watch.bank import Alarm, Bank, Thresholds
from nexus_city.vitals.watch.usual import Usual
from nexus_city.vitals.watch.watcher import Finding, Machines, Watcher
from nexus_city.vitals.watching.history import Past, is_weekend
from nexus_city.vitals.watching.thresholds import STRETCHES, ThresholdFile, find, looking_back

MachineSigns = Callable[[str], Mapping[Sign, bool]]
"""What the machines at a place say now."""


class Group:
    """Places that speak in the same windows, on the same grid."""

    def __init__(self, past: Past, usual: Usual, thresholds: Thresholds, day: PersonDay) -> None:
        self.past = past
        self.findings: dict[str, Finding] = {}
        """Place → what was unusual there in the last window that was read."""
        self._usual, self._day = usual, day
        self._weekend = is_weekend(day.date)
        middle = usual.expectation(usual.windows // 2, weekend=self._weekend)
        bank = Bank(middle, usual.wandering, looking_back(usual))
        self._watcher = Watcher(bank, thresholds, usual.wandering)
        self._next_s = day.start_s
        for window, counts in enumerate(past.counts[-1]):  # charts know yesterday when a day begins
            self._watcher.read(counts, usual.expectation(window, weekend=past.weekend[-1]), Machines())

    def read(
        self, tables: Mapping[tuple[str, int], list[Table]], told_s: int, machines: MachineSigns
    ) -> list[tuple[int, Alarm]]:
        """Read all windows that have been told by `told_s`; return alarms, each with the end of its window.

        `tables` are today's by place and start of the window. A window in which a release was refused is left out.
        """
        alarms: list[tuple[int, Alarm]] = []
        while self._next_s < self._day.end_s:
            start_s, end_s = self._day.window(self._next_s, self.past.kind.window_s)
            if end_s > told_s:
                break
            self._next_s = end_s
            of_all = [tables.get((place, start_s), []) for place in self.past.places]
            if any(len(found) < strands for found, strands in zip(of_all, self.past.strands, strict=True)):
                continue
            counts = np.array([_counts(found, self.past.kind.grid) for found in of_all])
            window = (start_s - self._day.start_s) // self.past.kind.window_s
            expected = self._usual.expectation(window, weekend=self._weekend)
            found = self._watcher.read(counts, expected, _together([machines(place) for place in self.past.places]))
            self.findings = {self.past.places[each.community]: each for each in found}
            alarms.extend((end_s, alarm) for alarm in self._watcher.alarms)
        return alarms

    @property
    def read_until_s(self) -> int:
        """End of the last window that was read."""
        return self._next_s


def make_group(
    past: Past, day: PersonDay, variance: float, scale: Fraction, kept: ThresholdFile, now_s: float
) -> Group:
    """Learn what is usual and find the thresholds, unless they are kept. Takes seconds: call it in a thread.

    `variance` and `scale` are those of the noise in one cell of one table.
    """
    usual = learn(past, variance)
    thresholds = kept.load(past, now_s)
    if thresholds is None:
        thresholds = find(past, usual, scale, STRETCHES, lambda _: None)
        kept.keep(past, thresholds, now_s)
    return Group(past, usual, thresholds, day)


def learn(past: Past, variance: float) -> Usual:
    """Return what is usual at the places of `past`."""
    return Usual(past.counts, past.weekend, variance * np.array(past.strands, float), past.kind.window_s)


def _counts(tables: list[Table], grid: int) -> NDArray[np.int64]:
    return np.asarray(sum(coarsen(table.moods, grid) for table in tables), np.int64)


def _together(each: list[Mapping[Sign, bool]]) -> Machines:
    """Return the signs of all places as arrays; one that cannot be looked at everywhere is absent where it cannot."""
    named = [sign for sign in SIGNS if any(sign in signs for signs in each)]
    return Machines({sign: np.array([signs.get(sign, False) for signs in each]) for sign in named})
