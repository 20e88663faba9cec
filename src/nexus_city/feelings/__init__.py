"""Feelings: the mood plane, and the words people use for what they find there.

This room knows what a feeling is and nothing about who has one. It holds no self-report: a person's own point, words
and note stay on their phone, and what the city counts of them is a cell and word indices, kept elsewhere.

Invariants
* Valence and arousal are numbers in [-1, 1]; every point has exactly one cell, and grids nest: 2x2, 4x4, 8x8.
* The words of a published framework keep their order for ever: an index means the same word in every release.
* Every word is complete in every language, distinct in each, and defined in words of our own without using itself.
* Words are offered, never assigned: nothing here maps a person to a word.
"""

from nexus_city.feelings.framework import (
    LANGUAGES,
    Entry,
    Framework,
    Language,
    Phrase,
    Word,
    load_framework,
    neighbourhood,
)
from nexus_city.feelings.plane import FINEST, QUADRANTS, SIDES, Mood, cell_of, centre_of, coarsen, quadrant_of

__all__ = [
    "FINEST",
    "LANGUAGES",
    "QUADRANTS",
    "SIDES",
    "Entry",
    "Framework",
    "Language",
    "Mood",
    "Phrase",
    "Word",
    "cell_of",
    "centre_of",
    "coarsen",
    "load_framework",
    "neighbourhood",
    "quadrant_of",
]
