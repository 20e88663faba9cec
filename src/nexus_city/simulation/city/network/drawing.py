"""From released tables to climates: those of places, communities and the city, with the product's own mixture."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from nexus_city.boundaries import Budget, epsilon_after_days
from nexus_city.boundaries.ladder import QUIET_ERROR
from nexus_city.climate import Climate
from nexus_city.climate.mixture import mix
from nexus_city.climate.model import Cost, Span
from nexus_city.ground import iso
from nexus_city.simulation.city.engine import Singles
from nexus_city.simulation.city.scenario import Scenario
from nexus_city.simulation.city.streets import Map
from nexus_city.simulation.city.timeline import Flags, Ints

START_S = int(dt.datetime(2154, 3, 4, 4, tzinfo=dt.UTC).timestamp())
"""Unix seconds at which every run begins: a Monday at 04:00."""
FRAMEWORK = "nexus-1"


@dataclass(frozen=True)
class Drawn:
    """Climates of one window, one row a speaker."""

    climates: tuple[bytes, ...]
    mixture: Singles
    people: Ints
    speaks: Flags

    @classmethod
    def of(cls, drawn: Sequence[tuple[Climate, Singles, int]]) -> "Drawn":
        """Return the climates of a window, drawn one by one."""
        return cls(
            tuple(msgspec.json.encode(climate) for climate, _, _ in drawn),
            np.stack([shares for _, shares, _ in drawn]),
            np.array([people for _, _, people in drawn], np.int64),
            np.array([climate.state == "speaks" for climate, _, _ in drawn]),
        )


class Drawing:
    """Draws the climates of a window; the speakers are the places, then the communities, then the city."""

    def __init__(self, scenario: Scenario, where: Map, budget: Budget, variance: float) -> None:
        self._scenario, self._map, self._variance = scenario, where, variance
        self._cost = Cost(float(budget.epsilon), round(epsilon_after_days(budget, 30), 2))

    def draw(self, window: int, released: Ints) -> Drawn:
        """Draw the climates of all speakers from released tables: places, communities, the city."""
        onward = released[:, 1]
        heard: list[Ints] = [
            *released,
            *(onward[self._map.community == number] for number in range(len(self._map.communities))),
            onward,
        ]
        names = (*self._map.places, *self._map.communities, "city")
        number = window * len(names)
        return Drawn.of([self._climate(window, number + i, names[i], tables) for i, tables in enumerate(heard)])

    def _climate(self, window: int, number: int, name: str, tables: Ints) -> tuple[Climate, Singles, int]:
        shares, error = mix(list(tables[:, : self._scenario.grid**2]), self._scenario.grid, self._variance)
        window_s = self._scenario.window_minutes * 60
        start_s = START_S + window * window_s
        speaks = error <= QUIET_ERROR
        people = int(tables.sum())
        climate = Climate(
            id=number,
            place=name,
            name=name,
            state="speaks" if speaks else "quiet",
            window=Span(iso(start_s), iso(start_s + window_s)),
            grid=self._scenario.grid,
            mixture=[round(float(share), 6) for share in shares] if speaks else None,
            people=max(0, people),
            people_sd=round(float(np.sqrt(self._variance * tables.size)), 1),
            uncertainty=round(error, 4),
            epsilon=self._cost,
            framework=FRAMEWORK,
        )
        return climate, shares.astype(np.float32), people
