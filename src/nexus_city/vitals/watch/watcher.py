"""The watcher: charts, signs and causes of communities that are heard in the same windows, window after window.

It suspects a community from the window in which a chart alarms there or a machine is not in order, asks for signs
(`signs`) until nothing is unusual any more, and then lets its charts begin anew: what was explained is told once.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nexus_city.vitals.causes import ECHO, Diagnosis, Named, Sign, diagnose
from nexus_city.vitals.watch.bank import Alarm, Bank, Thresholds, Watch
from nexus_city.vitals.watch.signs import MEMORY, Counts, Suspicion, signs_of, stands_out
from nexus_city.vitals.watch.streams import Expectation, Floats
from nexus_city.vitals.watch.wandering import Wandering

CALM_AFTER = 3
"""Windows in a row in which nothing is unusual before a suspicion ends."""
_CALM = 2.5  # standard deviations of volume, and of each moment on average, that are nothing unusual
_PARTED = 1 / 2  # share of those that are heard whose moods have moved, from which they part
_TOGETHER = 0.75  # share of the places of one hub that fail at once, from which it is the hub
MANY_DISPLAYS = 0.1
"""Share of displays from which a broken echo may move the whole city."""
_AFTERMATH = 6  # windows for which it does so after it works again

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Machines:
    """What is known of the machines in one window; a sign that nobody can look at is left out.

    Each value is [communities], or one flag for all of them.
    """

    signs: Mapping[Sign, Flags | bool] = field(default_factory=dict)

    def of(self, community: int) -> dict[Sign, bool]:
        """Return the signs of one community."""
        return {
            sign: bool(value if isinstance(value, bool) else value[community]) for sign, value in self.signs.items()
        }


SUSPICIOUS: frozenset[Sign] = frozenset({*ECHO, "heartbeat-late"})
"""Signs of machines that are a reason to look by themselves."""
EXPLAINING: frozenset[Sign] = frozenset({"deploy", "young-tokens", "rejects-up", "opt-outs-up"})
"""Signs that are nothing unusual by themselves, and only explain what is."""


@dataclass(frozen=True)
class Finding:
    """What is unusual in one community, and what explains it."""

    community: int
    since: int
    """Number of the window in which it began."""
    signs: dict[Sign, bool]
    diagnosis: Diagnosis

    @property
    def cause(self) -> Named:
        """What explains it."""
        return self.diagnosis.cause


@dataclass(frozen=True)
class _Window:
    counts: Counts
    expected: Expectation
    volume: Floats
    moments: Floats
    repeated: Flags


class Watcher:
    """Watches communities together. `hubs` [communities] says which of them hang on the same machine."""

    def __init__(
        self, bank: Bank, thresholds: Thresholds, wandering: Wandering, hubs: Sequence[int] | None = None
    ) -> None:
        self._bank, self._watch, self._wandering = bank, Watch(bank, thresholds), wandering
        self._hubs = None if hubs is None else np.asarray(hubs)
        self._suspected: dict[int, Suspicion] = {}
        self._past: deque[_Window] = deque(maxlen=MEMORY)
        self._window = -1
        self._heard = 0
        self._broken_until = -1
        self.alarms: list[Alarm] = []
        """Those that began with the last window."""

    def read(self, counts: Counts, expected: Expectation, machines: Machines) -> list[Finding]:
        """Return what is unusual in the next window of released tables [communities, cells], and why."""
        self._window += 1
        self.alarms = self._watch.read(counts, expected)
        self._heard = int(stands_out(expected).sum())
        now = self._bank.streams
        self._past.append(_Window(counts, expected, now.volume, now.moments, now.repeated))
        for community in range(len(counts)):
            self._suspect(community, machines.of(community))
        signs = {
            community: signs_of(suspicion, self._wandering, community) | machines.of(community)
            for community, suspicion in self._suspected.items()
            if not suspicion.calm
        }
        if self._hubs is not None:
            self._look_at_hubs(signs)
        self._look_at_parting(signs)
        people = not self._is_mirror_broken(machines)
        return [
            Finding(community, self._suspected[community].since, each, diagnose(each, people=people))
            for community, each in sorted(signs.items())
            if any(present for sign, present in each.items() if sign not in EXPLAINING)
        ]

    def _suspect(self, community: int, machine: Mapping[Sign, bool]) -> None:
        """Begin, go on with, or end a suspicion."""
        charts = self._watch.above(community) | self._watch.above(None)
        failing = any(machine.get(sign, False) for sign in SUSPICIOUS)
        sudden = failing or self._is_sudden(community)
        known = self._suspected.get(community)
        if known is not None and known.failing and not failing:  # it works again; what it left behind is no news
            self._end(community)
        elif known is None and (charts or failing):
            self._suspected[community] = suspicion = Suspicion(self._window, failing)
            for window in list(self._past)[-1 if sudden else 0 :]:
                suspicion.hear(window.counts[community], window.expected, community, charts)
        elif known is not None and (sudden or self._lasts(community)):
            known.calm, known.failing = 0, failing
            known.hear(self._past[-1].counts[community], self._past[-1].expected, community, charts)
        elif known is not None:
            known.calm += 1
            if known.calm >= CALM_AFTER:
                self._end(community)

    def _end(self, community: int) -> None:
        del self._suspected[community]
        self._bank.forget(np.arange(len(self._wandering.spread)) == community)

    def _is_sudden(self, community: int) -> bool:
        """Whether the last window alone is unusual."""
        return self._past[-1].repeated[community] or self._is_off(community, 1, _CALM)

    def _lasts(self, community: int) -> bool:
        """Whether the last windows are a little unusual, each in the same way."""
        return self._is_off(community, MEMORY, _CALM) and self._is_off(community, MEMORY // 2, _CALM / 2)

    def _is_off(self, community: int, windows: int, limit: float) -> bool:
        """Whether the middle one of the last windows is off, judged as if all of them were as it is."""
        past = list(self._past)[-windows:]
        own, wanders = self._wandering.chance[community] ** 2, self._wandering.spread[community] ** 2
        wide = np.sqrt(own / len(past) + wanders)  # a wander of long memory adds up
        off = np.median([np.append(each.volume[community], each.moments[community]) for each in past], axis=0) / wide
        return bool(abs(off[0]) > limit or float((off[1:] ** 2).mean()) > limit)

    def _is_mirror_broken(self, machines: Machines) -> bool:
        """Whether many displays show, or have just shown, what was not released: that moves moods everywhere."""
        broken = np.zeros(len(self._wandering.spread), bool)
        for sign in ECHO:
            broken |= machines.signs.get(sign, False)
        if broken.mean() >= MANY_DISPLAYS:
            self._broken_until = self._window + _AFTERMATH
        return self._window <= self._broken_until

    def _look_at_hubs(self, signs: Mapping[int, dict[Sign, bool]]) -> None:
        """Note where most places of one hub fail at once."""
        assert self._hubs is not None  # noqa: S101 - asked before
        fail: tuple[Sign, ...] = ("volume-gone", "heartbeat-late")
        for community, own in signs.items():
            here = np.flatnonzero(self._hubs == self._hubs[community])
            if len(here) > 1:
                failing = [any(signs.get(int(each), {}).get(sign, False) for sign in fail) for each in here]
                own["many-at-once"] = float(np.mean(failing)) >= _TOGETHER

    def _look_at_parting(self, signs: Mapping[int, dict[Sign, bool]]) -> None:
        """Note whether communities part: the mixture chart says so, and moods have moved in many of them."""
        moved = sum(each.get("mood-moved", False) for each in signs.values())
        parted = "divergence" in self._watch.above(None) and moved >= max(2, _PARTED * self._heard)
        for each in signs.values():
            if "mood-moved" in each:
                each["communities-parted"] = parted
