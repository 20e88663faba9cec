"""Hue: colours by channel, and a bridge that refuses, opens, ends the stream and opens again. The session is a fake."""

import threading
import time
from collections.abc import Callable

import pytest
from hue_entertainment import EntertainmentSession, LightColorCommand
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires import hue
from nexus_city.environment.wires.hue import HueWire, commands, open_session

SECRET = "application:client:area-7"
LIGHT = {"0": (1.0, 0.5, 0.0), "3": (0.0, 0.0, 1.0)}


class Bridge:
    """A session that fails as often as it is told to, and whose stream the test can end."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.tried: list[str] = []
        self.sent: list[list[LightColorCommand]] = []
        self.keys: tuple[str, str, str] | None = None
        self.closed = threading.Event()
        self._streaming = False

    def connect(self, host: str, application: str, client: str) -> "Bridge":
        self.keys = (host, application, client)
        return self

    @property
    def is_streaming(self) -> bool:
        return self._streaming

    async def start(self, area_id: str) -> None:
        self.tried.append(area_id)
        if self.fails:
            self.fails -= 1
            raise ConnectionRefusedError("no bridge")
        self._streaming = True

    def send(self, commands: list[LightColorCommand]) -> None:
        self.sent.append(commands)

    def end_stream(self) -> None:
        self._streaming = False

    async def aclose(self) -> None:
        self.closed.set()


def until(done: Callable[[], object]) -> None:
    for _ in range(500):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


def a_wire(bridge: Bridge, secret: str = SECRET) -> HueWire:
    return HueWire(Wire("hall-lamps", "hue", "10.0.0.7"), secret, connect=bridge.connect)


@pytest.fixture(autouse=True)
def tries_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hue, "_TRY_AGAIN_S", 0.05)


# --- colours ---------------------------------------------------------------------------------------------------------


def test_colours_are_16_bit_codes_by_channel() -> None:
    first, second = commands(LIGHT)
    assert (first.channel_id, first.red, first.blue) == (0, 65_535, 0)
    assert first.green == round(65_535 * 0.5 ** (1 / 2.2))
    assert (second.channel_id, second.red, second.green, second.blue) == (3, 0, 0, 65_535)


@given(st.text(max_size=80))
def test_names_that_are_no_channel_are_left_out(name: str) -> None:
    found = commands({name: (0.1, 0.1, 0.1)})
    assert all(str(each.channel_id) == str(int(name)) and each.channel_id <= 255 for each in found)
    assert len(found) == (name.isdecimal() and int(name) <= 255)


@pytest.mark.parametrize("name", ["", "-1", "1.0", "lamp", "256", "70000", "²"])
def test_a_channel_that_the_bridge_has_not_lights_no_other_lamp(name: str) -> None:
    assert commands({name: (1.0, 1.0, 1.0)}) == []


@given(st.tuples(*[st.floats(-1, 2)] * 3))
def test_no_light_leaves_the_16_bits(light: tuple[float, float, float]) -> None:
    (found,) = commands({"1": light})
    assert all(0 <= part <= 65_535 for part in (found.red, found.green, found.blue))


# --- the bridge ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "application", "application:client", "application:client:", "::area"])
def test_a_missing_secret_is_said_with_its_name_and_nothing_is_tried(secret: str) -> None:
    bridge = Bridge()
    wire = a_wire(bridge, secret)
    told = wire.state()
    assert told.state == "failed"
    assert "NEXUS_WIRE_HALL_LAMPS" in told.detail
    assert "application key:client key:area id" in told.detail
    wire.show(LIGHT)
    time.sleep(0.2)
    assert (bridge.tried, bridge.sent) == ([], [])
    wire.close()


def test_the_secret_goes_to_the_session_and_the_area_is_opened() -> None:
    bridge = Bridge()
    wire = a_wire(bridge)
    until(lambda: bridge.is_streaming)
    assert bridge.keys == ("10.0.0.7", "application", "client")
    assert bridge.tried == ["area-7"]
    wire.show(LIGHT)
    assert bridge.sent == [commands(LIGHT)]
    until(lambda: wire.state().state == "sending")
    wire.close()
    assert bridge.closed.is_set()


def test_a_bridge_that_does_not_open_is_said_and_tried_again_until_it_does() -> None:
    bridge = Bridge(fails=3)
    wire = a_wire(bridge)
    until(lambda: "ConnectionRefusedError" in wire.state().detail)
    assert wire.state().state == "failed"
    wire.show(LIGHT)  # nothing is raised meanwhile
    until(lambda: bridge.is_streaming)
    assert len(bridge.tried) == 4
    until(lambda: wire.state().detail == "")
    wire.close()


def test_a_stream_that_the_bridge_ends_is_said_and_opened_again() -> None:
    bridge = Bridge()
    wire = a_wire(bridge)
    until(lambda: bridge.is_streaming)
    wire.show(LIGHT)
    until(lambda: wire.state().state == "sending")
    bridge.fails = 10_000
    bridge.end_stream()
    wire.show(LIGHT)
    assert wire.state().state == "failed"
    assert len(bridge.sent) == 1
    bridge.fails = 0
    until(lambda: bridge.is_streaming)
    until(lambda: wire.state().state == "sending")
    wire.show(LIGHT)
    assert len(bridge.sent) == 2
    wire.close()


def test_the_librarys_own_session_is_what_this_wire_expects() -> None:
    """The fake has the library's shape: same names, and nothing is sent before it is started."""
    session = open_session("127.0.0.1", "application", "00" * 16)
    assert isinstance(session, EntertainmentSession)
    assert not session.is_streaming
    session.send(commands(LIGHT))
    assert all(callable(getattr(session, name)) for name in ("start", "send", "aclose"))
