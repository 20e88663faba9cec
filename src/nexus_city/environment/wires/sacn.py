"""sACN: DMX universes over the network (ANSI E1.31-2018).

The packets of all universes are one array, written once; a frame only changes the 512 channels and the sequence number.
All universes of a frame leave in one call, then the synchronisation packet, so that a picture never tears between them.
"""

import contextlib
import struct
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from nexus_city.environment.patch import UNIVERSE_CHANNELS, Wire
from nexus_city.environment.wires.codes import Codes, WireFrame
from nexus_city.environment.wires.datagrams import Address, Batch, Packets, Target, open_socket
from nexus_city.environment.wires.state import Tally, WireState

PORT: Final = 5568
DATA_BYTES: Final = 638
_CHANNELS_AT, _SEQUENCE_AT, _OPTIONS_AT = 126, 111, 112
_TERMINATED: Final = 0x40
_SAYS_GOODBYE: Final = 3  # E1.31 6.2.6: terminated packets are sent three times
DISCOVERY_UNIVERSE: Final = 64_214
DISCOVERY_EVERY_S: Final = 10.0
DISCOVERY_PAGE: Final = 512


def multicast_address(universe: int) -> str:
    """Return the group of a universe (E1.31 9.3.1)."""
    return f"239.255.{universe >> 8}.{universe & 0xFF}"


def data_packets(universes: Sequence[int], source: str, cid: bytes, priority: int, sync_universe: int = 0) -> Packets:
    """Return the data packets of `universes`, all channels and sequence numbers 0; shape (universes, 638)."""
    packets = np.zeros((len(universes), DATA_BYTES), np.uint8)
    for row, universe in zip(packets, universes, strict=True):
        head = (
            _root(DATA_BYTES, 0x00000004, cid)
            + _framed(DATA_BYTES, 0x00000002)
            + _name(source)
            + struct.pack("!BHBBH", priority, sync_universe, 0, 0, universe)
            + _length(DATA_BYTES - 115)
            + struct.pack("!BBHHHB", 0x02, 0xA1, 0, 1, UNIVERSE_CHANNELS + 1, 0)
        )
        row[: len(head)] = np.frombuffer(head, np.uint8)
    return packets


def sync_packet(cid: bytes, universe: int, sequence: int) -> bytes:
    """Return the packet on which all receivers show what they were sent since the last one (E1.31 6.3)."""
    return _root(49, 0x00000008, cid) + _framed(49, 0x00000001) + struct.pack("!BHxx", sequence, universe)


def discovery_packets(universes: Sequence[int], source: str, cid: bytes) -> list[bytes]:
    """Return the packets that tell which universes this source sends (E1.31 8), in pages of 512."""
    listed = sorted(universes)
    pages = [listed[at : at + DISCOVERY_PAGE] for at in range(0, len(listed), DISCOVERY_PAGE)] or [[]]
    packets = []
    for number, page in enumerate(pages):
        size = 120 + 2 * len(page)
        packets.append(
            _root(size, 0x00000008, cid)
            + _framed(size, 0x00000002)
            + _name(source)
            + bytes(4)
            + _length(size - 112)
            + struct.pack("!IBB", 0x00000001, number, len(pages) - 1)
            + struct.pack(f"!{len(page)}H", *page)
        )
    return packets


def _root(size: int, vector: int, cid: bytes) -> bytes:
    return struct.pack("!HH", 0x0010, 0) + b"ASC-E1.17\0\0\0" + _length(size - 16) + struct.pack("!I", vector) + cid


def _framed(size: int, vector: int) -> bytes:
    return _length(size - 38) + struct.pack("!I", vector)


def _length(size: int) -> bytes:
    return struct.pack("!H", 0x7000 | size)


def _name(source: str) -> bytes:
    return source.encode()[:63].decode(errors="ignore").encode().ljust(64, b"\0")


class SacnWire:
    """Sends frames as sACN: to one node (`host`), or to each universe's own multicast group."""

    def __init__(
        self,
        wire: Wire,
        source: str,
        cid: uuid.UUID,
        interface: str = "",
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire = wire
        self._source = source
        self._cid = cid.bytes
        self._now_s = now_s
        self._target = Target(wire.host, wire.port or PORT) if wire.host else None
        self._socket = open_socket(interface)
        self._tally = Tally(now_s)
        self._universes: tuple[int, ...] = ()
        self._packets: Packets = np.zeros((0, DATA_BYTES), np.uint8)
        self._batch: Batch | None = None
        self._sync_sequence = 0
        self._discovered_s = -np.inf

    def send(self, frame: WireFrame) -> None:
        """Send one frame of all universes."""
        if self._target is not None and self._target.address is None:
            self._tally.failed(self._target.trouble)
            return
        try:
            if self._batch is None or frame.universes != self._universes:
                self._lay_out(frame.universes)
            self._fill(frame.codes)
            sent = self._batch.send() if self._batch else 0
            self._synchronise()
            self._tell_universes()
            self._tally.sent(len(self._packets) - sent)
        except OSError as error:
            self._tally.failed(f"{self._wire.host or 'multicast'}: {error.strerror or error}")

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Tell receivers that this source has ended, so that they can go to the next one at once, and hang up."""
        self._say_goodbye(self._universes)
        if self._target is not None:
            self._target.close()
        self._socket.close()

    def _lay_out(self, universes: tuple[int, ...]) -> None:
        """Make packets for `universes`; those that are sent on count on, or receivers would take them for old ones."""
        self._say_goodbye([universe for universe in self._universes if universe not in universes])
        counted = dict(zip(self._universes, self._packets[:, _SEQUENCE_AT].tolist(), strict=True))
        wire = self._wire
        self._packets = data_packets(universes, self._source, self._cid, wire.priority, wire.sync_universe)
        self._packets[:, _SEQUENCE_AT] = [counted.get(universe, 0) for universe in universes]
        self._batch = Batch(self._socket, self._packets, [self._address(universe) for universe in universes])
        self._universes = universes
        self._discovered_s = -np.inf

    def _say_goodbye(self, ended: Sequence[int]) -> None:
        rows = [self._universes.index(universe) for universe in ended]
        self._packets[rows, _OPTIONS_AT] |= _TERMINATED
        for _ in range(_SAYS_GOODBYE):
            self._packets[rows, _SEQUENCE_AT] += 1
            for row, universe in zip(rows, ended, strict=True):
                with contextlib.suppress(OSError):
                    self._socket.sendto(self._packets[row].data, self._address(universe))

    def _fill(self, codes: Codes) -> None:
        self._packets[:, _CHANNELS_AT:] = codes
        self._packets[:, _SEQUENCE_AT] += 1

    def _synchronise(self) -> None:
        if self._wire.sync_universe:
            self._sync_sequence = (self._sync_sequence + 1) & 0xFF
            packet = sync_packet(self._cid, self._wire.sync_universe, self._sync_sequence)
            self._socket.sendto(packet, self._address(self._wire.sync_universe))

    def _tell_universes(self) -> None:
        if self._now_s() - self._discovered_s < DISCOVERY_EVERY_S:
            return
        self._discovered_s = self._now_s()
        to = (multicast_address(DISCOVERY_UNIVERSE), PORT)
        for packet in discovery_packets(self._universes, self._source, self._cid):
            with contextlib.suppress(OSError):  # a host without a route for it has no consoles to tell
                self._socket.sendto(packet, to)

    def _address(self, universe: int) -> Address:
        if self._target is not None and self._target.address is not None:
            return self._target.address
        return multicast_address(universe), self._wire.port or PORT
