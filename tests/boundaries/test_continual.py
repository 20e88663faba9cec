"""Continual release against ways to compute the same that share no code with it.

Goal: the noise is A C⁻¹ z, the sensitivity is that of the dearest person-day there is, and a day that is partly spent
at live places stays within the city's (ε, δ). Method: dense matrices, every person-day of a small city, sums over all
outputs, and Google's dp-accounting. Failure: any difference beyond rounding. The checks are shown to catch what goes
wrong easily.
"""

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from nexus_city.boundaries import Budget, Continual, people_needed, release
from nexus_city.boundaries.continual import (
    _normals,
    coefficients,
    gaussian_delta,
    gaussian_mu,
    poles,
    sensitivity,
)
from nexus_city.ground import OsRandomness, Tape
from tests.boundaries.fitting import fit, largest_error

SIZES = [96, 288, 1440, 8640]
GRID = Budget(epsilon=Fraction(1)).epsilon * Fraction(9, 10)
Floats = NDArray[np.float64]


def of_square_root(steps: int) -> Floats:
    """Coefficients of the square root of A, the best known for all steps: binom(2k, k) / 4^k."""
    k = np.arange(1, steps)
    return np.append(1.0, np.cumprod((2 * k - 1) / (2 * k)))


def toeplitz(c: Floats) -> Floats:
    """Lower triangular, `c` down each column."""
    lag = np.subtract.outer(np.arange(c.size), np.arange(c.size))
    return np.where(lag >= 0, c[np.maximum(lag, 0)], 0.0)


def faded(c: Floats, decay: float) -> Floats:
    return decay ** np.arange(c.size) * c


# The fit


@pytest.mark.parametrize("steps", SIZES)
def test_the_fit_finds_the_constants_again(steps: int) -> None:
    theta, _, inverse, _ = poles(steps)
    found, found_inverse = fit(steps)
    assert largest_error(theta, inverse, steps) <= largest_error(found, found_inverse, steps) * (1 + 1e-7)
    np.testing.assert_allclose(1 - np.append(theta, inverse), 1 - np.append(found, found_inverse), rtol=1e-2)


@pytest.mark.parametrize("steps", SIZES)
def test_four_buffers_are_all_but_as_good_as_remembering_the_whole_day(steps: int) -> None:
    theta, _, inverse, _ = poles(steps)
    best = (of_square_root(steps) ** 2).sum()
    assert best * (1 - 1e-9) <= largest_error(theta, inverse, steps) <= best * 1.002


@pytest.mark.parametrize("steps", [1, 2, 96, 100, 300, 1500, 9000])
def test_the_inverse_is_the_inverse(steps: int) -> None:
    theta, omega, inverse, omega_inverse = poles(steps)
    product = np.convolve(coefficients(theta, omega, steps), coefficients(inverse, omega_inverse, steps))[:steps]
    np.testing.assert_allclose(product, np.eye(1, steps)[0], atol=1e-14)


@pytest.mark.parametrize("steps", SIZES)
def test_coefficients_are_positive_falling_and_convex_as_the_proof_asks(steps: int) -> None:
    theta, omega, _, _ = poles(steps)
    c = coefficients(theta, omega, 2 * steps)
    assert (c > 0).all()
    assert (np.diff(c) < 0).all()
    assert (np.diff(c, 2) > 0).all()


# The sensitivity


def days(steps: int, check_ins: int, decay: float, cells: int, stays: int) -> Iterator[Floats]:
    """Yield the changes x, steps × cells, of every person-day: any times, cells, revisits, and early ends.

    Nobody stands for more than `stays` steps.
    """
    for times in itertools.combinations(range(steps), check_ins):
        until = [*times[1:], steps]
        stretches = [range(begin + 1, min(end, begin + stays) + 1) for begin, end in zip(times, until, strict=True)]
        for ends in itertools.product(*stretches):
            for where in itertools.product(range(cells), repeat=check_ins):
                x = np.zeros((steps + 1, cells))
                for begin, end, cell in zip(times, ends, where, strict=True):
                    x[begin, cell] += 1
                    x[end, cell] -= decay ** (end - begin)
                yield x[:steps]


