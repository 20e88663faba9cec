"""The mixture: the nearest shares, the chain rule between grids, and a bound on their error."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.climate.mixture import coarsen, mix, on_simplex

counts = st.lists(st.integers(-400, 4000), min_size=1, max_size=64)
sides = st.sampled_from([2, 4, 8])


def table(side: int) -> Any:
    return st.lists(st.integers(-60, 900), min_size=side * side, max_size=side * side).map(
        lambda cells: np.array(cells, np.int64)
    )


tables = st.lists(sides.flatmap(table), min_size=1, max_size=4)


def ints(*cells: int) -> Any:
    return np.array(cells, np.int64)


@given(counts)
def test_shares_are_never_negative_and_sum_to_one(cells: list[int]) -> None:
    shares = on_simplex(np.array(cells, float))
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)


@given(counts.filter(lambda cells: sum(cells) > 0 and min(cells) >= 0))
def test_counts_without_noise_are_their_own_shares(cells: list[int]) -> None:
    assert on_simplex(np.array(cells, float)) == pytest.approx(np.array(cells) / sum(cells))


@given(st.lists(st.integers(-400, 4000), min_size=1, max_size=12))
def test_more_voices_never_make_a_smaller_share(cells: list[int]) -> None:
    shares = on_simplex(np.array(cells, float))
    if sum(cells) > 0:
        for one, other in itertools.combinations(range(len(cells)), 2):
            if cells[one] < cells[other]:
                assert shares[one] <= shares[other] + 1e-12


STEPS = 24
GRID = np.array([p for p in itertools.product(range(STEPS + 1), repeat=3) if sum(p) <= STEPS]) / STEPS
ALL_SHARES = np.column_stack([GRID, 1 - GRID.sum(axis=1)])
"""All ways to share out twenty-fourths among four cells."""


@given(st.lists(st.integers(-50, 100), min_size=4, max_size=4).filter(lambda cells: sum(cells) > 0))
def test_no_other_shares_are_nearer(cells: list[int]) -> None:
    """The projection against brute force over a fine net of the simplex."""
    wanted = np.array(cells) / sum(cells)
    found = ((on_simplex(np.array(cells, float)) - wanted) ** 2).sum()
    assert found <= ((ALL_SHARES - wanted) ** 2).sum(axis=1).min() + 1e-9


@pytest.mark.parametrize("cells", [[0, 0, 0, 0], [-5, 2, 1, 0], [-1, -1, -1, -1]])
def test_when_nothing_is_left_all_moods_are_alike(cells: list[int]) -> None:
    assert on_simplex(np.array(cells, float)).tolist() == [0.25] * 4


# --- grids nest ------------------------------------------------------------------------------------------------------


@given(table(8))
def test_coarsening_in_two_steps_is_coarsening_in_one(fine: Any) -> None:
    assert coarsen(coarsen(fine, 4), 2).tolist() == coarsen(fine, 2).tolist()
    assert coarsen(fine, 2).sum() == fine.sum()
    assert coarsen(fine, 8).tolist() == fine.tolist()


def test_a_cell_falls_into_the_block_above_it() -> None:
    for cell in range(64):
        fine = np.zeros(64, np.int64)
        fine[cell] = 1
        row, column = divmod(cell, 8)
        assert np.flatnonzero(coarsen(fine, 4)).tolist() == [row // 2 * 4 + column // 2]
        assert np.flatnonzero(coarsen(fine, 2)).tolist() == [row // 4 * 2 + column // 4]


def test_many_tables_are_coarsened_at_once() -> None:
    both = np.stack([np.arange(16), np.ones(16)]).astype(np.int64)
    assert coarsen(both, 2).tolist() == [coarsen(both[0], 2).tolist(), [4, 4, 4, 4]]


@pytest.mark.parametrize("side", [3, 8, 5])
def test_a_grid_cannot_be_made_finer_or_cut_askew(side: int) -> None:
    with pytest.raises(ValueError, match="cannot be coarsened"):
        coarsen(np.zeros(16, np.int64), side)


# --- mixing ----------------------------------------------------------------------------------------------------------


@given(tables, sides, st.floats(0.1, 2000))
def test_a_mixture_is_shares_and_a_bound(given_tables: list[Any], side: int, variance: float) -> None:
    shares, error = mix(given_tables, side, variance)
    assert shares.shape == (side * side,)
    assert shares.min() >= 0
    assert shares.sum() == pytest.approx(1)
    assert 0 <= error <= 1


@given(tables, sides, st.permutations(range(4)))
def test_the_order_of_the_tables_does_not_matter(given_tables: list[Any], side: int, order: list[int]) -> None:
    shuffled = [given_tables[each] for each in order if each < len(given_tables)]
    assert mix(given_tables, side, 30.0)[0] == pytest.approx(mix(shuffled, side, 30.0)[0])


@given(tables, st.sampled_from([4, 8]))
def test_what_a_mixture_says_of_the_quadrants_is_what_all_tables_say(given_tables: list[Any], side: int) -> None:
    """The chain rule: where some tables know only quadrants, those decide the quadrants together with the others."""
    if min(int(each.size**0.5) for each in given_tables) == 2:
        fine = mix(given_tables, side, 30.0)[0].reshape(side, side)
        half = side // 2
        quadrants = fine.reshape(2, half, 2, half).sum(axis=(1, 3)).ravel()
        assert quadrants == pytest.approx(mix(given_tables, 2, 30.0)[0])


def test_those_who_know_more_divide_a_quadrant() -> None:
    quadrants = ints(90, 10, 0, 0)
    fine = np.zeros(16, np.int64)
    fine[[0, 1, 4, 5]] = 6, 2, 0, 0  # the first quadrant, three to one
    shares, _ = mix([quadrants, fine], 4, 1.0)
    assert shares[[0, 1, 4, 5]] == pytest.approx(np.array([0.75, 0.25, 0, 0]) * 98 / 108)


def test_where_nobody_knows_more_a_quadrant_is_divided_evenly() -> None:
    shares, _ = mix([ints(40, 0, 0, 0)], 4, 1.0)
    assert shares[[0, 1, 4, 5]].tolist() == [0.25] * 4


def test_joy_and_grief_side_by_side_are_not_painted_as_neutral() -> None:
    """Two camps stay two camps."""
    cells = np.zeros(64, np.int64)
    cells[[0, 63]] = 500
    shares, _ = mix([cells], 8, 40.0)
    assert shares[[0, 63]] == pytest.approx([0.5, 0.5])


@given(tables, sides)
def test_more_noise_is_never_said_to_be_surer(given_tables: list[Any], side: int) -> None:
    assert mix(given_tables, side, 10.0)[1] <= mix(given_tables, side, 20.0)[1]
