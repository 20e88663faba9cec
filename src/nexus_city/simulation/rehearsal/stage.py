"""The stage: which mirrors are broken, what runs, and what may be done next."""

import functools
import time
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from nexus_city.ground.errors import BadInput, Conflict
from nexus_city.places import City
from nexus_city.simulation.city.events import Circle, Event, Rally
from nexus_city.simulation.city.scenario import time_of
from nexus_city.simulation.city.streets import of_city

Act = Literal["break", "repair", "circles", "rally"]
ALL: tuple[Act, ...] = get_args(Act)
HOURS: dict[Act, int] = {"circles": 3, "rally": 4}
"""How long they last, city hours."""
_HOUR_S = 3600


class Rehearsal:
    """What a visitor lets happen in `city`, whose clock runs at `rate`; `now_s` is real time, Unix seconds.

    It is the `Director` of the people who live there.
    """

    def __init__(self, city: City, rate: float, now_s: Callable[[], float] = time.time) -> None:
        where = of_city(city)
        numbered = list(zip(where.places, where.community.tolist(), strict=True))
        self._places = {
            community: frozenset([community, *(place for place, its in numbered if its == number)])
            for number, community in enumerate(where.communities)
        }
        """Community → itself, if it is a place that speaks for others, and its places."""
        self.square = where.places[int(where.crowd.argmax())]
        """The place to which people come for the rally: where most people are anyway."""
        self.names = {community: city[community].name for community in where.communities}
        """Communities → how they are called."""
        self._rate = rate
        self._now_s = now_s
        self.broken: dict[str, float] = {}
        """Community whose mirror is broken → since when."""
        self._spans: dict[Act, tuple[float, float]] = {}
        self._waiting: list[tuple[Callable[..., Event], int]] = []

    # --- what a visitor does ----------------------------------------------------------------------------------------

    def do(self, act: Act, communities: Sequence[str]) -> None:
        """Do `act` with `communities`; raises `BadInput` if they do not fit, `Conflict` if it runs already."""
        self._check(act, communities)
        match act:
            case "break":
                self.broken = {**dict.fromkeys(communities, self._now_s()), **self.broken}
            case "repair":
                mended = communities or tuple(self.broken)
                self.broken = {each: since_s for each, since_s in self.broken.items() if each not in mended}
            case "circles":
                there = tuple(communities or self.broken or self.names)
                self._begin(act, functools.partial(Circle, communities=there, share=0.15, ease=0.4))
            case "rally":
                self._begin(act, functools.partial(Rally, places=(self.square,), share=0.4))

    def can(self) -> list[Act]:
        """Return what may be done now."""
        running = self.running()
        possible = {"break": len(self.broken) < len(self.names), "repair": bool(self.broken)}
        return [act for act in ALL if possible.get(act, act not in running)]

    def running(self) -> dict[Act, tuple[float, float]]:
        """Return what runs now, and from when until when, real time."""
        now_s = self._now_s()
        return {act: span for act, span in self._spans.items() if now_s < span[1]}

    def says(self) -> str:
        """Return in one sentence how it stands."""
        if self.broken:
            named = ", ".join(self.names[each] for each in self.broken)
            return f"The mirror is broken for {named}: displays there show a distortion, and people see it and drift."
        return "The mirror is whole: displays show what is released, and the communities see themselves in the city."

    def _check(self, act: Act, communities: Sequence[str]) -> None:
        known = f"Known are: {', '.join(self.names)}."
        for each in communities:
            if each not in self.names:
                raise BadInput(f"There is no community '{each[:40]}'.", known, field="communities")
        if act == "break" and not communities:
            raise BadInput("It is not said whose mirror shall break.", f"Name communities. {known}", "communities")
        if act == "rally" and communities:
            raise BadInput("A rally is for the whole city.", "Leave 'communities' out.", field="communities")
        if act in self.running():
            raise Conflict(f"This runs already: {act}.", "Wait until it is over; GET /v1/rehearsal says when.", "act")

    def _begin(self, act: Act, event: Callable[..., Event]) -> None:
        now_s = self._now_s()
        self._spans[act] = now_s, now_s + HOURS[act] * _HOUR_S / self._rate
        self._waiting.append((event, HOURS[act]))

    # --- what the people of the city are told -------------------------------------------------------------------------

    def begins(self, minute: int) -> list[Event]:
        """Return what shall begin at `minute` of the people's run."""
        waiting, self._waiting = self._waiting, []
        return [event(begins=time_of(minute), until=time_of(minute + hours * 60)) for event, hours in waiting]

    def alone(self) -> frozenset[str]:
        """Return the places whose mirror is broken: they and their communities show no more of the city."""
        return frozenset[str]().union(*(self._places[each] for each in self.broken))
