"""Where noise comes from: the operating system, or a tape that a test recorded.

A tape turns claims about privacy into equalities: with the same tape, a release with and without a person can be
compared byte by byte.
"""

import os
from typing import Protocol


class Randomness(Protocol):
    """A source of uniformly random bytes."""

    def draw(self, count: int) -> bytes:
        """Return `count` bytes."""
        ...


class OsRandomness:
    """The operating system's cryptographic generator; safe across forks, threads and processes."""

    def draw(self, count: int) -> bytes:
        """Return `count` fresh bytes."""
        return os.urandom(count)


class Tape:
    """Bytes that were recorded before, played again from the start when they end. For tests only."""

    def __init__(self, recorded: bytes) -> None:
        if not recorded:
            raise ValueError("a tape needs at least one byte")
        self._recorded = recorded
        self.drawn = 0
        """Bytes drawn so far: a test can show that nothing was drawn twice."""

    def draw(self, count: int) -> bytes:
        """Return the next `count` bytes of the tape."""
        start = self.drawn % len(self._recorded)
        self.drawn += count
        turns = (start + count) // len(self._recorded) + 1
        return (self._recorded * turns)[start : start + count]
