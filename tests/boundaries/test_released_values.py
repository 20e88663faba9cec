"""The door between true counts and released ones opens once, in one direction."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.boundaries import DiscreteLaplace, Noise, Released, draw_noise, release, reload
from nexus_city.ground import Tape

MECHANISM = DiscreteLaplace(Fraction(40, 9))
TAPE = bytes(range(7, 256, 3))


def some_noise(cells: int = 4) -> Noise:
    return draw_noise(MECHANISM, Tape(TAPE), cells)


def people(*counts: int) -> Any:
    return np.array(counts, np.int64)


def test_a_release_is_the_count_plus_the_noise_that_was_drawn_before() -> None:
    drawn = MECHANISM.draw(Tape(TAPE), 4)
    assert drawn.any()
    assert release(people(9, 0, 3, 1), some_noise()).counts.tolist() == (drawn + people(9, 0, 3, 1)).tolist()


def test_noise_is_used_once() -> None:
    noise = some_noise()
    release(people(1, 2, 3, 4), noise)
    with pytest.raises(RuntimeError, match="used before"):
        release(people(1, 2, 3, 5), noise)
    with pytest.raises(RuntimeError, match="used before"):
        noise.take()


@pytest.mark.parametrize(
    "wrong", [np.zeros(5, np.int64), np.zeros((2, 2), np.int64), np.zeros(4), np.zeros(4, np.int32)]
)
def test_counts_of_another_shape_or_kind_are_refused_and_the_noise_is_spent(wrong: Any) -> None:
    """Spent, because a caller who mends the counts and tries again would release on noise that was seen to be tried."""
    noise = some_noise()
    with pytest.raises(ValueError, match="int64 of shape"):
        release(wrong, noise)
    with pytest.raises(RuntimeError, match="used before"):
        release(people(1, 2, 3, 4), noise)


@pytest.mark.parametrize("seal", [object(), None, True, "seal"])
def test_a_released_value_cannot_be_forged(seal: Any) -> None:
    with pytest.raises(TypeError, match="a Released value is made by"):
        Released(people(1), seal)


def test_what_was_released_stays_as_it_is() -> None:
    released = release(people(1, 2, 3, 4), some_noise())
    with pytest.raises(ValueError, match="read-only"):
        released.counts[0] = 7
    with pytest.raises(AttributeError):
        released.more = 1  # type: ignore[attr-defined]


def test_releasing_leaves_the_true_counts_alone() -> None:
    true = people(1, 2, 3, 4)
    release(true, some_noise())
    assert true.tolist() == [1, 2, 3, 4]
    true[0] = 5  # and they can go on being counted


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=64))
def test_what_is_read_back_is_what_was_written(counts: list[int]) -> None:
    stored = people(*counts).astype("<i8").tobytes()
    again = reload(stored)
    assert again.counts.tolist() == counts
    assert again.to_bytes() == stored
    assert not again.counts.flags.writeable


def test_noise_shows_its_scale_and_not_its_values() -> None:
    """Representations end up in tracebacks and logs."""
    noise = some_noise()
    values = MECHANISM.draw(Tape(TAPE), 4)
    assert repr(noise) == "<Noise of scale 40/9>"
    assert not any(str(value) in repr(noise).replace("40/9", "") for value in values)
    assert not hasattr(noise, "__dict__")
