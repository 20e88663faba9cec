"""DDP: rows of pixels to one device over UDP (3waylabs.com/ddp), as WLED, xLights and FPP speak it.

A frame is cut into packets of 1,440 bytes (480 RGB pixels); the last carries the PUSH flag, on which the device shows
them all. Sequence numbers run 1 to 15.
"""

import struct
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.datagrams import Batch, Packets, Target, open_socket
from nexus_city.environment.wires.state import Tally, WireState

PORT: Final = 4048
HEADER_BYTES: Final = 10
PAYLOAD_BYTES: Final = 1440
_VERSION, _PUSH, _RGB8, _DISPLAY = 0x40, 0x01, 0x0B, 0x01


def data_packets(size: int) -> list[Packets]:
    """Return the packets for a device of `size` bytes, in order: whole ones as one array, what is left as another."""
    whole, left = divmod(size, PAYLOAD_BYTES)
    groups = [(0, whole, PAYLOAD_BYTES), (whole * PAYLOAD_BYTES, 1, left)]
    return [
        _headed(start, count, payload, last=start + count * payload == size)
        for start, count, payload in groups
        if count and payload
    ]


def _headed(start: int, count: int, payload: int, last: bool) -> Packets:
    packets = np.zeros((count, HEADER_BYTES + payload), np.uint8)
    for number, row in enumerate(packets):
        push = _PUSH if last and number == count - 1 else 0
        head = struct.pack("!BBBBIH", _VERSION | push, 0, _RGB8, _DISPLAY, start + number * payload, payload)
        row[:HEADER_BYTES] = np.frombuffer(head, np.uint8)
    return packets


class DdpWire:
    """Sends one device its pixels."""

    def __init__(self, wire: Wire, now_s: Callable[[], float] = time.monotonic) -> None:
        self._target = Target(wire.host, wire.port or PORT)
        self._socket = open_socket()
        self._tally = Tally(now_s)
        self._size = -1
        self._batches: list[tuple[Packets, Batch]] = []
        self._sequence = 0

    def send(self, frame: WireFrame) -> None:
        """Send one frame."""
        if self._target.address is None:
            self._tally.failed(self._target.trouble)
            return
        row = frame.codes[0]
        if row.size != self._size:
            self._size = row.size
            self._batches = [
                (packets, Batch(self._socket, packets, [self._target.address] * len(packets)))
                for packets in data_packets(row.size)
            ]
        self._sequence = self._sequence % 15 + 1
        try:
            self._tally.sent(sum(self._send(row, packets, batch) for packets, batch in self._batches))
        except OSError as error:
            self._tally.failed(f"{self._target.host}: {error.strerror or error}")

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Hang up; the device holds the last frame for as long as it is set to."""
        self._target.close()
        self._socket.close()

    def _send(self, row: Packets, packets: Packets, batch: Batch) -> int:
        """Fill and send one group of packets; return how many the network did not take."""
        start = int.from_bytes(packets[0, 4:8].tobytes(), "big")
        payload = packets.shape[1] - HEADER_BYTES
        packets[:, HEADER_BYTES:] = row[start : start + len(packets) * payload].reshape(len(packets), payload)
        packets[:, 1] = self._sequence
        return len(packets) - batch.send()