@pytest.mark.parametrize("decay", [1.0, 0.8, 0.3])
@pytest.mark.parametrize(("steps", "check_ins"), [(1, 1), (9, 1), (8, 2), (6, 3)])
@pytest.mark.parametrize("kind", ["buffers", "square root"])
@pytest.mark.parametrize("stays", [None, 1, 3])
def test_the_sensitivity_is_that_of_the_dearest_of_all_person_days(
    kind: str, steps: int, check_ins: int, decay: float, stays: int | None
) -> None:
    c = of_square_root(steps) if kind == "square root" else coefficients(*poles(steps)[:2], steps)
    c = faded(c, decay)
    matrix = toeplitz(c)
    dearest = max(
        math.sqrt(((matrix @ x) ** 2).sum())
        for number in range(1, check_ins + 1)
        for x in days(steps, number, decay, check_ins, stays or steps)
    )
    found = sensitivity(c, check_ins, decay, stays)[-1]
    assert found == pytest.approx(dearest, rel=1e-12)
    if steps > 1 and decay > 0.5 and stays is None:
        assert found > math.sqrt((c**2).sum()) * 1.005, "one change alone is not a check-in: it ends as well"


@pytest.mark.parametrize("decay", [1.0, 0.97])
def test_a_long_day_agrees_with_dense_matrices(decay: float) -> None:
    steps = 150
    c = faded(coefficients(*poles(steps)[:2], steps), decay)
    gram = toeplitz(c).T @ toeplitz(c)
    column = np.diag(gram)
    fade = decay ** np.maximum(np.subtract.outer(np.arange(steps), np.arange(steps)).T, 0)
    stood = np.where(np.tri(steps, k=-1).T > 0, column[:, None] + fade**2 * column - 2 * fade * gram, -np.inf)
    ended = np.zeros(steps)  # the dearest chain that has ended by each step
    for number in range(1, 5):
        dearest = (np.maximum.accumulate(ended) + column).max()
        ended = np.maximum.accumulate((np.maximum.accumulate(ended)[:, None] + stood).max(axis=0))
        dearest = max(dearest, ended.max())
        assert sensitivity(c, number, decay)[-1] == pytest.approx(math.sqrt(dearest), rel=1e-12)


@pytest.mark.parametrize(("steps", "figures"), [(288, [1.61, 2.99, 4.26, 5.45]), (8640, [1.72, 3.26, 4.72, 6.14])])
def test_the_figures_of_a_day_are_those_that_are_published(steps: int, figures: list[float]) -> None:
    c = coefficients(*poles(steps)[:2], steps)
    found = np.square(sensitivity(c, 4)) / (c**2).sum()
    np.testing.assert_allclose(found, figures, atol=0.006)


# The noise


def draws_of(tape: bytes, steps: int, cells: int) -> NDArray[np.longdouble]:
    """Return the normal draws of a tape, steps × cells, in extended precision from the bits on."""
    pairs = (cells + 1) // 2
    bits = np.frombuffer(tape[: 16 * pairs * steps], "<u8").reshape(steps, 2, pairs).astype(np.longdouble)
    radius = np.sqrt(-2 * np.log((bits[:, 0] + np.longdouble(0.5)) / 2**64))
    angle = bits[:, 1] / 2**64 * 8 * np.arctan(np.longdouble(1))
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :cells]


@pytest.mark.parametrize("half_life", [None, 5.0])
def test_the_variance_of_a_sum_of_steps_is_that_of_dense_matrices(half_life: float | None) -> None:
    mechanism = Continual(40, 4, GRID, seats=2, half_life=half_life)
    theta, omega, *_ = poles(40)
    fading = toeplitz(mechanism.decay ** np.arange(40))
    noise = fading @ np.linalg.inv(toeplitz(faded(coefficients(theta, omega, 40), mechanism.decay))) * mechanism.sigma
    for steps in ([1], [40], [7, 19, 31], range(1, 41)):
        drawn = ((noise[np.array(steps) - 1].sum(axis=0)) ** 2).sum()
        assert mechanism.variance(steps) == pytest.approx(drawn + len(steps) / 12, rel=1e-9)
    assert mechanism.variance([13]) == pytest.approx(mechanism.sd(13) ** 2)


