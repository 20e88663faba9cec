"""The city's signature: Ed25519 (RFC 8032) over canonical JSON (RFC 8785), so that anybody can check it later.

What is signed holds text, whole numbers, truth values, lists and objects with ASCII names only; for these, JSON without
spaces and with sorted names *is* the canonical form.

The key is made when the city is, and lives in its database. Whoever has the database can sign in the city's name; a
signature says that this city said so, and no more.
"""

import hashlib
import sqlite3
from typing import Any, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nexus_city.access.tokens import decode, encode
from nexus_city.ground import Database

_STEPS = ("create table city_key(id integer primary key check (id = 1), seed blob not null)",)


class PublicKey(msgspec.Struct, frozen=True):
    """The key by which a signature is checked: a JSON Web Key (RFC 8037), and the same as PEM for other tools."""

    kid: str
    x: str
    pem: str
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    alg: Literal["EdDSA"] = "EdDSA"
    use: Literal["sig"] = "sig"


class PublicKeys(msgspec.Struct, frozen=True):
    """All keys with which the city signs: a JSON Web Key Set."""

    keys: list[PublicKey]


class Signature(msgspec.Struct, frozen=True):
    """A signature over the canonical JSON of a statement."""

    key: str
    """`kid` of the key."""
    value: str
    """64 bytes, base64url."""
    algorithm: Literal["Ed25519"] = "Ed25519"


class CityKey:
    """Signs in the name of the city."""

    def __init__(self, database: Database) -> None:
        database.migrate("access.city_key", _STEPS)
        self._key = Ed25519PrivateKey.from_private_bytes(database.now(_load_seed))
        public = self._key.public_key()
        raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.public = PublicKey(kid=encode(hashlib.sha256(raw).digest()[:12]), x=encode(raw), pem=pem)

    def sign(self, statement: Any) -> Signature:
        """Return the signature over `statement`, which msgspec can encode."""
        return Signature(self.public.kid, encode(self._key.sign(canonical(statement))))


def verify(statement: Any, signature: Signature, keys: PublicKeys) -> bool:
    """Return whether one of `keys` signed `statement`, as it was read from JSON."""
    for each in keys.keys:
        if each.kid == signature.key:
            try:
                Ed25519PublicKey.from_public_bytes(decode(each.x)).verify(decode(signature.value), canonical(statement))
            except (InvalidSignature, ValueError):
                return False
            return True
    return False


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of a value."""
    return msgspec.json.encode(value, order="sorted")


def _load_seed(connection: sqlite3.Connection) -> bytes:
    fresh = Ed25519PrivateKey.generate().private_bytes_raw()
    connection.execute("insert or ignore into city_key values(1, ?)", (fresh,))
    seed: bytes = connection.execute("select seed from city_key").fetchone()[0]
    return seed
