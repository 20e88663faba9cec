"""A device's own check-ins by HTTP: what is still held of them, and taking all of them back."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from nexus_city.climate.model import Holdings, Withdrawn
from nexus_city.climate.room import ClimateRoom
from nexus_city.ground.web import Endpoint, json_response


class OwnRoutes:
    """Answers a device about itself; `device` knows it by its token, and slows it down."""

    def __init__(self, room: ClimateRoom, device: Callable[[Request], bytes]) -> None:
        self._room = room
        self._device = device

    async def holdings(self, request: Request) -> Response:
        """Show all that is held."""
        return json_response(await self._room.holdings(self._device(request)))

    async def withdraw(self, request: Request) -> Response:
        """Take back all that was not released."""
        return json_response(await self._room.withdraw(self._device(request)))

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        mine = "/v1/me/check-ins"
        return [
            Endpoint("GET", mine, self.holdings, "What is held of this device today", {200: Holdings}, None, "device"),
            Endpoint("DELETE", mine, self.withdraw, "Take all of it back", {200: Withdrawn}, None, "device"),
        ]
