"""The city at a moment, past or present: its climates as the public feed had told them by then, and its mirrors.

Everything is read from released rows and from incidents. A climate is told at the tick after its window, and no sooner;
so a moment shows of the feed what somebody who followed it had at that moment. Where the city slept over a tick, the
replay shows the climate at its tick, although it was told when the city woke.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from nexus_city.climate import Climate, ClimateRoom
from nexus_city.climate.mixture import coarsen
from nexus_city.climate.model import State
from nexus_city.climate.store import last_climate_id, newest_climates
from nexus_city.ground import iso
from nexus_city.places import Kind, Place
from nexus_city.vitals.causes import Named
from nexus_city.vitals.echoes import Echo, Verdict
from nexus_city.vitals.incidents import Incident
from nexus_city.vitals.tending.moments import Pace, seconds_of
from nexus_city.vitals.tending.timeline import Step, touched_at
from nexus_city.vitals.watch.bank import Chart
from nexus_city.vitals.watching.alarms import Alarm, Alarms

HOUR_S = 3600
"""City seconds of which alarms are told."""
COARSE = 4
"""Side of the grid on which mixtures are told here: enough for a colour."""
_FRESH_WINDOWS = 2
"""A climate older than this many of its windows no longer speaks, as at the place's own door."""

Mirror = Literal["in-step", "behind", "wrong", "silent", "unheard"]
"""`unheard`: no display has spoken up, or nothing was wrong and nobody wrote down whether one had."""


class ClimateThen(msgspec.Struct):
    """A climate, coarsely: what its colour needs."""

    grid: int
    mixture: list[float] | None
    people: int
    people_sd: float
    uncertainty: float
    end: str
    """End of its window, city time."""


class PlaceThen(msgspec.Struct):
    """A place at that moment."""

    id: str
    name: str
    kind: Kind
    parent: str | None
    position: tuple[float, float]
    state: State
    speaker: str | None
    """Who spoke for it: itself, the nearest ancestor that spoke, or nobody."""
    climate: ClimateThen | None
    """Its own, if it spoke."""
    mirror: Mirror
    since: str | None
    """Real time since when its mirror was not in order."""


class IncidentThen(msgspec.Struct):
    """An incident that lasted at that moment."""

    id: int
    cause: Named
    places: list[str]
    """Whose mirror it touched then; empty: the whole city's."""
    began: str
    """Real time."""


class AlarmThen(msgspec.Struct):
    """A chart that rose above its threshold in the hour before."""

    at: str
    """Real time."""
    chart: Chart
    place: str | None
    """Null: all places that are watched together."""
    statistic: float
    threshold: float
    mean_windows: float
    """How many windows pass between two false alarms of all charts together on average, if `assumption` holds."""
    assumption: str


class HourFacts(msgspec.Struct):
    """The city at a moment."""

    at: str
    """City time."""
    real_at: str
    """The same moment in real time, by the pace at which the city runs now."""
    is_now: bool
    rate: float
    """City seconds per real second."""
    places: list[PlaceThen]
    incidents: list[IncidentThen]
    alarms: list[AlarmThen]
    """Newest first."""


Told = tuple[dict[str, Climate], frozenset[str]]
"""Place → its newest climate that was told, and the places that stood on a rung."""


def told_by(connection: sqlite3.Connection, told_s: int, published: int) -> Told:
    """Return what the feed had told of the windows that ended by `told_s` (city time), up to climate `published`."""
    until = min(last_climate_id(connection, told_s), published)
    climates = {place: msgspec.json.decode(body, type=Climate) for _, place, body in newest_climates(connection, until)}
    day = "select date from day where start_s <= ? order by start_s desc limit 1"
    rows = connection.execute(f"select place from plan where window_s is not null and date = ({day})", (told_s,))  # noqa: S608 - ours
    return climates, frozenset(place for (place,) in rows)


