"""A run: a scenario that was lived, as arrays that charts can be fed with.

    run = simulate(load_scenario("story"), seed=2154)
    run.counts        # released voices [windows, places, cells]
    run.truth.labels  # what really happened

What `Run` holds outside `truth` is what a real network would know: released tables and climates, what displays said
they show, signs of life, and the released table of sources. Charts are fed with that; `truth` is for their judges.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nexus_city.ground.errors import SettingsError
from nexus_city.places import City, read_city
from nexus_city.simulation.city.engine import Engine, Singles
from nexus_city.simulation.city.events import MappingBug
from nexus_city.simulation.city.network.displays import digest_of
from nexus_city.simulation.city.network.drawing import START_S
from nexus_city.simulation.city.network.mirror import Mirror, Window
from nexus_city.simulation.city.people import People
from nexus_city.simulation.city.scenario import Scenario
from nexus_city.simulation.city.streets import Map, made_up, of_city
from nexus_city.simulation.city.timeline import Flags, Ints, Label
from nexus_city.simulation.city.world import World
from nexus_city.simulation.demo import DEMO_CITY

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Displays:
    """What the display of each place showed during each window [windows, places]."""

    due: Ints
    """Number of the climate that it should have shown, -1: none."""
    shown: Ints
    """Number of the climate that it did show, -1: none."""
    distorted: Flags
    """Whether what it showed was changed on the way."""
    digest_due: NDArray[np.str_]
    """SHA-256 of what it should have shown; empty: nothing."""
    digest_shown: NDArray[np.str_]
    """SHA-256 of what it did show, as it says itself; empty: nothing."""
    age_s: Ints
    """Seconds between the end of the window of the climate that it shows and the start of this one, -1: none."""


@dataclass(frozen=True)
class SignsOfLife:
    """Seconds since the last sign of life, at the end of each window."""

    intake: Ints
    """[windows, places]."""
    hub: Ints
    """[windows, communities]."""
    display: Ints
    """[windows, places]."""


@dataclass(frozen=True)
class Truth:
    """What nobody in a real city could know."""

    labels: tuple[Label, ...]
    counts: Ints
    """What the released tables were made from [windows, places, cells + 1]."""
    felt: Singles
    """Mean mood of those at each place when a window ends [windows, places, 2]; nan where nobody is."""
    living: Singles
    """Mean mood of those who live in each community [windows, communities, 2]."""
    within: Singles
    """Standard deviation of moods inside communities, both axes together [windows]."""
    between: Singles
    """Standard deviation of the communities' means, both axes together, weighed by people [windows]."""


