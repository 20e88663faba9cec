"""When and where events act: a scenario's events on the numbered places and ticks of a city."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city.events import Event, Fault, HubDown, Rally, Ramped, Repair, kind_of
from nexus_city.simulation.city.scenario import DAY_MINUTES, Scenario, minute_of
from nexus_city.simulation.city.streets import Map

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Kind = TypeVar("Kind", bound=Event)


@dataclass(frozen=True)
class Happening:
    """An event with its place in time and space. `start` is its first tick, `end` the tick after its last."""

    number: int
    """Of the event in its scenario, from 0: chance is drawn by it, so another event changes nothing for this one."""
    event: Event
    start: int
    end: int
    places: Ints
    """Numbers of the places concerned, ascending."""
    ends: Ints
    """For each of `places` the tick after the last one at which it acts there: a repair mends one after the other."""

    def level(self, tick: int, tick_minutes: int) -> float:
        """Return how far it has come, 0..1: events that befall people come over them slowly."""
        if not self.start <= tick < self.end:
            return 0.0
        ramp = self.event.ramp_minutes if isinstance(self.event, Ramped) else 0
        return min(1.0, (tick + 1 - self.start) * tick_minutes / ramp) if ramp else 1.0

    def fading(self, tick: int, half_life_ticks: float) -> float:
        """Return what is left, 0..1, of what it did to people: all while it lasts, half of it a half-life later."""
        if tick < self.start:
            return 0.0
        return float(0.5 ** (max(0, tick + 1 - self.end) / half_life_ticks))


@dataclass(frozen=True)
class Label:
    """The truth about one fault, in windows: the first that it touches, and the one after the last."""

    cause: str
    """By the name that `vitals` would give it."""
    start: int
    end: int
    places: tuple[str, ...]
    communities: tuple[str, ...]


class Timeline:
    """All events of a scenario in a city."""

    def __init__(self, scenario: Scenario, where: Map) -> None:
        self._scenario = scenario
        self._where = where
        placed = [self._place(number, event) for number, event in enumerate(scenario.event)]
        repairs = [each for each in placed if isinstance(each.event, Repair)]
        self.happenings = tuple(self._mended(each, repairs) for each in placed)

    def add(self, event: Event) -> None:
        """Let `event` happen as well, at the times that it names: what a visitor lets happen in a city that lives."""
        self.happenings += (self._place(len(self.happenings), event),)

    def active(self, kind: type[Kind], tick: int) -> Iterator[tuple[Happening, Kind]]:
        """Yield the events of `kind` that act at `tick`."""
        for each in self.happenings:
            if isinstance(each.event, kind) and each.start <= tick < each.end:
                yield each, each.event

    def begun(self, kind: type[Kind], tick: int) -> Iterator[tuple[Happening, Kind]]:
        """Yield the events of `kind` that act at `tick` or have acted before."""
        for each in self.happenings:
            if isinstance(each.event, kind) and each.start <= tick:
                yield each, each.event

    def there(self, kind: type[Kind], tick: int) -> NDArray[np.bool_]:
        """Return for each place whether an event of `kind` acts there at `tick`."""
        found = np.zeros(len(self._where.places), bool)
        for each, _ in self.active(kind, tick):
            found[each.places[tick < each.ends]] = True
        return found

    def labels(self) -> tuple[Label, ...]:
        """Return the truth about every fault."""
        a_window = self._scenario.ticks_a_window
        return tuple(
            Label(
                kind_of(each.event),
                each.start // a_window,
                -(-each.end // a_window),
                tuple(self._where.places[number] for number in each.places),
                tuple(self._where.communities[number] for number in np.unique(self._where.community[each.places])),
            )
            for each in self.happenings
            if isinstance(each.event, get_args(Fault))
        )

    def _place(self, number: int, event: Event) -> Happening:
        minutes = self._scenario.tick_minutes
        until = minute_of(event.until) if event.until else self._scenario.days * DAY_MINUTES
        start, end = minute_of(event.begins) // minutes, -(-until // minutes)
        places = self._places(number, event)
        return Happening(number, event, start, end, places, np.full(places.size, end))

    def _places(self, number: int, event: Event) -> Ints:
        self._known(number, "place", event.places, self._where.places)
        self._known(number, "community", event.communities, self._where.communities)
        _fits(number, event)
        if not event.places and not event.communities:
            return np.arange(len(self._where.places))
        named = [self._where.places.index(place) for place in event.places]
        whole = self._where.places_of(np.array([self._where.communities.index(each) for each in event.communities]))
        return np.unique(np.concatenate([np.array(named, np.int64), whole]))

    def _known(self, number: int, what: str, named: tuple[str, ...], known: tuple[str, ...]) -> None:
        for each in named:
            if each not in known:
                raise SettingsError(
                    f"Event {number + 1} names the {what} '{each}', which is not in this city.",
                    f"Known are: {', '.join(known[:20])}{' and more' if len(known) > 20 else ''}.",
                    field=what,
                )

    def _mended(self, broken: Happening, repairs: list[Happening]) -> Happening:
        """Return a fault as it ends where a repair of its kind reaches it; other events as they are."""
        ends = broken.ends.copy()
        for repair in repairs:
            if not isinstance(repair.event, Repair) or kind_of(broken.event) not in repair.event.of:
                continue
            if not broken.start <= repair.start < broken.end:
                continue
            at = np.flatnonzero(np.isin(broken.places, repair.places))
            turn = (np.arange(at.size) + 1) * (repair.end - repair.start) // max(1, at.size)
            ends[at] = np.minimum(ends[at], repair.start + turn)
        end = int(ends.max()) if ends.size else broken.end
        return Happening(broken.number, broken.event, broken.start, end, broken.places, ends)


def _fits(number: int, event: Event) -> None:
    """Raise `SettingsError` where an event cannot be where it is said to be."""
    if isinstance(event, HubDown) and event.places:
        raise SettingsError(
            f"Event {number + 1} takes a hub from single places.",
            "Name communities: a hub serves all places of one.",
            field="places",
        )
    if isinstance(event, Rally) and (len(event.places) != 1 or event.communities):
        raise SettingsError(
            f"Event {number + 1} is a rally, but not at one place.",
            "Name the one place to which people come.",
            "places",
        )
