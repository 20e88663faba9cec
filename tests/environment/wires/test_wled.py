"""WLED: a stand-in that the `wled` client accepts takes our pixels, says what it is, goes away and comes back.

No WLED runs on Linux, so the device is ours: its JSON interface as firmware 0.15 answers it, and a socket that puts
DDP packets together. That it is true to life is the `wled` client's judgement, which reads it as a device.
"""

import asyncio
import socket
import struct
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from zeroconf import ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires import wled as wled_module
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.wled import SERVICE, Found, WledWire, discover

PATIENCE_S = 10
LEDS = 600


def info(leds: int) -> dict[str, Any]:
    return {
        "ver": "0.15.0",
        "vid": 2412100,
        "leds": {"count": leds, "pwr": 470, "fps": 42, "maxpwr": 850, "maxseg": 32, "seglc": [1], "lc": 1, "cct": 0},
        "str": False,
        "name": "The Wall",
        "udpport": 21324,
        "live": False,
        "liveseg": -1,
        "lm": "",
        "lip": "",
        "ws": 0,
        "fxcount": 2,
        "palcount": 1,
        "cpalcount": 0,
        "maps": [{"id": 0}],
        "wifi": {"bssid": "02:00:00:00:00:01", "rssi": -56, "signal": 88, "channel": 6},
        "fs": {"u": 12, "t": 983, "pmt": 0},
        "ndc": 0,
        "arch": "esp32",
        "core": "v3.3.6-16-gcc5440f6a2",
        "freeheap": 196960,
        "uptime": 461,
        "opt": 79,
        "brand": "WLED",
        "product": "FOSS",
        "mac": "020000000001",
        "ip": "127.0.0.1",
    }


def state() -> dict[str, Any]:
    segment = {
        "id": 0,
        "start": 0,
        "stop": LEDS,
        "len": LEDS,
        "grp": 1,
        "spc": 0,
        "of": 0,
        "on": True,
        "frz": False,
        "bri": 255,
        "cct": 127,
        "col": [[255, 160, 0], [0, 0, 0], [0, 0, 0]],
        "fx": 0,
        "sx": 128,
        "ix": 128,
        "pal": 0,
        "sel": True,
        "rev": False,
        "mi": False,
    }
    return {
        "on": True,
        "bri": 128,
        "transition": 7,
        "ps": -1,
        "pl": -1,
        "nl": {"on": False, "dur": 60, "mode": 1, "tbri": 0, "rem": -1},
        "udpn": {"send": False, "recv": True, "sgrp": 1, "rgrp": 1},
        "lor": 0,
        "mainseg": 0,
        "seg": [segment],
    }


class StandIn(asyncio.DatagramProtocol):
    """A device: `frames` are what it has shown, one a PUSH."""

    def __init__(self) -> None:
        self.leds = LEDS
        self.frames: list[bytes] = []
        self.answers_with: Any = None
        """What it answers instead of the truth, if anything."""
        self.asked = 0
        self._row = bytearray(3 * LEDS)

    async def start(self) -> None:
        told: dict[str, Callable[[], Any]] = {
            "/json": lambda: {"state": state(), "info": info(self.leds), "effects": ["Solid"], "palettes": ["Default"]},
            "/json/si": lambda: {"state": state(), "info": info(self.leds)},
            "/presets.json": lambda: {"0": {}},
            "/json/effects": lambda: ["Solid", "Blink"],
            "/json/palettes": lambda: ["Default"],
            "/json/fxdata": lambda: ["", "!,Duty cycle;!,!;!;01"],
            "/json/cfg": lambda: {"hw": {"led": {"total": self.leds}}},
        }
        app = web.Application()
        for path, tell in told.items():
            app.router.add_get(path, self._answering(tell))
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.json_port: int = self._runner.addresses[0][1]
        self._udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0)
        )
        self.ddp_port: int = self._udp.get_extra_info("sockname")[1]

    async def close(self) -> None:
        self._udp.close()
        await self._runner.cleanup()

    def datagram_received(self, data: bytes, addr: Any) -> None:  # noqa: ARG002 - the protocol's signature
        flags, _, kind, target, offset, length = struct.unpack_from("!BBBBIH", data)
        assert (flags & 0xC0, kind, target, length) == (0x40, 0x0B, 1, len(data) - 10)
        self._row[offset : offset + length] = data[10:]
        if flags & 1:
            self.frames.append(bytes(self._row))

    def _answering(self, tell: Callable[[], Any]) -> Callable[[web.Request], Any]:
        async def answer(_: web.Request) -> web.Response:
            self.asked += 1
            return web.json_response(tell() if self.answers_with is None else self.answers_with)

        return answer


