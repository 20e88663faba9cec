"""Who stands where at a live place at one step: a function of the log, and of nothing that was worked out before.

Of each person the last check-in counts, by its step and then by its turn. So at every step a person stands in at most
one cell, and each check-in stands for one stretch of steps without a gap: what was erased still is the last of its
person, so that what it had ended does not come back. That is what the sensitivity in `boundaries.continual` asks for.
"""

import numpy as np
from numpy.typing import NDArray

from nexus_city.boundaries import Continual
from nexus_city.climate.live.terms import STEP_S
from nexus_city.climate.mixture import Ints
from nexus_city.climate.model import AUDIENCES, ERASED, SPOTS, audiences_of, spots_of

Rows = NDArray[np.void]
"""Contributions, as an array of `book.RECORD`."""


def people_standing(rows: Rows, start_s: int, live: Continual) -> Ints:
    """Return who stands at a place in the step that begins at `start_s` [audience, spot], in parts of a person.

    `rows` are all contributions to that place up to then, on that day; `live.unit` parts are one person.
    """
    last = _last_by(rows)
    last = last[last["value"] != ERASED]
    given = np.zeros((len(AUDIENCES), SPOTS), np.int64)
    spots = (audiences_of(last["value"]), spots_of(last["value"]))
    np.add.at(given, spots, live.weights[(start_s - last["start_s"]) // STEP_S])
    return given


def _last_by(rows: Rows) -> Rows:
    """Return the last of each person's check-ins."""
    sorted_ = rows[np.lexsort((rows["turn"], rows["start_s"], rows["person"]))]
    person = sorted_["person"]
    return sorted_[np.append(person[1:] != person[:-1], True)] if rows.size else rows
