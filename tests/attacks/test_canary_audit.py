"""The canary: one person's worst day, lived 40,000 times and not lived 40,000 times.

Goal: to tell from what a city publishes of a day whether a person was there, better than the claimed ε allows.
Method: `days` draws both worlds with the product's own admission, fold, noise and release. The attacker knows all
others exactly and the target's whole day, and scores each day by what it says (`audits.STATISTICS`): the sum of the
signs of all numbers, which is the most powerful test against independent noise; what is missing; how windows differ;
last digits. `auditing.judge` makes of the scores a lower bound on ε that holds for any mechanism, a parametric
estimate, and an AUC.
Failure: a sound mechanism of which more than its claim is sure; a planted bug of which no more than the claim is.
Planted: a fifth count, noise without the m, a release for everybody who asks, one noise for all windows, a threshold on
true numbers, noise in tens, two counts for research, a fourth word.
Not failure: a bound far below the claim. That shows how blunt an attack is, not how strong the city is; for the
strength there is the proof, and the equality of `test_sensitivity`.
"""

import functools

import pytest

from nexus_city.boundaries import Budget
from tests.attacks.auditing import DAYS, Verdict, auc_error, walk_auc
from tests.attacks.audits import BROKEN, SOUND, WORD_DAYS, WORDED, audit, audit_words

BUDGET = Budget()
EPSILON_WORDS = float(BUDGET.epsilon * BUDGET.words_share)


@functools.cache
def sound(name: str) -> list[Verdict]:
    return audit(SOUND[name], None if name == "presence" else 27)


@pytest.mark.parametrize("name", SOUND)
def test_no_attack_is_sure_of_more_than_the_claim(name: str) -> None:
    for verdict in sound(name):
        assert verdict.surely <= SOUND[name].epsilon


@pytest.mark.parametrize("name", SOUND)
def test_the_best_attack_finds_just_what_the_proof_says(name: str) -> None:
    """So the audit is as sharp as the claim is tight: half of the noise would show, and twice of it as well."""
    best = sound(name)[0]
    assert best.looks_like == pytest.approx(SOUND[name].epsilon, abs=4 * best.error)
    assert best.error < 0.02


def test_the_claims_are_those_of_the_budget() -> None:
    assert SOUND["grid"].epsilon + EPSILON_WORDS == pytest.approx(float(BUDGET.epsilon))
    assert SOUND["research"].epsilon == pytest.approx(0.2)


@pytest.mark.parametrize("name", SOUND)
def test_who_was_there_is_told_no_better_than_the_claim_allows(name: str) -> None:
    allowed = walk_auc(SOUND[name].moves, SOUND[name].step)
    assert all(verdict.auc <= allowed + auc_error(DAYS) for verdict in sound(name))


def test_words_tell_no_more_than_their_share() -> None:
    verdict = audit_words(*WORDED["words"])
    assert verdict.surely <= EPSILON_WORDS
    assert verdict.looks_like == pytest.approx(EPSILON_WORDS, abs=4 * verdict.error)
    assert verdict.auc <= walk_auc(BUDGET.word_votes, float(1 / BUDGET.words_scale)) + auc_error(WORD_DAYS)


@pytest.mark.parametrize("bug", BROKEN)
def test_every_planted_bug_is_found(bug: str) -> None:
    assert max(verdict.surely for verdict in audit(BROKEN[bug])) > BROKEN[bug].epsilon


@pytest.mark.parametrize("bug", [name for name in WORDED if name != "words"])
def test_every_planted_bug_of_the_words_is_found(bug: str) -> None:
    assert audit_words(*WORDED[bug]).surely > EPSILON_WORDS
