"""Residents: the people of the demo, simulated ones whose temperaments and habits are those of real people.

Each resident takes after one of the sampled people: in the mood that this one had on average, and in how many prompts a
day this one answered. Friends, places, boundaries and susceptibility are drawn as for any scenario; so is by how much
the people of a place, and of a community, lean to a side.
"""

import numpy as np

from nexus_city.simulation.city.chance import generator
from nexus_city.simulation.city.people import People, draw_people
from nexus_city.simulation.city.scenario import Scenario
from nexus_city.simulation.city.streets import Map
from nexus_city.simulation.reading import Answers, Floats

_JITTER = 0.07
"""By how much two residents differ who take after the same person, on each axis: means of a fortnight are not exact."""
_EDGE = 0.95


def draw_residents(answers: Answers, scenario: Scenario, where: Map, seed: int) -> People:
    """Draw the people of `scenario`; the same seed draws the same ones."""
    people = draw_people(scenario.residents, scenario.people, where, seed)
    middle, a_day = _sampled(answers)
    chance = generator(seed, "residents")
    alike = chance.integers(0, a_day.size, len(people))
    own = middle[alike] + chance.normal(0, _JITTER, (len(people), 2))
    # The drawn temperaments of a place only say by how much it leans; around that, the sampled ones take their place.
    lean = _by_home(people) - scenario.people.temper
    people.temperament[:] = np.clip(own + lean, -_EDGE, _EDGE)
    people.habit[:] = a_day[alike]
    return people


def _sampled(answers: Answers) -> tuple[Floats, Floats]:
    """Return of each sampled person the mean mood [people, 2], and prompts answered on a day with any [people]."""
    person = np.unique(answers.person, return_inverse=True)[1]
    count = np.bincount(person)
    middle = np.column_stack([np.bincount(person, axis) / count for axis in (answers.valence, answers.arousal)])
    days = np.unique(np.column_stack([person, answers.day]), axis=0)
    return middle, count / np.bincount(days[:, 0])


def _by_home(people: People) -> Floats:
    """Return for each person the mean temperament [n, 2] of those who live where they do."""
    home = people.haunts[:, 0]
    count = np.maximum(np.bincount(home), 1)
    sums = [np.bincount(home, people.temperament[:, axis].astype(np.float64)) for axis in (0, 1)]
    means: Floats = np.column_stack([each / count for each in sums])[home]
    return means
