"""The mood plane: where a feeling lies, and the grids that it is counted on.

Valence runs from unpleasant (-1) to pleasant (1), arousal from calm (-1) to activated (1). A grid has side 2, 4 or 8;
`cell = row · side + column`, columns by valence, rows by arousal, cell 0 the unpleasant calm corner. Sides are powers
of two, so each cell of a coarser grid is made of whole cells of a finer one, exactly, floating point included.
"""

import math
from dataclasses import dataclass
from typing import Final

from nexus_city.ground.errors import BadInput

SIDES: Final = (2, 4, 8)
"""Sides of the nested grids: the four quadrants, 16 cells, 64 cells."""
FINEST: Final = 8
"""Side of the grid that a contribution is given on."""
QUADRANTS: Final = ("unpleasant-calm", "pleasant-calm", "unpleasant-activated", "pleasant-activated")
"""Names of the cells of the 2x2 grid, in the order of their cells; for code, people read a `Framework`'s labels."""


@dataclass(frozen=True, slots=True)
class Mood:
    """A point of the plane. Raises `BadInput` that names the coordinate which is no number in [-1, 1]."""

    valence: float
    """Unpleasant (-1) to pleasant (1)."""
    arousal: float
    """Calm (-1) to activated (1)."""

    def __post_init__(self) -> None:
        for name in ("valence", "arousal"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
                raise BadInput(f"{name} is {value!r:.40}.", "Give a number from -1 to 1.", field=name)


def cell_of(mood: Mood, side: int = FINEST) -> int:
    """Return the cell of `mood` on the grid of `side`; points on the upper edges belong to the last row or column."""
    _check_side(side)
    return _step(mood.arousal, side) * side + _step(mood.valence, side)


def centre_of(cell: int, side: int = FINEST) -> Mood:
    """Return the middle of a cell. Raises `BadInput` when the grid has no such cell."""
    row, column = _place(cell, side)
    return Mood(valence=(2 * column + 1) / side - 1, arousal=(2 * row + 1) / side - 1)


def coarsen(cell: int, from_side: int, to_side: int) -> int:
    """Return the cell of the grid of `to_side` that contains `cell` of the grid of `from_side`."""
    row, column = _place(cell, from_side)
    _check_side(to_side)
    if to_side > from_side:
        raise BadInput(
            f"A cell of side {from_side} does not say where it lies on side {to_side}.",
            "Coarsen from the finer grid to the coarser one.",
            field="side",
        )
    block = from_side // to_side
    return row // block * to_side + column // block


def quadrant_of(mood: Mood) -> str:
    """Return the name of the quadrant of `mood`, one of `QUADRANTS`; zero counts as pleasant and as activated."""
    return QUADRANTS[cell_of(mood, 2)]


def _step(coordinate: float, side: int) -> int:
    """Return the row or column of a coordinate: `side` is a power of two, so scaling it rounds nothing."""
    return min(side - 1, math.floor((coordinate + 1) * (side / 2)))


def _place(cell: int, side: int) -> tuple[int, int]:
    _check_side(side)
    if not 0 <= cell < side * side:
        raise BadInput(
            f"A grid of side {side} has no cell {cell!r:.40}.",
            f"Give a cell from 0 to {side * side - 1}.",
            field="cell",
        )
    return divmod(cell, side)


def _check_side(side: int) -> None:
    if side not in SIDES:
        raise BadInput(f"There is no grid of side {side!r:.40}.", "Grids have side 2, 4 or 8.", field="side")
