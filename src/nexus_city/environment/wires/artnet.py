"""Art-Net 4: DMX universes as `ArtDmx`, shown together on `ArtSync`; a controller that answers polls.

A universe here is the 15-bit port address: net (7 bits), sub-net (4) and universe (4). Sequence numbers run 1 to 255.
Without a host the packets are broadcast, as the protocol's first nodes expect.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from nexus_city.environment.patch import UNIVERSE_CHANNELS, Wire
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.datagrams import Address, Batch, Packets, Target, open_socket
from nexus_city.environment.wires.state import Tally, WireState

PORT: Final = 6454
DMX_BYTES: Final = 18 + UNIVERSE_CHANNELS
_NAME: Final = b"Art-Net\0"
_POLL, _POLL_REPLY, _DMX, _SYNC = 0x2000, 0x2100, 0x5000, 0x5200
_PROTOCOL: Final = 14
_SEQUENCE_AT, _CHANNELS_AT = 12, 18
_OEM_UNKNOWN: Final = 0x00FF
_STYLE_CONTROLLER: Final = 0x01


def dmx_packets(universes: Sequence[int]) -> Packets:
    """Return the `ArtDmx` packets of `universes`, all channels and sequence numbers 0; shape (universes, 530)."""
    packets = np.zeros((len(universes), DMX_BYTES), np.uint8)
    for row, universe in zip(packets, universes, strict=True):
        head = _head(_DMX) + struct.pack("!BBBBH", 0, 0, universe & 0xFF, universe >> 8, UNIVERSE_CHANNELS)
        row[: len(head)] = np.frombuffer(head, np.uint8)
    return packets


def sync_packet() -> bytes:
    """Return the packet on which nodes show what they were sent."""
    return _head(_SYNC) + bytes(2)


def poll_reply(address: str, name: str) -> bytes:
    """Return what this controller answers to `ArtPoll`: who it is; it has no ports of its own. 239 bytes."""
    short, long = name.encode("ascii", "replace")[:17], name.encode("ascii", "replace")[:63]
    reply = (
        _NAME
        + struct.pack("<H", _POLL_REPLY)
        + socket.inet_aton(address)
        + struct.pack("<H", PORT)
        + struct.pack("!HBBHBBH", 1, 0, 0, _OEM_UNKNOWN, 0, 0, 0)
        + short.ljust(18, b"\0")
        + long.ljust(64, b"\0")
        + b"#0001 [0000] Nexus City is well".ljust(64, b"\0")
    )
    ports = bytes(2 + 4 + 4 + 4 + 4 + 4) + bytes(3 + 3)  # no ports; priority, macro, remote and three spares
    return (reply + ports + bytes([_STYLE_CONTROLLER])).ljust(239, b"\0")


def is_poll(packet: bytes) -> bool:
    """Whether `packet` is an `ArtPoll`."""
    return packet[:8] == _NAME and len(packet) >= 14 and packet[8:10] == struct.pack("<H", _POLL)


def _head(opcode: int) -> bytes:
    return _NAME + struct.pack("<H", opcode) + struct.pack("!H", _PROTOCOL)


class ArtNetWire:
    """Sends frames as Art-Net to one node, or to all of them by broadcast."""

    def __init__(self, wire: Wire, now_s: Callable[[], float] = time.monotonic) -> None:
        self._target = Target(wire.host or "255.255.255.255", wire.port or PORT)
        self._socket = open_socket()
        self._tally = Tally(now_s)
        self._universes: tuple[int, ...] = ()
        self._packets: Packets = np.zeros((0, DMX_BYTES), np.uint8)
        self._batch: Batch | None = None
        self._sequence = 0

    def send(self, frame: WireFrame) -> None:
        """Send one frame of all universes, then the synchronisation packet."""
        to = self._target.address
        if to is None:
            self._tally.failed(self._target.trouble)
            return
        try:
            if self._batch is None or frame.universes != self._universes:
                self._universes, self._packets = frame.universes, dmx_packets(frame.universes)
                self._batch = Batch(self._socket, self._packets, [to] * len(frame.universes))
            self._sequence = self._sequence % 255 + 1
            self._packets[:, _SEQUENCE_AT] = self._sequence
            self._packets[:, _CHANNELS_AT:] = frame.codes
            sent = self._batch.send()
            self._socket.sendto(sync_packet(), to)
            self._tally.sent(len(self._packets) - sent)
        except OSError as error:
            self._tally.failed(f"{self._target.host}: {error.strerror or error}")

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Hang up; nodes hold the last frame or fail over as they are set."""
        self._target.close()
        self._socket.close()


class PollAnswerer:
    """Answers `ArtPoll` on the Art-Net port, so that other consoles see this controller; one for the whole house."""

    def __init__(self, name: str, port: int = PORT) -> None:
        self._name = name
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("", port))
        self._thread = threading.Thread(target=self._answer, name="nexus-artpoll", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _answer(self) -> None:
        while True:
            try:
                packet, asker = self._socket.recvfrom(1500)
                if is_poll(packet):
                    self._socket.sendto(poll_reply(_own_address(asker), self._name), asker)
            except OSError:
                return


def _own_address(asker: Address) -> str:
    """Return the address of this machine that `asker` can reach; nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(asker)
        own: str = probe.getsockname()[0]
        return own
