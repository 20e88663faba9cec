"""The plan of a day: on which rung each place stands, which tables it has, and who speaks for those that rest.

Made once, when the day begins, from what was *released* the day before (post-processing: it costs nothing and tells
nothing), or on the first day from the crowds that the charters expect. It is kept, and never changes during its day:
no threshold is lowered on what was already given.

A place has one table, its *strand*, for each audience that it declares: HERE, DISTRICT (everything above but the city)
and ONWARD (the city as well). A parent is drawn from its own tables and from those below it that may reach it, so its
noise is the sum of theirs. It is never finer than the finest place below, nor faster than the windows in which most of
its voices arrive.

A place that may be live stands on a live rung when its crowd carries one; else on an ordinary one, like any other.

A place that has rested six days listens on the seventh on its lowest rung: that day's table is the released fact from
which it can wake up again.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from nexus_city.boundaries import Continual, Rung, choose_rung, expected_error
from nexus_city.boundaries.policy import Reach
from nexus_city.climate.live.terms import SEATS, as_heard, heard_variance, is_live, live_rungs, mechanisms
from nexus_city.climate.model import AUDIENCES, DISTRICT, HERE, ONWARD
from nexus_city.places import City, PersonDay, Place
from nexus_city.places.model import LiveKind

LISTENING_DAY = 7
"""Every how many days a resting place is heard on its lowest rung."""
NONE_LIVE: Mapping[str, Continual] = {}
_REACH = {HERE: 0, DISTRICT: 1, ONWARD: 2}
"""How far a strand reaches."""

Strands = Mapping[str, tuple[int, ...]]
"""Place id → its strands."""
Voices = Mapping[str, Mapping[int, int]]
"""Place id → strand → moods in it."""


@dataclass(frozen=True)
class DayPlan:
    """What holds for one person-day."""

    day: PersonDay
    rungs: Mapping[str, Rung | None]
    """Place id → rung, None for a place that rests."""
    rested: Mapping[str, int]
    """Place id → days in a row that it has rested, this one included."""
    whole: bool
    """Whether the city is awake for the whole day; a day that was not heard whole teaches nothing."""
    strands: Strands
    """The tables of each place: a charter that is amended meanwhile changes those of the next day."""
    live: Mapping[str, LiveKind] = field(default_factory=dict)
    """Place id → its kind, of those that stand on a live rung."""
    _speakers: dict[tuple[City, str, Reach], Place | None] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    """Those that were asked for before: every check-in asks, and the answer is the same all day."""

    def unheard(self) -> "DayPlan":
        """Return the plan of the same day if nobody is heard on it: the rest of a day on which a city was restored.

        The rungs stay written down as they were planned, and hold again from the next day on.
        """
        return replace(self, rungs=dict.fromkeys(self.rungs, None), whole=False, live={})

    def without(self, places: Collection[str]) -> "DayPlan":
        """Return the plan if these places are not heard, for the noise of their day is lost or cannot be paid for."""
        live = {place: kind for place, kind in self.live.items() if place not in places}
        return replace(self, rungs={**self.rungs, **dict.fromkeys(places, None)}, live=live)

    def cells_of(self, place: str) -> int:
        """Return the moods that a place tells apart today; 0 where it rests."""
        rung = self.rungs[place]
        return rung.cells if rung else 0

    def speaker(self, city: City, place: Place, audience: Reach) -> Place | None:
        """Return the nearest place that may hear and speak for what is given at `place` for `audience`, if any.

        Whoever speaks for another place stands on a rung of that place's ladder: nobody speaks faster or finer for a
        place than it may itself, at work and at school once a day.
        """
        asked = (city, place.id, audience)
        if asked not in self._speakers:
            self._speakers[asked] = self._find_speaker(city, place, audience)
        return self._speakers[asked]

    def _find_speaker(self, city: City, place: Place, audience: Reach) -> Place | None:
        for each in _reached(city, place, audience):
            rung = self.rungs.get(each.id)
            may_speak = rung and (each is place or rung in place.ladder)
            if may_speak and self.strand(city, each, audience) is not None:
                return each
        return None

    def strand(self, city: City, speaker: Place, audience: Reach) -> int | None:
        """Return the table of `speaker` that takes what is for `audience`: the furthest that goes no further than that.

        None when all its tables go further.
        """
        furthest = _REACH[strand_of(city, speaker, audience)]
        within = [strand for strand in self.strands[speaker.id] if _REACH[strand] <= furthest]
        return max(within, key=_REACH.__getitem__, default=None)


def strand_of(city: City, place: Place, audience: Reach) -> int:
    """Return the strand that `audience` means at `place`.

    The city has nothing above it, so all that is given there is for the city. Where nothing but the city is above,
    there is no district apart from the place.
    """
    if place.parent is None:
        return ONWARD
    if audience == "district" and place.parent == city.root.id:
        return HERE
    return AUDIENCES.index(audience)


def strands(city: City, place: Place) -> tuple[int, ...]:
    """Return the tables that `place` declares."""
    return tuple(sorted({strand_of(city, place, audience) for audience in place.audiences}))


def heard_by(above: Place) -> tuple[int, ...]:
    """Return which strands of the places below it a parent is drawn from."""
    return (ONWARD,) if above.parent is None else (ONWARD, DISTRICT)


def make_plan(
    city: City, day: PersonDay, before: DayPlan | None, totals: Voices, variance: float, whole: bool
) -> DayPlan:
    """Plan `day`. `totals` are the moods that were released yesterday for each place that spoke.

    `variance` is that of one cell's noise. Without a whole day before, the charters and the last plan decide.
    """
    rungs: dict[str, Rung | None] = {}
    tables = {place.id: strands(city, place) for place in city.places}
    learned = before is not None and before.whole
    voices = totals if learned else {place.id: _expected(place, tables) for place in city.places}
    live = mechanisms(city, day)
    for place in city.upwards():
        last = before.rungs.get(place.id) if before else None
        kept = before is not None and not learned and place.id in before.rungs
        if kept and (place.id in live or not is_live(last)):
            rungs[place.id] = last
        elif learned and before and before.rested.get(place.id, 0) >= LISTENING_DAY - 1 and not city.children(place):
            rungs[place.id] = place.ladder[-1]
        else:
            rungs[place.id] = _rung(city, place, rungs, tables, voices, variance, last, live)
    rested = {
        place_id: 0 if rung else (before.rested.get(place_id, 0) if before else 0) + 1
        for place_id, rung in rungs.items()
    }
    kinds = {place.id: kind for place in city.places if is_live(rungs[place.id]) and (kind := place.live_kind)}
    return DayPlan(day, rungs, rested, whole, tables, kinds)


def noise_of(
    city: City,
    place: Place,
    rungs: Mapping[str, Rung | None],
    tables: Strands,
    rung: Rung,
    variance: float,
    live: Mapping[str, Continual] = NONE_LIVE,
) -> float:
    """Return the variance in one cell of one window of `place` on `rung`: of its own tables and of those it hears.

    `live` has the mechanism of each place that stands on a live rung; theirs is the variance at the end of the day.
    """
    heard = heard_by(place)
    below = (
        _noise_from(stands, rung, variance, live.get(child.id)) * sum(strand in heard for strand in tables[child.id])
        for child in city.below(place)
        if (stands := rungs.get(child.id))
    )
    own = heard_variance(live[place.id], 0) if is_live(rung) else variance
    return own * len(tables[place.id]) + sum(below)


def _reached(city: City, place: Place, audience: Reach) -> Iterator[Place]:
    """Yield the places that may learn of what is given at `place` for `audience`, nearest first."""
    yield place
    if audience != "place":
        for above in city.ancestors(place):
            if audience == "city" or above.parent is not None:
                yield above


def _expected(place: Place, tables: Strands) -> Mapping[int, int]:
    """Return the voices that a place expects of itself; none is known to stay there, so all go as far as they may."""
    return {max(tables[place.id], key=_REACH.__getitem__): place.expected_crowd}


def _rung(
    city: City,
    place: Place,
    rungs: Mapping[str, Rung | None],
    tables: Strands,
    voices: Voices,
    variance: float,
    last: Rung | None,
    live: Mapping[str, Continual],
) -> Rung | None:
    heard = {
        child.id: sum(moods for strand, moods in voices.get(child.id, {}).items() if strand in heard_by(place))
        for child in city.below(place)
    }
    below = [(as_heard(rung), moods) for child_id, moods in heard.items() if (rung := rungs[child_id])]
    crowd = sum(voices.get(place.id, {}).values()) + sum(heard.values())
    ladder = [rung for rung in place.ladder if _follows(rung, below)]
    fewer = 1 if is_live(last) else SEATS  # a person who came m times cannot come as often where more seats are taken

    def error(rung: Rung, factor: float) -> float:
        noise = noise_of(city, place, rungs, tables, rung, variance, live)
        if is_live(rung):
            factor *= fewer
        return expected_error(crowd * as_heard(rung).share_of_day() / factor, rung.cells, noise)

    return choose_rung(error, last, [*(live_rungs(place) if place.id in live else ()), *ladder])


def _follows(rung: Rung, below: list[tuple[Rung, int]]) -> bool:
    """Whether a parent with `below` may stand on `rung`."""
    if not below:
        return True
    arriving = sum(max(heard, 0) for child, heard in below if child.window_s <= rung.window_s)
    finest, fastest = max(child.grid for child, _ in below), min(child.window_s for child, _ in below)
    return rung.grid <= finest and rung.window_s >= fastest and 2 * arriving >= sum(max(heard, 0) for _, heard in below)


def _noise_from(child: Rung, rung: Rung, variance: float, live: Continual | None) -> float:
    """Variance that one table of a child brings into one cell of one window of its parent on `rung`."""
    cells = max(1, child.grid // rung.grid) ** 2
    if live and is_live(child):
        return heard_variance(live, rung.window_s) * cells
    tables = max(1, rung.window_s // child.window_s)
    return variance * tables * cells
