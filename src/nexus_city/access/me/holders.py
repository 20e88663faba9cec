"""Holders: the rooms that may hold something of a device, each with how it tells and how it lets go."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from nexus_city.ground.erasures import Row


async def no_rows(_: bytes) -> Sequence[Row]:
    """Return nothing: what this holder has is in no copy of the file."""
    return []


@dataclass(frozen=True)
class Holder:
    """What one room holds of a device."""

    name: str
    """As the part is called in the answer and in the receipt."""
    kind: Any
    """Type of what is told."""
    held: Callable[[bytes], Awaitable[Any]]
    """Returns what is held of a device."""
    erase: Callable[[bytes], Awaitable[Any]]
    """Erases it; returns what came of that, as it goes into the receipt: numbers, and nothing of a mood."""
    rows: Callable[[bytes], Awaitable[Sequence[Row]]] = no_rows
    """Returns the rows that may lie in a copy of the file."""


def mine_of(holders: Sequence[Holder]) -> type[msgspec.Struct]:
    """Return the type of everything that is held of a device."""
    return msgspec.defstruct("Mine", [(each.name, each.kind) for each in holders], frozen=True, module=__name__)
