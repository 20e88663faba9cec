"""Hands that come by wire: faders and switches of other systems act at the desk under the wire's own name."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from nexus_city.environment.desk import Change, Desk
from nexus_city.environment.patch import Zone


class Hands:
    """Acts at the desk as `who`, from any thread.

    `touch` runs something at the desk between two frames; `kept` is told of every change, so that it is written down.
    """

    def __init__(
        self,
        who: str,
        touch: Callable[[Callable[[Desk], Any]], Any],
        kept: Callable[[Change], None],
        now_s: Callable[[], float],
    ) -> None:
        self._who = who
        self._touch = touch
        self._kept = kept
        self._now_s = now_s

    def master(self, zone: str | None, level: float) -> None:
        """Set a master; raises `BadInput`."""
        self._act(lambda desk, at: desk.master(zone, level, self._who, at))

    def take(self, zone: str, scene: str) -> None:
        """Show a scene by hand; raises `BadInput`."""
        self._act(lambda desk, at: desk.take(zone, scene, self._who, self._now_s(), at))

    def give_back(self, zone: str) -> None:
        """Give a zone back; raises `BadInput`."""
        self._act(lambda desk, at: desk.give_back(zone, self._who, at))

    def stop(self) -> None:
        """Stop everything."""
        self._act(lambda desk, at: desk.stop(self._who, at))

    def release(self) -> None:
        """End a stop."""
        self._act(lambda desk, at: desk.release(self._who, at))

    def zones(self) -> list[tuple[Zone, float, list[str]]]:
        """Return each zone with its master and the ids of the scenes that it can show."""

        def looked(desk: Desk) -> list[tuple[Zone, float, list[str]]]:
            masters, house = desk.masters(), desk.house
            return [
                (zone, masters[zone.id], [scene.id for scene in house.scenes if zone.id in scene.zones])
                for zone in house.patch.zones
            ]

        found: list[tuple[Zone, float, list[str]]] = self._touch(looked)
        return found

    def _act(self, deed: Callable[[Desk, dt.datetime], None]) -> None:
        at = dt.datetime.now(dt.UTC)

        def acted(desk: Desk) -> Change:
            deed(desk, at)
            return desk.changes[0]

        self._kept(self._touch(acted))
