"""The ledger's figures against ways to reach them that share no code with it.

Goal: `epsilon_after_days` is exact. Method: for small cases every possible output of the mechanisms themselves is
summed up; for many days the optimal composition theorem of Kairouz, Oh & Viswanath (2015, theorem 3.3) is the oracle.
Failure: any difference beyond the 1e-4 to which the figure is computed.
"""

import functools
import itertools
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.boundaries import Budget, Continual, DiscreteLaplace, epsilon_after_days, epsilon_of_moves
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


@pytest.mark.parametrize("delta", [1e-6, 1e-2])
@pytest.mark.parametrize("days", [1, 12])
def test_a_table_for_research_is_one_more_move_a_day(days: int, delta: float) -> None:
    """At the price of one check-in, a day of four and a table for research are a day of five."""
    price = Fraction(9, 50)
    studied = Budget(words_share=Fraction(1, 10), moments_share=price)
    moves = ((5 * days, float(price)), (3 * days, float(1 / studied.words_scale)))
    assert studied.grid_scale == 1 / price
    assert epsilon_after_days(studied, days, delta) == pytest.approx(epsilon_of_moves(moves, delta), abs=EXACT)


@pytest.mark.parametrize("seats", [1, 2, 4])
@pytest.mark.parametrize("days", [1, 7, 30])
def test_days_at_live_places_cost_no_more_than_days_elsewhere(days: int, seats: int) -> None:
    """So the figures that are published hold for whoever was there on some days, or with some of their check-ins."""
    budget = Budget()
    live = Continual(288, budget.m, budget.m / budget.grid_scale, seats=seats)
    words = (budget.word_votes * days, float(1 / budget.words_scale))
    for check_ins, among in itertools.product(range(1, len(live.sensitivity) + 1), {1, days}):
        elsewhere = (budget.m * days - check_ins * seats * among, float(1 / budget.grid_scale))
        spent = epsilon_of_moves((elsewhere, words), 1e-6, live.mu(check_ins) * math.sqrt(among))
        assert spent <= epsilon_after_days(budget, days) + EXACT


@pytest.mark.parametrize("moves", [(), ((8, 0.225), (6, 1 / 30)), ((60, 0.225),)])
@pytest.mark.parametrize("mu", [0.0, 0.05, 0.4])
@pytest.mark.parametrize("delta", [1e-6, 1e-3])
def test_dp_accounting_agrees_on_moves_of_both_kinds(
    moves: tuple[tuple[int, float], ...], mu: float, delta: float
) -> None:
    pld = pytest.importorskip("dp_accounting.pld.privacy_loss_distribution")
    spent = pld.identity()
    for count, price in moves:
        spent = spent.compose(pld.from_discrete_laplace_mechanism(price).self_compose(count))
    if mu:
        spent = spent.compose(pld.from_gaussian_mechanism(1 / mu))
    assert epsilon_of_moves(moves, delta, mu) == pytest.approx(spent.get_epsilon_for_delta(delta), abs=4e-3)


def test_moves_that_nobody_made_cost_nothing() -> None:
    assert epsilon_of_moves(((0, 0.225),)) == 0


@given(budgets)
def test_the_shares_of_a_day_add_up_to_its_epsilon(budget: Budget) -> None:
    assert budget.m / budget.grid_scale + budget.word_votes / budget.words_scale == budget.epsilon
    studied = replace(budget, moments_share=Fraction(1, 5))
    spent = studied.m / studied.grid_scale + studied.word_votes / studied.words_scale + 1 / studied.moments_scale
    assert spent == budget.epsilon
    assert budget.check_in_epsilon == pytest.approx(float(1 / budget.grid_scale))


@pytest.mark.parametrize("epsilon", [Fraction(0), Fraction(-1), Fraction(11, 10)])
def test_a_charter_may_lower_the_price_of_a_day_and_never_raise_it(epsilon: Fraction) -> None:
    with pytest.raises(ValueError, match="at most 1 a person-day"):
        Budget(epsilon=epsilon)
