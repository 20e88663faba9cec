"""Sybils: somebody who owns any number of tokens.

Goal, first: to uncover the target by surrounding them with votes that are known. Second: to bend what a place seems to
feel.
Method, first: the canary's day, with five hundred known votes in the target's cell, and with none. Second: sixty
people in one half of the plane and n forgers in the far corner go through the HTTP door of a city without noise, each
as often as they can, and the mixture of the square is compared with what it would have been.
Failure: known votes that help the attack; a mixture that is moved by more than n/(N + n), which is the most that n
votes can do under any way of counting that does not know who is who (`boundaries.bounds.influence`).
Planted: a fold in which everything that was sent counts.
Not failure: that forgers move a mixture by that much. It is published, presence codes and a cap on networks make it
laborious, and nothing here claims more.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nexus_city.boundaries import Budget
from nexus_city.boundaries.bounds import influence
from nexus_city.climate.folding import fold
from nexus_city.climate.mixture import mix
from tests.attacks.auditing import DAYS, auc_error, judge, signs, walk_auc
from tests.attacks.days import counted_by_the_city, publish_once, true_counts
from tests.conftest import ZERO_NOISE, Town

BUDGET = Budget()
PEOPLE, FORGERS = 60, 15


def seen_through(others: int) -> float:
    """Return the AUC of the canary when `others` more known votes are in the target's cell."""
    known = true_counts(()) + others
    with_it = true_counts(counted_by_the_city()) + others
    present, absent = (publish_once(counts, BUDGET.grid_scale)[:, 0, : BUDGET.m] for counts in (with_it, known))
    scores = [signs(each, known[:, : BUDGET.m]).sum(axis=1).astype(float) for each in (present, absent)]
    return judge(*scores, BUDGET.check_in_epsilon).auc


def test_five_hundred_known_votes_around_the_target_uncover_nothing() -> None:
    assert seen_through(500) <= walk_auc(BUDGET.m, BUDGET.check_in_epsilon) + auc_error(DAYS)
    assert seen_through(500) == pytest.approx(seen_through(0), abs=2 * auc_error(DAYS))


async def mixture(folder: Path, forgers: int) -> Any:
    """Return the mixture of an hour in the square, with sixty people and some who forge."""
    folder.mkdir()
    town = Town(folder, ZERO_NOISE)
    for number in range(PEOPLE):
        assert (await (await town.phone()).give(cell=number % 4)).status_code == 202
    for _ in range(forgers):
        phone = await town.phone()
        for _ in range(12):
            assert (await phone.give(cell=63)).status_code == 202
    await town.pass_time(3610)
    tables = [table.moods for table in await town.nexus.database.read(town.tables) if table.place == "square"]
    await town.close()
    return mix(tables, 4, 1.0)[0]


async def moved(folder: Path) -> float:
    honest, bent = await mixture(folder / "honest", 0), await mixture(folder / "bent", FORGERS)
    return float(np.abs(honest - bent).sum() / 2)


async def test_forgers_move_a_mixture_by_what_is_published_and_by_no_more(tmp_path: Path) -> None:
    assert await moved(tmp_path) == pytest.approx(influence(FORGERS, PEOPLE))


async def test_a_fold_in_which_everything_counts_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def every_row(key: Any, person: Any, at: Any, value: Any) -> Any:
        return fold(key, np.arange(person.size, dtype=np.int64), at, value)

    monkeypatch.setattr("nexus_city.climate.release.fold", every_row)
    assert await moved(tmp_path) > influence(FORGERS, PEOPLE) + 0.1
