"""Everything that one must show at a door, put together; the composition root hands it what it needs."""

import time
from collections.abc import Callable, Sequence

from starlette.requests import Request

from nexus_city.access.displays import DisplayTurns
from nexus_city.access.limits import DeviceLimit
from nexus_city.access.optout_routes import OptOutRoutes
from nexus_city.access.optouts import OptOuts
from nexus_city.access.presence import Presences
from nexus_city.access.routes import AccessRoutes
from nexus_city.access.sources import SourceLimit, Sources
from nexus_city.access.staff.room import StaffRoom
from nexus_city.access.tokens import Tokens, bearer, load_secret
from nexus_city.ground import Database
from nexus_city.ground.erasures import Erasures
from nexus_city.ground.web import Endpoint


class AccessRoom:
    """Devices, displays, networks and staff of one city. `now_s` is real time in Unix seconds."""

    def __init__(
        self,
        database: Database,
        erasures: Erasures,
        public_url: str | None,
        per_minute: int,
        per_network: int,
        own_networks: Sequence[str],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        secret = load_secret(database)
        self._public_url = public_url
        self._turns = DisplayTurns(database)
        self.tokens = Tokens(secret, self._turns.now)
        self.presences = Presences(secret, now_s)
        self.limit = DeviceLimit(per_minute)
        self.sources = SourceLimit(Sources(own_networks), per_network, now_s)
        self.opt_outs = OptOuts(database, secret)
        self.staff = StaffRoom(database, erasures, public_url, now_s)

    def device_of(self, request: Request) -> bytes:
        """Return the device of a request, known by its token, and slow it down."""
        device = self.tokens.device(bearer(request.headers.get("authorization")))
        self.limit.take(device)
        return device

    def endpoints(self, known: Callable[[str], object]) -> list[Endpoint]:
        """List the doors for devices and displays; those of staff are added by `StaffRoom.guarded`.

        `known` raises `NotFound` for a place that does not exist.
        """
        doors = AccessRoutes(
            self.tokens, self._turns, self.presences, known, self._public_url, self.device_of, self.sources
        )
        return [*doors.endpoints(), *OptOutRoutes(self.opt_outs, self.device_of).endpoints()]
