"""OSC 1.0, out and in: climates and lamps as messages for TouchDesigner, Max, Resolume and Ableton, and faders back.

Out:
    /nexus/place/<place>/climate   s state, f people, f uncertainty, 16 × f: the mixture on the 4×4 grid (none: zeros)
    /nexus/lamp/<name>             f f f: linear red, green and blue, 0..1, five times a second
In, where the host opened a port for it:
    /nexus/master f                the grand master, 0..1
    /nexus/zone/<zone>/master f    a zone's master
    /nexus/zone/<zone>/scene s     show a scene by hand
    /nexus/zone/<zone>/release     give the zone back
    /nexus/stop, /nexus/release    stop-all, and its end
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import structlog
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_server import BlockingOSCUDPServer

from nexus_city.climate import Voice
from nexus_city.environment.hands import Hands
from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.datagrams import Target, open_socket
from nexus_city.environment.wires.state import Tally, WireState
from nexus_city.feelings import coarsen
from nexus_city.ground import NexusError

PORT: Final = 9000
_SIDE: Final = 4
_A_BUNDLE: Final = 40  # lamps; below the 1,472 bytes that a datagram carries unfragmented

log = structlog.get_logger("nexus.osc")


def climate_message(voice: Voice) -> bytes:
    """Return what a place says as an OSC message; the order of arguments is fixed."""
    climate = voice.climate
    message = OscMessageBuilder(f"/nexus/place/{voice.place}/climate")
    message.add_arg(voice.state)
    message.add_arg(float(climate.people if climate else 0), OscMessageBuilder.ARG_TYPE_FLOAT)
    message.add_arg(float(climate.uncertainty if climate else 1), OscMessageBuilder.ARG_TYPE_FLOAT)
    for share in on_four(climate.mixture, climate.grid) if climate else [0.0] * _SIDE**2:
        message.add_arg(share, OscMessageBuilder.ARG_TYPE_FLOAT)
    dgram: bytes = message.build().dgram
    return dgram


def on_four(mixture: list[float] | None, grid: int) -> list[float]:
    """Return a mixture as shares of the 4×4 grid; a coarser cell is spread evenly over what it covers."""
    if mixture is None:
        return [0.0] * _SIDE**2
    if grid <= _SIDE:
        block = _SIDE // grid
        cells = np.array(mixture).reshape(grid, grid) / block**2
        spread: list[float] = np.kron(cells, np.ones((block, block))).reshape(-1).tolist()
        return spread
    shares = [0.0] * _SIDE**2
    for cell, share in enumerate(mixture):
        shares[coarsen(cell, grid, _SIDE)] += share
    return shares


class OscWire:
    """Sends lamps and climates to one host."""

    def __init__(self, wire: Wire, now_s: Callable[[], float] = time.monotonic) -> None:
        self._target = Target(wire.host, wire.port or PORT)
        self._socket = open_socket()
        self._tally = Tally(now_s)

    def show(self, lights: dict[str, tuple[float, float, float]]) -> None:
        """Send the light of lamps, in bundles."""
        names = list(lights)
        for at in range(0, len(names), _A_BUNDLE):
            bundle = OscBundleBuilder(IMMEDIATELY)
            for name in names[at : at + _A_BUNDLE]:
                message = OscMessageBuilder(f"/nexus/lamp/{name}")
                for part in lights[name]:
                    message.add_arg(part, OscMessageBuilder.ARG_TYPE_FLOAT)
                bundle.add_content(message.build())
            self._send(bundle.build().dgram)

    def hear(self, voice: Voice) -> None:
        """Send what a place says."""
        self._send(climate_message(voice))

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Hang up."""
        self._target.close()
        self._socket.close()

    def _send(self, dgram: bytes) -> None:
        if self._target.address is None:
            self._tally.failed(self._target.trouble)
            return
        try:
            self._socket.sendto(dgram, self._target.address)
            self._tally.sent()
        except BlockingIOError:
            self._tally.sent(dropped=1)
        except OSError as error:
            self._tally.failed(f"{self._target.host}: {error.strerror or error}")


class OscEars:
    """Listens for faders and cues. Whoever reaches the port has a hand on the control: the host chooses where it is."""

    def __init__(self, host: str, port: int, hands: Hands) -> None:
        self._hands = hands
        paths = Dispatcher()
        paths.map("/nexus/master", self._on_master)
        paths.map("/nexus/zone/*/master", self._on_zone_master)
        paths.map("/nexus/zone/*/scene", self._on_scene)
        paths.map("/nexus/zone/*/release", self._on_give_back)
        paths.map("/nexus/stop", lambda _: self._try(hands.stop))
        paths.map("/nexus/release", lambda _: self._try(hands.release))
        self._server = BlockingOSCUDPServer((host, port), paths)
        self.port: int = self._server.server_address[1]
        """Where it listens."""
        self._thread = threading.Thread(target=self._server.serve_forever, name="nexus-osc-in", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _on_master(self, _: str, level: Any, *__: Any) -> None:
        self._try(lambda: self._hands.master(None, float(level)))

    def _on_zone_master(self, path: str, level: Any, *_: Any) -> None:
        self._try(lambda: self._hands.master(path.split("/")[3], float(level)))

    def _on_scene(self, path: str, scene: Any, *_: Any) -> None:
        self._try(lambda: self._hands.take(path.split("/")[3], str(scene)))

    def _on_give_back(self, path: str, *_: Any) -> None:
        self._try(lambda: self._hands.give_back(path.split("/")[3]))

    def _try(self, act: Callable[[], object]) -> None:
        """Act; a wrong message changes nothing. OSC has no way to answer, so the log says what was wrong."""
        try:
            act()
        except NexusError as refusal:
            log.warning("an OSC message was refused", detail=refusal.detail)
        except (TypeError, ValueError):
            log.warning("an OSC message has the wrong arguments")
