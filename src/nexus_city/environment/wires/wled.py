"""WLED: pixels by DDP, and the device's own JSON interface for what it is and what it does when we are silent.

While frames come, a WLED shows them; a second after the last one it returns to the preset that it was left with. The
device is asked every half minute how many pixels it has, so that a patch that does not fit is seen in the console, not
guessed at the wall. `discover` finds the devices of a network by mDNS.

A wire's `port` is that of DDP; a WLED speaks JSON on port 80, always.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import msgspec
from wled import WLED, Device
from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.background import Background
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.ddp import DdpWire
from nexus_city.environment.wires.state import WireState

SERVICE: Final = "_wled._tcp.local."
_ASK_EVERY_S: Final = 30.0
_TIMEOUT_S: Final = 2.0


class Found(msgspec.Struct, frozen=True):
    """A device on the network."""

    name: str
    host: str


async def discover(seconds: float = 3.0, open_network: Callable[[], AsyncZeroconf] = AsyncZeroconf) -> list[Found]:
    """Return the WLED devices that announce themselves within `seconds`, by name; those without IPv4 are left out."""
    names: set[str] = set()

    def seen(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:  # noqa: ARG001 - the library's signature
        if state_change is not ServiceStateChange.Removed:
            names.add(name)

    async with open_network() as network:
        browser = AsyncServiceBrowser(network.zeroconf, [SERVICE], handlers=[seen])
        await asyncio.sleep(seconds)
        await browser.async_cancel()
        found = []
        for name in sorted(names):
            info = AsyncServiceInfo(SERVICE, name)
            if not await info.async_request(network.zeroconf, 1000 * _TIMEOUT_S):
                continue
            if addresses := info.parsed_addresses(IPVersion.V4Only):
                found.append(Found(name.removesuffix(f".{SERVICE}"), addresses[0]))
    return found


class WledWire:
    """One WLED device: the one at the wire's host or, without a host, the only one that announces itself.

    `open_session` makes the connections on which it is asked, `look` finds the devices of the network.
    """

    def __init__(
        self,
        wire: Wire,
        now_s: Callable[[], float] = time.monotonic,
        open_session: Callable[[], aiohttp.ClientSession] = aiohttp.ClientSession,
        look: Callable[[], Awaitable[list[Found]]] = discover,
    ) -> None:
        self._wire = wire
        self._now_s = now_s
        self._open_session = open_session
        self._look = look
        self._pixels = DdpWire(wire, now_s) if wire.host else None
        self._wanted = 0
        self._device: Device | None = None
        self._trouble = f"Asking {wire.host} what it is." if wire.host else "Looking for a WLED on the network."
        self._background = Background(f"wled-{wire.id}")
        self._background.run(self._watch())

    def send(self, frame: WireFrame) -> None:
        """Send one frame."""
        self._wanted = frame.codes.shape[1] // 3
        if self._pixels is not None:
            self._pixels.send(frame)

    def state(self) -> WireState:
        """Return how it goes: with the pixels, and with the device."""
        state = self._pixels.state() if self._pixels is not None else WireState("waiting", "", 0, 0)
        trouble = self._trouble or self._misfit()
        if state.state == "failed" or not trouble:
            return state
        return msgspec.structs.replace(state, state="failed", detail=trouble)

    def close(self) -> None:
        """Hang up; the device returns to its own preset."""
        self._background.close()
        if self._pixels is not None:
            self._pixels.close()

    def _misfit(self) -> str:
        """Return what does not fit between the patch and the device, or nothing."""
        if self._device is None or self._wanted <= self._device.info.leds.count:
            return ""
        info = self._device.info
        return f"{info.name} has {info.leds.count} pixels, {self._wanted} are patched on it: shorten the row."

    async def _watch(self) -> None:
        while True:
            try:
                self._trouble = await (self._ask() if self._wire.host else self._find())
            except Exception as error:  # noqa: BLE001 - what answers may be anything; none of it may end the watch
                self._trouble = (
                    f"{self._wire.host or 'The network'} does not answer as a WLED ({type(error).__name__}). "
                    "Check its address and its power."
                )
            await asyncio.sleep(_ASK_EVERY_S)

    async def _ask(self) -> str:
        async with self._open_session() as session:
            self._device = await WLED(self._wire.host, _TIMEOUT_S, session).update()
        return ""

    async def _find(self) -> str:
        found = await self._look()
        if len(found) > 1:
            told = ", ".join(f"{each.name} at {each.host}" for each in found)
            return f"There are several WLEDs here: {told}. Patch each by its address."
        if not found:
            return "No WLED has announced itself on this network. Switch it on, or patch it by its address."
        self._wire = msgspec.structs.replace(self._wire, host=found[0].host)
        self._pixels = DdpWire(self._wire, self._now_s)
        return await self._ask()
