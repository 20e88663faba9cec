"""A crowd at a door: closed-loop HTTP on raw non-blocking sockets and one epoll.

Each connection sends its next request as soon as the answer to the last one is complete, as 64 patient phones would.
It runs in the process of the benchmark, which tells its CPU: below one core it was not what limited the server.
"""

import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass
class Load:
    """What a crowd saw."""

    answered: int
    """Requests that got the wanted status."""
    refused: int
    seconds: float
    cpu_s: float
    """CPU seconds of the crowd itself."""
    waits_ms: list[float]
    """From the first byte sent to the last byte received, ascending."""

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds


class _Phone:
    """One connection and the part of an answer that has come."""

    __slots__ = ("came", "since", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.came = b""
        self.since = 0.0

    def ask(self, request: bytes) -> None:
        """Send a request; it is far smaller than a socket's buffer, so it goes in one piece."""
        self.since = time.perf_counter()
        self.socket.send(request)

    def hear(self) -> bytes | None:
        """Return the answer if it is complete."""
        part = self.socket.recv(65536)
        if not part:
            raise SystemExit("The server hung up in the middle of the run.")
        answer = self.came + part if self.came else part
        end = answer.find(b"\r\n\r\n")
        at = answer.find(b"content-length: ", 0, end)
        if end > 0 and at > 0:
            length = int(answer[at + 16 : answer.index(b"\r", at)])
            if len(answer) >= end + 4 + length:
                self.came = b""
                return answer
        self.came = answer
        return None


def press(port: int, requests: Iterator[bytes], connections: int, seconds: float, status: bytes = b"202") -> Load:
    """Send `requests` over `connections` for `seconds`; stops early only if they run out."""
    phones = {phone.socket.fileno(): phone for phone in (_Phone(port) for _ in range(connections))}
    poll = select.epoll()
    for number in phones:
        poll.register(number, select.EPOLLIN)
    wanted = b"HTTP/1.1 " + status
    answered = refused = 0
    waits: list[float] = []
    cpu, start = time.process_time(), time.perf_counter()
    for phone in phones.values():
        phone.ask(next(requests))
    under_way = connections
    while under_way:
        for number, _ in poll.poll():
            phone = phones[number]
            answer = phone.hear()
            if answer is None:
                continue
            now = time.perf_counter()
            waits.append(now - phone.since)
            if answer.startswith(wanted):
                answered += 1
            else:
                refused += 1
            request = next(requests, None) if now - start < seconds else None
            if request is None:
                under_way -= 1
            else:
                phone.ask(request)
    load = Load(answered, refused, time.perf_counter() - start, time.process_time() - cpu, [])
    for phone in phones.values():
        phone.socket.close()
    poll.close()
    load.waits_ms = sorted(wait * 1000 for wait in waits)
    return load
