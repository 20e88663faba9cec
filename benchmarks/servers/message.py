"""The message that both fan-out contestants send: 1,024 bytes of JSON on one line, with the time of sending."""

import time

_SIZE = 1024
_HEAD = b'{"place":"museum","sent":"%019d","mixture":['


def message() -> bytes:
    """Return one that is sent now (CLOCK_MONOTONIC, ns)."""
    head = _HEAD % time.monotonic_ns()
    shares = b"0.015625," * ((_SIZE - len(head)) // 9)
    body = head + shares[:-1] + b"]}"
    return body[:-1] + b" " * (_SIZE - len(body)) + b"}"
