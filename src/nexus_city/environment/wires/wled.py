"""WLED: pixels by DDP, and the device's own JSON interface for what it is and what it does when we are silent.

While frames come, a WLED shows them; a second after the last one it returns to the preset that it was left with. The
device is asked every half minute how many pixels it has, so that a patch that does not fit is seen in the console, not
guessed at the wall. `discover` finds the devices of a network by mDNS.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

import msgspec
from wled import WLED, WLEDError
from zeroconf import ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.background import Background
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.ddp import DdpWire
from nexus_city.environment.wires.state import WireState

SERVICE: Final = "_wled._tcp.local."
_ASK_EVERY_S: Final = 30.0
_TIMEOUT_MS: Final = 2000


class Found(msgspec.Struct, frozen=True):
    """A device on the network."""

    name: str
    host: str


class WledWire:
    """One WLED device."""

    def __init__(self, wire: Wire, now_s: Callable[[], float] = time.monotonic) -> None:
        self._host = wire.host
        self._pixels = DdpWire(wire, now_s)
        self._wanted = 0
        self._trouble = f"Asking {wire.host} what it is."
        self._background = Background(f"wled-{wire.id}")
        self._background.run(self._watch())

    def send(self, frame: WireFrame) -> None:
        """Send one frame."""
        self._wanted = frame.codes.shape[1] // 3
        self._pixels.send(frame)

    def state(self) -> WireState:
        """Return how it goes: with the pixels, and with the device."""
        state = self._pixels.state()
        if state.state == "failed" or not self._trouble:
            return state
        return msgspec.structs.replace(state, state="failed", detail=self._trouble)

    def close(self) -> None:
        """Hang up; the device returns to its own preset."""
        self._background.close()
        self._pixels.close()

    async def _watch(self) -> None:
        while True:
            self._trouble = await self._ask()
            await asyncio.sleep(_ASK_EVERY_S)

    async def _ask(self) -> str:
        """Return what is wrong with the device, or nothing."""
        try:
            async with WLED(self._host, request_timeout=_TIMEOUT_MS / 1000) as device:
                found = await device.update()
        except (WLEDError, OSError, TimeoutError) as error:
            return f"{self._host} does not answer as a WLED ({type(error).__name__}). Check its address and its power."
        leds = found.info.leds.count
        if self._wanted > leds:
            return f"{found.info.name} has {leds} pixels, {self._wanted} are patched on it: shorten the row."
        return ""


async def discover(seconds: float = 3.0) -> list[Found]:
    """Return the WLED devices that announce themselves within `seconds`, by name."""
    names: set[str] = set()

    def seen(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:  # noqa: ARG001 - the library's signature
        if state_change is not ServiceStateChange.Removed:
            names.add(name)

    async with AsyncZeroconf() as network:
        browser = AsyncServiceBrowser(network.zeroconf, [SERVICE], handlers=[seen])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        found = []
        for name in sorted(names):
            info = AsyncServiceInfo(SERVICE, name)
            with contextlib.suppress(TimeoutError):
                if await info.async_request(network.zeroconf, _TIMEOUT_MS) and info.parsed_addresses():
                    found.append(Found(name.removesuffix(f".{SERVICE}"), info.parsed_addresses()[0]))
    return found
