"""A simulated city at a real door: its people check in over HTTP, at the pace of the real city's clock.

What its displays show is read as anybody reads it; what happens to people happens. What a scenario does to the network
is left out, since the machine on the other side is a real one.
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import aiohttp
import msgspec
import numpy as np

from nexus_city.ground import Clock, NexusError, SystemClock
from nexus_city.places import person_day
from nexus_city.simulation.city.chance import even, key_of, words
from nexus_city.simulation.city.engine import PICTURES
from nexus_city.simulation.city.events import OF_THE_NETWORK, kind_of
from nexus_city.simulation.city.network.displays import painted
from nexus_city.simulation.city.run import map_of
from nexus_city.simulation.city.scenario import Scenario
from nexus_city.simulation.city.world import IN_NO_MOOD, Echo, Said, World
from nexus_city.simulation.entrance import Entrance, Visit

Told = Callable[[int, int], None]


class NotItsCity(NexusError):
    """The city that answers is not one in which the scenario can be lived."""


class VisitingCity:
    """Lets the people of `scenario` live at the city at `url`, through `entrance`; `clock` None follows the city's."""

    def __init__(self, scenario: Scenario, url: str, entrance: Entrance, seed: int, clock: Clock | None = None) -> None:
        kept = tuple(event for event in scenario.event if not isinstance(event, OF_THE_NETWORK))
        self.left_out = sorted({kind_of(event) for event in scenario.event if isinstance(event, OF_THE_NETWORK)})
        """Kinds of events that are not lived, because they would happen to the network."""
        self._world = World(msgspec.structs.replace(scenario, event=kept), map_of(scenario), seed)
        self._url, self._entrance, self._seed, self._clock = url, entrance, seed, clock

    async def live(self, told: Told) -> None:
        """Live from the city's present hour of day 1 to the end of the scenario."""
        world, tick_s = self._world, self._world.scenario.tick_minutes * 60
        async with aiohttp.ClientSession(self._url) as client:
            clock, begun_s, root = await self._arrive(client)
            last = world.scenario.windows * world.scenario.ticks_a_window
            while begun_s + (world.tick + 1) * tick_s * 1000 <= clock.now_ms():
                await asyncio.to_thread(world.live, Echo.nothing(len(world.map.places)))  # the morning before they came
            async with asyncio.TaskGroup() as walking:
                while world.tick < last:
                    start_s = begun_s // 1000 + world.tick * tick_s
                    said = await asyncio.to_thread(world.live, await self._see(client, root))
                    for visit in self._visits(said, start_s, tick_s):
                        await clock.sleep_until(visit.at_s * 1000)
                        walking.create_task(self._entrance.enter(visit))
                    await clock.sleep_until((start_s + tick_s) * 1000)
                    told(world.tick, last)
        world.close()

    async def _arrive(self, client: aiohttp.ClientSession) -> tuple[Clock, int, str]:
        """Return the city's clock, when its person-day began (ms), and its root."""
        facts = await _read(client, "/v1/places")
        known = {place["id"] for place in facts["places"]}
        missing = [place for place in self._world.map.places if place not in known]
        if missing:
            raise NotItsCity(
                f"The city at {self._url} has no place '{missing[0]}'.",
                "Serve the city of the scenario: `nexus demo`, or `nexus serve --city` with the demo's city file.",
            )
        face = await _read(client, "/v1/clock")
        now_s = dt.datetime.fromisoformat(face["now"]).timestamp()
        day = person_day(int(now_s), ZoneInfo(facts["places"][0]["timezone"]))
        clock = self._clock or SystemClock(face["rate"], int(now_s * 1000))
        return clock, day.start_s * 1000, facts["root"]

    async def _see(self, client: aiohttp.ClientSession, root: str) -> Echo:
        """Return what the displays of all places show now."""
        places = self._world.map.places
        voices = await asyncio.gather(*(_read(client, f"/v1/places/{place}/climate") for place in (*places, root)))
        mixtures = [voice["climate"] and voice["climate"]["mixture"] for voice in voices]
        shown, on = np.zeros((len(places), PICTURES, 2), np.float32), np.zeros(len(places), bool)
        for place, own in enumerate(mixtures[:-1]):
            on[place] = own is not None
            if own is not None:
                shown[place] = painted(np.array(own), np.array(mixtures[-1] or own), self._world.scenario.contagion)
        return Echo(shown, on)

    def _visits(self, said: Said, start_s: int, tick_s: int) -> list[Visit]:
        """Return the check-ins of a tick, each at a moment of its own, in order of time."""
        moment = even(words(key_of(self._seed, "moment", self._world.tick), said.person))
        at_s = start_s + (moment * tick_s).astype(np.int64)
        columns = (at_s, said.person, said.place, said.value, said.here)
        visits = [
            Visit(at, person, self._world.map.places[place], None if value == IN_NO_MOOD else value, _reach(here))
            for at, person, place, value, here in zip(*(column.tolist() for column in columns), strict=True)
        ]
        return sorted(visits, key=lambda visit: visit.at_s)


def _reach(here: bool) -> str:
    return "place" if here else "city"


async def _read(client: aiohttp.ClientSession, path: str) -> dict:  # type: ignore[type-arg]  # JSON
    async with client.get(path) as answer:
        answer.raise_for_status()
        found: dict = await answer.json()  # type: ignore[type-arg]
        return found
