"""Opening wires, a line a kind. Those that need a library of the extra `venue` say so when it is not installed."""

import os
import time
import uuid
from collections.abc import Callable
from typing import TypeAlias

import structlog

from nexus_city.environment.hands import Hands
from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.artnet import ArtNetWire, PollAnswerer
from nexus_city.environment.wires.ddp import DdpWire
from nexus_city.environment.wires.sacn import SacnWire
from nexus_city.environment.wires.state import FrameWire, LampWire, WireState
from nexus_city.ground.errors import SettingsError

SOURCE = "Nexus City"
"""The name under which consoles and nodes see this source."""

Opened: TypeAlias = FrameWire | LampWire

log = structlog.get_logger("nexus.wires")


class WireOpener:
    """Opens wires. `hands_of` gives the hands by which a wire of this name acts at the desk."""

    def __init__(self, hands_of: Callable[[str], Hands], place_name: Callable[[str], str]) -> None:
        self._hands_of = hands_of
        self._place_name = place_name
        self._answerer: PollAnswerer | None = None

    def close(self) -> None:
        """Stop answering polls; wires are closed by whoever had them opened."""
        if self._answerer is not None:
            self._answerer.close()

    def open(self, wire: Wire) -> Opened:
        """Open `wire`. Never raises: a wire that cannot be opened is a silent one that says why."""
        try:
            return self._opened(wire)
        except ImportError:
            return SilentWire(f"Wires of the kind '{wire.kind}' need the extra: pip install 'nexus-city[venue]'.")
        except Exception as error:  # noqa: BLE001 - the others must go on, whatever this one's trouble is
            log.error("a wire could not be opened", wire=wire.id, kind=type(error).__name__)
            return SilentWire(f"It could not be opened ({type(error).__name__}). Check its host, port and interface.")

    def _opened(self, wire: Wire) -> Opened:
        match wire.kind:
            case "sacn":
                return SacnWire(wire, SOURCE, source_id(wire), wire.interface)
            case "artnet":
                self._answer_polls()
                return ArtNetWire(wire)
            case "ddp":
                return DdpWire(wire)
            case "wled":
                from nexus_city.environment.wires.wled import WledWire  # noqa: PLC0415 - an extra

                return WledWire(wire)
            case "mqtt":
                from nexus_city.environment.wires.mqtt import MqttWire  # noqa: PLC0415 - an extra

                return MqttWire(wire, secret_of(wire), self._hands_of(wire.id), self._place_name)
            case "osc":
                from nexus_city.environment.wires.osc import OscWire  # noqa: PLC0415 - an extra

                return OscWire(wire, time.monotonic)
            case "hue":
                from nexus_city.environment.wires.hue import HueWire  # noqa: PLC0415 - an extra

                return HueWire(wire, secret_of(wire))

    def _answer_polls(self) -> None:
        """Answer Art-Net polls from the first such wire on; another program may hold the port, and then it answers."""
        if self._answerer is None:
            try:
                self._answerer = PollAnswerer(SOURCE)
            except OSError as error:
                log.warning("Art-Net polls are not answered", reason=error.strerror)


def open_ears(osc_in: str | None, hands_of: Callable[[str], Hands]) -> list[Callable[[], None]]:
    """Open what listens for hands on the network; return what closes it. `osc_in` is `host:port`, None to stay deaf."""
    if osc_in is None:
        return []
    host, _, port = osc_in.rpartition(":")
    try:
        from nexus_city.environment.wires.osc import OscEars  # noqa: PLC0415 - an extra

        return [OscEars(host or "127.0.0.1", int(port), hands_of("osc")).close]
    except ImportError as error:
        raise SettingsError("OSC needs the extra 'venue'.", "pip install 'nexus-city[venue]'", "osc_in") from error
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"Nothing can listen for OSC at '{osc_in}' ({error}).", "Write it as 127.0.0.1:8000.", "osc_in"
        ) from error


def source_id(wire: Wire) -> uuid.UUID:
    """Return the identity of this source on `wire`: the same after a restart, another on another machine."""
    return uuid.uuid5(uuid.UUID(int=uuid.getnode()), wire.id)


def secret_of(wire: Wire) -> str:
    """Return the password or key of a wire, from the environment: a house file is shared and holds no secrets."""
    return os.environ.get(f"NEXUS_WIRE_{wire.id.upper().replace('-', '_')}", "")


class SilentWire:
    """Stands in for a wire that could not be opened."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, frame: object) -> None:
        """Send nothing."""

    def show(self, lights: object) -> None:
        """Show nothing."""

    def hear(self, voice: object) -> None:
        """Hear nothing."""

    def state(self) -> WireState:
        """Say why."""
        return WireState("failed", self._why, 0, 0)

    def close(self) -> None:
        """Nothing was opened."""
