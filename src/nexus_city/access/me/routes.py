"""Me by HTTP: what is held of this device, erasing it, the key that signs receipts, and how long things are kept."""

from collections.abc import Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.access.me.erasing import Erased, Eraser
from nexus_city.access.me.holders import Holder, mine_of
from nexus_city.access.me.signing import CityKey, PublicKeys
from nexus_city.access.tokens import bearer
from nexus_city.ground import iso
from nexus_city.ground.retention import Timetable
from nexus_city.ground.web import Endpoint, json_response, tagged_response


class Keeping(msgspec.Struct, frozen=True):
    """One kind of record: how long it is kept at most, and when what was over its time was last looked for."""

    what: str
    kept: str
    """Duration, ISO 8601."""
    last_run: str | None
    """City time, ISO 8601 in UTC."""
    deleted: int | None
    """Rows that went then; null where that would tell something of those who take part."""


class Keepings(msgspec.Struct, frozen=True):
    """The timetable by which a city forgets."""

    rules: list[Keeping]


class MeRoutes:
    """Answers a device about itself; `device` knows it by its token, and slows it down."""

    def __init__(
        self,
        device: Callable[[Request], bytes],
        holders: Sequence[Holder],
        eraser: Eraser,
        key: CityKey,
        timetable: Timetable,
    ) -> None:
        self._device = device
        self._holders = holders
        self._eraser = eraser
        self._key = key
        self._timetable = timetable
        self._kind = mine_of(holders)

    async def mine(self, request: Request) -> Response:
        """Tell everything that is held."""
        device = self._device(request)
        return json_response(self._kind(**{each.name: await each.held(device) for each in self._holders}))

    async def erase(self, request: Request) -> Response:
        """Erase everything that is held."""
        device = self._device(request)
        return json_response(await self._eraser.erase(device, bearer(request.headers.get("authorization"))))

    async def keys(self, request: Request) -> Response:
        """Tell the key by which receipts are checked."""
        return tagged_response(request, msgspec.json.encode(PublicKeys([self._key.public])), max_age_s=3600)

    async def retention(self, _: Request) -> Response:
        """Tell how long things are kept."""
        rules = [
            Keeping(run.what, run.kept, None if run.at_s is None else iso(run.at_s), run.gone)
            for run in await self._timetable.runs()
        ]
        return json_response(Keepings(rules))

    def endpoints(self) -> list[Endpoint]:
        """List these doors."""
        held = "Everything that is held of this device"
        known = "/.well-known/nexus-city-keys.json"
        return [
            Endpoint("GET", "/v1/me", self.mine, held, {200: self._kind}, None, "device"),
            Endpoint("DELETE", "/v1/me", self.erase, "Erase it, with a receipt", {200: Erased}, None, "device"),
            Endpoint("GET", known, self.keys, "The key that signs receipts", {200: PublicKeys}),
            Endpoint("GET", "/v1/retention", self.retention, "What is kept how long", {200: Keepings}),
        ]
