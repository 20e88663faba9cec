"""Datagrams: many UDP packets at once, without copying and without waiting.

On Linux one system call (`sendmmsg`) sends a whole frame of universes straight from the array in which they were
packed; elsewhere a loop of `sendto` does the same. The kernel is told where the rows lie once, when the batch is made.
"""

import contextlib
import ctypes
import ctypes.util
import errno
import socket
import struct
import sys
import threading
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Packets = NDArray[np.uint8]
"""A packet a row, C-contiguous."""
Address = tuple[str, int]

LOOK_AGAIN_S: Final = 10.0
"""Seconds between two looks for a host that nobody knew."""
MULTICAST_HOPS: Final = 8
"""Routers that a multicast frame may cross."""


def open_socket(interface: str = "") -> socket.socket:
    """Return a non-blocking UDP socket; multicast leaves by the interface with the address `interface`."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, MULTICAST_HOPS)
    with contextlib.suppress(OSError):  # a smaller buffer drops more under load, and the count of drops says so
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    if interface:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    return opened


class Batch:
    """The packets of a frame, each with the address that it goes to; `packets` is rewritten in place between sends."""

    def __init__(self, sender: socket.socket, packets: Packets, addresses: Sequence[Address]) -> None:
        if packets.ndim != 2 or not packets.flags.c_contiguous or len(packets) != len(addresses):
            raise ValueError("packets must be a C-contiguous array with one row for each address")
        self._sender = sender
        self._packets = packets
        self._addresses = list(addresses)
        self._headers = _Headers(packets, addresses) if _sendmmsg else None

    def send(self) -> int:
        """Send all packets once; return how many the kernel took. Raises `OSError` if it took none for a reason."""
        if self._headers is not None:
            return self._headers.send(self._sender.fileno())
        sent = 0
        for row, address in zip(self._packets, self._addresses, strict=True):
            try:
                self._sender.sendto(row.data, address)
            except BlockingIOError:
                break
            sent += 1
        return sent


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Header(ctypes.Structure):
    """`struct msghdr`."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Message(ctypes.Structure):
    """`struct mmsghdr`: a header, and the number of bytes that were sent."""

    _fields_ = (("header", _Header), ("sent", ctypes.c_uint))


def _find_sendmmsg() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    return getattr(library, "sendmmsg", None)


_sendmmsg: Final = _find_sendmmsg()


class _Headers:
    """What `sendmmsg` reads: for each packet its address and where its bytes lie."""

    def __init__(self, packets: Packets, addresses: Sequence[Address]) -> None:
        count, size = packets.shape
        self._count = count
        names = [
            struct.pack("=HH4s8x", socket.AF_INET, socket.htons(port), socket.inet_aton(host))
            for host, port in addresses
        ]
        self._names = ctypes.create_string_buffer(b"".join(names), 16 * count)
        self._vectors = (_Vector * count)()
        self._messages = (_Message * count)()
        start = packets.ctypes.data
        for number in range(count):
            self._vectors[number].base = start + number * size
            self._vectors[number].length = size
            message = self._messages[number].header
            message.name = ctypes.addressof(self._names) + 16 * number
            message.name_length = 16
            message.vectors = ctypes.pointer(self._vectors[number])
            message.vector_count = 1

    def send(self, descriptor: int) -> int:
        done = 0
        size = ctypes.sizeof(_Message)
        while done < self._count:
            start = ctypes.byref(self._messages, done * size)
            taken: int = _sendmmsg(descriptor, start, self._count - done, socket.MSG_DONTWAIT)
            if taken <= 0:
                number = ctypes.get_errno()
                if done or number in (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS):
                    break
                raise OSError(number, errno.errorcode.get(number, "unknown"))
            done += taken
        return done


class Target:
    """A host on the network, looked up away from the frame clock, and again every `LOOK_AGAIN_S` until it is found."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.address: Address | None = None
        """Where it is, None until it is found."""
        self.trouble = f"Looking for {host}."
        self._port = port
        self._ended = threading.Event()
        try:
            socket.inet_aton(host)
        except OSError:
            threading.Thread(target=self._look, name=f"nexus-look-{host}", daemon=True).start()
        else:
            self.address = (host, port)

    def close(self) -> None:
        """Stop looking."""
        self._ended.set()

    def _look(self) -> None:
        while not self._ended.is_set():
            try:
                found = socket.getaddrinfo(self.host, self._port, socket.AF_INET, socket.SOCK_DGRAM)
            except OSError:
                self.trouble = (
                    f"Nobody here knows the name '{self.host}'. Check it, or patch the node by its IPv4 address."
                )
                self._ended.wait(LOOK_AGAIN_S)
            else:
                self.address = (str(found[0][4][0]), self._port)
                return
