"""Overlaps: every sum, difference, union and complement of what is published, over places, audiences and windows.

Goal: to combine published numbers so that everybody but one person cancels out, and with them the noise. District
minus its places, the city minus its districts, four hours minus four times one, one audience minus another: wherever
exact numbers overlap, that works (a lone person is found every time).
Method: sixteen people, each in a cell of their own, give in all the ways there are: where a place speaks and where it
rests, for each audience, in two hours. Their day gives the matrix P (published numbers by people). Eight days without
anybody on eight known tapes give the matrix N (published numbers by draws of noise): each number's noise is looked up
among all draws of its tape. Every other thing that is published is made of these numbers (the last test). A
combination w sees a person if wᵀP is 1 for them and 0 for all others, and bears the noise ‖Nᵀw‖². The least noise of
all real combinations is a least-squares problem; an integer program looks for a combination without any noise.
Failure: a person who can be seen with less noise than one cell of one table has; a combination without noise.
Planted: two audiences that share their noise, an exact head count beside the moods, people counted again above.
Not failure: that a person is seen with the noise of one table. That is what ε pays for.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from nexus_city.boundaries import Noise, draw_noise
from nexus_city.climate import release as desk
from nexus_city.climate.book import Book
from nexus_city.ground import OsRandomness, Tape
from tests.attacks.auditing import Floats, Ints
from tests.attacks.truth import Truth, watching
from tests.conftest import MORNING_MS, SMALL_CITY, ZERO_NOISE, Town

DAYS = 8
TABLE = 17
"""Numbers of a table: all places of this city speak on the grid of 16 cells, and there is one number for presence."""
DAWN_MS = MORNING_MS + 19 * 3_600_000
"""The person-day ends."""
WAYS = [("square", "place"), ("square", "city"), ("nook", "place"), ("nook", "city"), ("east", "place"),
        ("east", "city"), ("city", "city"), ("square", "district")]  # fmt: skip
CITY = SMALL_CITY.replace('id = "square"', 'id = "square"\naudiences = ["place", "district", "city"]').replace(
    "12000", "16000"
)
ALONE = [cell for cell in range(64) if cell % 2 == 0 and cell // 8 % 2 == 0]
"""Cells that are apart on the coarser grid too."""


async def a_day(folder: Path, tape: bytes, crowd: bool) -> Truth:
    """Return what went through the door of release on a day, with sixteen people or with nobody."""
    folder.mkdir()
    with watching() as truth:
        town = Town(folder, tape, CITY)
        for number, cell in enumerate(ALONE if crowd else []):
            place, audience = WAYS[number // 2]
            if number == 8:
                await town.pass_time(3600)
            answer = await (await town.phone()).give(place, cell, audience)
            assert answer.status_code == 202, answer.text
        await town.pass_time((DAWN_MS - town.clock.now_ms()) / 1000 + 60)
        await town.close()
    return truth


async def people(folder: Path) -> Ints:
    """Return P: how often each person is in each number that is released in a day."""
    truth = await a_day(folder, ZERO_NOISE, crowd=True)
    seen = []
    for counts in (truth.counts[number] for number in sorted(truth.released)):
        matrix = np.zeros((counts.size, len(ALONE)), np.int64)
        if counts.size == TABLE:
            spots = [cell // 8 // 2 * 4 + cell % 8 // 2 for cell in ALONE]
            matrix[spots, np.arange(len(ALONE))] = counts[spots]
            matrix[-1] = counts[spots] * (counts[-1] > 0)  # nobody was only there: see `count_heads`
        seen.append(matrix)
    return np.concatenate(seen)


async def noises(folder: Path) -> Ints:
    """Return N: which draw of noise is in each number that is released in a day."""
    folder.mkdir()
    found, drawn = [], []
    for number in range(DAYS):
        tape = OsRandomness().draw(1 << 19)
        truth = await a_day(folder / str(number), tape, crowd=False)
        found.append(np.concatenate([truth.released[number] for number in sorted(truth.released)]))
        drawn.append(_all_draws(truth, tape))
    names = {draw.tobytes(): number for number, draw in enumerate(np.array(drawn).T.copy())}
    matrix = np.zeros((found[0].size, len(names)), np.int64)
    for number, noise in enumerate(np.array(found).T.copy()):
        if noise.any():
            matrix[number, names[noise.tobytes()]] = 1  # KeyError: a noise that was never drawn
    return matrix


def _all_draws(truth: Truth, tape: bytes) -> Ints:
    again = Tape(tape)
    return np.concatenate([each.draw(again, c.size) for each, c in zip(truth.mechanisms, truth.counts, strict=True)])


def least_noise(seen: Ints, noise: Ints, person: int) -> float:
    """Return the least variance, in those of one cell, with which any combination sees one person and nobody else."""
    alone = np.zeros(seen.shape[1])
    alone[person] = 1
    one = np.linalg.lstsq(seen.T.astype(float), alone, rcond=None)[0]
    if not np.allclose(seen.T @ one, alone):
        return np.inf
    _, sizes, rows = np.linalg.svd(seen.T.astype(float))
    free = rows[int((sizes > 1e-9).sum()) :].T
    left: Floats = noise.T @ one
    moves = noise.T @ free
    return float(((left - moves @ np.linalg.lstsq(moves, left, rcond=None)[0]) ** 2).sum())


def without_noise(seen: Ints, noise: Ints, person: int) -> Ints | None:
    """Return the shortest combination with whole coefficients that sees one person and no noise, if there is one."""
    numbers = seen.shape[0]
    alone = np.zeros(seen.shape[1])
    alone[person] = 1
    # w = plus - minus, both whole and >= 0; the sum of both is made small.
    both = [np.concatenate([each.T, -each.T], axis=1) for each in (seen, noise)]
    limits = [LinearConstraint(both[0], alone, alone), LinearConstraint(both[1], 0, 0)]
    found = milp(np.ones(2 * numbers), constraints=limits, integrality=np.ones(2 * numbers), bounds=Bounds(0, 2))
    return None if found.x is None else np.round(found.x[:numbers] - found.x[numbers:]).astype(np.int64)


def _involved(seen: Ints, noise: Ints) -> tuple[Ints, Ints]:
    """Leave out the numbers in which nobody is and whose noise is in no other number: they help in nothing."""
    shared = noise[:, (noise != 0).sum(axis=0) > 1].any(axis=1)
    rows = seen.any(axis=1) | shared
    return seen[rows], noise[rows]


def weakest(seen: Ints, noise: Ints) -> float:
    """Return the least noise with which anybody can be seen, 0 if there is a combination that has none."""
    seen, noise = _involved(seen, noise)
    heard = np.flatnonzero(seen.any(axis=0))
    if any(without_noise(seen, noise, person) is not None for person in heard):
        return 0.0
    return min(least_noise(seen, noise, person) for person in heard)


async def test_no_combination_sees_a_person_with_less_noise_than_one_table_has(tmp_path: Path) -> None:
    seen, noise = await people(tmp_path / "people"), await noises(tmp_path / "noise")
    assert seen.max() == 1
    assert set(seen.sum(axis=0)) == {0, 1}, "everybody is in one number at most"
    assert int((seen.sum(axis=0) == 0).sum()) == 2, "the two who gave something to a resting place alone"
    assert (noise.sum(axis=1) == 1).all(), "every number has a noise"
    assert (noise.sum(axis=0) <= 1).all(), "which no other number has"
    assert weakest(seen, noise) == pytest.approx(1)


def share_noise(patch: pytest.MonkeyPatch) -> None:
    """Bug: the two audiences of a place share their noise."""
    last: list[Any] = []

    def every_other(mechanism: Any, randomness: Any, cells: int) -> Noise:
        fresh = draw_noise(mechanism, randomness, cells)
        if last and last[0].shape == (cells,):
            return Noise(last.pop(), mechanism.scale, mechanism.variance)
        last[:] = [fresh.take()]
        return Noise(last[0].copy(), mechanism.scale, mechanism.variance)

    _behind_the_watch(patch, every_other)


def count_heads(patch: pytest.MonkeyPatch) -> None:
    """Bug: how many were there is told exactly, in the last cell."""

    def exact_last(mechanism: Any, randomness: Any, cells: int) -> Noise:
        values = draw_noise(mechanism, randomness, cells).take()
        values[-1] = 0
        return Noise(values, mechanism.scale, mechanism.variance)

    _behind_the_watch(patch, exact_last)
    true_release = Truth.release

    def with_heads(self: Truth, counts: Ints, noise: Noise) -> Any:
        counts = counts.copy()
        if counts.size == TABLE:
            counts[-1] = counts[:-1].sum()
        return true_release(self, counts, noise)

    patch.setattr(Truth, "release", with_heads)


def count_again_above(patch: pytest.MonkeyPatch) -> None:
    """Bug: what was given in the square is counted in its district once more."""
    window = Book.window

    def and_below(self: Book, speaker: int, start_s: int) -> Any:
        rows = window(self, speaker, start_s)
        return np.concatenate([rows, window(self, 2, start_s)]) if speaker == 1 else rows

    patch.setattr(Book, "window", and_below)


def _behind_the_watch(patch: pytest.MonkeyPatch, draw: Callable[..., Noise]) -> None:
    patch.setattr("tests.attacks.truth.draw_noise", draw)


@pytest.mark.parametrize("bug", [share_noise, count_heads, count_again_above])
async def test_every_planted_bug_is_found(
    bug: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    assert weakest(await people(tmp_path / "people"), await noises(tmp_path / "noise")) <= 1 / 2 + 1e-9


async def test_climates_are_drawn_from_released_tables_and_from_nothing_else(tmp_path: Path) -> None:
    """The other published numbers are functions of these: drawn again where nothing raw is left, they are the same."""
    town = Town(tmp_path, OsRandomness().draw(1 << 16), CITY)
    for cell in ALONE:
        await (await town.phone()).give(cell=cell)
    honest, redrawn = desk.ReleaseDesk._draw_climates, []

    def without_people(self: Any, connection: Any, city: Any, book: Any, closing: Any) -> Any:
        emptied = replace(book, key=b"", seats={}, keys={}, open={})
        made = honest(self, connection, city, book, closing)
        connection.execute("savepoint again")
        connection.execute("delete from climate where id >= ?", (made[0][0],))
        connection.execute("delete from intake_log")
        redrawn.append((made, honest(self, connection, city, emptied, closing)))
        connection.execute("rollback to again")
        connection.execute("release again")
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.ReleaseDesk, "_draw_climates", without_people)
        await town.pass_time(5 * 3600)
    await town.close()
    assert len(redrawn) == 5
    assert all(made == again for made, again in redrawn)
