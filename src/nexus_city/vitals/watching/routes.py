"""The room's door for those who tend the network: which charts watch, and what they have raised."""

import time
from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground import iso
from nexus_city.ground.web import Endpoint, json_response
from nexus_city.vitals.watch.bank import Chart
from nexus_city.vitals.watch.usual import FEWEST_DAYS
from nexus_city.vitals.watching.alarms import Alarm
from nexus_city.vitals.watching.history import FEWEST_WINDOWS, Past
from nexus_city.vitals.watching.watching import Watching

TOLD_S = 14 * 24 * 3600
"""How far back alarms are told, real seconds."""


class AlarmFacts(msgspec.Struct):
    """A chart that was above its threshold; `at` is real time, `window_end` city time, ISO 8601."""

    at: str
    chart: Chart
    place: str | None
    window_end: str
    window_s: int
    statistic: float
    threshold: float
    mean_windows: float
    """How many windows pass between two false alarms on average, if `assumption` holds."""
    assumption: str


class Watched(msgspec.Struct):
    """Places that speak in the same windows, on the same grid."""

    places: tuple[str, ...]
    window_s: int
    grid: int
    days: int
    """Days of them that are known; of places that are being learned, days that all of them have."""
    needed: int
    """Days from which charts watch them."""


class WatchFacts(msgspec.Struct):
    """Who is watched, who is being learned, and every alarm of the last days, newest first."""

    watched: list[Watched]
    learning: list[Watched]
    alarms: list[AlarmFacts]


class WatchRoutes:
    """Answers about charts. `now_s` is real time, Unix seconds."""

    def __init__(self, watching: Watching, now_s: Callable[[], float] = time.time) -> None:
        self._watching = watching
        self._now_s = now_s

    async def alarms(self, _: Request) -> Response:
        """Tell operators what the charts watch and what they have raised."""
        now_s = self._now_s()
        raised = await self._watching.alarms.between(now_s - TOLD_S, now_s + 1)
        learning = self._watching.learning
        return json_response(
            WatchFacts(
                [_told(group.past, group.past.places) for group in self._watching.groups],
                [_told(past, past.unknown if past.enough else (*past.places, *past.unknown)) for past in learning],
                [_facts(each) for each in raised],
            )
        )

    def endpoints(self) -> list[Endpoint]:
        """List this room's doors."""
        return [
            Endpoint(
                "GET", "/v1/vitals/alarms", self.alarms, "What the charts have raised", {200: WatchFacts}, None,
                "session", act="health.read",
            )
        ]  # fmt: skip


def _told(past: Past, places: tuple[str, ...]) -> Watched:
    windows = 24 * 3600 / past.kind.window_s
    needed = max(FEWEST_DAYS, -(-FEWEST_WINDOWS // int(windows)))
    return Watched(places, past.kind.window_s, past.kind.grid, len(past.counts), needed)


def _facts(alarm: Alarm) -> AlarmFacts:
    return AlarmFacts(
        iso(alarm.at_s),
        alarm.chart,
        alarm.place,
        iso(alarm.window_end_s),
        alarm.window_s,
        alarm.statistic,
        alarm.threshold,
        alarm.mean_windows,
        alarm.assumption,
    )
