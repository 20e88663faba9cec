"""Chance that can be repeated: every draw is a pure function of (seed, purpose, who, when).

The draws of many people at one instant are words of the splitmix64 sequence (Steele, Lea & Flood 2014) from a place of
it that the key names: word i belongs to person i. So nothing is drawn in an order (Salmon, Moraes, Dror & Shaw 2011,
"counter-based"), and a run is the same on one thread and on many, on NumPy and on numba.

This is for people who are not there. Nothing here may ever protect one who is: that noise is the operating system's.
"""

import hashlib
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Word = TypeVar("Word", np.uint64, Words)

STRIDE = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BY_30, _BY_27, _BY_31 = np.uint64(30), np.uint64(27), np.uint64(31)


def key_of(seed: int, purpose: str, *when: int) -> np.uint64:
    """Return the key of one purpose at one instant: 64 bits of a SHA-256."""
    said = f"{seed}/{purpose}/{'/'.join(map(str, when))}"
    return np.uint64(int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "little"))


def scrambled(word: Word) -> Word:
    """Return the finaliser of splitmix64 of `word`; for arrays here, for single words in a compiled kernel."""
    word = (word ^ (word >> _BY_30)) * _FIRST
    word = (word ^ (word >> _BY_27)) * _SECOND
    return word ^ (word >> _BY_31)


def words(key: np.uint64, people: NDArray[np.int64]) -> Words:
    """Return the 64 random bits of each of `people` (their numbers) under `key`."""
    return scrambled(key + (people.astype(np.uint64) + np.uint64(1)) * STRIDE)


def even(bits: Words) -> NDArray[np.float32]:
    """Return for each word a number that is spread evenly over [0, 1), of its first 24 bits."""
    return (bits >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def generator(seed: int, purpose: str, *when: int) -> np.random.Generator:
    """Return a generator (Philox) for what is drawn in bulk and once: the people, a day's weather."""
    return np.random.Generator(np.random.Philox(key=int(key_of(seed, purpose, *when))))


class RepeatedNoise:
    """A source of bytes for a release that harms nobody: the same for the same seed, fresh for every window."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._turn = 0

    def draw(self, count: int) -> bytes:
        """Return the next `count` bytes."""
        self._turn += 1
        return generator(self._seed, "noise", self._turn).bytes(count)
