"""Thousands of open walls in one thread: server-sent events on raw sockets and one epoll.

Each message carries `"sent":"…"`, nineteen digits of CLOCK_MONOTONIC in ns; what a viewer waits is the time from there
to the moment its bytes are read here. Reading costs CPU too, which is shown, and the same for all.
"""

import resource
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STAMP, DIGITS = b'"sent":"', 19
_ADMIT_S = 60
_LATE_NS = 10_000_000_000


@dataclass
class Seen:
    """What the viewers saw while it counted."""

    seconds: float
    waits_ms: list[float]
    """Ascending."""
    fewest: int
    """Messages of the viewer that got the fewest."""
    most: int
    cpu_s: float
    """CPU seconds of the viewers themselves."""
    server_cpu_s: float
    """CPU seconds of the server meanwhile."""


@dataclass
class Viewers:
    """`count` viewers of one stream; `hung_up` should stay 0."""

    port: int
    path: str
    count: int
    admitted: int = 0
    """Viewers that have received a message."""
    admit_s: float = 0.0
    """Seconds until all were."""
    hung_up: int = 0
    _sockets: dict[int, socket.socket] = field(default_factory=dict)
    _rests: dict[int, bytes] = field(default_factory=dict)
    """What came behind the last complete stamp, for each socket."""
    _poll: select.epoll = field(default_factory=select.epoll)

    def open(self) -> None:
        """Connect all, and wait until each has received something; gives up after a minute."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        start = time.monotonic()
        got: set[int] = set()
        for number in range(self.count):
            viewer = connect(self.port, self.path)
            viewer.setblocking(False)
            self._sockets[viewer.fileno()] = viewer
            self._rests[viewer.fileno()] = b""
            self._poll.register(viewer.fileno(), select.EPOLLIN)
            if number % 50 == 49:
                self._read(0, lambda number, _: got.add(number))
        while len(got) < self.count and time.monotonic() < start + _ADMIT_S:
            self._read(0.1, lambda number, _: got.add(number))
        self.admitted, self.admit_s = len(got), time.monotonic() - start

    def watch(self, seconds: float, server_cpu_s: Callable[[], float] = lambda: 0.0) -> Seen:
        """Read for so long, then on until all have got what was sent in this time; gives up after some seconds."""
        start_ns = time.monotonic_ns()
        end_ns = start_ns + int(seconds * 1e9)
        counts = dict.fromkeys(self._sockets, 0)
        waits: list[int] = []

        def take(number: int, sent_ns: int) -> None:
            if start_ns <= sent_ns < end_ns:
                waits.append(time.monotonic_ns() - sent_ns)
                counts[number] += 1

        own, server = time.process_time(), server_cpu_s()
        while time.monotonic_ns() < end_ns:
            self._read(0.05, take)
        own, server = time.process_time() - own, server_cpu_s() - server
        while (fewest := min(counts.values())) < max(counts.values()) or not fewest:
            if time.monotonic_ns() > end_ns + _LATE_NS:
                break
            self._read(0.05, take)
        ordered = sorted(wait / 1e6 for wait in waits)
        return Seen(seconds, ordered, min(counts.values()), max(counts.values()), own, server)

    def close(self) -> None:
        """Hang up."""
        for viewer in self._sockets.values():
            viewer.close()
        self._poll.close()

    def _read(self, wait_s: float, take: Callable[[int, int], object]) -> None:
        """Read what is there; `take(viewer, sent in ns)` for every message in it."""
        for number, _ in self._poll.poll(wait_s, 512):
            try:
                part = self._sockets[number].recv(65536)
            except ConnectionError:
                part = b""
            if not part:
                self.hung_up += 1
                self._poll.unregister(number)
                continue
            data = self._rests[number] + part
            done = 0
            while (at := data.find(STAMP, done)) >= 0 and len(data) >= at + len(STAMP) + DIGITS:
                done = at + len(STAMP) + DIGITS
                take(number, int(data[at + len(STAMP) : done]))
            self._rests[number] = data[max(done, len(data) - len(STAMP) - DIGITS) :]


def connect(port: int, path: str) -> socket.socket:
    """Return a connection that has asked for the stream."""
    viewer = socket.create_connection(("127.0.0.1", port))
    viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
    return viewer


def connect_stuck(port: int, path: str) -> socket.socket:
    """Return one that will never read, with the smallest buffers a kernel gives, so that it is stuck soon."""
    viewer = socket.socket()
    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)
    viewer.connect(("127.0.0.1", port))
    viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
    return viewer