class Redirected(AbstractResolver):
    """Finds every name on a port of this machine: a WLED's own port 80 is nobody's to take in a test."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        assert port == 80
        found = ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=family, proto=0, flags=0)
        return [found]

    async def close(self) -> None:
        """Nothing was opened."""


def a_wire(device: StandIn, json_port: int | None = None) -> WledWire:
    resolver = Redirected(device.json_port if json_port is None else json_port)
    return WledWire(
        Wire("w", "wled", "localhost", device.ddp_port),
        open_session=lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)),
    )


def a_frame(pixels: int, seed: int = 1) -> WireFrame:
    return WireFrame((), np.random.default_rng(seed).integers(0, 256, (1, 3 * pixels)).astype(np.uint8))


async def until(done: Callable[[], Any]) -> None:
    for _ in range(PATIENCE_S * 50):
        if done():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass")


@pytest.fixture
async def device(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StandIn]:
    monkeypatch.setattr(wled_module, "_ASK_EVERY_S", 0.05)
    running = StandIn()
    await running.start()
    yield running
    await running.close()


@pytest.fixture
async def wire(device: StandIn) -> AsyncIterator[WledWire]:
    opened = a_wire(device)
    yield opened
    await asyncio.to_thread(opened.close)


async def test_the_wled_client_reads_the_stand_in_as_a_device(wire: WledWire) -> None:
    await until(lambda: wire.state().state == "waiting")  # asked and found, and nothing sent yet
    assert wire._device is not None
    found = wire._device
    assert (found.info.name, found.info.leds.count, found.state.brightness) == ("The Wall", LEDS, 128)


async def test_pixels_arrive_whole_frame_by_frame(device: StandIn, wire: WledWire) -> None:
    await until(lambda: wire._pixels and wire._pixels._target.address)
    frames = [a_frame(LEDS, seed) for seed in range(20)]  # 600 pixels: two packets a frame
    for frame in frames:
        wire.send(frame)
        await asyncio.sleep(0.005)
    await until(lambda: len(device.frames) == 20)
    assert device.frames == [frame.codes.tobytes() for frame in frames]
    await until(lambda: wire.state().state == "sending")
    assert (wire.state().detail, wire.state().frames, wire.state().dropped) == ("", 20, 0)


async def test_a_row_longer_than_the_device_is_said_with_both_lengths(device: StandIn, wire: WledWire) -> None:
    device.leds = 100
    await until(lambda: wire._device is not None and wire._device.info.leds.count == 100)
    await until(lambda: wire._pixels and wire._pixels._target.address)
    wire.send(a_frame(101))
    told = wire.state()
    assert (told.state, told.frames) == ("failed", 1)  # it is sent all the same: most of the wall is right
    assert "The Wall has 100 pixels, 101 are patched" in told.detail
    wire.send(a_frame(100))
    assert wire.state().state == "sending"


async def test_a_device_that_is_not_there_is_said_and_the_pixels_go_on(device: StandIn) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        wire = a_wire(device, nobody.getsockname()[1])
        await until(lambda: "does not answer as a WLED" in wire.state().detail)
        assert wire.state().state == "failed"
        wire.send(a_frame(10))
        await until(lambda: device.frames)
        await asyncio.to_thread(wire.close)


@pytest.mark.parametrize("nonsense", [{}, [], "a printer", {"state": {}, "info": {"leds": 3}}, {"info": None}])
async def test_something_else_at_that_address_is_said_and_asked_again_until_it_is_a_wled(
    device: StandIn, nonsense: Any
) -> None:
    device.answers_with = nonsense
    wire = a_wire(device)
    await until(lambda: "does not answer as a WLED" in wire.state().detail)
    device.answers_with = None
    await until(lambda: wire.state().state == "waiting")
    await asyncio.to_thread(wire.close)


def looking(device: StandIn, finds: list[list[Found]]) -> WledWire:
    """Return a wire without a host; each look finds the next of `finds`, and the last one again and again."""

    async def look() -> list[Found]:
        return finds.pop(0) if len(finds) > 1 else finds[0]

    resolver = Redirected(device.json_port)
    return WledWire(
        Wire("w", "wled", port=device.ddp_port),
        open_session=lambda: aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=resolver)),
        look=look,
    )


async def test_without_a_host_the_only_device_of_the_network_is_taken_once_it_is_there(device: StandIn) -> None:
    wire = looking(device, [[], [], [Found("wall", "localhost")]])
    wire.send(a_frame(10))  # nothing is raised meanwhile
    await until(lambda: "No WLED has announced itself" in wire.state().detail)
    await until(lambda: wire.state().state == "waiting")
    assert wire._pixels is not None
    await until(lambda: wire._pixels and wire._pixels._target.address)
    wire.send(a_frame(LEDS))
    await until(lambda: device.frames == [a_frame(LEDS).codes.tobytes()])
    await asyncio.to_thread(wire.close)


async def test_without_a_host_several_devices_are_named_and_none_is_taken(device: StandIn) -> None:
    wire = looking(device, [[Found("bar", "10.0.0.8"), Found("wall", "10.0.0.9")]])
    await until(lambda: "bar at 10.0.0.8, wall at 10.0.0.9" in wire.state().detail)
    wire.send(a_frame(10))
    assert (wire.state().state, wire.state().frames) == ("failed", 0)
    await asyncio.to_thread(wire.close)


async def test_after_the_goodbye_nobody_asks_any_more(device: StandIn) -> None:
    wire = a_wire(device)
    await until(lambda: wire.state().state == "waiting")
    await asyncio.to_thread(wire.close)
    asked = device.asked
    await asyncio.sleep(0.3)
    assert device.asked == asked


# --- discovery by mDNS, on loopback ----------------------------------------------------------------------------------


def on_loopback() -> AsyncZeroconf:
    return AsyncZeroconf(interfaces=["127.0.0.1"])


def announced(name: str, *addresses: str) -> ServiceInfo:
    packed = [socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address) for address in addresses]
    return ServiceInfo(SERVICE, f"{name}.{SERVICE}", 80, addresses=packed, server=f"{name}.local.")


async def test_devices_that_announce_themselves_are_found_by_name_and_ipv4() -> None:
    """The names are new for every run: another machine's WLED, or another run of this test, may be about."""
    mine = f"nexus-{uuid.uuid4().hex[:8]}"
    services = [
        announced(f"{mine}-b", "127.0.0.9"),
        announced(f"{mine}-a", "fe80::1", "127.0.0.8"),
        announced(f"{mine}-six", "fe80::2"),
    ]
    async with on_loopback() as network:
        await asyncio.gather(*[await network.async_register_service(service) for service in services])
        found = await discover(2.0, on_loopback)  # what was just announced is not told again within a second
    assert [each for each in found if each.name.startswith(mine)] == [
        Found(f"{mine}-a", "127.0.0.8"),
        Found(f"{mine}-b", "127.0.0.9"),
    ]


async def test_where_there_is_no_device_nothing_is_found() -> None:
    mine = [each for each in await discover(0.3, on_loopback) if each.name.startswith("nexus-")]
    assert mine == []
