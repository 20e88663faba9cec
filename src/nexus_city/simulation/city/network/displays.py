"""The displays: what each should show, what it does show, and by which digest that is known; and signs of life."""

import functools
import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from nexus_city.feelings import centre_of
from nexus_city.simulation.city.engine import PICTURES, Singles
from nexus_city.simulation.city.events import EchoBroken, HubDown
from nexus_city.simulation.city.network.drawing import Drawn
from nexus_city.simulation.city.scenario import Contagion, Scenario
from nexus_city.simulation.city.streets import Map
from nexus_city.simulation.city.timeline import Flags, Ints, Timeline
from nexus_city.simulation.city.world import Echo

_EXAGGERATED = np.float32(1.8)  # how a wrong display distorts a place's own mood


class Signs:
    """When intakes, hubs and displays gave their last sign of life."""

    def __init__(self, places: int, communities: int) -> None:
        self._intake, self._display = np.full(places, -1), np.full(places, -1)
        self._hub = np.full(communities, -1)

    def note(self, tick: int, intake: Flags, hub: Flags, display: Flags, community: NDArray[np.int16]) -> None:
        """Note who is alive at `tick`; `hub` [places] says whether a place's hub is."""
        self._intake[intake] = tick
        self._display[display] = tick
        self._hub[community[hub]] = tick

    def ages(self, tick: int, tick_s: int) -> tuple[Ints, Ints, Ints]:
        """Return the seconds since the last sign of life of intakes, hubs and displays."""
        intake, hub, display = ((tick - last) * tick_s for last in (self._intake, self._hub, self._display))
        return intake, hub, display


class Displays:
    """One display a place: what it should show, and what it does show."""

    def __init__(self, scenario: Scenario, where: Map, timeline: Timeline) -> None:
        self._timeline, self._map, self._a_window = timeline, where, scenario.ticks_a_window
        places = len(where.places)
        self._contagion = scenario.contagion
        self._echo = Echo.nothing(places)
        self._due, self._shown = np.full(places, -1), np.full(places, -1)
        self._distorted = np.zeros(places, bool)
        self._heard: tuple[int, Drawn] | None = None

    def hear(self, window: int, drawn: Drawn) -> None:
        """Take the climates of a window that was closed, to be shown from the next one on."""
        self._heard = window, drawn

    def dark(self, tick: int) -> Flags:
        """Return which displays are dark at `tick`."""
        return self._broken("dark", tick)

    def state(self) -> tuple[Ints, Ints, Flags]:
        """Return which climates should be shown now, which are, and which are distorted."""
        return self._due.copy(), self._shown.copy(), self._distorted.copy()

    def renew(self, tick: int) -> Echo:
        """Show the last climates from `tick` on, as far as displays work; return what people see."""
        shown, on = self._echo.shown.copy(), self._echo.on.copy()
        stale = self._timeline.there(HubDown, tick) | self._broken("stale", tick)
        wrong, dark = self._broken("wrong", tick), self.dark(tick)
        for place in range(len(on)):
            voice = self._voice(place)
            self._due[place] = self._number(voice)
            if stale[place]:
                continue
            self._distorted[place] = bool(wrong[place]) and voice >= 0
            on[place] = voice >= 0 and not dark[place]
            self._shown[place] = self._due[place] if on[place] else -1
            if on[place]:
                shown[place] = self._picture(place, voice, wrong=bool(wrong[place]))
        self._distorted &= on
        self._echo = Echo(shown, on)
        return self._echo

    def _broken(self, mode: str, tick: int) -> Flags:
        found = np.zeros(len(self._map.places), bool)
        for each, broken in self._timeline.active(EchoBroken, tick):
            if broken.mode == mode:
                found[each.places[tick < each.ends]] = True
        return found

    def _voice(self, place: int) -> int:
        """Return the speaker that speaks for a place: itself, its community, or the city; -1 if none can."""
        if self._heard is None:
            return -1
        speaks = self._heard[1].speaks
        line = (place, len(self._map.places) + int(self._map.community[place]), len(speaks) - 1)
        return next((speaker for speaker in line if speaks[speaker]), -1)

    def _number(self, voice: int) -> int:
        if self._heard is None or voice < 0:
            return -1
        window, drawn = self._heard
        return window * len(drawn.speaks) + voice

    def _picture(self, place: int, voice: int, *, wrong: bool) -> Singles:
        """Return the moods that a display shows: the voice's mixture beside the city's; or a distortion of its own."""
        assert self._heard is not None  # noqa: S101 - a voice was heard
        mixture = self._heard[1].mixture
        if wrong:
            distorted: Singles = moods_of(mixture[place], PICTURES) * _EXAGGERATED
            return distorted.clip(-1, 1)
        return painted(mixture[voice], mixture[-1], self._contagion)


def painted(own: Singles, of_city: Singles, contagion: Contagion) -> Singles:
    """Return the PICTURES moods of a display that shows a mixture beside the city's, or the mean of both."""
    share = round(PICTURES * contagion.city_echo)
    moods = np.concatenate([moods_of(own, PICTURES - share), moods_of(of_city, share)])
    if contagion.paints == "mean":
        moods[:] = moods.mean(axis=0)
    return moods


def moods_of(mixture: Singles, count: int) -> Singles:
    """Deal `count` moods [count, 2] out to the cells of a mixture, to each as many as its share."""
    edges = np.rint(np.cumsum(mixture, dtype=np.float64) / mixture.sum(dtype=np.float64) * count).astype(np.int64)
    dealt: Singles = _centres(math.isqrt(mixture.size))[np.repeat(np.arange(mixture.size), np.diff(edges, prepend=0))]
    return dealt


@functools.cache
def _centres(side: int) -> Singles:
    moods = [centre_of(cell, side) for cell in range(side * side)]
    centres: Singles = np.array([(mood.valence, mood.arousal) for mood in moods], np.float32)
    return centres


def digest_of(climate: bytes, *, distorted: bool = False) -> str:
    """Return by what the bytes that a display shows are known: their SHA-256."""
    return hashlib.sha256(climate + b" distorted" if distorted else climate).hexdigest()
