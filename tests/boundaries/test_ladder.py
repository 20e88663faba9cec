"""The ladder: what it promises about error, that it rises with the crowd, and that it does not flicker."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.boundaries import LADDER, DiscreteLaplace, Rung, choose_rung, expected_error, people_needed
from nexus_city.boundaries.ladder import AWAKE_S, MAX_ERROR
from nexus_city.climate.mixture import mix

ONE_TABLE = DiscreteLaplace(Fraction(4)).variance
"""Of ε = 1 and m = 4, the case that research measured."""
crowds = st.floats(0, 1e7)
befores = st.none() | st.sampled_from(LADDER)


def choose(crowd: float, before: Rung | None, variance: float = 2 * ONE_TABLE) -> Rung | None:
    """Choose for a place that is its own only source."""
    return choose_rung(
        lambda rung, factor: expected_error(crowd * rung.share_of_day() / factor, rung.cells, variance), before
    )


def height(rung: Rung | None) -> int:
    """Return how high a rung is: more is more demanding, 0 is rest."""
    return len(LADDER) - LADDER.index(rung) if rung else 0


@given(crowds, crowds, befores)
def test_a_larger_crowd_never_stands_lower(one: float, other: float, before: Rung | None) -> None:
    assert height(choose(min(one, other), before)) <= height(choose(max(one, other), before))


@given(crowds, befores)
def test_a_steady_crowd_settles_at_once(crowd: float, before: Rung | None) -> None:
    chosen = choose(crowd, before)
    assert choose(crowd, chosen) == chosen


@given(st.floats(1, 1e7), st.lists(st.floats(0.9, 1.1), min_size=2, max_size=30))
def test_a_crowd_that_wavers_by_a_tenth_steps_at_most_once(crowd: float, wavers: list[float]) -> None:
    """Up asks for 25 % more than the rule and down for 20 % less: between them a tenth each way has room."""
    rung = choose(crowd, None)
    days = [rung := choose(crowd * waver, rung) for waver in wavers]
    assert sum(a != b for a, b in pairwise(days)) <= 1


@given(crowds, befores)
def test_no_rung_is_planned_beyond_the_error_that_hysteresis_allows(crowd: float, before: Rung | None) -> None:
    chosen = choose(crowd, before)
    if chosen is not None:
        error = expected_error(crowd * chosen.share_of_day(), chosen.cells, 2 * ONE_TABLE)
        assert error <= MAX_ERROR / 0.8 + 1e-9
        if height(chosen) > height(before):
            assert error <= MAX_ERROR / 1.25 + 1e-9


def test_nobody_there_means_rest() -> None:
    assert choose(0, None) is None
    assert choose(-40, LADDER[0]) is None  # noise can make yesterday's total negative


def test_the_ladder_falls_from_the_most_demanding_rung() -> None:
    """A rung that asks for more voices a day stands above one that asks for fewer."""
    needs = [people_needed(rung.cells, ONE_TABLE) / rung.share_of_day() for rung in LADDER]
    assert all(a >= b * 0.98 for a, b in pairwise(needs)), needs  # equal ones differ by a rounded-up person
    assert len(set(LADDER)) == len(LADDER)
    assert {rung.grid for rung in LADDER} == {2, 4, 8}
    assert {rung.window_s for rung in LADDER} == {900, 3600, 14400, 86400}
    assert AWAKE_S == 16 * 3600


@pytest.mark.parametrize(("cells", "measured"), [(4, 64), (25, 461), (100, 1810)])
def test_the_rule_asks_for_no_less_than_simulation_found_and_not_much_more(cells: int, measured: int) -> None:
    """People in one window for a total-variation error of 10 % at ε = 1 and m = 4, simulated with projection."""
    assert measured <= people_needed(cells, ONE_TABLE) <= 1.5 * measured


@pytest.mark.parametrize("grid", [2, 4, 8])
@pytest.mark.parametrize("mood", ["even", "one mood", "two camps", "random"])
def test_the_promised_error_holds_for_every_kind_of_crowd(grid: int, mood: str) -> None:
    """The mean error of 300 noisy pictures of a crowd of the size that the rule asks for is within the 10 %."""
    mechanism = DiscreteLaplace(Fraction(40, 9))
    rng = np.random.default_rng(8)
    cells = grid * grid
    people = people_needed(cells, mechanism.variance)
    shares = {
        "even": np.full(cells, 1 / cells),
        "one mood": np.eye(cells)[cells // 3],
        "two camps": (np.eye(cells)[0] + np.eye(cells)[-1]) / 2,
        "random": rng.dirichlet(np.ones(cells)),
    }[mood]
    true = np.floor(shares * people).astype(np.int64)
    true[0] += people - true.sum()
    errors = []
    for _ in range(300):
        noisy = true + mechanism.draw(_Seeded(rng), cells)
        mixture, bound = mix([noisy], grid, mechanism.variance)
        errors.append(np.abs(mixture - true / people).sum() / 2)
        assert 0 <= bound <= 1
    assert np.mean(errors) <= MAX_ERROR


class _Seeded:
    """Randomness that is the same on every run."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def draw(self, count: int) -> bytes:
        return self._rng.bytes(count)


@given(st.integers(1, 200), st.floats(0.01, 1e4))
def test_people_needed_are_just_enough(cells: int, variance: float) -> None:
    people = people_needed(cells, variance)
    assert expected_error(people, cells, variance) <= MAX_ERROR
    if people > 1:
        assert expected_error(people - 1, cells, variance) > MAX_ERROR * 0.999999
