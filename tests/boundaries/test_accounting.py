"""The filter against every person-day there is: what it says is the most that any of them can have cost, exactly."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.boundaries import Budget, Continual, Spending

PRICES = st.sampled_from([Fraction(1, 40), Fraction(1, 30), Fraction(1, 20), Fraction(9, 40)])
releases = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2), PRICES), max_size=12)


def dearest_day(budget: Budget, accepted: list[tuple[int, int, Fraction]]) -> Fraction:
    """Try every choice of m seats and of one table in each."""
    tables: dict[int, dict[int, Fraction]] = {}
    for seat, strand, price in accepted:
        tables.setdefault(seat, {})[strand] = tables.get(seat, {}).get(strand, Fraction(0)) + price
    days = itertools.product(*[[Fraction(0), *each.values()] for each in tables.values()])
    return max(
        (sum(day, Fraction(0)) for day in days if sum(price > 0 for price in day) <= budget.m), default=Fraction(0)
    )


@settings(max_examples=150, deadline=None)
@given(releases, st.integers(1, 4), st.fractions(Fraction(1, 10), 1, max_denominator=20))
def test_the_sum_is_that_of_the_dearest_person_day_and_never_above_epsilon(
    asked: list[tuple[int, int, Fraction]], m: int, epsilon: Fraction
) -> None:
    budget = Budget(epsilon=epsilon, m=m)
    spending = Spending(budget)
    accepted: list[tuple[int, int, Fraction]] = []
    for release in asked:
        would_cost = dearest_day(budget, [*accepted, release])
        assert spending.table(*release) == (would_cost <= epsilon)
        accepted += [release] if would_cost <= epsilon else []
        assert spending.total == dearest_day(budget, accepted) <= epsilon


@pytest.mark.parametrize("research", [Fraction(0), Fraction(1, 5)])
def test_a_day_as_it_should_be_is_never_refused_and_costs_epsilon_exactly(research: Fraction) -> None:
    budget = Budget(moments_share=research)
    spending = Spending(budget)
    for seat, strand in itertools.product(range(96), range(3)):
        assert spending.table(seat, strand, 1 / budget.grid_scale)
    assert spending.daily("words", 1 / budget.words_scale)
    if research:
        assert spending.daily("moments", 1 / budget.moments_scale)
    assert spending.total == budget.epsilon


def test_a_table_that_is_released_twice_is_refused_when_the_day_is_full() -> None:
    budget = Budget()
    spending = Spending(budget)
    for seat in range(4):
        assert spending.table(seat, 0, 1 / budget.grid_scale)
    assert spending.table(0, 1, 1 / budget.grid_scale), "nobody is in two tables of a seat"
    assert spending.daily("words", 1 / budget.words_scale)
    assert not spending.table(0, 0, 1 / budget.grid_scale)
    assert not spending.daily("words", 1 / budget.words_scale)
    assert spending.total == 1


def test_noise_that_is_too_small_is_refused() -> None:
    budget = Budget()
    spending = Spending(budget)
    accepted = [spending.table(seat, 0, 2 / budget.grid_scale) for seat in range(4)]
    assert accepted == [True, True, False, False]


@pytest.mark.parametrize("seats", [1, 2, 4])
def test_live_places_beside_the_others_cost_a_day_no_more(seats: int) -> None:
    budget = Budget()
    spending = Spending(budget)
    live = Continual(96, budget.m, budget.m / budget.grid_scale, seats=seats)
    assert spending.live(live)
    assert spending.total == Fraction(9, 10)
    assert all(spending.table(seat, 0, 1 / budget.grid_scale) for seat in range(9))
    assert spending.live(live)
    assert not spending.live(Continual(96, budget.m, budget.m / budget.grid_scale, seats=3)), "of other seats"
    assert spending.daily("words", 1 / budget.words_scale)
    assert spending.total == 1


def test_a_live_place_with_too_little_noise_is_refused() -> None:
    budget = Budget()
    spending = Spending(budget)
    assert not spending.live(Continual(96, budget.m, Fraction(11, 10), seats=2))
    assert spending.total == 0
    assert spending.table(0, 0, 1 / budget.grid_scale)
    assert not spending.live(Continual(96, budget.m // 2, budget.m / budget.grid_scale, seats=1)), "half the seats"


def test_a_live_place_that_is_noisy_enougher_than_its_price_is_refused() -> None:
    """The filter looks at the noise that will be added, and not only at what a check-in is said to cost."""
    budget = Budget()
    mechanism = Continual(96, budget.m, budget.m / budget.grid_scale, seats=2)
    assert mechanism.is_noisy_enough
    mechanism.sigma *= 0.99
    assert not mechanism.is_noisy_enough
    assert not Spending(budget).live(mechanism)
