"""Presence: a code that only those at the place can see, exchanged for a pass that only one device can use.

code = first 40 bits of HMAC-SHA-256(secret, "code" ‖ place ‖ step), step = floor(real time / 15 s), eight characters of
Crockford's base 32. A code is taken for its own 15 s and two more turns, so that a slow scan still works. A photograph
of it is worthless a minute later; a pass is worthless on another device.
"""

import hmac
import time
from collections.abc import Callable

from nexus_city.access.tokens import decode, encode
from nexus_city.ground.errors import NotAllowed

CODE_LIFE_S = 15
"""Real seconds for which one code is shown."""
_TURNS_TAKEN = 3
PASS_LIFE_S = 2 * 3600
"""Real seconds for which a pass opens the door."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Presences:
    """Shows codes and exchanges them for passes. `now_s` is real time in Unix seconds."""

    def __init__(self, secret: bytes, now_s: Callable[[], float] = time.time) -> None:
        self._secret = secret
        self._now_s = now_s

    def code(self, place: str) -> tuple[str, float]:
        """Return the code that `place` shows now, and for how many more seconds."""
        now = self._now_s()
        return self._code(place, int(now // CODE_LIFE_S)), CODE_LIFE_S - now % CODE_LIFE_S

    def exchange(self, place: str, code: str, device: bytes) -> tuple[str, int]:
        """Return a pass for `device` at `place` and its end (Unix seconds); raises `NotAllowed` on a bad code."""
        step = int(self._now_s() // CODE_LIFE_S)
        shown = code.strip().upper().encode()
        taken = [hmac.compare_digest(shown, self._code(place, step - back).encode()) for back in range(_TURNS_TAKEN)]
        if not any(taken):
            raise NotAllowed(
                "This code is not shown here now; it changes every 15 seconds.",
                "Scan the code on the wall again.",
                field="code",
            )
        until = int(self._now_s()) + PASS_LIFE_S
        end = until.to_bytes(8, "big")
        return encode(end + self._sign(b"pass", place, device + end)), until

    def check(self, place: str, presence_pass: str, device: bytes) -> None:
        """Raise `NotAllowed` unless `presence_pass` is good for `device` at `place` now."""
        raw = decode(presence_pass)
        good = hmac.compare_digest(raw[8:], self._sign(b"pass", place, device + raw[:8]))
        if not good or int.from_bytes(raw[:8], "big") < self._now_s():
            raise NotAllowed(
                "This place listens to those who are here, and this phone has no fresh pass for it.",
                "Scan the code on the wall, then try again.",
                field="pass",
            )

    def _code(self, place: str, step: int) -> str:
        number = int.from_bytes(self._sign(b"code", place, step.to_bytes(8, "big"))[:5], "big")
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))

    def _sign(self, purpose: bytes, place: str, message: bytes) -> bytes:
        return hmac.digest(self._secret, b"\0".join((purpose, place.encode(), message)), "sha256")[:16]
