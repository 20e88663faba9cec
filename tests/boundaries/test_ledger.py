"""The ledger's figures against ways to reach them that share no code with it.

Goal: `epsilon_after_days` is exact. Method: for small cases every possible output of the mechanisms themselves is
summed up; for many days the optimal composition theorem of Kairouz, Oh & Viswanath (2015, theorem 3.3) is the oracle.
Failure: any difference beyond the 1e-4 to which the figure is computed.
"""

import functools
import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.boundaries import Budget, DiscreteLaplace, epsilon_after_days
from tests.boundaries.goodness import share_of

EXACT = 1.01e-4
budgets = st.builds(
    Budget,
    epsilon=st.fractions(Fraction(1, 20), 1, max_denominator=50),
    m=st.integers(1, 6),
    word_votes=st.integers(1, 4),
    words_share=st.fractions(Fraction(1, 20), Fraction(1, 2), max_denominator=20),
)


def delta_by_outputs(budget: Budget, days: int, epsilon: float) -> float:
    """Return δ(ε) from the outputs: each cell that a person moves by one shows k with P(k) or with P(k - 1)."""
    cells = [budget.grid_scale] * (budget.m * days) + [budget.words_scale] * (budget.word_votes * days)
    losses: dict[tuple[int, int], float] = {(0, 0): 1.0}
    for scale in cells:
        up = _share_of_outputs_above_zero(scale)
        grid = scale == budget.grid_scale
        moved: dict[tuple[int, int], float] = {}
        for ((g, w), share), step in itertools.product(losses.items(), (1, -1)):
            key = (g + step, w) if grid else (g, w + step)
            moved[key] = moved.get(key, 0.0) + share * (up if step > 0 else 1 - up)
        losses = moved
    loss = {key: key[0] / float(budget.grid_scale) + key[1] / float(budget.words_scale) for key in losses}
    return math.fsum(p * -math.expm1(epsilon - loss[key]) for key, p in losses.items() if loss[key] > epsilon)


@functools.cache
def _share_of_outputs_above_zero(scale: Fraction) -> float:
    """Sum P(k - 1) over all k > 0: there the likelihood ratio is e^(1/scale), and below its inverse."""
    share = share_of(scale)
    return math.fsum(share(k - 1) for k in range(1, 60 * math.ceil(scale)))


@settings(max_examples=15, deadline=None)
@given(budgets, st.sampled_from([1e-6, 1e-4, 1e-2]))
def test_one_day_is_what_summing_over_all_outputs_gives(budget: Budget, delta: float) -> None:
    epsilon = epsilon_after_days(budget, 1, delta)
    assert delta_by_outputs(budget, 1, epsilon) <= delta * (1 + 1e-9)
    if epsilon > 2 * EXACT:
        assert delta_by_outputs(budget, 1, epsilon - 2 * EXACT) >= delta * (1 - 1e-9)


@pytest.mark.parametrize("days", [2, 3])
def test_a_few_days_are_what_summing_over_all_outputs_gives(days: int) -> None:
    budget = Budget()
    epsilon = epsilon_after_days(budget, days, 1e-4)
    assert delta_by_outputs(budget, days, epsilon) <= 1e-4 <= delta_by_outputs(budget, days, epsilon - 2 * EXACT)


def test_an_output_tells_one_of_two_likelihood_ratios() -> None:
    """The lemma behind the walk: moving a cell by one changes the likelihood of any output by e^(±1/s), never else."""
    mechanism = DiscreteLaplace(Fraction(40, 9))
    ratios = {round(math.log(mechanism.probability(k) / mechanism.probability(k - 1)), 9) for k in range(-90, 90)}
    assert ratios == {round(9 / 40, 9), round(-9 / 40, 9)}


@pytest.mark.parametrize("days", [1, 7, 30, 60])
@pytest.mark.parametrize("level", [0.3, 0.6, 0.9])
def test_many_days_agree_with_the_optimal_composition_theorem(days: int, level: float) -> None:
    """With equal scales for grid and words the theorem's closed form applies: k steps of e^(±ε₀)."""
    even = Budget(m=4, word_votes=4, words_share=Fraction(1, 2))
    step, k = float(1 / even.grid_scale), 8 * days
    i = round(k / 2 * (1 - level))
    delta = (
        math.fsum(math.comb(k, j) * (math.exp((k - j) * step) - math.exp((k - 2 * i + j) * step)) for j in range(i))
        / (1 + math.exp(step)) ** k
    )
    if delta > 1e-300:
        assert epsilon_after_days(even, days, delta) == pytest.approx((k - 2 * i) * step, abs=2 * EXACT)


@settings(max_examples=15, deadline=None)
@given(budgets, st.integers(1, 10), st.integers(1, 10))
def test_more_days_cost_more_and_never_more_than_their_sum(budget: Budget, few: int, more: int) -> None:
    few, more = min(few, more), max(few, more)
    one, other = epsilon_after_days(budget, few), epsilon_after_days(budget, more)
    assert one <= other + EXACT
    assert other <= more * float(budget.epsilon) + EXACT


def test_without_a_delta_the_sum_is_all_there_is() -> None:
    budget = Budget()
    assert epsilon_after_days(budget, 3, 0) == pytest.approx(3, abs=EXACT)


@given(budgets)
def test_the_shares_of_a_day_add_up_to_its_epsilon(budget: Budget) -> None:
    assert budget.m / budget.grid_scale + budget.word_votes / budget.words_scale == budget.epsilon
    assert budget.check_in_epsilon == pytest.approx(float(1 / budget.grid_scale))


@pytest.mark.parametrize("epsilon", [Fraction(0), Fraction(-1), Fraction(11, 10)])
def test_a_charter_may_lower_the_price_of_a_day_and_never_raise_it(epsilon: Fraction) -> None:
    with pytest.raises(ValueError, match="at most 1 a person-day"):
        Budget(epsilon=epsilon)
