"""Device tokens and display keys: signed, not stored.

token = base64url(id ‖ mac), id = 16 random bytes, mac = HMAC-SHA-256(secret, "device" ‖ id) cut to 16 bytes.
The city recognises its own tokens without remembering any of them.
"""

import base64
import binascii
import hmac
import secrets
import sqlite3
from collections.abc import Mapping

from nexus_city.ground import Database
from nexus_city.ground.errors import NotAllowed, SignInNeeded

_STEPS = ("create table secret(id integer primary key check (id = 1), bytes blob not null)",)


def load_secret(database: Database) -> bytes:
    """Return the city's signing secret (32 bytes), making it when the folder is new."""
    database.migrate("access.secret", _STEPS)

    def job(connection: sqlite3.Connection) -> bytes:
        connection.execute("insert or ignore into secret values(1, ?)", (secrets.token_bytes(32),))
        found: bytes = connection.execute("select bytes from secret").fetchone()[0]
        return found

    return database.now(job)


class Tokens:
    """Issues and recognises what devices and displays show. `display_turns` is looked at each time; see `displays`."""

    def __init__(self, secret: bytes, display_turns: Mapping[str, int] | None = None) -> None:
        self._secret = secret
        self._display_turns = display_turns if display_turns is not None else {}

    def issue(self) -> str:
        """Return a fresh device token (43 characters)."""
        device = secrets.token_bytes(16)
        return encode(device + self._sign(b"device", device))

    def device(self, token: str) -> bytes:
        """Return the 16-byte id inside `token`; raises `SignInNeeded` when it is not one of ours."""
        raw = decode(token)
        if len(raw) != 32 or not hmac.compare_digest(raw[16:], self._sign(b"device", raw[:16])):
            raise SignInNeeded(
                "The device token is missing or was not issued by this city.",
                "Ask for one with POST /v1/devices and send it as 'Authorization: Bearer …'.",
            )
        return raw[:16]

    def display_key(self, place: str) -> str:
        """Return the key that a display at `place` carries, in the turn that holds now."""
        turn = self._display_turns.get(place, 0)
        return encode(self._sign(b"display", place.encode() + (b"\0%d" % turn if turn else b"")))

    def check_display(self, place: str, key: str) -> None:
        """Raise `NotAllowed` unless `key` is the display key of `place`."""
        if not hmac.compare_digest(key.encode(), self.display_key(place).encode()):
            raise NotAllowed(
                "This display key does not belong to this place.",
                "Open the wall with the address that the architect's page shows for it.",
            )

    def _sign(self, purpose: bytes, message: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b"\0" + message, "sha256")[:16]


def bearer(header: str | None) -> str:
    """Return the token of an `Authorization` header, or an empty string."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def encode(raw: bytes) -> str:
    """Return `raw` as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url `text`, or nothing when it is not exactly what `encode` writes."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return b""
    return raw if encode(raw) == text else b""
