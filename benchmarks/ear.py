"""An ear on loopback: a process that counts datagrams and does nothing else, many in one system call.

It has to keep up with senders that use `sendmmsg`; a loop of `recv` would not, and what it missed would say nothing
about them.
"""

import ctypes
import multiprocessing
import socket
from types import TracebackType
from typing import Any

EAR = "127.0.0.2"
"""Where it listens: of loopback, but not where a receiver on this machine would."""
_A_CALL = 1024
_KEPT_BYTES = 8
_WAIT_FOR_ONE = 0x10000


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
    """`struct mmsghdr`."""

    _fields_ = (("header", _Header), ("length", ctypes.c_uint))


def _listen(port: int, ready: Any, counted: Any) -> None:
    heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 20)
    heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    heard.bind((EAR, port))
    ready.set()
    room = ctypes.create_string_buffer(_KEPT_BYTES)
    vector = _Vector(ctypes.addressof(room), _KEPT_BYTES)
    messages = (_Message * _A_CALL)()
    for message in messages:
        message.header.vectors, message.header.vector_count = ctypes.pointer(vector), 1
    receive = ctypes.CDLL(None, use_errno=True).recvmmsg
    while True:
        taken = receive(heard.fileno(), messages, _A_CALL, _WAIT_FOR_ONE, None)
        if taken < 0:
            raise OSError(ctypes.get_errno(), "the ear has gone deaf")
        counted.value += taken


class Ear:
    """Counts what arrives at a UDP port of `EAR` while it is entered."""

    def __init__(self, port: int) -> None:
        self._port = port
        spawning = multiprocessing.get_context("spawn")
        self._counted: Any = spawning.Value(ctypes.c_uint64, lock=False)
        self._ready = spawning.Event()
        self._process = spawning.Process(target=_listen, args=(port, self._ready, self._counted), daemon=True)

    def __enter__(self) -> "Ear":
        """Begin to listen."""
        self._process.start()
        if not self._ready.wait(20):
            self._process.kill()
            raise SystemExit(f"UDP port {self._port} of {EAR} is taken: end what listens there, and try again.")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._process.kill()
        self._process.join()

    def heard(self) -> int:
        """Return how many datagrams have arrived so far."""
        counted: int = self._counted.value
        return counted
