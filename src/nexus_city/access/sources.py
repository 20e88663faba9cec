"""Sources: no network brings more new voices than a public number, and no network is remembered.

A source is a network, not a person: the first 24 bits of an IPv4 address, the first 48 of an IPv6 address. Per place
and day it may bring `share` new voices. Whoever has spoken there today is not new, so that a cap never cuts anybody off
in the middle of a day. Behind one network may be a whole school or a carrier, hence the networks that a host names as
the house's own. Forgers who come from many networks are not stopped by it: docs/privacy.md says what they can do.

The share does not follow what the others bring, although twice their median would hold forgers back better: a refusal
would then answer from a true count of other people (`tests/attacks/test_threshold_oracle.py`).

Networks and voices are known here only as HMAC-SHA-256 under a random key of the day, cut to 8 bytes, in memory. At the
turn of the day the key and all counts are gone. Nothing of it is written down or logged.
"""

import hmac
import ipaddress
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from nexus_city.ground.errors import SettingsError, TooMany

ISSUING = ""
"""Stands for a place where the new voices are device tokens."""
_DAY_S = 86_400
_MARK = 8

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Sources:
    """Knows the network of a request. `own` are networks of the house itself, whose voices nobody caps."""

    def __init__(self, own: Sequence[str] = ()) -> None:
        try:
            self._own = [ipaddress.ip_network(each) for each in own]
        except ValueError as error:
            raise SettingsError(
                f"A network of the house cannot be used: {error}.",
                "Write networks such as 192.0.2.0/24 or 2001:db8::/48 into own_networks.",
                field="own_networks",
            ) from error

    def of(self, host: str | None) -> bytes:
        """Return the network of an address, or nothing for one that is not capped.

        That is a network of the house, and this very machine: an address of a proxy that is not believed.
        """
        try:
            address = ipaddress.ip_address((host or "").partition("%")[0])
        except ValueError:
            return b""
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if address.is_loopback or any(address in network for network in self._own):
            return b""
        return address.packed[:3] if address.version == 4 else address.packed[:6]


class SourceLimit:
    """Counts new voices by place and source, for one day. `now_s` is real time in Unix seconds."""

    def __init__(self, sources: Sources, share: int, now_s: Callable[[], float] = time.time) -> None:
        self._sources = sources
        self._share = share
        self._now_s = now_s
        self._day = -1
        self._key = b""
        self._counts: dict[str, Counter[bytes]] = {}
        self._heard: dict[str, set[bytes]] = {}

    def new_voice(self, place_id: str, host: str | None, voice: bytes) -> None:
        """Do what `take` does, for the network of an address."""
        self.take(place_id, self._sources.of(host), voice)

    def take(self, place_id: str, source: bytes, voice: bytes) -> None:
        """Count `voice`, a device that knocks at a place, for its network; one that is not new is let through.

        Raises `TooMany` when the network has brought its share; nothing for a source that is not capped.
        """
        if not source:
            return
        self._turn_over()
        heard, mark = self._heard[place_id], self._mark(voice)
        if mark in heard:
            return
        counts, network = self._counts[place_id], self._mark(source)
        if counts[network] >= self._share:
            raise TooMany(
                "Your network has brought as many new voices here today as one network may.",
                "Try it from another network, such as your phone's own. Whoever has spoken here today still can.",
                retry_after_s=int(_DAY_S - self._now_s() % _DAY_S),
            )
        counts[network] += 1
        heard.add(mark)

    def _turn_over(self) -> None:
        day = int(self._now_s() // _DAY_S)
        if day != self._day:
            self._day = day
            self._key = secrets.token_bytes(32)
            self._counts = defaultdict(Counter)
            self._heard = defaultdict(set)

    def _mark(self, text: bytes) -> bytes:
        return hmac.digest(self._key, text, "sha256")[:_MARK]
