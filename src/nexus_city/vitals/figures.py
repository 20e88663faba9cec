"""Figures for Prometheus: released facts, and facts about the machine.

There is no counter of requests, of viewers or of refusals: each would be a true count of people, and two scrapes around
a check-in would tell that there was one. What cannot be said yet has a name and no value.
"""

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from nexus_city import __version__
from nexus_city.climate import ClimateRoom
from nexus_city.ground.web import Endpoint
from nexus_city.vitals.burn import RULES
from nexus_city.vitals.causes import CAUSES, Named
from nexus_city.vitals.status import Vitals

_WINDOWS_MIN = sorted({minutes for rule in RULES for minutes in (rule.long_min, rule.short_min)})
_NAMED: tuple[Named, ...] = (*CAUSES, "unknown")


class Figures:
    """Collects what /metrics may tell. `now_s` is real time, Unix seconds."""

    def __init__(self, room: ClimateRoom, vitals: Vitals, now_s: Callable[[], float] = time.time) -> None:
        self._room = room
        self._vitals = vitals
        self._now_s = now_s

    def collect(self) -> list[GaugeMetricFamily]:
        """Return the current figures."""
        return [*self._released(), *self._machine(), *self._promised()]

    async def metrics(self, _: Request) -> Response:
        """Tell Prometheus."""
        registry = CollectorRegistry()
        registry.register(self)
        return PlainTextResponse(generate_latest(registry))

    def endpoints(self) -> list[Endpoint]:
        """List the door."""
        return [Endpoint("GET", "/metrics", self.metrics, "Figures for Prometheus", {200: "text/plain"})]

    def _released(self) -> Iterator[GaugeMetricFamily]:
        room = self._room
        speaking = sum(rung is not None for rung in room.plan.rungs.values())
        age_s = room.clock.now_ms() // 1000 - room.published_at_s
        yield _figure("nexus_climates_published", "Number of the newest published climate.", room.published)
        yield _figure("nexus_last_release_age_seconds", "City seconds since climates were last published.", age_s)
        yield _figure("nexus_places_speaking", "Places that stand on a rung of today's ladder.", speaking)
        yield _figure("nexus_places", "Places of the city.", len(room.city.places))
        yield _figure("nexus_epsilon_day", "ε of one person-day.", room.desk.cost.day)
        yield _figure(
            "nexus_day_spent", "1 when a release of today was refused: the day could not pay for it.", room.spent
        )

    def _machine(self) -> Iterator[GaugeMetricFamily]:
        status = self._vitals.status()
        door = next(part for part in status.parts if part.name == "door")
        known = [part for part in status.parts if part.state != "unknown"]
        troubled: dict[str, float | None] = {part.name: part.state == "troubled" for part in known}
        light: dict[str, float | None] = {group.zone: group.age_s for group in status.groups}
        yield _labelled("nexus_part_troubled", "1 when a part of the network is in trouble.", "part", troubled)
        yield _figure(
            "nexus_canary_last_ok_age_seconds",
            "Seconds since a check-in of nobody last went well at the door.",
            door.age_s,
        )
        yield _labelled(
            "nexus_light_frame_age_seconds", "Seconds since a frame left for a zone's luminaires.", "group", light
        )
        yield _figure("nexus_displays", "Displays that have spoken up in the last day.", status.echo.displays)
        yield _figure("nexus_displays_in_step", "Displays that show what was released.", status.echo.in_step)
        yield _figure(
            "nexus_echo_integrity_ratio", "Share of displays that show what was released.", status.echo.integrity
        )
        yield _labelled("nexus_build_info", "1, with the version that runs.", "version", {__version__: 1})

    def _promised(self) -> Iterator[GaugeMetricFamily]:
        now_s, open_now = self._now_s(), self._vitals.incidents.open()
        allowance = self._vitals.allowance
        rates: dict[str, float | None] = {_span(each): allowance.rate(now_s, each) for each in _WINDOWS_MIN}
        incidents: dict[str, float | None] = {cause: cause in open_now for cause in _NAMED}
        yield _labelled(
            "nexus_slo_burn_rate", "How fast the promise of 99.5 % is used up; 1 lasts thirty days.", "window", rates
        )
        yield _labelled("nexus_incidents_open", "1 while an incident of this cause lasts.", "cause", incidents)


def _figure(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=())
    if value is not None:
        family.add_metric((), float(value))
    return family


def _labelled(name: str, text: str, label: str, values: Mapping[str, float | None]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for of, value in values.items():
        if value is not None:
            family.add_metric((of,), float(value))
    return family


def _span(minutes: int) -> str:
    """Return a length as Prometheus writes it: `5m`, `6h`, `3d`."""
    hours = minutes // 60
    return f"{minutes}m" if minutes % 60 else f"{hours}h" if hours % 24 else f"{hours // 24}d"