@pytest.mark.parametrize("half_life", [None, 5.0])
@pytest.mark.parametrize("cells", [1, 4, 65])
def test_the_stream_is_what_dense_matrices_give(half_life: float | None, cells: int) -> None:
    steps = 40
    tape = np.random.default_rng(2).bytes(16 * 33 * steps)
    mechanism = Continual(steps, 4, GRID, seats=2, half_life=half_life)
    noise = mechanism.start(cells, Tape(tape))
    streamed = np.array([noise.step().take() for _ in range(steps)]) / mechanism.unit
    c = toeplitz(faded(coefficients(*poles(steps)[:2], steps), mechanism.decay))
    sums = toeplitz(faded(np.ones(steps), mechanism.decay))
    expected = sums @ np.linalg.inv(c) @ (draws_of(tape, steps, cells).astype(float) * mechanism.sigma)
    assert np.abs(streamed - expected).max() <= 0.5 / mechanism.unit + 1e-9
    sd = np.sqrt(((sums @ np.linalg.inv(c)) ** 2).sum(axis=1) * mechanism.sigma**2 + 1 / 12)
    np.testing.assert_allclose([mechanism.sd(step) for step in range(1, steps + 1)], sd, rtol=1e-9)


@pytest.mark.parametrize("seats", [1, 4])
@pytest.mark.parametrize("half_life", [None, 900.0])
def test_floats_are_off_by_less_than_the_share_of_delta_that_is_kept_for_them(
    half_life: float | None, seats: int
) -> None:
    steps, cells = 8640, 8
    mechanism = Continual(steps, 4, GRID, seats=seats, half_life=half_life)
    tape = np.random.default_rng(3).bytes(16 * 4 * steps)
    drawn = draws_of(tape, steps, cells) * np.longdouble(mechanism.sigma)
    _, _, inverse, omega = (each.astype(np.longdouble) * np.longdouble(mechanism.decay) for each in poles(steps))
    buffers, exact = np.zeros((4, cells), np.longdouble), np.zeros(cells, np.longdouble)
    noise, off = mechanism.start(cells, Tape(tape)), np.longdouble(0)
    for row in drawn:
        exact = exact * np.longdouble(mechanism.decay) + omega @ buffers + row
        buffers = buffers * inverse[:, None] + row
        noise.step()
        off = max(off, np.abs(noise._kept[-1] - exact).max())
    assert off < 1e-11
    assert 4 // seats * steps * 2e-11 / (mechanism.sigma * math.sqrt(math.tau)) < 0.01 * 1e-6


@pytest.mark.parametrize("half_life", [None, 7.0])
def test_a_day_that_is_resumed_goes_on_as_if_nothing_had_happened(half_life: float | None) -> None:
    mechanism, tape = Continual(30, 4, GRID, seats=2, half_life=half_life), np.random.default_rng(4).bytes(16 * 3 * 30)
    unbroken, broken = mechanism.start(5, Tape(tape)), Tape(tape)
    whole = [unbroken.step().take().tolist() for _ in range(30)]
    noise, told = mechanism.start(5, broken), []
    for step in range(30):
        told.append(noise.step().take().tolist())
        if step % 4 == 0:
            noise = Continual(30, 4, GRID, seats=2, half_life=half_life).resume(noise.state(), broken)
            assert noise.step_number == step + 1
    assert told == whole
    assert broken.drawn == 16 * 3 * 30, "each step draws its bytes once, a restart none"


