"""How the network is: every part's last sign of life, what displays show, and how fast the promise burns."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from nexus_city.vitals.burn import MINUTE_S, Allowance, Rule
from nexus_city.vitals.canary import Canary
from nexus_city.vitals.causes import Sign, diagnose
from nexus_city.vitals.echoes import Echo, Echoes, Verdict
from nexus_city.vitals.incidents import Incidents

PartName = Literal["door", "release", "lights", "displays"]
State = Literal["well", "troubled", "unknown"]
_Found = tuple[PartName, State, str]

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


@dataclass(frozen=True)
class Status:
    """All parts, and what people at a place should know about its displays."""

    parts: tuple[Part, ...]
    echo: Echo
    burning: tuple[Rule, ...]

    @property
    def well(self) -> bool:
        """Whether no part is in trouble."""
        return all(part.state != "troubled" for part in self.parts)


class Vitals:
    """Looks at every part once a minute.

    `release_late_s` says by how much the next release is overdue, in real seconds;
    `wires` how each light wire does: empty if it sends, else what is wrong.
    """

    def __init__(
        self,
        canary: Canary | None,
        echoes: Echoes,
        incidents: Incidents,
        release_late_s: Callable[[], float],
        wires: Callable[[], Mapping[str, str]],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._canary = canary
        self.echoes = echoes
        self.incidents = incidents
        self._release_late_s = release_late_s
        self._wires = wires
        self._now_s = now_s
        self._allowance = Allowance()
        self._burning: tuple[Rule, ...] = ()
        self._since: dict[PartName, tuple[State, float]] = {}
        self._door: tuple[State, str] = ("unknown", "the first canary has not come back yet")

    async def run(self) -> None:
        """Look once a minute until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(MINUTE_S)

    async def look(self) -> None:
        """Send the canary and note what is right and wrong this minute."""
        song = await self._canary.sing() if self._canary else None
        if song is None:
            self._door = ("unknown", "it is not tried: the setting `canary` is off, or every place asks for presence")
        else:
            self._door = ("well" if song.well else "troubled", song.detail)
        echo = self.echoes.listen()
        states = {part.name: part.state for part in self._parts(echo)}
        checks = [state == "troubled" for state in states.values() if state != "unknown"]
        wrong_displays = echo.displays - echo.in_step
        now_s = self._now_s()
        self._allowance.note(now_s, len(checks) + echo.displays, sum(checks) + wrong_displays)
        self._burning = tuple(self._allowance.burning(now_s))
        if any(checks):
            log.warning("the network is in trouble", parts=[name for name in states if states[name] == "troubled"])
        await self._explain(states, echo)

    async def _explain(self, states: Mapping[PartName, State], echo: Echo) -> None:
        """Name what explains this minute's signs, if there are any."""
        signs = _signs(states, echo)
        seen = [sign for sign, present in signs.items() if present]
        cause = diagnose(signs).cause if seen else None
        await self.incidents.follow(self._now_s(), cause, sorted(echo.broken), seen)

    def status(self) -> Status:
        """Return how the network is now."""
        echo = self.echoes.listen()
        return Status(self._parts(echo), echo, self._burning)

    def _parts(self, echo: Echo) -> tuple[Part, ...]:
        """Return how each part is now, and note since when."""
        now_s, parts = self._now_s(), []
        door: _Found = ("door", *self._door)
        for name, state, detail in (door, self._release(), self._lights(), _displays(echo)):
            known = self._since.get(name)
            if known is None or known[0] != state:
                self._since[name] = known = (state, now_s)
            parts.append(Part(name, state, known[1], detail))
        return tuple(parts)

    def _release(self) -> _Found:
        late_s = self._release_late_s()
        if late_s <= MINUTE_S:
            return "release", "well", ""
        return "release", "troubled", f"the next climate is {late_s:.0f} seconds overdue; look at the server's log"

    def _lights(self) -> _Found:
        wires = self._wires()
        failed = {name: why for name, why in wires.items() if why}
        if not wires:
            return "lights", "unknown", "no lights are patched"
        if not failed:
            return "lights", "well", ""
        return "lights", "troubled", "; ".join(f"{name}: {why}" for name, why in sorted(failed.items()))


def _signs(states: Mapping[PartName, State], echo: Echo) -> dict[Sign, bool]:
    """Return the signs that can be looked at without any crowd: what machines say."""
    signs: dict[Sign, bool] = {
        "heartbeat-late": "troubled" in (states["door"], states["release"]),
        "many-at-once": states["release"] == "troubled",
    }
    if echo.displays:
        verdicts = set(echo.broken.values())
        signs["echo-wrong"] = "wrong" in verdicts
        signs["echo-stale"] = bool(verdicts & {"behind", "silent"})
    return signs


def _displays(echo: Echo) -> _Found:
    if not echo.displays:
        return "displays", "unknown", "no display has spoken yet; open a wall with the address that carries its key"
    if not echo.broken:
        return "displays", "well", ""
    told = "; ".join(f"{place}: {_SAID[verdict]}" for place, verdict in sorted(echo.broken.items()))
    return "displays", "troubled", told


_SAID: Mapping[Verdict, str] = {
    "in-step": "in step",
    "behind": "shows an old climate; reload the page, then look at its network",
    "wrong": "shows what was never released; take it off and reload it",
    "silent": "gave no sign of life; look whether it has power and network",
}
