"""Philips Hue: lamps of one entertainment area, streamed to the bridge (DTLS) by the library `hue-entertainment`.

A luminaire's `name` is the channel of the area, as the bridge numbers it ("0", "1", …). A bridge streams to one area at
a time, so a wire is an area. `secret` is `application key:client key:area id`, as pairing gave them.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from hue_entertainment import EntertainmentSession, LightColorCommand

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.background import Background
from nexus_city.environment.wires.state import Tally, WireState

_FULL: Final = 65_535
_TRY_AGAIN_S: Final = 15.0
_GAMMA: Final = 1 / 2.2
_LAST_CHANNEL: Final = 255  # a channel is one byte on the wire, and a larger one would light another lamp


class Session(Protocol):
    """What this wire uses of the library's session."""

    @property
    def is_streaming(self) -> bool:
        """Whether the stream is open."""

    async def start(self, area_id: str) -> None:
        """Open the stream."""

    def send(self, commands: list[LightColorCommand]) -> None:
        """Queue a frame; never blocks."""

    async def aclose(self) -> None:
        """Give the area back."""


def open_session(host: str, application: str, client: str) -> Any:
    """Return the library's session, which sends only once it is started and stays open however still the light is."""
    return EntertainmentSession(host, application, client, idle_timeout=0)


def commands(lights: dict[str, tuple[float, float, float]]) -> list[LightColorCommand]:
    """Return 16-bit colours by channel from linear light; names that are no channel are left out."""
    return [
        LightColorCommand(int(name), *(round(_FULL * min(1.0, max(0.0, part)) ** _GAMMA) for part in light))
        for name, light in lights.items()
        if name.isdecimal() and int(name) <= _LAST_CHANNEL
    ]


class HueWire:
    """One entertainment area of one bridge. `connect` makes a session from host, application key and client key."""

    def __init__(
        self,
        wire: Wire,
        secret: str,
        now_s: Callable[[], float] = time.monotonic,
        connect: Callable[[str, str, str], Session] = open_session,
    ) -> None:
        application, client, self._area = (*secret.split(":", 2), "", "", "")[:3]
        self._host = wire.host
        self._tally = Tally(now_s)
        self._tally.failed(f"Connecting to the bridge {wire.host}.")
        self._session = connect(wire.host, application, client)
        self._background = Background(f"hue-{wire.id}")
        if not (application and client and self._area):
            name = f"NEXUS_WIRE_{wire.id.upper().replace('-', '_')}"
            self._tally.failed(f"Set {name} to 'application key:client key:area id' of the bridge, and restart.")
            return
        self._background.run(self._keep_open())

    def show(self, lights: dict[str, tuple[float, float, float]]) -> None:
        """Send the lamps' light."""
        if self._session.is_streaming:
            self._session.send(commands(lights))
            self._tally.sent()
        elif self._tally.state().state == "sending":
            self._tally.failed(f"The bridge {self._host} has ended the stream; opening it again.")

    def hear(self, voice: object) -> None:
        """Take no notice: a bridge has no use for climates."""

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Give the area back to the bridge."""
        self._background.close(self._session.aclose())

    async def _keep_open(self) -> None:
        while True:
            if not self._session.is_streaming:
                try:
                    await self._session.start(self._area)
                    self._tally.recovered()
                except Exception as error:  # noqa: BLE001 - the library raises many kinds; none may end the watch
                    self._tally.failed(f"The bridge {self._host} does not open its stream ({type(error).__name__}).")
            await asyncio.sleep(_TRY_AGAIN_S)
