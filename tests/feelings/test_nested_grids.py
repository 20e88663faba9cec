"""Every point has one cell on each grid, and the grids nest."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nexus_city.feelings import FINEST, SIDES, Mood, cell_of, centre_of, coarsen
from nexus_city.ground.errors import BadInput

# Beside arbitrary points, those where rounding would show: the grid lines and their floating-point neighbours.
lines = [step / 4 - 1 for step in range(9)]
beside = [math.nextafter(line, towards) for line in lines for towards in (-2, 2)]
coordinates = st.floats(-1, 1) | st.sampled_from([each for each in lines + beside if -1 <= each <= 1])
moods = st.builds(Mood, coordinates, coordinates)
sides = st.sampled_from(SIDES)


@given(moods, sides)
@example(Mood(1, 1), 8)
@example(Mood(-1, -1), 8)
@example(Mood(-0.0, -5e-324), 8)
def test_every_point_has_a_cell_and_lies_in_it(mood: Mood, side: int) -> None:
    cell = cell_of(mood, side)
    assert 0 <= cell < side * side
    middle = centre_of(cell, side)
    half = 1 / side + 1e-12
    assert abs(mood.valence - middle.valence) <= half
    assert abs(mood.arousal - middle.arousal) <= half


@given(moods)
def test_the_finest_cell_is_the_one_of_the_contract(mood: Mood) -> None:
    column = min(7, math.floor((mood.valence + 1) * 4))
    row = min(7, math.floor((mood.arousal + 1) * 4))
    assert cell_of(mood) == row * 8 + column


@given(moods, sides, sides)
def test_going_to_a_coarser_grid_is_the_same_by_point_and_by_cell(mood: Mood, one: int, other: int) -> None:
    fine, coarse = max(one, other), min(one, other)
    assert coarsen(cell_of(mood, fine), fine, coarse) == cell_of(mood, coarse)


def test_going_in_two_steps_is_going_in_one() -> None:
    for cell in range(64):
        assert coarsen(coarsen(cell, 8, 4), 4, 2) == coarsen(cell, 8, 2)


def test_each_coarse_cell_holds_as_many_fine_cells_as_every_other() -> None:
    for fine, coarse in [(8, 4), (8, 2), (4, 2)]:
        held = [coarsen(cell, fine, coarse) for cell in range(fine * fine)]
        assert {held.count(cell) for cell in range(coarse * coarse)} == {(fine // coarse) ** 2}


def test_the_centre_of_a_cell_is_in_that_cell() -> None:
    for side in SIDES:
        for cell in range(side * side):
            assert cell_of(centre_of(cell, side), side) == cell


def test_the_corners_are_where_people_expect_them() -> None:
    assert cell_of(Mood(-1, -1)) == 0
    assert cell_of(Mood(1, -1)) == 7
    assert cell_of(Mood(-1, 1)) == 56
    assert cell_of(Mood(1, 1)) == FINEST * FINEST - 1


@pytest.mark.parametrize(("cell", "side"), [(64, 8), (-1, 8), (16, 4), (4, 2)])
def test_a_cell_that_the_grid_does_not_have_is_refused(cell: int, side: int) -> None:
    for ask in (lambda: centre_of(cell, side), lambda: coarsen(cell, side, 2)):
        with pytest.raises(BadInput) as refused:
            ask()
        assert refused.value.field == "cell"


@pytest.mark.parametrize("side", [0, 1, 3, 16, -2])
def test_a_grid_of_another_side_is_refused(side: int) -> None:
    for ask in (lambda: cell_of(Mood(0, 0), side), lambda: centre_of(0, side), lambda: coarsen(0, 8, side)):
        with pytest.raises(BadInput) as refused:
            ask()
        assert refused.value.field == "side"


def test_a_coarse_cell_cannot_be_made_finer() -> None:
    with pytest.raises(BadInput):
        coarsen(0, 2, 8)
