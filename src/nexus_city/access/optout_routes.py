"""Taking no part, by HTTP: a device opts out and in again, and the city says that it honours Global Privacy Control."""

from collections.abc import Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.optouts import OptOuts
from nexus_city.ground.web import Endpoint, tagged_response


class PrivacyControl(msgspec.Struct, rename="camel"):
    """The well-known resource of Global Privacy Control (W3C working draft of 3 December 2024, section 4)."""

    gpc: bool
    last_update: str
    """ISO date since when this has been so."""


GPC = PrivacyControl(gpc=True, last_update="2026-11-25")
"""`Sec-GPC: 1` counts as an opt-out of whoever has not set a boundary themself; nothing is sold or shared anyway."""


class OptOutRoutes:
    """Answers of those who take no part. `device_of` knows the device of a request."""

    def __init__(self, opt_outs: OptOuts, device_of: Callable[[Request], bytes]) -> None:
        self._opt_outs = opt_outs
        self._device_of = device_of

    async def opt_out(self, request: Request) -> Response:
        """Take nothing of this device any more; its check-ins are answered `kept` and not written down."""
        return await self._set(request, True)

    async def opt_in(self, request: Request) -> Response:
        """Take check-ins of this device again."""
        return await self._set(request, False)

    async def gpc(self, request: Request) -> Response:
        """Say that Global Privacy Control is honoured here."""
        return tagged_response(request, msgspec.json.encode(GPC), max_age_s=24 * 3600)

    async def _set(self, request: Request, on: bool) -> Response:
        await self._opt_outs.set(self._device_of(request), on)
        return Response(status_code=204)

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        mine = "/v1/me/opt-out"
        return [
            Endpoint("PUT", mine, self.opt_out, "Take nothing of this device", {204: None}, None, "device"),
            Endpoint("DELETE", mine, self.opt_in, "Take check-ins again", {204: None}, None, "device"),
            Endpoint(
                "GET", "/.well-known/gpc.json", self.gpc, "Global Privacy Control is honoured", {200: PrivacyControl}
            ),
        ]
