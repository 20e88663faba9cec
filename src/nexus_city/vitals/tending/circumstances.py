"""What the circumstances of each place are now: rung, charter, displays, wires. Facts of machines and papers only."""

from collections.abc import Callable, Mapping

import msgspec

from nexus_city.climate import ClimateRoom
from nexus_city.environment.wires.state import WireState
from nexus_city.places import Place
from nexus_city.vitals.echoes import Echoes, Verdict, worst
from nexus_city.vitals.tending.dimensions import Circumstances, Dimension, compare
from nexus_city.vitals.tending.moments import seconds_of

_WORSE = ("sending", "waiting", "failed")


class WireFacts(msgspec.Struct):
    """A wire that carries the light of a place."""

    wire: str
    state: str
    detail: str
    """What is wrong and what to do, empty when all is well."""


class WhyFacts(msgspec.Struct):
    """Why here: what differs at a place, what differs most on top."""

    place: str
    name: str
    compared_with: int
    """Other places of its kind."""
    dimensions: list[Dimension]
    displays: dict[Verdict, int]
    """How many displays do what."""
    wires: list[WireFacts]
    last_climate: str | None
    """City time at which its newest climate's window ended; null when it has none."""


class WhyHere:
    """Compares a place with the others. `charter` returns the version in force, `wires_at` the wires of a place."""

    def __init__(
        self,
        room: ClimateRoom,
        echoes: Echoes,
        charter: Callable[[str], int],
        wires_at: Callable[[str], Mapping[str, WireState]],
    ) -> None:
        self._room = room
        self._echoes = echoes
        self._charter = charter
        self._wires_at = wires_at

    def of(self, place_id: str) -> WhyFacts:
        """Return what differs at a place; raises `NotFound` for one that does not exist."""
        city = self._room.city
        place = city[place_id]
        others = [each for each in city.places if each.kind == place.kind and each is not place]
        heard = self._echoes.listen().heard
        climate = self._room.latest.get(place.id)
        return WhyFacts(
            place=place.id,
            name=place.name,
            compared_with=len(others),
            dimensions=compare(self._now(place, heard), [self._now(each, heard) for each in others]),
            displays=heard.get(place.id, {}),
            wires=[WireFacts(wire, each.state, each.detail) for wire, each in self._wires_at(place.id).items()],
            last_climate=climate.window.end if climate else None,
        )

    def _now(self, place: Place, heard: Mapping[str, Mapping[Verdict, int]]) -> Circumstances:
        rung = self._room.plan.rungs.get(place.id)
        wires = {each.state for each in self._wires_at(place.id).values()}
        return {
            "displays": worst(heard.get(place.id, {})),
            "wires": max(wires, key=_WORSE.index, default=None),
            "late": self._late(place),
            "window": rung.window_s if rung else None,
            "grid": rung.grid if rung else None,
            "charter": self._charter(place.id),
            "audiences": " ".join(place.audiences),
            "presence": place.presence,
            "setting": place.setting,
            "policy": place.policy,
            "live": place.live,
        }

    def _late(self, place: Place) -> int | None:
        """Return how many of its windows should have spoken since its newest climate; None where none is expected."""
        rung, climate = self._room.plan.rungs.get(place.id), self._room.latest.get(place.id)
        if rung is None or climate is None:
            return None
        return max(0, (self._room.told_s - seconds_of(climate.window.end)) // rung.window_s)
