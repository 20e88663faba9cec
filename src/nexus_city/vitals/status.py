"""How the network is: every part's last sign of life, what displays show, and how fast the promise burns.

The parts stand in the order in which a feeling passes them, from the door to the light.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from nexus_city.ground.errors import Unavailable
from nexus_city.ground.traces import UNTRACED, Traces
from nexus_city.vitals.beats.beat import Beat, PartName, State
from nexus_city.vitals.beats.daily import Daily, Tally
from nexus_city.vitals.beats.disk import Disk
from nexus_city.vitals.beats.lights import GroupBeat, Lights
from nexus_city.vitals.beats.listener import Listener
from nexus_city.vitals.burn import MINUTE_S, Allowance, Rule
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.causes import Sign
from nexus_city.vitals.echoes import Echo, Echoes, Verdict
from nexus_city.vitals.incidents import Incidents
from nexus_city.vitals.watch.watcher import MANY_DISPLAYS
from nexus_city.vitals.watching.deploys import Deploys
from nexus_city.vitals.watching.explaining import explain
from nexus_city.vitals.watching.groups import MachineSigns
from nexus_city.vitals.watching.watching import Watching

log = structlog.get_logger("nexus.vitals")


@dataclass(frozen=True)
class Part:
    """One part of the network."""

    name: PartName
    state: State
    since_s: float
    """Real time, Unix seconds, since when it is so."""
    detail: str
    """What an operator reads, empty when all is well."""
    age_s: float | None
    """Real seconds since it last gave a sign of life; None if it never did."""


@dataclass(frozen=True)
class Status:
    """All parts, and what people at a place should know about its displays."""

    parts: tuple[Part, ...]
    groups: tuple[GroupBeat, ...]
    """The lights, zone by zone."""
    echo: Echo
    burning: tuple[Rule, ...]

    @property
    def well(self) -> bool:
        """Whether no part is in trouble."""
        return all(part.state != "troubled" for part in self.parts)


@dataclass(frozen=True)
class Punctuality:
    """How the clock of releases goes, in real seconds."""

    late_s: float
    """By how much the next release is overdue; below zero while it is to come."""
    age_s: float
    """Since climates were last published, or since the city was started."""


@dataclass(frozen=True)
class Way:
    """The way of a feeling from the door to the light, as each part of it can be asked."""

    canary: Canary | None
    disk: Disk
    punctuality: Callable[[], Punctuality]
    listener: Listener
    lights: Lights


class Vitals:
    """Looks at every part once a minute. `now_s` is real time, Unix seconds."""

    def __init__(
        self,
        way: Way,
        echoes: Echoes,
        incidents: Incidents,
        now_s: Callable[[], float] = time.time,
        traces: Traces = UNTRACED,
        watching: Watching | None = None,
        deploys: Deploys | None = None,
        daily: Daily | None = None,
    ) -> None:
        self._way = way
        self.watching, self._deploys, self._daily = watching, deploys, daily
        self._respected: bool | None = None
        """Whether the silent canary's boundary was kept to at the last look; None when it was not tried."""
        self.echoes = echoes
        self.incidents = incidents
        self._now_s = now_s
        self._traces = traces
        self.allowance = Allowance()
        """What the promise has left."""
        self._burning: tuple[Rule, ...] = ()
        self._since: dict[PartName, tuple[State, float]] = {}
        self._door = Beat("unknown", "the first canary has not come back yet")
        self._disk = Beat("unknown", "it has not been tried yet")
        self._stream = Beat("unknown", "nobody listens to it yet")

    async def run(self) -> None:
        """Listen to the stream, and look once a minute, until cancelled."""
        listening = asyncio.create_task(self._way.listener.run())
        try:
            while True:
                await self.look()
                await asyncio.sleep(MINUTE_S)
        finally:
            listening.cancel()

    async def look(self) -> None:
        """Ask every part, and note what is right and wrong this minute."""
        with self._traces.span("vitals.look") as span:
            self._door, self._disk, self._stream = await asyncio.gather(
                self._sung(), self._way.disk.ask(), self._way.listener.ask()
            )
            echo = self.echoes.listen()
            states = {part.name: part.state for part in self._parts(echo)}
            self._note(states, echo)
            span.tell("nexus.troubled", [name for name in states if states[name] == "troubled"])
            span.tell("nexus.displays", echo.displays)
            span.tell("nexus.in_step", echo.in_step)
            try:
                await self._explain(states, echo)
                await self._count(echo)
            except Unavailable as refusal:  # a disk that refuses shall not silence who says so
                log.error("an incident could not be written down", detail=refusal.detail)

    def _note(self, states: Mapping[PartName, State], echo: Echo) -> None:
        """Count what was right and wrong towards the promise."""
        checks = [state == "troubled" for state in states.values() if state != "unknown"]
        wrong_displays = echo.displays - echo.in_step
        now_s = self._now_s()
        self.allowance.note(now_s, len(checks) + echo.displays, sum(checks) + wrong_displays)
        self._burning = tuple(self.allowance.burning(now_s))
        if any(checks):
            log.warning("the network is in trouble", parts=[name for name in states if states[name] == "troubled"])

    async def _count(self, echo: Echo) -> None:
        """Add this look to the tally of the day."""
        if self._daily is not None:
            tried = self._respected is not None
            await self._daily.note(Tally(echo.displays, echo.in_step, int(tried), int(bool(self._respected))))

    async def _explain(self, states: Mapping[PartName, State], echo: Echo) -> None:
        """Name what explains this minute's signs, if there are any: of the whole network, or place by place."""
        machines = self._machines(echo)
        unusual = await self.watching.look(machines) if self.watching else {}
        places = sorted({*unusual, *echo.broken, *self._dark()})
        at_places = {place: {**unusual.get(place, {}), **machines(place)} for place in places}
        broken = echo.displays - echo.in_step
        people = not broken or broken < MANY_DISPLAYS * echo.displays
        named = explain(_whole(states), at_places, people=people)
        await self.incidents.follow(self._now_s(), named)

    def _machines(self, echo: Echo) -> MachineSigns:
        """Return what the machines at a place say now; what cannot be looked at there is left out."""
        dark, lit = self._dark(), {group.place for group in self._way.lights.groups()}
        deploy = self._deploys is not None and self._deploys.recent(self._now_s())

        def at(place: str) -> dict[Sign, bool]:
            verdict = echo.broken.get(place)
            signs: dict[Sign, bool] = {"deploy": deploy} if self._deploys else {}
            if place in echo.heard:
                signs["echo-wrong"] = verdict == "wrong"
            if place in echo.heard or place in lit:
                signs["echo-stale"] = place in dark or verdict in ("behind", "silent")
            return signs

        return at

    def _dark(self) -> set[str]:
        """Return the places whose lights are in trouble."""
        return {group.place for group in self._way.lights.groups() if group.state == "troubled"}

    def status(self) -> Status:
        """Return how the network is now."""
        echo = self.echoes.listen()
        return Status(self._parts(echo), tuple(self._way.lights.groups()), echo, self._burning)

    def _parts(self, echo: Echo) -> tuple[Part, ...]:
        """Return how each part is now, and note since when."""
        now_s, parts = self._now_s(), []
        beats: dict[PartName, Beat] = {
            "door": self._door,
            "disk": self._disk,
            "release": self._release(),
            "stream": replace(self._stream, seen_s=self._way.listener.seen_s),
            "lights": self._way.lights.ask(),
            "displays": _displays(echo, self.echoes.newest_s()),
        }
        for name, beat in beats.items():
            known = self._since.get(name)
            if known is None or known[0] != beat.state:
                self._since[name] = known = (beat.state, now_s)
            age_s = None if beat.seen_s is None else round(max(0.0, now_s - beat.seen_s), 1)
            parts.append(Part(name, beat.state, known[1], beat.detail, age_s))
        return tuple(parts)

    async def _sung(self) -> Beat:
        """Send the canary through the door."""
        song = None
        if self._way.canary is not None:
            with self._traces.span("canary.song") as span:
                song = await self._way.canary.sing()
                if song is not None:
                    span.tell("nexus.well", song.well)
        self._respected = song.respected if song else None
        if song is None:
            return Beat("unknown", "it is not tried: the setting `canary` is off, or every place asks for presence")
        if song.well:
            return Beat("well", "", self._now_s())
        return Beat("troubled", song.detail, self._door.seen_s)

    def _release(self) -> Beat:
        told = self._way.punctuality()
        seen_s = self._now_s() - told.age_s
        if told.late_s <= MINUTE_S:
            return Beat("well", "", seen_s)
        overdue = f"the next climate is {told.late_s:.0f} seconds overdue; look at the server's log"
        return Beat("troubled", overdue, seen_s)


def _whole(states: Mapping[PartName, State]) -> dict[Sign, bool]:
    """Return the signs of the network as a whole, which can be looked at without any crowd."""
    return {
        "heartbeat-late": "troubled" in (states["door"], states["disk"], states["release"], states["stream"]),
        "many-at-once": "troubled" in (states["disk"], states["release"], states["stream"]),
    }


def _displays(echo: Echo, seen_s: float | None) -> Beat:
    if not echo.displays:
        return Beat("unknown", "no display has spoken yet; open a wall with the address that carries its key")
    told = "; ".join(f"{place}: {_SAID[verdict]}" for place, verdict in sorted(echo.broken.items()))
    return Beat("troubled" if told else "well", told, seen_s)


_SAID: Mapping[Verdict, str] = {
    "in-step": "in step",
    "behind": "shows an old climate; reload the page, then look at its network",
    "wrong": "shows what was never released; take it off and reload it",
    "silent": "gave no sign of life; look whether it has power and network",
}
