"""An authenticator in software: it makes ES256 passkeys and answers challenges, as WebAuthn level 2 writes it down.

It is a second opinion: nothing of it is taken from the library under test but CBOR.
"""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one passkey, for the site at `origin`."""

    def __init__(self, origin: str = "http://city.test", host: str = "city.test") -> None:
        self.origin = origin
        self.host = host
        self.flags = PRESENT | VERIFIED
        self.counter = 0
        self.id = secrets.token_bytes(32)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.handle = b""

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Make a passkey."""
        self.handle = plain(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(public)
        data = self._data(ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": text(self._client_data("webauthn.create", options)),
            "attestationObject": text(statement),
        }
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

    def show(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a challenge; the counter rises."""
        self.counter += 1
        data, client_data = self._data(), self._client_data("webauthn.get", options)
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "authenticatorData": text(data),
            "clientDataJSON": text(client_data),
            "signature": text(signature),
            "userHandle": text(self.handle),
        }
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}

    def _data(self, more: int = 0) -> bytes:
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([self.flags | more]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()


def text(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def plain(encoded: str) -> bytes:
    """Return the bytes of base64url."""
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
