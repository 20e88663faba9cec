"""Timed differencing: the target is the only one who gives something between two looks at the feed.

Goal: to tell from two consecutive feeds whether the target gave something in between, and what.
Method: the attacker knows everybody else's check-ins, subtracts them, and guesses with the likelihood ratio, on 40,000
windows of the product's release. First whether: present or absent, a coin each. Then what: one of 16 cells, all alike
likely. The bounds follow from the noise alone: a right guess of "whether" has a chance of at most e^h/(1 + e^h), since
one cell moves by one; of "what" at most e^2h/(15 + e^2h), since one cell moves up and another down. h is what one
check-in costs (0.225).
Failure: a better guess than the bound allows by more than five standard errors, or, for what is planted, no better
one.
Planted: exact counts that are shown from five on (a k-threshold, as many systems have it), and noise without the m.
Not failure: a guess as good as the bound. It is what is promised: a little better than a coin.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest

from nexus_city.boundaries import Budget
from tests.attacks.auditing import DAYS, HIDDEN, Ints
from tests.attacks.days import publish_once

BUDGET = Budget()
STEP = BUDGET.check_in_epsilon
CELLS = 16
OTHERS = np.random.default_rng(11).poisson(6, (DAYS, CELLS)).astype(np.int64)
TARGETS = np.random.default_rng(12).integers(0, CELLS, DAYS)
Feed = Callable[[Ints], Ints]


def released(counts: Ints) -> Ints:
    return publish_once(counts, BUDGET.grid_scale)[:, 0, :]


def exact_from_five_on(counts: Ints) -> Ints:
    return np.where(counts >= 5, counts, HIDDEN)


def noise_without_m(counts: Ints) -> Ints:
    return publish_once(counts, BUDGET.grid_scale / BUDGET.m)[:, 0, :]


def with_the_target() -> Ints:
    return OTHERS + (np.arange(CELLS) == TARGETS[:, None])


def guessed_whether(feed: Feed) -> float:
    """Return how often "was there" and "was not" are guessed rightly, by the target's cell."""
    present, absent = (
        np.where(shown == HIDDEN, OTHERS, shown)[np.arange(DAYS), TARGETS] > OTHERS[np.arange(DAYS), TARGETS]
        for shown in (feed(with_the_target()), feed(OTHERS))
    )
    return float(present.mean() + (~absent).mean()) / 2


def guessed_what(feed: Feed) -> float:
    """Return how often the cell of a target that was there is guessed rightly: of those it fits best, any one."""
    shown = feed(with_the_target())
    fits = np.where(shown == HIDDEN, OTHERS == 4, shown > OTHERS)
    return float((fits[np.arange(DAYS), TARGETS] / np.maximum(fits.sum(axis=1), 1)).mean())


def error(share: float) -> float:
    return 5 * math.sqrt(share * (1 - share) / DAYS)


WHETHER = math.exp(STEP) / (1 + math.exp(STEP))
WHAT = math.exp(2 * STEP) / (CELLS - 1 + math.exp(2 * STEP))


def test_two_looks_tell_whether_somebody_was_there_hardly_better_than_a_coin() -> None:
    assert guessed_whether(released) <= WHETHER + error(WHETHER)


def test_two_looks_tell_what_was_given_hardly_better_than_a_guess() -> None:
    assert guessed_what(released) <= WHAT + error(WHAT)


@pytest.mark.parametrize("bug", [exact_from_five_on, noise_without_m])
def test_every_planted_bug_is_found(bug: Feed) -> None:
    assert guessed_whether(bug) > WHETHER + error(WHETHER)
    assert guessed_what(bug) > WHAT + error(WHAT)
