"""Reading answers as moods: from questionnaire items to a point on the plane.

Items run from 1 (not at all) to 5 (very much). Valence sets being relaxed against irritation, worry, nervousness,
anhedonia, loneliness and anger. Arousal sets irritation, worry, nervousness and anger against being relaxed, tired
and without joy. Both are differences of means, centred on the sample and scaled to its spread, because people answer
with the part of a scale that they are used to.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SOURCE = "nexus_city.simulation.data"
_DARK = ("Irritable", "Worry", "Nervous", "Anhedonia", "Alone", "Angry")
_AWAKE = ("Irritable", "Worry", "Nervous", "Angry")
_ASLEEP = ("Relax", "Tired", "Anhedonia")
_SPREAD = 0.42
"""Standard deviation that the sample shall have on the plane, of a range of 2."""


@dataclass(frozen=True)
class Answers:
    """Answered prompts, one row each."""

    person: NDArray[np.int64]
    day: NDArray[np.int64]
    beep: NDArray[np.int64]
    """1 to 4: the prompt of the day, three hours apart, the first at noon."""
    valence: Floats
    """[-1, 1]."""
    arousal: Floats
    """[-1, 1]."""


def load_answers() -> Answers:
    """Read the shipped experience sampling (79 people, 14 days; see data/LICENCE.txt)."""
    with (files(_SOURCE) / "fried2021.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    item = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}

    def mean(names: tuple[str, ...]) -> Floats:
        found: Floats = np.mean([item[name] for name in names], axis=0)
        return found

    return Answers(
        person=item["subj_id"].astype(np.int64),
        day=item["dayvar"].astype(np.int64),
        beep=item["beepvar"].astype(np.int64),
        valence=_on_plane(item["Relax"] - mean(_DARK), 0.12),
        arousal=_on_plane(mean(_AWAKE) - mean(_ASLEEP), 0.0),
    )


def _on_plane(raw: Floats, centre: float) -> Floats:
    placed: Floats = np.tanh((raw - raw.mean()) / raw.std() * _SPREAD + centre)
    return placed
