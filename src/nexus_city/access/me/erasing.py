"""Erasing a device in one act, and the receipt that says what was erased, what stays, and why."""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec

from nexus_city.access.me.holders import Holder
from nexus_city.access.me.signing import CityKey, Signature
from nexus_city.ground import iso
from nexus_city.ground.erasures import Erasures


class Staying(msgspec.Struct, frozen=True):
    """Something that is not erased, and why."""

    what: Literal["released", "seats", "copies"]
    why: str


STAYS = (
    Staying(
        "released",
        "Tables and climates that were released are sums under noise, which was drawn before anybody was counted. They "
        "hold nobody, so there is nobody to take out of them; and a window is released once.",
    ),
    Staying(
        "seats",
        "Until the person-day ends it stays known, under a name of that day, how many check-ins were released, and "
        "until the end of the day after, as fingerprints, which keys were used: so nobody is counted more often by "
        "coming back.",
    ),
    Staying(
        "copies",
        "Copies of the city hold no check-in and no vote. What else was erased now is taken out of an older copy when "
        "it is brought back, by a list of fingerprints that name nobody.",
    ),
)


class Statement(msgspec.Struct, frozen=True):
    """What a city declares about an erasure."""

    about: Literal["nexus-city-erasure-1"]
    city: str
    device: str
    """SHA-256 of the device's token, hexadecimal: who has kept the token can show that this is about it."""
    at: str
    """Real time, ISO 8601 in UTC."""
    erased: dict[str, Any]
    """Part → what came of it."""
    stays: tuple[Staying, ...]


class Erased(msgspec.Struct, frozen=True):
    """The receipt of an erasure: a statement, and the city's signature over its canonical JSON."""

    statement: Statement
    signature: Signature


class Eraser:
    """Erases devices. `city` returns the city's name; `now_s` is real time in Unix seconds."""

    def __init__(
        self,
        holders: Sequence[Holder],
        erasures: Erasures,
        key: CityKey,
        city: Callable[[], str],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._holders = holders
        self._erasures = erasures
        self._key = key
        self._city = city
        self._now_s = now_s

    async def erase(self, device: bytes, token: str) -> Erased:
        """Erase all that is held of `device`; doing it again changes nothing.

        Raises `Unavailable` when the disk refuses. Some of it may be erased then, and nothing was signed; ask again.
        """
        rows = [row for each in self._holders for row in await each.rows(device)]
        async with self._erasures.noted(rows):
            erased = {each.name: msgspec.to_builtins(await each.erase(device)) for each in self._holders}
        shown = hashlib.sha256(token.encode()).hexdigest()
        at = iso(int(self._now_s()))
        statement = Statement("nexus-city-erasure-1", self._city(), shown, at, erased, STAYS)
        return Erased(statement, self._key.sign(statement))
