"""The mirror: the city's network in this process, with what may break in it.

It counts, bounds, releases and draws with the product's own code (`boundaries`, `climate.folding`, `climate.mixture`):
what comes out are released values, as noisy and as bounded as those of a real city. Only the machine between is made
up, so that it can be broken: intakes, hubs, displays, and their signs of life.

A window is opened (noise is drawn, displays are renewed), takes check-ins, and is closed (folded and released).
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import Budget, DiscreteLaplace, Noise, draw_noise, release
from nexus_city.climate.mixture import coarsen
from nexus_city.simulation.city.chance import RepeatedNoise, generator
from nexus_city.simulation.city.engine import Singles
from nexus_city.simulation.city.events import DoubleCount, Flood, HubDown, SensorSilent, SensorStuck
from nexus_city.simulation.city.network.desk import FINEST, STRANDS, Desk
from nexus_city.simulation.city.network.displays import Displays, Signs
from nexus_city.simulation.city.network.drawing import Drawing
from nexus_city.simulation.city.scenario import DAY_MINUTES, Scenario
from nexus_city.simulation.city.streets import Map
from nexus_city.simulation.city.timeline import Flags, Ints, Timeline
from nexus_city.simulation.city.world import Echo, Said

SOURCES = ("older-version", "newer-version", "young-token", "refused", "replaced")
"""Columns of the table of sources: what the machine knows of how check-ins came, and never of whom or what."""


@dataclass(frozen=True)
class Window:
    """All that one window leaves behind. Rows of speakers are places, then communities, then the city."""

    released: Ints
    """Released tables [places, strands, cells + 1]; the last cell are those in no mood."""
    sources: Ints
    """Released table of sources [communities, SOURCES], with noise of the same scale."""
    climates: tuple[bytes, ...]
    """One a speaker, as the product would send it."""
    mixture: Singles
    """[speakers, cells]; also where too few spoke for it to be shown."""
    people: Ints
    speaks: Flags
    due: NDArray[np.int64]
    """Number of the climate that each place's display should have shown meanwhile, -1: none."""
    shown: NDArray[np.int64]
    """Number of the climate that it did show, -1: none."""
    distorted: Flags
    """Whether what it showed was changed on the way, so that its digest is none of a release."""
    intake_age_s: NDArray[np.int64]
    """Seconds since the last sign of life at the window's end [places]."""
    hub_age_s: NDArray[np.int64]
    display_age_s: NDArray[np.int64]
    true_counts: Ints
    """What the released tables were made from, strands together [places, cells + 1]. Only simulated people have it."""


class Mirror:
    """The network between people and displays."""

    def __init__(self, scenario: Scenario, where: Map, timeline: Timeline, residents: int, seed: int) -> None:
        self._scenario, self._map, self._timeline, self._seed = scenario, where, timeline, seed
        self.budget = Budget(epsilon=Fraction(scenario.epsilon).limit_denominator(1000))
        self._mechanism = DiscreteLaplace(self.budget.grid_scale)
        self.variance = self._mechanism.variance
        """Variance of the noise in one cell of one table, people²."""
        self._drawing = Drawing(scenario, where, self.budget, self.variance)
        self._randomness = RepeatedNoise(seed)
        self._places, self._communities = len(where.places), len(where.communities)
        self._cells = scenario.grid**2
        self._desk = Desk(residents, self.budget.m, self._places)
        self._displays = Displays(scenario, where, timeline)
        self._seen = Signs(self._places, self._communities)
        self._true: Ints = np.zeros((self._places, STRANDS, self._cells + 1), np.int64)
        self._released = self._true.copy()
        self._sources = np.zeros((self._communities, len(SOURCES)), np.int64)
        self._noise: tuple[Noise, Noise]
        self._window = -1

    def open(self) -> Echo:
        """Open the next window: draw its noise, and return what displays show meanwhile."""
        self._window += 1
        tables, sources = self._true.size, self._sources.size
        self._noise = tuple(draw_noise(self._mechanism, self._randomness, size) for size in (tables, sources))  # type: ignore[assignment]
        self._sources[:] = 0
        first = self._window * self._scenario.ticks_a_window
        if first * self._scenario.tick_minutes % DAY_MINUTES == 0:
            self._desk.begin_day()
        return self._displays.renew(first)

    def hear(self, said: Said, tick: int) -> None:
        """Take the check-ins of one tick, as far as they arrive."""
        hub_down = self._timeline.there(HubDown, tick)
        lost = hub_down | self._timeline.there(SensorSilent, tick)
        dark = hub_down | self._displays.dark(tick)
        self._seen.note(tick, ~lost, ~hub_down, ~dark, self._map.community)
        arrives = ~lost[said.place]
        person, place, value = said.person[arrives], said.place[arrives], said.value[arrives]
        strand = np.where(said.here[arrives], 0, 1)
        replaced, refused = self._desk.admit(person, place, value, strand, tick)
        community = self._map.community[place]
        newer = said.newer[arrives]
        for column, which in enumerate((~newer, newer, None, refused, replaced)):
            if which is not None:
                self._sources[:, column] += np.bincount(community[which], minlength=self._communities)
        self._flood(place, tick, lost)

    def close(self) -> Window:
        """Close the window: fold, release and draw; return all that it leaves behind."""
        last = (self._window + 1) * self._scenario.ticks_a_window - 1
        true = self._fold()
        true[self._timeline.there(DoubleCount, last)] *= 2
        stuck = {each: self._stuck(each, last) for each in ("counts", "release")}
        true[stuck["counts"]] = self._true[stuck["counts"]]
        for_tables, for_sources = self._noise
        released = release(true.ravel(), for_tables).counts.reshape(true.shape).copy()
        released[stuck["release"]] = self._released[stuck["release"]]
        self._true, self._released = true, released
        drawn = self._drawing.draw(self._window, released)
        shown = self._displays.state()
        self._displays.hear(self._window, drawn)
        return Window(
            released,
            release(self._sources.ravel(), for_sources).counts.reshape(self._sources.shape),
            drawn.climates,
            drawn.mixture,
            drawn.people,
            drawn.speaks,
            *shown,
            *self._seen.ages(last, self._scenario.tick_minutes * 60),
            true.sum(axis=1),
        )

    def _flood(self, place: Ints, tick: int, lost: Flags) -> None:
        """Let devices in that are nobody: as many as the flood's share of those who told something there."""
        told = np.bincount(place, minlength=self._places)
        for each, flood in self._timeline.active(Flood, tick):
            here = each.places[(tick < each.ends) & ~lost[each.places]]
            chance = generator(self._seed, "flood", each.number, tick)
            at = np.repeat(here, chance.poisson(flood.share * told[here]))
            self._desk.admit_strangers(at, flood.cell, tick)
            came = np.bincount(self._map.community[at], minlength=self._communities)
            older_young_refused = np.outer(came, (1, 0, 1, 0, 0))
            older_young_refused[:, 3] = came // 2  # devices that had their say try again
            self._sources += older_young_refused

    def _stuck(self, repeats: str, tick: int) -> Flags:
        found = np.zeros(self._places, bool)
        for each, stuck in self._timeline.active(SensorStuck, tick):
            if stuck.repeats == repeats and self._window > 0:
                found[each.places[tick < each.ends]] = True
        return found

    def _fold(self) -> Ints:
        """Return the true counts [places, strands, cells + 1] of what was taken, the last value of each person."""
        finest = self._desk.fold().reshape(self._places, STRANDS, FINEST + 1)
        moods = coarsen(finest[..., :FINEST], self._scenario.grid)
        return np.concatenate([moods, finest[..., FINEST:]], axis=-1)
