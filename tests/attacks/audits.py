"""Audits of what is released once: each mechanism, each planted bug, and the statistics that judge both."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from nexus_city.boundaries import Budget
from tests.attacks.auditing import DAYS, HIDDEN, Floats, Ints, Verdict, judge, signs
from tests.attacks.days import (
    WINDOWS,
    Mechanism,
    counted_at_most,
    counted_by_the_city,
    publish_once,
    true_counts,
    word_counts,
)

BUDGET = Budget()
GRID, WORDS = BUDGET.grid_scale, BUDGET.words_scale
RESEARCH = Budget(moments_share=Fraction(2, 10)).moments_scale or Fraction(0)
"""Scale of the day's table in a city that lets research have a fifth of its ε."""
WORD_DAYS = 15 * DAYS
"""A word costs so little that its bugs show on many days only."""
TOO_FEW = 3
"""The planted threshold: numbers below it are not shown, by what they truly are."""


def again_and_again(counts: Ints, scale: Fraction) -> Ints:
    """Bug: each window is released afresh whenever somebody asks."""
    return np.concatenate([publish_once(counts, scale) for _ in range(8)], axis=1)


def with_one_noise(counts: Ints, scale: Fraction) -> Ints:
    """Bug: noise that was drawn for one window is used for all windows of the day."""
    first = publish_once(np.zeros((len(counts), 1), np.int64), scale)
    return first + counts[:, None, :]


def above_a_threshold(counts: Ints, scale: Fraction) -> Ints:
    """Bug: what too few have said is not shown, and how many that are is asked before the noise."""
    return np.where(counts[:, None, :] < TOO_FEW, HIDDEN, publish_once(counts, scale))


def half_rounded(counts: Ints, scale: Fraction) -> Ints:
    """Bug: noise that is drawn as a whole number of tens, so that it hides nothing of the last digit."""
    return counts[:, None, :] + 10 * publish_once(np.zeros_like(counts), scale / 10)


SOUND = {
    "grid": Mechanism(counted_by_the_city, publish_once, GRID),
    "presence": Mechanism(counted_by_the_city, publish_once, GRID),
    "research": Mechanism(lambda: counted_at_most(1), publish_once, RESEARCH, 1, RESEARCH),
}
BROKEN = {
    "one change too many": Mechanism(lambda: counted_at_most(BUDGET.m + 1), publish_once, GRID),
    "noise too small by m": Mechanism(counted_by_the_city, publish_once, GRID / BUDGET.m),
    "released again when asked": Mechanism(counted_by_the_city, again_and_again, GRID),
    "one noise for all windows": Mechanism(counted_by_the_city, with_one_noise, GRID),
    "threshold on true counts": Mechanism(counted_by_the_city, above_a_threshold, GRID),
    "noise in tens": Mechanism(counted_by_the_city, half_rounded, GRID),
    "twice in research": Mechanism(lambda: counted_at_most(2), publish_once, RESEARCH, 1, RESEARCH),
}
WORDED = {
    "words": (BUDGET.word_votes, WORDS),
    "one word too many": (BUDGET.word_votes + 1, WORDS),
    "words' noise too small by their number": (BUDGET.word_votes, WORDS / BUDGET.word_votes),
}

Statistic = Callable[[Ints, Ints], Floats]


def counted_windows(seen: Ints, known: Ints) -> Floats:
    """Score by the numbers in which the target may be counted: the best there is, if all noises are independent."""
    return signs(seen, known[:, None, :])[:, :, : BUDGET.m].sum(axis=(1, 2)).astype(float)


def whole_day(seen: Ints, known: Ints) -> Floats:
    """Score by all numbers of the day, those too in which the target should not be counted any more."""
    return signs(seen, known[:, None, :]).sum(axis=(1, 2)).astype(float)


def what_is_missing(seen: Ints, _: Ints) -> Floats:
    """Score by how much is shown at all."""
    return (seen != HIDDEN).sum(axis=(1, 2)).astype(float)


def differences(seen: Ints, known: Ints) -> Floats:
    """Score by how two windows differ, in one of which the target is counted and in the other not."""
    shown = np.where(seen == HIDDEN, 0, seen)[:, 0, :] - known
    return signs(shown[:, :1] - shown[:, -1:], np.zeros(1, np.int64)).sum(axis=1).astype(float)


def last_digits(seen: Ints, known: Ints) -> Floats:
    """Score by the last digit of what is left without the others."""
    return (((seen - known[:, None, :]) % 10) == 1).sum(axis=(1, 2)).astype(float)


STATISTICS: tuple[Statistic, ...] = (counted_windows, whole_day, what_is_missing, differences, last_digits)


def audit(mechanism: Mechanism, cell: int | None = 27) -> list[Verdict]:
    """Attack a mechanism with all statistics; what the attacker knows of the others is exactly true."""
    known = true_counts((), cell)
    with_it = true_counts(mechanism.counted(), cell)
    present, absent = mechanism.publish(with_it, mechanism.scale), mechanism.publish(known, mechanism.scale)
    return [judge(score(present, known), score(absent, known), mechanism.step) for score in STATISTICS]


def audit_words(votes: int, scale: Fraction) -> Verdict:
    """Attack the day's table of words."""
    known, with_it = word_counts(0, WORD_DAYS), word_counts(votes, WORD_DAYS)
    present, absent = publish_once(with_it, scale), publish_once(known, scale)
    return judge(whole_day(present, known), whole_day(absent, known), float(1 / WORDS))


if BUDGET.m >= WINDOWS:
    raise AssertionError("the last window must be one in which the target is not counted")
