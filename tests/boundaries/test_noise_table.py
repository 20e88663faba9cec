"""The table behind the noise: exact to the last bit, whatever the bits are."""

import bisect
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.boundaries import DiscreteLaplace, draw_noise, release
from nexus_city.ground import OsRandomness, Tape

SCALES = [Fraction(1, 2), Fraction(1), Fraction(40, 9), Fraction(30)]
TOP = 2**64 - 1


def value_of(mechanism: DiscreteLaplace, *bits: int) -> list[int]:
    """Return what the mechanism draws from these 64-bit words."""
    found: list[int] = mechanism.draw(Tape(b"".join(each.to_bytes(8, "little") for each in bits)), len(bits)).tolist()
    return found


def thresholds(scale: Fraction, reach: int) -> list[int]:
    """Return floor(2^64·P(X <= k)) for k from -reach to reach - 1: by summing up shares, with 90 digits."""
    with localcontext() as context:
        context.prec = 90
        p = (-Decimal(scale.denominator) / Decimal(scale.numerator)).exp()
        below = p ** (reach + 1) / (1 + p)  # P(X < -reach)
        shares = [(1 - p) / (1 + p) * p ** abs(k) for k in range(-reach, reach)]
        return [int(2**64 * total) for total in list(accumulate(shares, initial=below))[1:]]


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_each_threshold_parts_two_neighbouring_values(scale: Fraction) -> None:
    mechanism = DiscreteLaplace(scale)
    table = thresholds(scale, mechanism.reach)
    bits = sorted({max(0, min(TOP, each + step)) for each in table for step in (-1, 0, 1)})
    assert value_of(mechanism, *bits) == [bisect.bisect_right(table, each) - mechanism.reach for each in bits]


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_the_shortcut_by_sixteen_bits_agrees_with_the_table_at_the_end_of_every_step(scale: Fraction) -> None:
    mechanism = DiscreteLaplace(scale)
    table = thresholds(scale, mechanism.reach)
    bits = [step * 2**48 + into for step in range(0, 2**16, 7) for into in (0, 1, 2**47, 2**48 - 1)]
    assert value_of(mechanism, *bits) == [bisect.bisect_right(table, each) - mechanism.reach for each in bits]


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_all_zeros_all_ones_and_the_middle(scale: Fraction) -> None:
    mechanism = DiscreteLaplace(scale)
    lowest, highest, zero = value_of(mechanism, 0, TOP, 2**63)
    assert (highest, zero) == (mechanism.reach, 0)
    assert -mechanism.reach <= lowest <= -mechanism.reach + 3 * scale  # values rarer than 2^-64 are never drawn
    assert mechanism.reach >= 66 * math.log(2) * scale


@given(st.sampled_from([DiscreteLaplace(scale) for scale in SCALES]), st.integers(0, TOP), st.integers(0, TOP))
def test_more_bits_never_mean_less_noise(mechanism: DiscreteLaplace, one: int, other: int) -> None:
    low, high = value_of(mechanism, min(one, other), max(one, other))
    assert low <= high


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_the_table_is_as_close_to_the_distribution_as_it_says(scale: Fraction) -> None:
    mechanism = DiscreteLaplace(scale)
    reach = mechanism.reach
    edges = [0, *mechanism._thresholds.tolist(), 2**64]
    with localcontext() as context:
        context.prec = 90
        p = (-Decimal(scale.denominator) / Decimal(scale.numerator)).exp()
        exact = [(1 - p) / (1 + p) * p ** abs(k) for k in range(-reach, reach + 1)]
        made = [Decimal(b - a) / 2**64 for a, b in pairwise(edges)]
        off = sum(abs(a - b) for a, b in zip(exact, made, strict=True)) + 2 * p ** (reach + 1) / (1 + p)
    assert off / 2 <= mechanism.total_variation <= 1e-16


@pytest.mark.parametrize("scale", SCALES, ids=str)
def test_probabilities_and_variance_are_those_of_the_distribution(scale: Fraction) -> None:
    mechanism = DiscreteLaplace(scale)
    shares = {k: mechanism.probability(k) for k in range(-mechanism.reach, mechanism.reach + 1)}
    assert math.fsum(shares.values()) == pytest.approx(1, abs=1e-12)
    assert math.fsum(k * k * share for k, share in shares.items()) == pytest.approx(mechanism.variance, rel=1e-12)
    assert mechanism.probability(3) / mechanism.probability(4) == pytest.approx(math.exp(1 / scale))


@pytest.mark.parametrize("scale", [Fraction(0), Fraction(-1)])
def test_noise_without_width_is_refused(scale: Fraction) -> None:
    with pytest.raises(ValueError, match="above 0 people"):
        DiscreteLaplace(scale)


@given(st.integers(0, 500))
def test_a_draw_takes_eight_bytes_whatever_they_say(count: int) -> None:
    tape = Tape(bytes(range(256)))
    assert NARROW.draw(tape, count).shape == (count,)
    assert tape.drawn == 8 * count


NARROW = DiscreteLaplace(Fraction(40, 9))


def test_large_counts_stay_exact() -> None:
    """A float would forget the last digit of a count like this."""
    import numpy as np

    noise = draw_noise(NARROW, Tape((2**63).to_bytes(8, "little")), 1)
    assert release(np.array([2**53 + 1], np.int64), noise).counts.tolist() == [2**53 + 1]


def test_two_draws_of_the_operating_system_differ() -> None:
    wide = DiscreteLaplace(Fraction(30))
    assert wide.draw(OsRandomness(), 64).tolist() != wide.draw(OsRandomness(), 64).tolist()
