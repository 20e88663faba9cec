"""What was true behind each released table, and the tape on which another truth is released as the same numbers."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from nexus_city.boundaries import DiscreteLaplace, Noise, Released, draw_noise, release
from nexus_city.ground import Randomness
from tests.attacks.auditing import Ints

_WATCHED = (("draw_noise", draw_noise), ("release", release))


@dataclass
class Truth:
    """What went through the door of release, in the order in which its noise was drawn."""

    noises: list[Noise] = field(default_factory=list)
    mechanisms: list[DiscreteLaplace] = field(default_factory=list)
    counts: list[Ints] = field(default_factory=list)
    """True numbers behind each draw; zeros when it was never used."""
    released: dict[int, Ints] = field(default_factory=dict)
    """What was released with each draw."""

    def draw(self, mechanism: DiscreteLaplace, randomness: Randomness, cells: int) -> Noise:
        """Draw as the product does, and remember the order."""
        self.noises.append(draw_noise(mechanism, randomness, cells))
        self.mechanisms.append(mechanism)
        self.counts.append(np.zeros(cells, np.int64))
        return self.noises[-1]

    def release(self, counts: Ints, noise: Noise) -> Released:
        """Release as the product does, and remember what was true."""
        number = next(number for number, each in enumerate(self.noises) if each is noise)
        self.counts[number] = counts.copy()
        released = release(counts, noise)
        self.released[number] = released.counts
        return released


@contextlib.contextmanager
def watching() -> Iterator[Truth]:
    """Watch the one door from true numbers to released ones, wherever in the house it is used."""
    truth = Truth()
    rooms = [module for name, module in sys.modules.items() if name.startswith("nexus_city")]
    with pytest.MonkeyPatch.context() as patch:
        for room in rooms:
            for name, honest in _WATCHED:
                if getattr(room, name, None) is honest:
                    watch: Any = truth.draw if name == "draw_noise" else truth.release
                    patch.setattr(room, name, watch)
        yield truth


def tape_for(truth: Truth, wanted: Sequence[Ints]) -> bytes:
    """Return the tape on which what is true here is released as `wanted`."""
    pairs = zip(truth.mechanisms, truth.counts, wanted, strict=True)
    return b"".join(bytes_of(mechanism, want - counts) for mechanism, counts, want in pairs)


def bytes_of(mechanism: DiscreteLaplace, noise: Ints) -> bytes:
    """Return the random bytes that a mechanism draws as `noise`."""
    if np.abs(noise).max(initial=0) >= mechanism.reach:
        raise ValueError(f"noise of scale {mechanism.scale} reaches no further than {mechanism.reach}")
    return mechanism._thresholds[noise + mechanism.reach - 1].astype("<u8").tobytes()