def test_a_state_of_another_mechanism_is_refused_and_a_day_ends() -> None:
    noise = Continual(3, 4, GRID, seats=2).start(2, OsRandomness())
    for _ in range(3):
        noise.step()
    with pytest.raises(RuntimeError, match="its ε is spent"):
        noise.step()
    for other in (Continual(3, 4, GRID / 2, seats=2), Continual(4, 4, GRID, seats=2), Continual(3, 4, GRID, seats=1)):
        with pytest.raises(ValueError, match="another mechanism"):
            other.resume(noise.state(), OsRandomness())


@pytest.mark.parametrize("seats", [0, 5])
def test_a_check_in_takes_no_more_seats_than_there_are(seats: int) -> None:
    with pytest.raises(ValueError, match="1 to 4 seats"):
        Continual(96, 4, GRID, seats=seats)


def test_draws_are_normal_and_know_nothing_of_each_other() -> None:
    draws = _normals(OsRandomness(), 400_001)
    assert draws.size == 400_001
    assert stats.kstest(draws, "norm").pvalue > 1e-4
    assert abs((draws > 3.5).mean() - stats.norm.sf(3.5)) < 5 * math.sqrt(stats.norm.sf(3.5) / draws.size)
    halves = draws[:200_000], draws[200_001:]
    for one, other in (halves, (draws[1:], draws[:-1]), (halves[0] ** 2, halves[1] ** 2)):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / math.sqrt(one.size)


