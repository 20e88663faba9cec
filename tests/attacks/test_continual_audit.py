"""The canary at a live place: a count that is told again at every step, with noise that remembers.

Goal: as in `test_canary_audit`, against the harder mechanism. A person who moves is seen at every step from then on,
so a day costs far more noise than four tables do, and three things are easily forgotten: that somebody who leaves one
cell for another changes both, how often that may happen, and that early steps are told again in later ones.
Method: 60,000 days are 60,000 columns of the product's own noise, released step by step. The target takes the dearest
way through the day that there is (searched here over all times on a grid, without the product's `sensitivity`). The
attacker knows all others and undoes the noise's memory: the score ⟨Cx, C A⁻¹ y⟩/(σ‖Cx‖) is the most powerful test
there is, and has a deviation of one. So the difference of its means is μ, the number of deviations by which a day
moves what is released, and the AUC is Φ(μ/√2).
Failure: a μ above the claimed one, by more than its error allows; a planted bug that passes.
Planted: departures that nobody paid for, one move too many, noise for one check-in where four are allowed.
Not failure: a μ below the claim. The claim holds for every way through the day.
"""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import norm

from nexus_city.boundaries import Budget, Continual, Noise, release
from nexus_city.boundaries.continual import coefficients, poles
from nexus_city.ground import OsRandomness
from tests.attacks.auditing import ALPHA, Floats, Ints, auc, least_epsilon

BUDGET = Budget()
EPSILON = 30 * BUDGET.epsilon * (1 - BUDGET.words_share)
STEPS, DAYS = 24, 60_000
ERROR = float(norm.isf(ALPHA)) * math.sqrt(2 / DAYS)
"""What the difference of two means of DAYS scores may be off by."""
HALF_LIFE = {"continual": None, "decaying": 6.0}


@functools.cache
def mechanism(kind: str) -> Continual:
    return Continual(STEPS, BUDGET.m, EPSILON, seats=1, half_life=HALF_LIFE[kind])


def matrices(live: Continual) -> tuple[Floats, Floats]:
    """Return A, which sums changes up, and C, written down anew from the documented definitions."""
    lag = np.subtract.outer(np.arange(STEPS), np.arange(STEPS))
    fading = np.where(lag >= 0, live.decay ** np.maximum(lag, 0), 0.0)
    theta, omega, *_ = poles(STEPS)
    return fading, fading * coefficients(theta, omega, STEPS)[np.maximum(lag, 0)]


def changes(live: Continual, times: Sequence[int]) -> Floats:
    """Return the changes [cell, step] of a person who checks in at these steps, each time in another cell."""
    moves = np.zeros((len(times), STEPS))
    for cell, (begins, ends) in enumerate(itertools.zip_longest(times, times[1:])):
        moves[cell, begins] = 1
        if ends is not None:
            moves[cell, ends] = -(live.decay ** (ends - begins))
    return moves


def dearest(live: Continual, check_ins: int) -> Floats:
    """Return the changes of the dearest day on a grid of every second step."""
    _, c = matrices(live)
    days = [changes(live, times) for times in itertools.combinations(range(0, STEPS, 2), check_ins)]
    return max(days, key=lambda moves: float(((c @ moves.T) ** 2).sum()))


@dataclass(frozen=True)
class Found:
    """What the audit of a live place found."""

    mu: float
    at_least: float
    auc: float


def audit(live: Continual, moves: Floats, sigma_scale: float = 1.0) -> Found:
    """Release both worlds step by step and score them; `sigma_scale` plants noise that is too small."""
    a, c = matrices(live)
    undo = np.linalg.inv(a).T @ c.T @ (c @ moves.T)  # weights [step, cell] of what is released
    length = live.sigma * sigma_scale * math.sqrt(float(((c @ moves.T) ** 2).sum()))
    held = np.rint(live.unit * (a @ moves.T)).astype(np.int64)
    scores = []
    for person in (held, np.zeros_like(held)):
        noise, score = live.start(moves.shape[0] * DAYS, OsRandomness()), np.zeros(DAYS)
        for step in range(STEPS):
            seen = _released(np.repeat(person[step], DAYS), noise.step(), sigma_scale)
            score += (undo[step][:, None] * seen.reshape(-1, DAYS)).sum(axis=0)
        scores.append(score / length)
    return Found(float(scores[0].mean() - scores[1].mean()), least_epsilon(*scores), auc(*scores))


def _released(counts: Ints, noise: Noise, sigma_scale: float) -> Floats:
    """Return what is released, or, for a planted bug, the same with smaller noise; people."""
    true = counts / noise.unit
    return true + (release(counts, noise).counts - true) * sigma_scale


@functools.cache
def sound(kind: str) -> Found:
    return audit(mechanism(kind), dearest(mechanism(kind), BUDGET.m))


@pytest.mark.parametrize("kind", HALF_LIFE)
def test_the_dearest_day_moves_what_is_released_by_no_more_than_is_claimed(kind: str) -> None:
    claimed = mechanism(kind).mu(BUDGET.m)
    assert sound(kind).mu <= claimed + ERROR
    assert sound(kind).mu >= 0.9 * claimed - ERROR, "the claim is wider than it needs to be, or the attack is blunt"
    assert sound(kind).at_least <= float(EPSILON)


@pytest.mark.parametrize("kind", HALF_LIFE)
def test_who_was_there_is_told_no_better_than_the_claim_allows(kind: str) -> None:
    allowed = float(norm.cdf(mechanism(kind).mu(BUDGET.m) / math.sqrt(2)))
    assert sound(kind).auc <= allowed + 5 / math.sqrt(6 * DAYS)


@pytest.mark.parametrize("kind", HALF_LIFE)
def test_no_way_through_the_day_is_dearer_than_the_claimed_sensitivity(kind: str) -> None:
    """White box: all times on the grid, and 8,000 random days that come back to cells they were in."""
    live = mechanism(kind)
    _, c = matrices(live)
    chance = np.random.default_rng(5)
    for check_ins in range(1, BUDGET.m + 1):
        found = math.sqrt(float(((c @ dearest(live, check_ins).T) ** 2).sum()))
        assert found <= live.sensitivity[check_ins - 1] * (1 + 1e-9)
        for _ in range(2000):
            times = sorted(chance.choice(STEPS, check_ins, replace=False).tolist())
            moves, cells = changes(live, times), chance.integers(0, 2, check_ins)
            merged = np.zeros((2, STEPS))
            np.add.at(merged, cells, moves)
            assert ((c @ merged.T) ** 2).sum() <= live.sensitivity[check_ins - 1] ** 2 * (1 + 1e-9)


def departures_forgotten(live: Continual) -> Found:
    """Bug: the noise pays for those who come, and not for those who leave."""
    _, c = matrices(live)
    arrivals = math.sqrt(BUDGET.m * float((c[:, 0] ** 2).sum()))
    return audit(live, dearest(live, BUDGET.m), arrivals / live.sensitivity[-1])


def one_move_too_many(live: Continual) -> Found:
    """Bug: five check-ins are counted."""
    return audit(live, dearest(live, BUDGET.m + 1))


def noise_for_one(live: Continual) -> Found:
    """Bug: the noise is that of one check-in."""
    return audit(live, dearest(live, BUDGET.m), live.sensitivity[0] / live.sensitivity[-1])


@pytest.mark.parametrize("bug", [departures_forgotten, one_move_too_many, noise_for_one])
def test_every_planted_bug_is_found(bug: Callable[[Continual], Found]) -> None:
    live = mechanism("continual")
    assert bug(live).mu > live.mu(BUDGET.m) + ERROR
