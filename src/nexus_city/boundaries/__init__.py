"""Boundaries: how much a person can be heard, and the only place where a true count becomes a released one.

This room speaks of numbers, days and audiences, never of feelings, so that its claims can be read and proved
without knowing what is counted.

The claim. Take two cities that differ in one person's whole day. Whatever the person did that day, at most `m` cells
of all released tables differ by one each (contribution bound, `bounds`), at most `word_votes` words of the day's word
table, and one cell of the day's table for research. Every cell is released once, with discrete Laplace noise (`noise`)
of scale m/ε_grid, word_votes/ε_words or 1/ε_moments. So every possible sequence of releases is at most e^ε times as
likely in one city as in the other, ε = ε_grid + ε_words + ε_moments (Dwork, McSherry, Nissim & Smith 2006; Ghosh,
Roughgarden & Sundararajan 2009 for the discrete form; parallel and sequential composition). A filter counts what was
really released and refuses what would pass ε (`accounting`). The window lengths and grids of a day are chosen from the
day before's released values, which is post-processing, and are fixed before the day begins.

For crowds that are large enough to be told again at every step there is normal noise that remembers (`continual`). A
day with such check-ins in it is (ε, 10⁻⁶)-private, for the same ε; the proof stands there, and `climate.live` uses it.

What each audience may learn of one person, at most, is that person's own boundary (`policy`). It is decided on the
phone, before anything leaves it, and the server never sees it; this room holds its reference.

Invariants
* `Released` values are made by `release` and by nothing else; a test about the house shows it.
* Noise is drawn before the data is touched, is used once, and comes from the operating system.
* No float touches a count before it is released.
"""

from nexus_city.boundaries.accounting import Spending
from nexus_city.boundaries.bounds import Admission, admit, day_pseudonym, new_day_key
from nexus_city.boundaries.continual import Continual, ContinualNoise
from nexus_city.boundaries.ladder import LADDER, Rung, choose_rung, expected_error, people_needed
from nexus_city.boundaries.ledger import Budget, epsilon_after_days, epsilon_of_moves
from nexus_city.boundaries.noise import DiscreteLaplace
from nexus_city.boundaries.release import Noise, Released, draw_noise, release, reload

__all__ = [
    "LADDER",
    "Admission",
    "Budget",
    "Continual",
    "ContinualNoise",
    "DiscreteLaplace",
    "Noise",
    "Released",
    "Rung",
    "Spending",
    "admit",
    "choose_rung",
    "day_pseudonym",
    "draw_noise",
    "epsilon_after_days",
    "epsilon_of_moves",
    "expected_error",
    "new_day_key",
    "people_needed",
    "release",
    "reload",
]
