"""Contribution bounds: how often one person is counted on one day, and by what name.

The name is a day pseudonym: HMAC-SHA-256 of the device under a key that exists for one person-day and is destroyed
after it. Within the day it tells that two check-ins are one person's; after the day nobody can tell anything.
"""

import hmac
import secrets
from collections.abc import Callable, Collection, Hashable
from enum import Enum
from typing import TypeVar

_MASK = 2**63 - 1


class Admission(Enum):
    """What happens to a check-in at the door."""

    NEW = "new"
    """It takes one of the day's m seats."""
    REPLACES = "replaces"
    """The person already sits at this table (speaker and window); the last value wins."""
    FULL = "full"
    """All m seats of the person-day are taken; it stays on the phone."""


S = TypeVar("S", bound=Hashable)


def admit(seats: Collection[S], seat: S, m: int, takes: Callable[[S], int] | None = None) -> Admission:
    """Decide on a check-in for `seat` of a person who holds `seats` today, at most `m`; a seat is one table.

    `takes` tells how many of the m a seat is worth, where there are some that are worth more than one (`continual`).
    """
    if seat in seats:
        return Admission.REPLACES
    taken = len(seats) + 1 if takes is None else takes(seat) + sum(map(takes, seats))
    return Admission.NEW if taken <= m else Admission.FULL


def influence(forged: int, people: int) -> float:
    """Return by how much `forged` voices beside `people` true ones can move a mixture at most, in total variation.

    The mixture becomes (N·p + n·q)/(N + n) for a true one p and whatever q they choose, and that is n/(N + n)·TV(p, q)
    away from p. Equality holds where nobody feels what they claim. The noise comes on top, and is no help to them.
    """
    return forged / (people + forged) if forged else 0.0


def new_day_key() -> bytes:
    """Return a fresh 32-byte key for one person-day."""
    return secrets.token_bytes(32)


def day_pseudonym(day_key: bytes, device: bytes) -> int:
    """Return the 63-bit name of `device` for the day of `day_key`."""
    return int.from_bytes(hmac.digest(day_key, device, "sha256")[:8], "little") & _MASK
