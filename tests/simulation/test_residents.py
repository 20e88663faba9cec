"""Residents of the demo: simulated people who take after real ones, in a city that expects them."""

import msgspec
import numpy as np
import pytest

from nexus_city.places import read_city
from nexus_city.simulation import DEMO_CITY, DEMO_PEOPLE, draw_residents, load_answers
from nexus_city.simulation.city import Run, load_scenario, map_of, simulate
from nexus_city.simulation.city.people import People
from nexus_city.simulation.reading import Floats

ANSWERS = load_answers()
SCENARIO = msgspec.structs.replace(load_scenario(str(DEMO_PEOPLE)), residents=6000, days=2)
PEOPLE = np.unique(ANSWERS.person)


def residents(seed: int = 2154) -> People:
    return draw_residents(ANSWERS, SCENARIO, map_of(SCENARIO), seed)


@pytest.fixture(scope="module")
def days() -> Run:
    """Two days of the demo's people, without the pace of a clock."""
    hourly = msgspec.structs.replace(SCENARIO, window_minutes=60)
    return simulate(hourly, people=residents())


def test_the_sample_is_the_published_one() -> None:
    """79 people over 14 days, at most four prompts a day (Fried, Papanikolaou & Epskamp 2021)."""
    assert len(PEOPLE) == 79
    assert (ANSWERS.day.min(), ANSWERS.day.max()) == (1, 14)
    assert set(ANSWERS.beep.tolist()) == {1, 2, 3, 4}
    for axis in (ANSWERS.valence, ANSWERS.arousal):
        assert np.isfinite(axis).all()
        assert np.abs(axis).max() <= 1


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    first, again, other = residents(), residents(), residents(7)
    for name, column in vars(first).items():
        assert np.array_equal(column, getattr(again, name)), name
    assert not np.array_equal(first.temperament, other.temperament)


def test_around_the_lean_of_their_place_temperaments_are_those_of_the_sample() -> None:
    people = residents()
    means = np.array([middle(person) for person in PEOPLE])
    home = people.haunts[:, 0]
    for place in np.unique(home):
        here = people.temperament[home == place]
        if len(here) > 200:
            assert here.std(axis=0) == pytest.approx(means.std(axis=0), abs=0.04)
    drawn = people.temperament.mean(axis=0)
    assert drawn == pytest.approx(means.mean(axis=0), abs=0.08)


def test_they_check_in_as_often_as_the_sampled_people_answered() -> None:
    _, asked = np.unique(ANSWERS.person * 1000 + ANSWERS.day, return_counts=True)
    assert residents().habit.mean() == pytest.approx(asked.mean(), abs=0.1)
    assert residents().habit.max() <= asked.max()


def test_a_mood_strays_from_its_middle_as_far_as_in_the_sample(days: Run) -> None:
    """Within a person: the root mean square of the standard deviations; the demo's people, over both days."""
    within = np.sqrt(np.mean([ANSWERS.valence[ANSWERS.person == person].var() for person in PEOPLE]))
    assert within == pytest.approx(0.30, abs=0.01)
    minutes, half_life = SCENARIO.tick_minutes, SCENARIO.contagion.half_life_minutes
    left = 0.5 ** (minutes / half_life)
    strays = SCENARIO.contagion.restlessness * (minutes / 60) ** 0.5 / (1 - left**2) ** 0.5
    assert strays == pytest.approx(within, abs=0.01)
    assert days.truth.within.mean() / 2**0.5 == pytest.approx(within, abs=0.05)  # each axis has half of it


def test_what_they_say_is_as_varied_as_in_the_sample(days: Run) -> None:
    """Total variation between the sample's share of each quadrant and theirs."""
    sampled = np.array([share(ANSWERS.valence, ANSWERS.arousal, up, right) for up in (0, 1) for right in (0, 1)])
    moods = days.counts[4:].sum(axis=(0, 1)).reshape(4, 4)
    said = moods.reshape(2, 2, 2, 2).sum(axis=(1, 3)).ravel() / moods.sum()
    assert np.abs(sampled - said).sum() / 2 < 0.10


def test_communities_differ_and_what_they_have_in_common_is_more(days: Run) -> None:
    apart = (days.truth.between**2 / (days.truth.between**2 + days.truth.within**2)).mean()
    assert 0.02 < apart < 0.25


def test_the_demo_city_is_one_city_three_districts_and_twelve_places() -> None:
    kinds = [place.kind for place in read_city(DEMO_CITY).places]
    assert (kinds.count("city"), kinds.count("district"), kinds.count("place")) == (1, 3, 12)


def middle(person: int) -> Floats:
    its = ANSWERS.person == person
    return np.array([ANSWERS.valence[its].mean(), ANSWERS.arousal[its].mean()])


def share(valence: Floats, arousal: Floats, up: int, right: int) -> float:
    return float(np.mean(((arousal >= 0) == up) & ((valence >= 0) == right)))
