"""Lighting: the house's desk, rig, wires and store, put together. The composition root starts and stops it."""

import asyncio
import datetime as dt
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request

from nexus_city.climate import Voice
from nexus_city.environment.console_routes import ConsoleRoutes
from nexus_city.environment.desk import Change, Desk
from nexus_city.environment.hands import Hands
from nexus_city.environment.palettes.palette import Palette
from nexus_city.environment.rig import Rig
from nexus_city.environment.scene import House, open_house
from nexus_city.environment.store import HouseStore
from nexus_city.environment.wires.opening import WireOpener, open_ears
from nexus_city.environment.wires.state import WireState
from nexus_city.ground import Clock, Database
from nexus_city.ground.traces import UNTRACED, Traces
from nexus_city.places import City


class Lighting:
    """The lights of one city. `voice_of` returns what a place says."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        city: Callable[[], City],
        voice_of: Callable[[str], Voice],
        house_file: Path | None = None,
        osc_in: str | None = None,
        traces: Traces = UNTRACED,
    ) -> None:
        self._city = city
        self._clock = clock
        self._osc_in = osc_in
        self._ears: list[Callable[[], None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store = HouseStore(database)
        house = self._store.load() or (open_house(house_file, city().index) if house_file else House())
        desk = Desk(house, self._store.changes(), self._store.standing())
        self._opener = WireOpener(self._hands_of, lambda place: city()[place].name)
        self.rig = Rig(desk, voice_of, self._places, self._opener.open, local=self._local, traces=traces)
        """Paints and sends."""

    def console(self, architect: Callable[[Request], Awaitable[str]]) -> ConsoleRoutes:
        """Return the console's doors; `architect` names the signed-in architect, or raises."""
        return ConsoleRoutes(self.rig, self._store, self._city, architect, time.monotonic)

    def place_of(self, zone: str) -> str | None:
        """Return the place in which a zone lies, or None when the house has no such zone."""
        zones = self.rig.touch(lambda desk: desk.house.patch.zones)
        return next((each.place for each in zones if each.id == zone), None)

    def wires_at(self, place: str) -> dict[str, WireState]:
        """Return how the wires do that carry the light of a place, by their ids."""
        patch = self.rig.touch(lambda desk: desk.house.patch)
        zones = {zone.id for zone in patch.zones if zone.place == place}
        serving = {lamp.wire for lamp in patch.luminaires if lamp.zone in zones}
        return {wire: state for wire, state in self.rig.states().items() if wire in serving}

    def palette(self) -> Palette:
        """Return the palette of the house as it is composed now."""
        return self.rig.touch(lambda desk: desk.house.palette)

    def start(self) -> None:
        """Light up. On the event loop."""
        self._loop = asyncio.get_running_loop()
        self._ears = open_ears(self._osc_in, self._hands_of)
        self.rig.start()

    async def stop(self) -> None:
        """Say goodbye on all wires."""
        for close in self._ears:
            await asyncio.to_thread(close)
        await asyncio.to_thread(self.rig.stop)
        self._opener.close()

    def _hands_of(self, who: str) -> Hands:
        return Hands(who, lambda act: self.rig.touch(act), self._keep, time.monotonic)  # noqa: PLW0108 - the rig comes later

    def _keep(self, change: Change) -> None:
        """Write down what came by wire; called from the wires' own threads."""
        if self._loop is not None and self._loop.is_running():
            standing = self.rig.touch(lambda desk: desk.standing)
            asyncio.run_coroutine_threadsafe(self._store.keep(change, standing, None), self._loop)

    def _places(self) -> list[str]:
        return list(self._city().index)

    def _local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self._clock.now_ms() / 1000, self._city().zone)
