"""The desk: admits check-ins of an open window as the product does, keeps them, and folds them."""

import numpy as np
from numpy.typing import NDArray

from nexus_city.climate.folding import fold
from nexus_city.simulation.city.timeline import Flags, Ints
from nexus_city.simulation.city.world import IN_NO_MOOD

STRANDS = 2
"""Tables of a place: what it is told for itself alone, and what it may give on."""
FINEST = 64


class Desk:
    """Admits check-ins as `boundaries.admit` does, many at once, and keeps those of the open window."""

    def __init__(self, residents: int, m: int, places: int) -> None:
        self._m, self._places = m, places
        self._seats = np.zeros(residents, np.uint8)
        self._strangers = residents
        self._rows: list[tuple[Ints, Ints, Ints, Ints]] = []
        self._seated: Ints = np.zeros(0, np.int64)

    def begin_day(self) -> None:
        """Give everybody their m seats again."""
        self._seats[:] = 0

    def admit(
        self, person: Ints, place: Ints, value: NDArray[np.uint8], strand: Ints, tick: int
    ) -> tuple[Flags, Flags]:
        """Take check-ins of residents, one each at most; return which replace an earlier one, and which are refused."""
        seat = person * self._places + place
        replaces = np.isin(seat, self._seated)
        new = ~replaces & (self._seats[person] < self._m)
        self._seats[person[new]] += 1
        self._seated = np.concatenate([self._seated, seat[new]])
        counted = replaces | new
        self._keep(person[counted], place[counted], value[counted], strand[counted], tick)
        return replaces, ~counted

    def admit_strangers(self, place: Ints, cell: int, tick: int) -> None:
        """Take one check-in each of devices that were never seen before."""
        person = np.arange(self._strangers, self._strangers + place.size)
        self._strangers += place.size
        self._keep(person, place, np.full(place.size, cell, np.uint8), np.ones(place.size, np.int64), tick)

    def fold(self) -> Ints:
        """Return the counts [places, strand·65 + value] of the open window, and forget it."""
        key, person, at, packed = (np.concatenate(column) for column in zip(*self._rows, strict=True))
        folded = fold(key, person, at, packed.astype(np.uint8))
        counts = np.zeros((self._places, STRANDS * (FINEST + 1)), np.int64)
        counts[folded.key, folded.value] = folded.count
        self._rows.clear()
        self._seated = np.zeros(0, np.int64)
        return counts

    def _keep(self, person: Ints, place: Ints, value: NDArray[np.uint8], strand: Ints, tick: int) -> None:
        self._rows.append((place, person, np.full(person.size, tick), strand * (IN_NO_MOOD + 1) + value))
