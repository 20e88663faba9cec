"""White-box sensitivity of a whole city with live places: what one person's day does to everything that is told of it.

Goal: the claim of `boundaries.continual` in a running city. With i check-ins at live places a person-day moves what
those tell by no more than the sensitivity of i check-ins, and at most m - seats·i cells of all other tables by one
each; and i is at most m // seats, over all live places together.
Method: as in `test_sensitivity`. A day is lived twice on one tape, with the person and without, through the true path;
the noise is the same in both, so the difference of what was told is what the person did to it. From the difference of
the sums we go back to the changes x (in people), and measure C x, with C written down from its definition.
Failure: a day that moves more than any i allows. Not failure: differences in the plan of the next day.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus_city.boundaries import Budget, Continual
from nexus_city.boundaries.continual import coefficients, poles
from nexus_city.climate.book import Book
from tests.attacks.auditing import Floats
from tests.attacks.truth import watching
from tests.boundaries.test_sensitivity import DAWN_MS, DAY_S, Act, act, live, two_folders
from tests.conftest import ZERO_NOISE, Town

BUDGET = Budget()
CITY = """
timezone = "UTC"
[[place]]
id = "city"
name = "City"
kind = "city"
expected_crowd = 9000
[[place]]
id = "square"
name = "Square, live"
parent = "city"
live = "continual"
expected_crowd = 900000
[[place]]
id = "rally"
name = "Rally, live and fading"
parent = "city"
live = "decaying"
audiences = ["city"]
expected_crowd = 900000
[[place]]
id = "garden"
name = "Garden, hourly"
parent = "city"
expected_crowd = 20000
"""
acts = st.builds(
    Act,
    after_s=st.sampled_from([0, 0, 1, 60, 299, 300, 900, 3600, 14_400]),
    late=st.booleans(),
    what=st.sampled_from(
        ["give"] * 7 + ["repeat", "change", "change", "take back", "take back", "take all back"],
    ),
    place=st.sampled_from(["square", "square", "rally", "rally", "garden"]),
    cell=st.sampled_from([0, 0, 9, 63, None]),
    audience=st.sampled_from(["place", "city", "city"]),
    words=st.just(()),
    research=st.just(False),
)
days = st.lists(acts, min_size=1, max_size=12)


SQUARE, RALLY = 2 * (64 + 1), 64 + 1
"""Cells of the two live places, by which their tables are known."""
KINDS = {SQUARE: None, RALLY: math.log(1 / 2) / math.log(11 / 12)}


@dataclass(frozen=True)
class Moved:
    """What a person-day does: norm of C x of each live place, people; all other tables; and what was counted."""

    live: dict[int, float]
    cells: Any
    counted: int


def mechanism_of(cells: int, steps: int) -> Continual:
    epsilon = BUDGET.m / BUDGET.grid_scale
    stays = 12 if KINDS[cells] is None else None
    return Continual(steps, BUDGET.m, epsilon, seats=2, half_life=KINDS[cells], stays=stays)


def norm(cells: int, moved: Floats) -> float:
    """Return the norm of C x, where A x = `moved` [step, cell] is what a person did to what a live place told."""
    mechanism, steps = mechanism_of(cells, len(moved)), len(moved)
    theta, omega, *_ = poles(steps)
    lag = np.subtract.outer(np.arange(steps), np.arange(steps))
    toeplitz = mechanism.decay ** np.arange(steps) * coefficients(theta, omega, steps)
    c = np.where(lag >= 0, toeplitz[np.maximum(lag, 0)], 0.0)
    x = moved - mechanism.decay * np.vstack([np.zeros_like(moved[:1]), moved[:-1]])
    return float(np.linalg.norm(c @ x))


async def told_by_a_day(folder: Path, day: list[Act], devices: int) -> tuple[dict[int, Floats], Any, int]:
    """Return the true numbers that live places told, all other tables, and how many check-ins were counted."""
    with watching() as truth:
        town = Town(folder, ZERO_NOISE, CITY, DAWN_MS)
        for place, cell in (("square", 0), ("rally", 9), ("garden", 18)):
            await (await town.phone()).give(place, cell)
        counted = await live(town, day, [await town.phone() for _ in range(devices)])
        await town.pass_time((DAWN_MS + DAY_S * 1000 - town.clock.now_ms()) / 1000 + 30)
        tables = await town.nexus.database.read(town.tables)
        await town.close()
    cells = {(table.place, table.strand, table.start_s): table.released.counts for table in tables}
    return {size: truth.told_live(size) for size in KINDS}, cells, counted


async def moved_by(day: list[Act], devices: int = 1) -> Moved:
    """Live a day with and without a person."""
    with two_folders() as (here, gone):
        live_with, tables_with, counted = await told_by_a_day(here, day, devices)
        live_without, tables_without, _ = await told_by_a_day(gone, day, 0)
    assert tables_with.keys() == tables_without.keys()
    assert {size: told.shape for size, told in live_with.items()} == {SQUARE: (288, SQUARE), RALLY: (288, RALLY)}
    cells = np.concatenate([tables_with[key] - tables_without[key] for key in tables_with])
    return Moved({size: norm(size, live_with[size] - live_without[size]) for size in KINDS}, cells, counted)


def check(moved: Moved) -> list[int]:
    """Find for each live place how many check-ins explain what it told, and check the claim; return them."""
    check_ins = []
    for size, found in moved.live.items():
        allowed = [0.0, *mechanism_of(size, 288).sensitivity]
        enough = [number for number, most in enumerate(allowed) if found <= most * (1 + 1e-6) + 1e-6]
        assert enough, f"moved by {found:.3f}, and {allowed[-1]:.3f} is claimed"
        check_ins.append(enough[0])
    assert 2 * sum(check_ins) + np.abs(moved.cells).sum() <= BUDGET.m
    assert np.abs(moved.cells).max() <= 1
    return check_ins


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days)
async def test_no_day_of_a_person_moves_more_than_is_claimed(day: list[Act]) -> None:
    check(await moved_by(day))


@pytest.mark.long
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days)
async def test_no_day_of_a_person_moves_more_than_is_claimed_at_length(day: list[Act]) -> None:
    check(await moved_by(day))


async def test_two_moves_in_new_cells_come_near_to_the_claim_so_the_noise_is_not_wider_than_needed() -> None:
    moved = await moved_by([act("square", cell, 3600) for cell in (0, 63, 9, 18)])
    assert (check(moved), moved.counted) == ([2, 0], 2)
    assert moved.live[SQUARE] > 0.95 * mechanism_of(SQUARE, 288).sensitivity[1]


async def test_a_live_check_in_leaves_two_seats_for_the_rest_of_the_day() -> None:
    moved = await moved_by([act(place, 9, 3600) for place in ("garden", "rally", "garden", "square", "garden")])
    assert check(moved) == [0, 1]
    assert (np.abs(moved.cells).sum(), moved.counted) == (2, 3)


async def test_two_live_places_share_the_seats_of_the_day() -> None:
    moved = await moved_by([act(place, 9, 600) for place in ("square", "rally", "square", "rally", "garden")])
    assert (check(moved), moved.counted) == ([1, 1], 2)


async def test_who_takes_everything_back_moves_no_more_than_who_stays() -> None:
    """They leave early, and what they had left before does not come back."""
    day = [act("square", 0, 300), act("square", 63, 600), act("square", 0, 300, "take all back"), act("garden", 9, 900)]
    moved = await moved_by(day)
    assert check(moved) == [2, 0]
    assert not moved.cells.any(), "their seats stay taken"


async def test_what_is_taken_back_in_time_moves_nothing_at_all() -> None:
    moved = await moved_by([act("square", 0, 300), act("square", 0, 10, "take back")])
    assert check(moved) == [0, 0]
    assert not moved.cells.any()


# --- planted ----------------------------------------------------------------------------------------------------------


async def test_the_method_sees_live_check_ins_that_take_one_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Book, "takes", lambda *_: 1)
    with pytest.raises(AssertionError, match="is claimed"):
        check(await moved_by([act("square", cell, 3600) for cell in (0, 63, 9, 18)]))


async def test_the_method_sees_somebody_who_stands_in_two_cells_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is dearest where the two are one cell: then a person counts twice in it."""
    monkeypatch.setattr("nexus_city.climate.live.standing._last_by", lambda rows: rows)
    with pytest.raises(AssertionError, match="is claimed"):
        check(await moved_by([act("square", 9, 300) for _ in range(2)]))


async def test_the_method_sees_check_ins_that_do_not_go_after_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The noise is that of an hour; planted: nobody gets any older, so all stay until the day ends."""
    monkeypatch.setattr("nexus_city.climate.live.standing.STEP_S", 10**9)
    with pytest.raises(AssertionError, match="is claimed"):
        check(await moved_by([act("square", cell, 3600) for cell in (0, 63)]))