@dataclass(frozen=True)
class Run:
    """A what-if, and no forecast."""

    scenario: Scenario
    seed: int
    places: tuple[str, ...]
    communities: tuple[str, ...]
    community: NDArray[np.int16]
    """Number of the community of each place."""
    start_s: int
    """Unix seconds at which the first window begins."""
    window_s: int
    variance: float
    """Of the noise in one cell of one released table, people²."""
    released: Ints
    """Released tables [windows, places, strands, cells + 1]: for the place alone, onward; last, those in no mood."""
    people: Ints
    """Released voices of each speaker [windows, speakers], possibly negative."""
    mixture: Singles
    """[windows, speakers, cells]."""
    speaks: Flags
    """Whether enough spoke for a climate to be shown [windows, speakers]."""
    climates: tuple[tuple[bytes, ...], ...]
    """The climates as the product would send them, [windows][speakers]."""
    sources: Ints
    """Released table of how check-ins came [windows, communities, SOURCES]; a test bench's, the product has none."""
    deploys: tuple[int, ...]
    """Windows in which a new version of the phone's page was deployed."""
    displays: Displays
    signs: SignsOfLife
    truth: Truth = field(repr=False)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Who has climates: all places, then all communities, then the city."""
        return (*self.places, *self.communities, "city")

    @property
    def counts(self) -> Ints:
        """Released voices by mood [windows, places, cells], both strands together: twice the `variance` in each."""
        moods: Ints = self.released[..., :-1].sum(axis=2)
        return moods

    def of_communities(self) -> Ints:
        """Return released voices by mood [windows, communities, cells]: sums of `counts`, and so is their noise."""
        starts = np.searchsorted(self.community, np.arange(len(self.communities)))
        summed: Ints = np.add.reduceat(self.counts, starts, axis=1)
        return summed


@dataclass(frozen=True)
class Summary:
    """One chapter of a run in four figures."""

    title: str
    apart: float
    """Share of the true differences in mood that lies between communities, 0..1."""
    within: float
    """Standard deviation of true moods inside communities, both axes together."""
    in_step: float
    """Share of displays that show what was released last, 0..1."""
    voices: float
    """Released voices of the city, by hour."""


def summaries(run: Run) -> list[Summary]:
    """Return the chapters of a run in figures, or its days where it has no chapters."""
    truth, displays = run.truth, run.displays
    apart = truth.between**2 / (truth.between**2 + truth.within**2)
    in_step = ((displays.due == displays.shown) & ~displays.distorted).mean(axis=1)
    voices = run.released.sum(axis=(1, 2, 3)) / (run.window_s / 3600)
    return [
        Summary(title, *(float(figure[first:last].mean()) for figure in (apart, truth.within, in_step, voices)))
        for title, first, last in run.scenario.parts()
    ]


def map_of(scenario: Scenario) -> Map:
    """Return the city of a scenario."""
    made = scenario.streets
    return made_up(made.communities, made.places) if made else of_city(demo_city())


def demo_city() -> City:
    """Return the city of the demo."""
    return read_city(DEMO_CITY)


def simulate(
    scenario: Scenario,
    seed: int = 2154,
    *,
    engine: Engine | None = None,
    threads: int = 1,
    people: People | None = None,
    told: Told = lambda done, of: None,  # noqa: ARG005 - told to nobody
) -> Run:
    """Live `scenario` in this process.

    The same scenario, seed and people give the same bytes, whatever `engine` and `threads`; `people` None draws them.
    `told` hears, after each window, how many of how many are done.
    """
    where = map_of(scenario)
    if people is not None and len(people) != scenario.residents:
        raise SettingsError(
            f"There are {len(people)} people for {scenario.residents} residents.", "Give as many.", field="residents"
        )
    world = World(scenario, where, seed, engine, threads, people)
    mirror = Mirror(scenario, where, world.timeline, scenario.residents, seed)
    kept = _Kept(world)
    try:
        for window in range(scenario.windows):
            echo = mirror.open()
            for tick in range(window * scenario.ticks_a_window, (window + 1) * scenario.ticks_a_window):
                mirror.hear(world.live(echo), tick)
            kept.keep(mirror.close())
            told(window + 1, scenario.windows)
    finally:
        world.close()
    return kept.run(seed, mirror.variance)


class _Kept:
    """Keeps what each window leaves behind, and how people truly felt at its end."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._home = world.map.community[world.people.haunts[:, 0]]
        self._lives = self._sum(np.ones(len(world.people), np.float32))
        self._windows: list[Window] = []
        self._felt: list[Singles] = []
        self._living: list[NDArray[np.float64]] = []
        self._spread: list[tuple[float, float]] = []

    def keep(self, window: Window) -> None:
        self._windows.append(window)
        means, present = self._world.felt()
        means[present == 0] = np.nan
        self._felt.append(means[:-1])
        mood, lives = self._world.state.mood, np.maximum(self._lives, 1)
        living = np.stack([self._sum(mood[:, axis]) / lives for axis in (0, 1)], axis=1)
        square = np.stack([self._sum(mood[:, axis] ** 2) / lives for axis in (0, 1)], axis=1)
        weight = (self._lives / self._lives.sum())[:, None]
        within = float((weight * (square - living**2)).sum())
        between = float((weight * (living - (weight * living).sum(axis=0)) ** 2).sum())
        self._living.append(living)
        self._spread.append((within**0.5, between**0.5))

    def _sum(self, column: Singles) -> NDArray[np.float64]:
        return np.bincount(self._home, column, len(self._world.map.communities)).astype(np.float64)

    def run(self, seed: int, variance: float) -> Run:
        world, scenario = self._world, self._world.scenario
        windows = scenario.windows * scenario.ticks_a_window
        return Run(
            scenario=scenario,
            seed=seed,
            places=world.map.places,
            communities=world.map.communities,
            community=world.map.community,
            start_s=START_S,
            window_s=scenario.window_minutes * 60,
            variance=variance,
            released=self._stacked("released"),
            people=self._stacked("people"),
            mixture=self._stacked("mixture"),
            speaks=self._stacked("speaks"),
            climates=tuple(window.climates for window in self._windows),
            sources=self._stacked("sources"),
            deploys=tuple(
                each.start // scenario.ticks_a_window for each, _ in world.timeline.begun(MappingBug, windows)
            ),
            displays=self._displays(),
            signs=SignsOfLife(*(self._stacked(f"{name}_age_s") for name in ("intake", "hub", "display"))),
            truth=Truth(
                world.timeline.labels(),
                self._stacked("true_counts"),
                np.stack(self._felt),
                np.stack(self._living).astype(np.float32),
                *(np.array(column, np.float32) for column in zip(*self._spread, strict=True)),
            ),
        )

    def _stacked(self, name: str) -> NDArray:  # type: ignore[type-arg]  # of whatever the field holds
        return np.stack([getattr(window, name) for window in self._windows])

    def _displays(self) -> Displays:
        due, shown, distorted = (self._stacked(name) for name in ("due", "shown", "distorted"))
        bodies = [body for window in self._windows for body in window.climates]
        speakers = len(self._windows[0].climates)
        plain = np.array([*(digest_of(body) for body in bodies), ""])  # -1 is the last: nothing
        changed = np.array([*(digest_of(body, distorted=True) for body in bodies), ""])
        opened = np.arange(len(due))[:, None]
        age = np.where(shown >= 0, (opened - 1 - shown // speakers) * self._world.scenario.window_minutes * 60, -1)
        return Displays(due, shown, distorted, plain[due], np.where(distorted, changed[shown], plain[shown]), age)
