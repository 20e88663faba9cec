"""A living city: residents who go through their days, at the pace of the city's clock."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from nexus_city.ground import Clock
from nexus_city.places import person_day
from nexus_city.simulation.entrance import Entrance, Visit
from nexus_city.simulation.residents import Residents


class LivingCity:
    """Lets `residents` live in the city at the other end of `entrance`."""

    def __init__(self, residents: Residents, entrance: Entrance, clock: Clock, zone: ZoneInfo) -> None:
        self._residents = residents
        self._entrance = entrance
        self._clock = clock
        self._zone = zone

    async def live(self) -> None:
        """Make check-ins, day after day, until cancelled."""
        while True:
            day = person_day(self._clock.now_ms() // 1000, self._zone)
            visits = await asyncio.to_thread(self._residents.visits, day)
            async with asyncio.TaskGroup() as walking:
                for visit in self._to_come(visits):
                    await self._clock.sleep_until(visit.at_s * 1000)
                    walking.create_task(self._entrance.enter(visit))
            await self._clock.sleep_until(day.end_s * 1000)

    def _to_come(self, visits: list[Visit]) -> Iterator[Visit]:
        now_s = self._clock.now_ms() // 1000
        return (visit for visit in visits if visit.at_s > now_s)

    def local_time(self) -> str:
        """Return weekday, date and time as the city's clocks show them."""
        return dt.datetime.fromtimestamp(self._clock.now_ms() / 1000, self._zone).strftime("%a %d %b %H:%M")
