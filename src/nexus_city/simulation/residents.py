"""Residents: a city's worth of people, bootstrapped from the days of real ones.

Each resident follows one of the sampled people: every city day one of that person's real days is drawn, and its
answered prompts become check-ins, a little moved in time and on the plane. Where a resident lives is drawn from the
crowds that places expect; people of a like temperament are a little likelier to share a place, so that places differ
as real ones do. A tenth of the residents live at night.
"""

from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nexus_city.feelings import FINEST, Framework, cell_of, centre_of, neighbourhood
from nexus_city.feelings.plane import Mood
from nexus_city.places import City, PersonDay
from nexus_city.simulation.entrance import Visit
from nexus_city.simulation.reading import Answers, Floats

DEMO_CITY = Path(str(files("nexus_city.simulation.data") / "nexus-city.toml"))
"""City file of the demo: one city, three districts, twelve places."""
DEMO_HOUSE = DEMO_CITY.with_name("nexus-house.json")
"""House file of the demo: a wall, lanterns and shelves, sent to this machine only."""
HOUR_S = 3600
_FIRST_BEEP_S = 8 * HOUR_S  # after the start of the person-day: noon
_BETWEEN_S = 3 * HOUR_S
_NIGHT_SHARE, _NIGHT_SHIFT_S = 0.10, 10 * HOUR_S
_JITTER = 0.07  # on the plane: five-point scales would otherwise fall on few cells
_AT_HOME, _TO_CITY, _WITH_WORDS = 0.75, 0.85, 0.5
_NEAR = 10  # words of a cell from which a resident takes one or two

Ints = NDArray[np.int64]


class Residents:
    """`count` residents of `city`; the same seed makes the same people."""

    def __init__(self, answers: Answers, city: City, framework: Framework, count: int, seed: int = 2154) -> None:
        self._answers = answers
        self._rng = np.random.default_rng(seed)
        open_ = [place for place in city.places if place.expected_crowd > 0]
        self._places = [place.id for place in open_]
        crowd = np.array([place.expected_crowd for place in open_], float)
        self._homes = self._rng.choice(len(open_), size=(count, 2), p=crowd / crowd.sum())
        """Indices of the places where each resident is often, and sometimes."""
        self._days = _Days(answers)
        self._person = self._temperaments(self._homes[:, 0])
        night = self._rng.random(count) < _NIGHT_SHARE
        self._shift_s = np.where(night, _NIGHT_SHIFT_S, self._rng.normal(0, 1.2 * HOUR_S, count))
        near = [neighbourhood(framework, centre_of(cell, FINEST), _NEAR) for cell in range(FINEST * FINEST)]
        self._near = [[word.id for word in words] for words in near]

    def visits(self, day: PersonDay) -> list[Visit]:
        """Return the check-ins of one city day, in order of time."""
        rng, answers = self._rng, self._answers
        resident, row = self._days.draw(rng, self._person)
        count = row.size
        into_s = _FIRST_BEEP_S + (answers.beep[row] - 1) * _BETWEEN_S + self._shift_s[resident]
        at_s = day.start_s + (into_s + rng.normal(0, 0.75 * HOUR_S, count)).astype(np.int64) % (day.end_s - day.start_s)
        cell = self._cells(row)
        place = self._homes[resident, (rng.random(count) > _AT_HOME).astype(np.int64)]
        onward = rng.random(count) < _TO_CITY
        said = (rng.random(count) < _WITH_WORDS) * rng.integers(1, 3, count)
        words = rng.integers(0, _NEAR, (count, 2))
        order = at_s.argsort(kind="stable")
        columns = zip(
            *(column[order].tolist() for column in (at_s, resident, place, cell, onward, said, words)), strict=True
        )
        return [
            Visit(
                at_s=at,
                person=person,
                place=self._places[where],
                cell=felt,
                audience="city" if far else "place",
                words=tuple(dict.fromkeys(self._near[felt][each] for each in picked[:number])),
            )
            for at, person, where, felt, far, number, picked in columns
        ]

    def _cells(self, row: Ints) -> Ints:
        """Return the cells of answers, a little moved on the plane."""
        moved = [
            np.clip(column[row] + self._rng.normal(0, _JITTER, row.size), -1, 1)
            for column in (self._answers.valence, self._answers.arousal)
        ]
        return np.array([cell_of(Mood(valence, arousal)) for valence, arousal in zip(*moved, strict=True)], np.int64)

    def _temperaments(self, home: Ints) -> Ints:
        """Draw for each resident a sampled person, with a leaning that each place has of its own."""
        people = self._days.people
        means = np.array([self._answers.valence[self._answers.person == person].mean() for person in people])
        rank = means.argsort().argsort() / len(people)
        places = len(self._places)
        leaning = np.linspace(0.12, 0.95, places)[self._rng.permutation(places)]
        weight: Floats = np.exp(-((rank[None, :] - leaning[:, None]) ** 2) / (2 * 0.33**2))
        upto = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
        drawn = (self._rng.random(home.size)[:, None] > upto[home]).sum(axis=1)
        temperament: Ints = np.minimum(drawn, len(people) - 1)
        return temperament


class _Days:
    """The sampled days: which rows of the answers belong to which day of which person."""

    def __init__(self, answers: Answers) -> None:
        self.people, person = np.unique(answers.person, return_inverse=True)
        days, first, length = np.unique(person * 1000 + answers.day, return_index=True, return_counts=True)
        order = np.lexsort((answers.beep, answers.day, person))
        if not np.array_equal(order, np.arange(order.size)):
            raise ValueError("answers must be sorted by person, day and beep")
        self._first, self._length = first, length
        self._from = np.searchsorted(days // 1000, np.arange(self.people.size))
        self._count = np.bincount(days // 1000, minlength=self.people.size)

    def draw(self, rng: np.random.Generator, person: Ints) -> tuple[Ints, Ints]:
        """Draw a day for each of `person`; return, for each prompt of it, who answered and which row it is."""
        day = self._from[person] + (rng.random(person.size) * self._count[person]).astype(np.int64)
        length = self._length[day]
        resident = np.repeat(np.arange(person.size), length)
        into = np.arange(resident.size) - np.repeat(np.cumsum(length) - length, length)
        return resident, self._first[day][resident] + into
