"""Me, put together; the composition root hands in the holders of other rooms and the timetable."""

import time
from collections.abc import Callable, Sequence

from starlette.requests import Request

from nexus_city.access.me.erasing import Eraser
from nexus_city.access.me.holders import Holder
from nexus_city.access.me.routes import MeRoutes
from nexus_city.access.me.signing import CityKey
from nexus_city.access.optouts import OptOuts
from nexus_city.ground import Database
from nexus_city.ground.erasures import Erasures
from nexus_city.ground.retention import Timetable
from nexus_city.ground.web import Endpoint


class MeRoom:
    """What a device may know and erase. `city` returns the city's name; `now_s` is real time in Unix seconds."""

    def __init__(
        self,
        database: Database,
        erasures: Erasures,
        device: Callable[[Request], bytes],
        holders: Sequence[Holder],
        timetable: Timetable,
        city: Callable[[], str],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        key = CityKey(database)
        eraser = Eraser(holders, erasures, key, city, now_s)
        self._routes = MeRoutes(device, holders, eraser, key, timetable)

    def endpoints(self) -> list[Endpoint]:
        """List the doors of this part of the room."""
        return self._routes.endpoints()


def taking_part(opt_outs: OptOuts) -> Holder:
    """Return the holder of the opt-out: whether there is one, and whether one was erased."""
    return Holder("opted_out", bool, opt_outs.held, opt_outs.erase, opt_outs.rows)
