"""What was true behind each released table, and the tape on which another truth is released as the same numbers."""

import contextlib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from nexus_city.boundaries import (
    Continual,
    ContinualNoise,
    DiscreteLaplace,
    Noise,
    Released,
    draw_noise,
    release,
)
from nexus_city.ground import Randomness
from tests.attacks.auditing import Floats, Ints

_step = ContinualNoise.step
_WATCHED = (("draw_noise", draw_noise), ("release", release))

_FURTHEST = 9.0
"""Deviations: beyond about 9.4, no 64 bits are made into a normal draw."""


@dataclass
class Truth:
    """What went through the door of release, in the order in which its noise was drawn."""

    noises: list[Noise] = field(default_factory=list)
    mechanisms: list[DiscreteLaplace | Continual] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    """True numbers behind each draw, in parts of a person where it is one of those; zeros when it was never used."""
    released: dict[int, Ints] = field(default_factory=dict)
    """What was released with each draw."""

    def draw(self, mechanism: DiscreteLaplace, randomness: Randomness, cells: int) -> Noise:
        """Draw as the product does, and remember the order."""
        self.noises.append(draw_noise(mechanism, randomness, cells))
        self.mechanisms.append(mechanism)
        self.counts.append(np.zeros(cells, np.int64))
        return self.noises[-1]

    def step(self, live: ContinualNoise) -> Noise:
        """Draw the next step of a live place as the product does, and remember the order."""
        self.noises.append(_step(live))
        self.mechanisms.append(live.mechanism)
        self.counts.append(np.zeros(live._kept.shape[1], np.int64))
        return self.noises[-1]

    def told_live(self, cells: int) -> Floats:
        """Return the true numbers [step, cell], in people, that the live place with so many cells has told."""
        numbers = [number for number in sorted(self.released) if isinstance(self.mechanisms[number], Continual)]
        told = [self.counts[number] / self.noises[number].unit for number in numbers]
        return np.array([each for each in told if each.size == cells])

    def release(self, counts: Ints, noise: Noise) -> Released:
        """Release as the product does, and remember what was true."""
        number = next(number for number, each in enumerate(self.noises) if each is noise)
        self.counts[number] = counts.copy()
        released = release(counts, noise)
        self.released[number] = released.counts
        return released


@contextlib.contextmanager
def watching() -> Iterator[Truth]:
    """Watch the one door from true numbers to released ones, wherever in the house it is used, and its noise."""
    truth = Truth()
    rooms = [module for name, module in sys.modules.items() if name.startswith("nexus_city")]
    with pytest.MonkeyPatch.context() as patch:
        for room in rooms:
            for name, honest in _WATCHED:
                if getattr(room, name, None) is honest:
                    watch: Any = truth.draw if name == "draw_noise" else truth.release
                    patch.setattr(room, name, watch)
        patch.setattr(ContinualNoise, "step", lambda live: truth.step(live))  # noqa: PLW0108 - bound to each
        yield truth


def tape_for(truth: Truth, wanted: Sequence[Ints]) -> bytes:
    """Return the tape on which what is true here is released as `wanted`; no two live places may have as many cells."""
    live: dict[int, _Remembered] = {}
    tape = []
    for mechanism, counts, want, noise in zip(truth.mechanisms, truth.counts, wanted, truth.noises, strict=True):
        if isinstance(mechanism, DiscreteLaplace):
            tape.append(bytes_of(mechanism, want - counts))
        else:
            remembered = live.setdefault(counts.size, _Remembered(mechanism, counts.size))
            tape.append(remembered.bytes_of(want - counts / noise.unit))
    return b"".join(tape)


def bytes_of(mechanism: DiscreteLaplace, noise: Ints) -> bytes:
    """Return the random bytes that a mechanism draws as `noise`."""
    if np.abs(noise).max(initial=0) >= mechanism.reach:
        raise ValueError(f"noise of scale {mechanism.scale} reaches no further than {mechanism.reach}")
    return mechanism._thresholds[noise + mechanism.reach - 1].astype("<u8").tobytes()


class _Remembered:
    """The noise of a live place, step by step: what must be drawn next, so that a wanted sum is what comes out."""

    def __init__(self, mechanism: Continual, cells: int) -> None:
        self._mechanism = mechanism
        self._poles, self._weights = mechanism._buffers
        self._buffers = np.zeros((self._poles.size, cells))
        self._sum = np.zeros(cells)

    def bytes_of(self, noise: Floats) -> bytes:
        """Return the random bytes after which the noise is `noise`, people."""
        drawn = noise - self._sum * self._mechanism.decay - self._weights @ self._buffers
        self._buffers = self._buffers * self._poles[:, None] + drawn
        self._sum = noise
        return _bytes_of_normals(drawn / self._mechanism.sigma)


def _bytes_of_normals(normals: Floats) -> bytes:
    """Return the random bytes that `continual._normals` makes these of."""
    padded = np.append(normals, np.zeros(normals.size % 2)).reshape(2, -1)
    radius, angle = np.hypot(*padded), np.arctan2(padded[1], padded[0]) % math.tau
    if radius.max(initial=0) > _FURTHEST:
        raise ValueError(f"normal noise reaches no further than {_FURTHEST} deviations here")
    first, second = np.exp(-(radius**2) / 2) * 2.0**64 - 0.5, angle / math.tau * 2.0**64
    bits = np.append(np.maximum(first, 0), second)
    return np.array([min(round(each), 2**64 - 1) for each in bits.tolist()], dtype="<u8").tobytes()
