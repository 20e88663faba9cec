"""OSC out and in, with an independent listener on the other end of the wire."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import BlockingOSCUDPServer
from pythonosc.udp_client import SimpleUDPClient

from nexus_city.environment.desk import Desk
from nexus_city.environment.hands import Hands
from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.osc import OscEars, OscWire, on_four
from tests.environment.rigs import a_voice
from tests.environment.test_desk import HOUSE
from tests.environment.wires.test_mqtt import until


class Listener:
    """Somebody's TouchDesigner."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        paths = Dispatcher()
        paths.set_default_handler(lambda path, *said: self.heard.append((path, said)))
        self._server = BlockingOSCUDPServer(("127.0.0.1", 0), paths)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def test_a_climate_arrives_with_its_arguments_in_their_order(listener: Listener) -> None:
    wire = OscWire(Wire("o", "osc", "127.0.0.1", listener.port))
    wire.hear(a_voice([0.1, 0.2, 0.3, 0.4], uncertainty=0.125))
    path, said = until(lambda: listener.heard)[0]
    assert path == "/nexus/place/square/climate"
    assert said[:3] == ("speaks", 400.0, 0.125)
    assert len(said) == 19
    assert sum(said[3:]) == pytest.approx(1)
    assert said[3] == pytest.approx(0.025)
    wire.close()


def test_lamps_arrive_each_under_its_name_and_many_in_bundles(listener: Listener) -> None:
    wire = OscWire(Wire("o", "osc", "127.0.0.1", listener.port))
    lights = {f"lamp-{number}": (number / 100, 0.5, 1.0) for number in range(100)}
    wire.show(lights)
    until(lambda: len(listener.heard) == 100)
    told = dict(listener.heard)
    assert told["/nexus/lamp/lamp-25"] == pytest.approx((0.25, 0.5, 1.0))
    assert wire.state().frames == 3
    wire.close()


def test_a_silent_place_has_no_mixture(listener: Listener) -> None:
    wire = OscWire(Wire("o", "osc", "127.0.0.1", listener.port))
    wire.hear(a_voice(None))
    _, said = until(lambda: listener.heard)[0]
    assert said[0] == "resting"
    assert not any(said[3:])
    wire.close()


@pytest.mark.parametrize("grid", [2, 4, 8])
def test_every_grid_is_told_on_four_by_four(grid: int) -> None:
    mixture = [0.0] * grid**2
    mixture[0] = 1.0
    told = on_four(mixture, grid)
    assert len(told) == 16
    assert sum(told) == pytest.approx(1)
    assert told[0] == (0.25 if grid == 2 else 1.0)


def test_faders_and_cues_act_at_the_desk_and_nonsense_does_not() -> None:
    desk = Desk(HOUSE)
    ears = OscEars("127.0.0.1", 0, Hands("osc", lambda act: act(desk), lambda _: None, lambda: 0.0))
    fader = SimpleUDPClient("127.0.0.1", ears.port)
    for path, said in (
        ("/nexus/zone/wall/master", "loud"),
        ("/nexus/zone/nowhere/master", 0.5),
        ("/nexus/zone/wall/scene", "laser"),
        ("/nexus/master", 7.0),
        ("/nexus/unknown", 1),
    ):
        fader.send_message(path, said)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rude:
        rude.sendto(b"\xff\xfe nonsense", ("127.0.0.1", ears.port))
    fader.send_message("/nexus/zone/wall/master", 0.25)
    fader.send_message("/nexus/zone/wall/scene", "dusk")
    fader.send_message("/nexus/stop", [])
    until(lambda: desk.stopped)
    assert desk.masters() == {"": 1.0, "wall": 0.25, "lamp": 1.0}
    assert desk.hands(1.0)["wall"][0] == "dusk"
    assert {change.who for change in desk.changes} == {"osc"}
    fader.send_message("/nexus/release", [])
    fader.send_message("/nexus/zone/wall/release", [])
    until(lambda: not desk.stopped and not desk.hands(1.0))
    assert len(desk.changes) == 5
    fader._sock.close()  # the library has no close of its own
    ears.close()
