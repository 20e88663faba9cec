"""The watch over a running city: it reads what is told, and says where something is unusual."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping

import structlog

from nexus_city.climate import ClimateRoom
from nexus_city.climate.store import Table, tables_ending
from nexus_city.vitals.causes import Sign
from nexus_city.vitals.watch.bank import Alarm as Raised
from nexus_city.vitals.watching.alarms import Alarm, Alarms
from nexus_city.vitals.watching.groups import Group, MachineSigns, make_group
from nexus_city.vitals.watching.history import Past, pasts
from nexus_city.vitals.watching.thresholds import ThresholdFile

log = structlog.get_logger("nexus.vitals")


class Watching:
    """Watches the places that nothing lies below. `now_s` is real time, Unix seconds."""

    def __init__(
        self, room: ClimateRoom, alarms: Alarms, kept: ThresholdFile, now_s: Callable[[], float] = time.time
    ) -> None:
        self._room = room
        self.alarms = alarms
        self._kept = kept
        self._now_s = now_s
        self._date = ""
        self.groups: list[Group] = []
        """Places that are watched today."""
        self.learning: list[Past] = []
        """Places of which too few days are known."""

    async def look(self, machines: MachineSigns) -> dict[str, Mapping[Sign, bool]]:
        """Read what was told since the last look; return what tables show of the places where something is unusual."""
        day = self._room.plan.day
        if day.date != self._date:
            await self._begin()
        told_s = self._room.told_s
        if self.groups and min(group.read_until_s for group in self.groups) < told_s:
            tables = await self._room.database.read(lambda connection: _by_window(connection, day.start_s, told_s))
            for group in self.groups:
                raised = await asyncio.to_thread(group.read, tables, told_s, machines)
                await self.alarms.note([self._alarm(group, end_s, each) for end_s, each in raised])
        return {place: found.signs for group in self.groups for place, found in group.findings.items()}

    async def _begin(self) -> None:
        """Begin a day: learn from those before it."""
        room, plan = self._room, self._room.plan
        leaves = room.city.leaves()
        known = await room.database.read(lambda connection: pasts(connection, plan, leaves))
        self._date, self.groups = plan.day.date, []
        self.learning = [past for past in known if past.unknown or not past.enough]
        for past in known:
            if past.enough:
                now_s, desk = self._now_s(), room.desk
                self.groups.append(
                    await asyncio.to_thread(
                        make_group, past, plan.day, desk.variance, room.city.budget.grid_scale, self._kept, now_s
                    )
                )
        log.info("charts watch", places=sum(len(group.past.places) for group in self.groups), of=len(leaves))

    def _alarm(self, group: Group, end_s: int, raised: Raised) -> Alarm:
        past = group.past
        return Alarm(
            self._now_s(),
            raised.chart,
            None if raised.community is None else past.places[raised.community],
            end_s,
            past.kind.window_s,
            round(raised.statistic, 3),
            round(raised.threshold, 3),
            raised.mean_windows,
            raised.assumption,
        )


def _by_window(connection: sqlite3.Connection, start_s: int, told_s: int) -> dict[tuple[str, int], list[Table]]:
    found: dict[tuple[str, int], list[Table]] = {}
    for table in tables_ending(connection, start_s, told_s):
        found.setdefault((table.place, table.start_s), []).append(table)
    return found
