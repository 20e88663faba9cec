"""What holds at every live place: how long a step is, how long a check-in stands, how many seats it takes."""

import functools
import math
from collections.abc import Mapping

from nexus_city.boundaries import Budget, Continual, Rung
from nexus_city.climate.model import LiveStep
from nexus_city.places import City, PersonDay, Place
from nexus_city.places.model import LiveKind

STEP_S = 300
"""Seconds from one telling to the next."""
STAYS_S = 3600
"""Seconds for which a check-in stands; where the count decays, the mean of that.

An hour, since the table at the end of each hour then holds every check-in of that hour, as one of an hourly place does:
so what parents hear and what the next day is planned from keep their meaning.
"""
STAYS = STAYS_S // STEP_S
SEATS = 2
"""Seats of the day that a check-in takes. With one it would need crowds twice as large, and with all m nobody could
come a second time (decision 0021)."""
_HALF_LIFE: Mapping[LiveKind, float | None] = {"continual": None, "decaying": math.log(0.5) / math.log(1 - 1 / STAYS)}
"""Steps after which a count is half; λ = 1 - 1/STAYS sums to STAYS."""


def kind_of(city: City, place: Place) -> LiveKind | None:
    """Return how a crowd at `place` may be told live, if it is large enough; None where something lies below it."""
    return None if city.children(place) else place.live_kind


def is_live(rung: Rung | None) -> bool:
    """Whether a place on `rung` is live today."""
    return rung is not None and rung.window_s == STEP_S


def live_rungs(place: Place) -> list[Rung]:
    """Return the rungs of a place that may be live, the finest first."""
    return [Rung(STEP_S, grid) for grid in (8, 4, 2) if grid <= place.finest_grid]


def as_heard(rung: Rung) -> Rung:
    """Return the rung on which others hear a place that stands on `rung`: a live one once an hour."""
    return Rung(STAYS_S, rung.grid) if is_live(rung) else rung


def hour_ends(day: PersonDay, after_s: int, until_s: int) -> list[int]:
    """Return the instants in (after_s, until_s] at which others hear the live places of `day`, Unix seconds."""
    ends, at_s = [], after_s
    while at_s < min(until_s, day.end_s):
        at_s = day.window(at_s, STAYS_S)[1]
        ends.append(at_s)
    return [end_s for end_s in ends if end_s <= until_s]


def mechanism(budget: Budget, day: PersonDay, kind: LiveKind) -> Continual:
    """Return the mechanism of a live place for `day`, which may be longer or shorter than others."""
    return _mechanism(budget, round((day.end_s - day.start_s) / STEP_S), kind)


def mechanisms(city: City, day: PersonDay) -> dict[str, Continual]:
    """Return the mechanism of every place that may be live on `day`; none are made where none may be."""
    kinds = ((place.id, kind) for place in city.places if (kind := kind_of(city, place)))
    return {place: mechanism(city.budget, day, kind) for place, kind in kinds}


def heard_variance(live: Continual, window_s: int) -> float:
    """Return the variance in a cell of what others hear of a live place in a window, at its worst, people².

    The worst is the last window of the day; one that is no longer than an hour hears one table.
    """
    hours = range(live.steps, max(0, live.steps - max(window_s // STEP_S, 1)), -STAYS)
    return live.variance(hours)


def live_step(live: Continual, kind: LiveKind) -> LiveStep:
    """Return what is told of a live place with each of its steps."""
    return LiveStep(kind, STEP_S, STAYS_S, live.seats, float(live.check_in_epsilon), live.delta)


@functools.lru_cache(maxsize=16)
def _mechanism(budget: Budget, steps: int, kind: LiveKind) -> Continual:
    epsilon = budget.m / budget.grid_scale
    stays = STAYS if kind == "continual" else None
    return Continual(steps, budget.m, epsilon, seats=SEATS, half_life=_HALF_LIFE[kind], stays=stays)
