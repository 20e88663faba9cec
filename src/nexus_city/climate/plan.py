"""The plan of a day: on which rung each place stands, and who speaks for those that rest.

Made once, when the day begins, from what was *released* the day before (post-processing: it costs nothing and tells
nothing), or on the first day from the crowds that the charters expect. It is kept, and never changes during its day:
no threshold is lowered on what was already given.

A parent is drawn from its own remainder and from what was released below it, so its noise is the sum of theirs. It is
never finer than the finest place below, nor faster than the windows in which most of its voices arrive.

A place that has rested six days listens on the seventh on its lowest rung: that day's table is the released fact from
which it can wake up again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nexus_city.boundaries import Rung, choose_rung, expected_error
from nexus_city.climate.model import HERE, ONWARD, Audience
from nexus_city.places import City, PersonDay, Place
from nexus_city.places.model import DAY_S

LISTENING_DAY = 7
"""Every how many days a resting place is heard on its lowest rung."""


@dataclass(frozen=True)
class DayPlan:
    """Rungs for one person-day."""

    day: PersonDay
    rungs: Mapping[str, Rung | None]
    """Place id → rung, None for a place that rests."""
    rested: Mapping[str, int]
    """Place id → days in a row that it has rested, this one included."""
    whole: bool
    """Whether the city is awake for the whole day; a day that was not heard whole teaches nothing."""

    def speaker(self, city: City, place: Place, audience: Audience) -> Place | None:
        """Return the place whose table takes a check-in given at `place` for `audience`, if any.

        Whoever speaks for a place of work or a school speaks once a day only, as the place itself may.
        """
        if self.rungs.get(place.id):
            return place
        if audience == "place":
            return None
        for above in city.ancestors(place):
            rung = self.rungs.get(above.id)
            if rung and (rung.window_s >= DAY_S or not place.daily):
                return above
        return None


def strands(place: Place) -> tuple[int, ...]:
    """Return the tables of a speaking place: for itself, and for everything above it (the root has nothing above)."""
    return (ONWARD,) if place.parent is None else (HERE, ONWARD)


def make_plan(
    city: City,
    day: PersonDay,
    before: DayPlan | None,
    totals: Mapping[str, tuple[int, int]],
    variance: float,
    whole: bool,
) -> DayPlan:
    """Plan `day`. `totals` are yesterday's released voices (here, onward) of each place that spoke.

    `variance` is that of one cell's noise. Without a whole day before, the charters and the last plan decide.
    """
    rungs: dict[str, Rung | None] = {}
    learned = before is not None and before.whole
    voices = dict(totals) if learned else {place.id: (0, place.expected_crowd) for place in city.places}
    for place in city.upwards():
        last = before.rungs.get(place.id) if before else None
        if before is not None and not learned and place.id in before.rungs:
            rungs[place.id] = last
        elif learned and before and before.rested.get(place.id, 0) >= LISTENING_DAY - 1 and not city.children(place):
            rungs[place.id] = place.ladder[-1]
        else:
            rungs[place.id] = _rung(city, place, rungs, voices, variance, last)
    rested = {
        place_id: 0 if rung else (before.rested.get(place_id, 0) if before else 0) + 1
        for place_id, rung in rungs.items()
    }
    return DayPlan(day, rungs, rested, whole)


def noise_of(city: City, place: Place, rungs: Mapping[str, Rung | None], rung: Rung, variance: float) -> float:
    """Return the variance in one cell of one window of `place` on `rung`: of its own tables and of those below it."""
    below = (rungs.get(child.id) for child in city.below(place))
    return variance * len(strands(place)) + sum(_noise_from(each, rung, variance) for each in below if each)


def _rung(
    city: City,
    place: Place,
    rungs: Mapping[str, Rung | None],
    voices: Mapping[str, tuple[int, int]],
    variance: float,
    last: Rung | None,
) -> Rung | None:
    below = [(rung, voices.get(child.id, (0, 0))[ONWARD]) for child in city.below(place) if (rung := rungs[child.id])]
    silent = sum(voices.get(child.id, (0, 0))[ONWARD] for child in city.below(place) if rungs[child.id] is None)
    crowd = sum(voices.get(place.id, (0, 0))) + silent + sum(heard for _, heard in below)
    ladder = [rung for rung in place.ladder if _follows(rung, below)]

    def error(rung: Rung, factor: float) -> float:
        noise = noise_of(city, place, rungs, rung, variance)
        return expected_error(crowd * rung.share_of_day() / factor, rung.cells, noise)

    return choose_rung(error, last, ladder)


def _follows(rung: Rung, below: list[tuple[Rung, int]]) -> bool:
    """Whether a parent with `below` may stand on `rung`."""
    if not below:
        return True
    arriving = sum(max(heard, 0) for child, heard in below if child.window_s <= rung.window_s)
    finest = max(child.grid for child, _ in below)
    return rung.grid <= finest and 2 * arriving >= sum(max(heard, 0) for _, heard in below)


def _noise_from(child: Rung, rung: Rung, variance: float) -> float:
    """Variance that a child's tables bring into one cell of one window of its parent on `rung`."""
    tables = max(1, rung.window_s // child.window_s)
    cells = max(1, child.grid // rung.grid) ** 2
    return variance * tables * cells