def test_whole_people_are_released_of_parts() -> None:
    mechanism = Continual(20, 4, GRID, seats=2, half_life=4.0)
    tape = np.random.default_rng(5).bytes(16)
    exact = (mechanism.start(2, Tape(tape)).step().take() + 300 * mechanism.weights[3]) / mechanism.unit
    told = release(np.full(2, 300 * mechanism.weights[3]), mechanism.start(2, Tape(tape)).step())
    assert told.counts.tolist() == np.rint(exact).tolist()
    assert mechanism.weights[[0, 4]].tolist() == [mechanism.unit, mechanism.unit // 2]


# The price


@pytest.mark.parametrize(("epsilon", "delta", "sigma"), [(1, 1e-5, 3.731), (1, 1e-6, 4.225), (1, 1e-9, 5.495)])
def test_one_normal_draw_costs_what_balle_and_wang_say(epsilon: float, delta: float, sigma: float) -> None:
    assert 1 / gaussian_mu(epsilon, delta) == pytest.approx(sigma, abs=6e-4)
    assert gaussian_delta(epsilon, gaussian_mu(epsilon, delta)) == pytest.approx(delta, rel=1e-9)


def delta_of_day(mechanism: Continual, budget: Budget, live: int) -> float:
    """Return δ at the city's ε of a day with `live` check-ins at live places and all else that a person can spend.

    The pure part is summed over all its outputs, ±1/s for each cell that was moved.
    """
    seats = round(mechanism.check_in_epsilon * budget.grid_scale)
    moves = {budget.grid_scale: budget.m - live * seats, budget.words_scale: budget.word_votes}
    if budget.moments_share:
        moves[budget.moments_scale] = 1
    losses: list[tuple[float, float]] = [(0.0, 1.0)]
    for scale, count in moves.items():
        up = 1 / (1 + math.exp(-1 / scale))
        losses = [
            (loss + (2 * ups - count) / scale, share * math.comb(count, ups) * up**ups * (1 - up) ** (count - ups))
            for loss, share in losses
            for ups in range(count + 1)
        ]
    if not live:
        return math.fsum(share * max(0.0, -math.expm1(float(budget.epsilon) - loss)) for loss, share in losses)
    mu = mechanism.sensitivity[live - 1] / mechanism.sigma
    return math.fsum(share * gaussian_delta(float(budget.epsilon) - loss, mu) for loss, share in losses)


BUDGETS = [Budget(), Budget(epsilon=Fraction(1, 10)), Budget(moments_share=Fraction(1, 4)), Budget(m=8)]


def grid(budget: Budget) -> Fraction:
    return budget.m / budget.grid_scale


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
@pytest.mark.parametrize("seats", [1, 2, 4])
@pytest.mark.parametrize(("steps", "half_life"), [(288, None), (96, None), (288, 12.0)])
def test_a_day_stays_within_the_promise_however_it_is_divided(
    budget: Budget, seats: int, steps: int, half_life: float | None
) -> None:
    mechanism = Continual(steps, budget.m, grid(budget), seats=seats, half_life=half_life)
    spent = [delta_of_day(mechanism, budget, live) for live in range(budget.m // seats + 1)]
    assert spent[0] < 1e-15
    assert sum(spent[1:]) <= 1e-6 * 0.99, "the sum, since what a person does next may depend on what was released"
    shares = [
        gaussian_delta(float(live * mechanism.check_in_epsilon), mechanism.mu(live)) for live in range(1, len(spent))
    ]
    assert sum(shares) <= 1e-6 * 0.99, "even if all the rest of the day lost as much as it ever can"


def test_a_scale_for_a_day_of_live_check_ins_only_would_break_the_promise_of_a_mixed_day() -> None:
    """The bug that is easily made: all m together are within ε, but one of them beside three others is not."""
    budget = Budget()
    mechanism = Continual(288, 4, grid(budget), seats=1)
    mechanism.sigma = mechanism.sensitivity[-1] / gaussian_mu(float(grid(budget)), 1e-6)
    assert delta_of_day(mechanism, budget, 4) <= 1e-6
    assert delta_of_day(mechanism, budget, 1) > 1e-5


@pytest.mark.parametrize(
    ("seats", "half_life", "stays", "sd", "moods_64", "moods_4"),
    [
        (1, None, None, 62, 15_908, 995),
        (2, None, None, 33, 8_313, 520),
        (4, None, None, 17, 4_332, 271),
        (2, 6.0, None, 13, 3_429, 215),
        (2, None, 12, 26, 6_513, 408),
    ],
)
def test_a_live_place_asks_for_the_crowds_that_decisions_0021_and_0032_name(
    seats: int, half_life: float | None, stays: int | None, sd: int, moods_64: int, moods_4: int
) -> None:
    mechanism = Continual(288, 4, GRID, seats=seats, half_life=half_life, stays=stays)
    assert round(mechanism.sd(288)) == sd
    assert people_needed(64, mechanism.sd(288) ** 2) == pytest.approx(moods_64, rel=1e-3)
    assert people_needed(4, mechanism.sd(288) ** 2) == pytest.approx(moods_4, rel=3e-3)


@pytest.mark.parametrize("seats", [1, 2])
@pytest.mark.parametrize("epsilon", [Fraction(1, 20), Fraction(9, 10)])
def test_losses_that_are_allowed_apart_are_allowed_together(epsilon: Fraction, seats: int) -> None:
    """So places of several kinds may be live at once, each with a scale of its own."""
    allowed = Continual(96, 8, epsilon, seats=seats).allowed(1e-6)
    for one, other in itertools.product(range(1, len(allowed)), repeat=2):
        if one + other <= len(allowed):
            assert allowed[one - 1] ** 2 + allowed[other - 1] ** 2 <= allowed[one + other - 1] ** 2


@pytest.mark.parametrize("live", [1, 2])
def test_dp_accounting_agrees_on_a_divided_day(live: int) -> None:
    pld = pytest.importorskip("dp_accounting.pld.privacy_loss_distribution")
    budget = Budget()
    mechanism = Continual(288, 4, grid(budget), seats=2)
    day = pld.from_gaussian_mechanism(mechanism.sigma / mechanism.sensitivity[live - 1])
    for scale, count in ((budget.grid_scale, 4 - 2 * live), (budget.words_scale, 3)):
        if count:
            day = day.compose(pld.from_discrete_laplace_mechanism(float(1 / scale)).self_compose(count))
    assert day.get_delta_for_epsilon(1.0) <= 1.01e-6
    assert day.get_delta_for_epsilon(1.0) == pytest.approx(delta_of_day(mechanism, budget, live), rel=0.02, abs=1e-12)