class Hours:
    """Tells the city at any moment."""

    def __init__(self, room: ClimateRoom, alarms: Alarms) -> None:
        self._room = room
        self._alarms = alarms

    async def at(
        self,
        at_s: int,
        pace: Pace,
        incidents: Sequence[Incident],
        steps: Mapping[int, Sequence[Step]],
        echo: Echo | None,
    ) -> HourFacts:
        """Return the city at `at_s`, city time in Unix seconds.

        `incidents` are all that lasted then or later, `steps` theirs. `echo` is what displays tell now, None for the
        past: then a mirror is known by incidents alone.
        """
        room, real_s = self._room, pace.real(at_s)
        told_s = min(at_s - room.settle_ms // 1000, room.told_s)
        told = await room.database.read(lambda connection: told_by(connection, told_s, room.published))
        raised = await self._alarms.between(pace.real(at_s - HOUR_S), real_s)
        lasting = [
            (each, touched_at(steps.get(each.id, ()), real_s))
            for each in incidents
            if each.began_s <= real_s and (each.ended_s is None or each.ended_s > real_s)
        ]
        mirrors = _mirrors_now(echo) if echo else _mirrors_then(lasting, steps, real_s)
        return HourFacts(
            at=iso(at_s),
            real_at=iso(real_s),
            is_now=echo is not None,
            rate=room.clock.rate,
            places=[self._then(place, told, at_s, mirrors) for place in room.city.places],
            incidents=[
                IncidentThen(each.id, each.cause, sorted(touched), iso(each.began_s)) for each, touched in lasting
            ],
            alarms=[_raised(each) for each in raised],
        )

    def _then(
        self, place: Place, told: Told, at_s: int, mirrors: Mapping[str, tuple[Mirror, float | None]]
    ) -> PlaceThen:
        climates, on_rungs = told
        chain = (place, *self._room.city.ancestors(place))
        speaker = next(
            (each.id for each in chain if each.id in on_rungs and _speaks(climates.get(each.id), at_s)), None
        )
        mirror, since_s = mirrors.get(place.id, ("unheard", None))
        return PlaceThen(
            id=place.id,
            name=place.name,
            kind=place.kind,
            parent=place.parent,
            position=place.position,
            state="speaks" if speaker == place.id else "quiet" if place.id in on_rungs else "resting",
            speaker=speaker,
            climate=_coarse(climates[place.id]) if speaker == place.id else None,
            mirror=mirror,
            since=iso(since_s) if since_s is not None else None,
        )


def _raised(each: Alarm) -> AlarmThen:
    return AlarmThen(
        iso(each.at_s),
        each.chart,
        each.place,
        round(each.statistic, 3),
        round(each.threshold, 3),
        each.mean_windows,
        each.assumption,
    )


def _speaks(climate: Climate | None, at_s: int) -> bool:
    if climate is None or climate.state != "speaks":
        return False
    start_s, end_s = seconds_of(climate.window.start), seconds_of(climate.window.end)
    return end_s >= at_s - _FRESH_WINDOWS * (end_s - start_s)


def _coarse(climate: Climate) -> ClimateThen:
    side, mixture = climate.grid, climate.mixture
    if mixture and side > COARSE:
        side, summed = COARSE, coarsen(np.array(mixture), COARSE)
        mixture = [round(float(share), 4) for share in summed]
    return ClimateThen(side, mixture, climate.people, climate.people_sd, climate.uncertainty, climate.window.end)


Mirrors = dict[str, tuple[Mirror, float | None]]


def _mirrors_now(echo: Echo) -> Mirrors:
    whole: Mirrors = dict.fromkeys(echo.heard, ("in-step", None))
    return whole | {place: (verdict, echo.since_s[place]) for place, verdict in echo.broken.items()}


def _mirrors_then(
    lasting: Sequence[tuple[Incident, Mapping[str, float]]], steps: Mapping[int, Sequence[Step]], real_s: float
) -> Mirrors:
    """Return what incidents say: a mirror that showed what was never released, or else one that was out of date."""
    found: Mirrors = {}
    for each, touched in lasting:
        seen = {step.what for step in steps.get(each.id, ()) if step.kind == "sign" and step.at_s <= real_s}
        verdict: Verdict = "wrong" if "echo-wrong" in seen else "behind"
        found.update({place: (verdict, since_s) for place, since_s in touched.items()})
    return found
