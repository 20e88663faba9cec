"""A simulated city at a real door: its people check in over HTTP, at the pace of the real city's clock.

What its displays show is read as anybody reads it; what happens to people happens. What a scenario does to the network
is left out, since the machine on the other side is a real one.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
from collections.abc import Callable, Collection, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
import numpy as np
from numpy.typing import NDArray

from nexus_city.feelings import FINEST, centre_of
from nexus_city.ground import Clock, NexusError, SystemClock
from nexus_city.places import person_day
from nexus_city.simulation.city.chance import even, key_of, words
from nexus_city.simulation.city.engine import PICTURES
from nexus_city.simulation.city.events import OF_THE_NETWORK, Event, kind_of
from nexus_city.simulation.city.network.displays import moods_of, painted
from nexus_city.simulation.city.people import People
from nexus_city.simulation.city.run import map_of
from nexus_city.simulation.city.scenario import Scenario
from nexus_city.simulation.city.world import IN_NO_MOOD, Echo, Said, World
from nexus_city.simulation.entrance import Entrance, Visit

Told = Callable[[int, int], None]

_NEAR = 10  # words of a cell from which a person takes one or two
_WORDS = (0, 0, 1, 2)  # words that a person gives: none, half of the time


class NotItsCity(NexusError):
    """The city that answers is not one in which the scenario can be lived."""


class Director(Protocol):
    """Somebody who lets more happen, while people live, than their scenario says."""

    def begins(self, minute: int) -> Sequence[Event]:
        """Return what shall begin at `minute` of the run; asked once before each tick."""
        ...

    def alone(self) -> Collection[str]:
        """Return the places whose displays show nothing of the city beside their own climate."""
        ...


class VisitingCity:
    """Lets the people of `scenario` live at the city at `url`, through `entrance`.

    `clock` None follows the city's; `people` None draws them; `director` None lets the scenario alone decide.
    """

    def __init__(
        self,
        scenario: Scenario,
        url: str,
        entrance: Entrance,
        seed: int,
        clock: Clock | None = None,
        people: People | None = None,
        director: Director | None = None,
    ) -> None:
        kept = tuple(event for event in scenario.event if not isinstance(event, OF_THE_NETWORK))
        self.left_out = sorted({kind_of(event) for event in scenario.event if isinstance(event, OF_THE_NETWORK)})
        """Kinds of events that are not lived, because they would happen to the network."""
        lived = msgspec.structs.replace(scenario, event=kept)
        self._world = World(lived, map_of(scenario), seed, people=people)
        self._url, self._entrance, self._seed, self._clock = url, entrance, seed, clock
        self._director = director
        self._near: Sequence[Sequence[str]] = ()
        """Cell of the finest grid → the words of the city that lie nearest."""
        self._seen = Echo.nothing(len(self._world.map.places))

    @property
    def places(self) -> tuple[str, ...]:
        """Ids of the places where people are."""
        return self._world.map.places

    async def live(self, told: Told, *, endless: bool = False) -> None:
        """Live from the city's present hour of day 1 to the end of the scenario, or day after day until cancelled."""
        world, minutes = self._world, self._world.scenario.tick_minutes
        async with aiohttp.ClientSession(self._url) as client:
            clock, begun_s, root = await self._arrive(client)
            last = world.scenario.windows * world.scenario.ticks_a_window
            while begun_s + (world.tick + 1) * minutes * 60 <= clock.now_ms() // 1000:
                await asyncio.to_thread(world.live, self._seen)  # the morning before they came: nothing yet
            async with asyncio.TaskGroup() as walking:
                while endless or world.tick < last:
                    start_s = begun_s + world.tick * minutes * 60
                    for event in self._director.begins(world.tick * minutes) if self._director else ():
                        world.timeline.add(event)
                    with contextlib.suppress(aiohttp.ClientError):  # a city that is away shows what it showed
                        self._seen = await self._see(client, root)
                    said = await asyncio.to_thread(world.live, self._seen)
                    for visit in self._visits(said, start_s, minutes * 60):
                        await clock.sleep_until(visit.at_s * 1000)
                        walking.create_task(self._entrance.enter(visit))
                    await clock.sleep_until((start_s + minutes * 60) * 1000)
                    told(world.tick, last)
        world.close()

    async def _arrive(self, client: aiohttp.ClientSession) -> tuple[Clock, int, str]:
        """Return the city's clock, when its person-day began (Unix seconds), and its root; learn its words."""
        facts = await _read(client, "/v1/places")
        known = {place["id"] for place in facts["places"]}
        missing = [place for place in self._world.map.places if place not in known]
        if missing:
            raise NotItsCity(
                f"The city at {self._url} has no place '{missing[0]}'.",
                "Serve the city of the scenario: `nexus demo`, or `nexus serve --city` with the demo's city file.",
            )
        self._near = _nearest((await _read(client, "/v1/words"))["words"])
        face = await _read(client, "/v1/clock")
        now_s = dt.datetime.fromisoformat(face["now"]).timestamp()
        day = person_day(int(now_s), ZoneInfo(facts["places"][0]["timezone"]))
        clock = self._clock or SystemClock(face["rate"], int(now_s * 1000))
        return clock, day.start_s, facts["root"]

    async def _see(self, client: aiohttp.ClientSession, root: str) -> Echo:
        """Return what the displays of all places show now."""
        places, contagion = self._world.map.places, self._world.scenario.contagion
        voices = await asyncio.gather(*(_read(client, f"/v1/places/{place}/climate") for place in (*places, root)))
        mixtures = [voice["climate"] and voice["climate"]["mixture"] for voice in voices]
        shown, on = np.zeros((len(places), PICTURES, 2), np.float32), np.zeros(len(places), bool)
        alone = self._director.alone() if self._director else ()
        for place, own in enumerate(mixtures[:-1]):
            on[place] = own is not None
            if own is not None and places[place] in alone:
                shown[place] = moods_of(np.array(own), PICTURES)
            elif own is not None:
                shown[place] = painted(np.array(own), np.array(mixtures[-1] or own), contagion)
        return Echo(shown, on)

    def _visits(self, said: Said, start_s: int, tick_s: int) -> list[Visit]:
        """Return the check-ins of a tick, each at a moment of its own, in order of time."""
        moment = even(words(key_of(self._seed, "moment", self._world.tick), said.person))
        at_s = start_s + (moment * tick_s).astype(np.int64)
        drawn = words(key_of(self._seed, "words", self._world.tick), said.person)
        columns = (at_s, said.person, said.place, said.value, said.here, drawn)
        visits = [
            Visit(
                at,
                person,
                self._world.map.places[place],
                None if value == IN_NO_MOOD else value,
                "place" if here else "city",
                () if here or value == IN_NO_MOOD else _picked(self._near[value], bits),
            )
            for at, person, place, value, here, bits in zip(*(column.tolist() for column in columns), strict=True)
        ]
        return sorted(visits, key=lambda visit: visit.at_s)


def _picked(near: Sequence[str], bits: int) -> tuple[str, ...]:
    """Return the words, up to two of those that lie near, that a person gives by chance."""
    several = (near[(bits >> shift) % len(near)] for shift in (8, 16))
    return tuple(dict.fromkeys(itertools.islice(several, _WORDS[bits % len(_WORDS)])))


def _nearest(vocabulary: Sequence[dict]) -> list[list[str]]:  # type: ignore[type-arg]  # JSON
    """Return for each cell of the finest grid the ids of the words that lie nearest to its middle."""
    at: NDArray[np.float64] = np.array([(word["valence"], word["arousal"]) for word in vocabulary])
    middles = [centre_of(cell, FINEST) for cell in range(FINEST * FINEST)]
    apart = np.linalg.norm([[(mood.valence, mood.arousal)] for mood in middles] - at, axis=2)
    return [[vocabulary[number]["id"] for number in row[:_NEAR]] for row in apart.argsort(axis=1, kind="stable")]


async def _read(client: aiohttp.ClientSession, path: str) -> dict:  # type: ignore[type-arg]  # JSON
    async with client.get(path) as answer:
        answer.raise_for_status()
        found: dict = await answer.json()  # type: ignore[type-arg]
        return found
