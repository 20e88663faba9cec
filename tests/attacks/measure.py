"""Print what the attacks find: `python -m tests.attacks.measure`. The figures stand in docs/privacy.md."""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from nexus_city.boundaries import Budget
from nexus_city.boundaries.bounds import influence
from tests.attacks import test_continual_audit as live
from tests.attacks import test_overlaps as overlaps
from tests.attacks import test_timed_differencing as differencing
from tests.attacks.auditing import DAYS, Verdict, least_epsilon, walk_auc
from tests.attacks.audits import BROKEN, SOUND, WORD_DAYS, WORDED, audit, audit_words
from tests.attacks.test_canary_audit import EPSILON_WORDS
from tests.attacks.test_sybils import seen_through
from tests.attacks.test_threshold_oracle import DECISIONS, threshold


def say(what: str, verdict: Verdict) -> None:
    """Print one verdict."""
    estimate = f"{verdict.looks_like:.3f} ± {verdict.error:.3f}"
    print(f"  {what:42} at least {verdict.at_least:.3f}   looks like {estimate}   AUC {verdict.auc:.3f}")


def canary() -> None:
    """Print the audits of a day."""
    budget = Budget()
    allowed = walk_auc(budget.m, budget.check_in_epsilon)
    print(f"One person's day, {DAYS:,} times each; AUC of the grid {allowed:.3f} at most")
    for name, mechanism in SOUND.items():
        say(f"{name}, claim {mechanism.epsilon:.2f}", audit(mechanism, None if name == "presence" else 27)[0])
    for name, mechanism in BROKEN.items():
        say(f"planted: {name}", max(audit(mechanism), key=lambda verdict: verdict.surely))
    allowed = walk_auc(budget.word_votes, float(1 / budget.words_scale))
    print(f"The words of a day, {WORD_DAYS:,} times each; claim ε = {EPSILON_WORDS:.2f}, AUC {allowed:.3f}")
    for name, mechanism in WORDED.items():
        say(name if name == "words" else f"planted: {name}", audit_words(*mechanism))


def crowds() -> None:
    """Print the audits of live places."""
    print(f"A day at a live place of {live.STEPS} steps, {live.DAYS:,} times each, at thirty times a city's ε")
    for kind in live.HALF_LIFE:
        mechanism, found = live.mechanism(kind), live.sound(kind)
        print(f"  {kind:42} μ {found.mu:.2f} of {mechanism.mu(4):.2f} claimed   AUC {found.auc:.3f}")
    for bug in (live.departures_forgotten, live.one_move_too_many, live.noise_for_one):
        print(f"  planted: {bug.__name__:33} μ {bug(live.mechanism('continual')).mu:.2f}")


def guesses() -> None:
    """Print how often a guess between two looks at the feed is right."""
    print(f"Between two looks; whether: at most {differencing.WHETHER:.3f}, what: at most {differencing.WHAT:.3f}")
    for feed in (differencing.released, differencing.exact_from_five_on, differencing.noise_without_m):
        whether, what = differencing.guessed_whether(feed), differencing.guessed_what(feed)
        print(f"  {feed.__name__:42} whether {whether:.3f}   what {what:.3f}")


def thresholds() -> None:
    """Print what the sight of a decision tells at least."""
    for name, (decide, epsilon) in DECISIONS.items():
        at = threshold(lambda true, decide=decide: bool(decide(true, noisy=False)[0]))  # type: ignore[misc]
        print(f"  {name:42} tells at least {least_epsilon(decide(at), decide(at - 1)):.3f} of {epsilon:.3f}")


async def combinations() -> None:
    """Print the least noise with which any combination of published numbers sees one person."""
    with TemporaryDirectory() as folder:
        seen, noise = await overlaps.people(Path(folder) / "people"), await overlaps.noises(Path(folder) / "noise")
    least = overlaps.weakest(seen, noise)
    print(
        f"Of {len(noise):,} numbers of a day, any combination that sees one person has {least:.2f} cells' noise or more"
    )


def main() -> None:
    """Print everything."""
    canary()
    crowds()
    guesses()
    print("What is shown and what is not, one voice below and at the threshold")
    thresholds()
    print(
        f"Among 500 known votes: AUC {seen_through(500):.3f}; 15 forgers beside 60 move {influence(15, 60):.2f} at most"
    )
    asyncio.run(combinations())


if __name__ == "__main__":
    main()
