"""The threshold oracle: everything that a city shows or hides, accepts or refuses, by how many there are.

Goal: to learn a true count, or whether one person is among it, from whether something is shown: a place that speaks or
is quiet, a word that stands out, the rung of the next day, a door that opens or not.
Method: all but one of the votes are the attacker's, so that the true number stands one below the threshold without the
target and on it with them. 20,000 times the product's own decision is taken on released values of both worlds, and the
frequencies of "shown" are compared (`auditing.least_epsilon`).
Failure: a decision that differs more than the ε of what the target moved (one cell of one table, 0.225; one word,
1/30).
Planted: the same thresholds, asked of true numbers; a door that counts everybody together.
Not failure: that more voices make it likelier to be heard. That is what thresholds are for.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from nexus_city.access.sources import SourceLimit, Sources
from nexus_city.boundaries import Budget, DiscreteLaplace, Rung, choose_rung, expected_error
from nexus_city.boundaries.ladder import LADDER, QUIET_ERROR
from nexus_city.climate.mixture import mix
from nexus_city.ground.errors import TooMany
from tests.attacks.auditing import Floats, Ints, least_epsilon
from tests.attacks.days import publish_once

BUDGET = Budget()
DRAWS = 20_000
VARIANCE = DiscreteLaplace(BUDGET.grid_scale).variance
WORDS_SD = DiscreteLaplace(BUDGET.words_scale).variance ** 0.5
SIDE = 4
Shown = Callable[[int], Floats]
"""From the true number in one place (or of one word) to whether it is shown, DRAWS times."""


def threshold(shown_at: Callable[[int], bool]) -> int:
    """Return the first true number at which something is shown when there is no noise."""
    return next(number for number in range(1, 20_000) if shown_at(number))


def speaks(true: int, noisy: bool = True) -> Floats:
    """Whether a window speaks or is quiet, as `ReleaseDesk` decides it: one table, everybody in one cell."""
    tables = np.zeros((DRAWS if noisy else 1, SIDE * SIDE), np.int64)
    tables[:, 5] = true
    seen = _released(tables) if noisy else tables
    totals, places = np.unique(seen.sum(axis=1), return_inverse=True)
    by_total = [_error_of(int(total)) <= QUIET_ERROR for total in totals]
    return np.array(by_total, float)[places]


def _error_of(total: int) -> float:
    """The error of a mixture depends on the sum of its table only; `mix` says it."""
    table = np.zeros(SIDE * SIDE, np.int64)
    table[0] = total
    return mix([table], SIDE, VARIANCE)[1]


def stands_out(true: int, noisy: bool = True) -> Floats:
    """Whether a word is shown, as `GET /v1/places/{id}/words` decides it."""
    counts = np.full((DRAWS if noisy else 1, 1), true, np.int64)
    seen = publish_once(counts, BUDGET.words_scale)[:, 0, 0] if noisy else counts[:, 0]
    return (seen > 2 * WORDS_SD).astype(float)


def climbs(true: int, noisy: bool = True) -> Floats:
    """Whether a place leaves the lowest rung tomorrow, as the plan decides it from one table of today."""
    tables = np.zeros((DRAWS if noisy else 1, 4), np.int64)
    tables[:, 0] = true
    totals, places = np.unique((_released(tables) if noisy else tables).sum(axis=1), return_inverse=True)
    rungs = [choose_rung(partial(_rung_error, int(total)), LADDER[-1], LADDER) for total in totals]
    return np.array([rung not in (None, LADDER[-1]) for rung in rungs], float)[places]


def _rung_error(total: int, rung: Rung, factor: float) -> float:
    return expected_error(total * rung.share_of_day() / factor, rung.cells, VARIANCE)


def _released(tables: Ints) -> Ints:
    return publish_once(tables, BUDGET.grid_scale)[:, 0, :]


OPEN_AT = 5


def voices_until_refused(limit: Callable[[str, bytes, bytes], None], target: bool) -> int:
    """Return how many voices of one network a place takes, while the target may have spoken there from another.

    The attacker has two networks, and brings more voices from one of them than the floor, so that the cap of the other
    is decided by what all others have brought.
    """
    if target:
        limit("square", b"the target's network", b"target")
    for number in range(OPEN_AT):
        limit("square", b"the attacker's first", b"first %d" % number)
    for number in range(1000):
        try:
            limit("square", b"the attacker's second", b"second %d" % number)
        except TooMany:
            return number
    return 1000


DECISIONS = {
    "a place speaks": (speaks, BUDGET.check_in_epsilon),
    "a word stands out": (stands_out, float(1 / BUDGET.words_scale)),
    "a place climbs the ladder": (climbs, BUDGET.check_in_epsilon),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_one_person_hardly_moves_what_is_shown(name: str) -> None:
    decide, epsilon = DECISIONS[name]
    at = threshold(lambda true: bool(decide(true, noisy=False)[0]))
    present, absent = decide(at), decide(at - 1)
    assert 0.2 < absent.mean() < 0.8, "the threshold was not where it was looked for"
    assert least_epsilon(present, absent) <= epsilon


@pytest.mark.parametrize("name", DECISIONS)
def test_a_threshold_on_true_numbers_is_found(name: str) -> None:
    decide, epsilon = DECISIONS[name]
    at = threshold(lambda true: bool(decide(true, noisy=False)[0]))
    present, absent = (np.repeat(decide(true, noisy=False), DRAWS) for true in (at, at - 1))
    assert least_epsilon(present, absent) > 5 > epsilon


def test_how_many_voices_a_network_may_bring_tells_nothing_of_other_networks() -> None:
    """Nobody's feelings hang on it, but whether somebody in another network spoke at a place does."""
    without, with_it = (
        voices_until_refused(SourceLimit(Sources(), OPEN_AT, lambda: 0.0).take, target) for target in (False, True)
    )
    assert without == with_it


def test_a_cap_that_all_networks_share_is_found() -> None:
    """Planted: a place that takes so many voices from everybody together tells how many others there were."""
    taken: list[int] = []
    for target in (False, True):
        left = iter(range(40))

        def shared(_: str, __: bytes, ___: bytes, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise TooMany("Full.", "Come tomorrow.", retry_after_s=1)

        taken.append(voices_until_refused(shared, target))
    assert taken[0] == taken[1] + 1
