"""Residents: the same seed makes the same people, and they feel as the sampled people felt."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from nexus_city.feelings import load_framework
from nexus_city.feelings.plane import Mood, cell_of
from nexus_city.places import person_day, read_city
from nexus_city.simulation import DEMO_CITY, Residents, Visit, load_answers

CITY = read_city(DEMO_CITY)
FRAMEWORK = load_framework("nexus-1")
ANSWERS = load_answers()
DAY = person_day(1795512600, ZoneInfo(CITY.timezone))
COUNT = 4000


def residents(seed: int = 2154, count: int = COUNT) -> Residents:
    return Residents(ANSWERS, CITY, FRAMEWORK, count, seed)


@pytest.fixture(scope="module")
def visits() -> list[Visit]:
    return residents().visits(DAY)


def test_the_sample_is_the_published_one() -> None:
    """79 people over 14 days, at most four prompts a day (Fried, Papanikolaou & Epskamp 2021)."""
    assert len(np.unique(ANSWERS.person)) == 79
    assert (ANSWERS.day.min(), ANSWERS.day.max()) == (1, 14)
    assert set(ANSWERS.beep.tolist()) == {1, 2, 3, 4}
    for axis in (ANSWERS.valence, ANSWERS.arousal):
        assert np.isfinite(axis).all()
        assert np.abs(axis).max() <= 1


def test_the_same_seed_makes_the_same_people_and_another_seed_others() -> None:
    one, other, different = residents(count=300), residents(count=300), residents(seed=7, count=300)
    first = one.visits(DAY)
    assert first == other.visits(DAY)
    assert one.visits(DAY) == other.visits(DAY) != first  # the next day is another day, for both alike
    assert first != different.visits(DAY)


def test_visits_come_in_order_within_their_day(visits: list[Visit]) -> None:
    times = [visit.at_s for visit in visits]
    assert times == sorted(times)
    assert DAY.start_s <= times[0]
    assert times[-1] < DAY.end_s


def test_every_visit_is_one_that_the_door_can_understand(visits: list[Visit]) -> None:
    assert {visit.place for visit in visits} <= {place.id for place in CITY.places}
    assert {visit.audience for visit in visits} == {"place", "city"}
    assert all(0 <= visit.cell < 64 for visit in visits)
    assert all(len(visit.words) == len(set(visit.words)) <= 2 for visit in visits)
    assert {word for visit in visits for word in visit.words} <= FRAMEWORK.index.keys()


def test_nobody_answers_more_often_than_they_were_asked(visits: list[Visit]) -> None:
    _, often = np.unique([int(visit.person) for visit in visits], return_counts=True)
    _, asked = np.unique(ANSWERS.person * 1000 + ANSWERS.day, return_counts=True)
    assert often.max() <= asked.max()
    assert np.mean(often <= 4) > 0.99
    assert len(often) > 0.9 * COUNT


def test_moods_are_spread_as_in_the_sample(visits: list[Visit]) -> None:
    """Total variation between the sample's and the residents' share of each quadrant and each cell of 4×4."""
    pairs = zip(ANSWERS.valence, ANSWERS.arousal, strict=True)
    sampled = np.bincount([cell_of(Mood(valence, arousal)) for valence, arousal in pairs], minlength=64)
    lived = np.bincount([visit.cell for visit in visits], minlength=64)
    for side, most in ((2, 0.08), (4, 0.15)):
        a, b = (coarse(cells, side) / cells.sum() for cells in (sampled, lived))
        assert np.abs(a - b).sum() / 2 < most


def coarse(cells: np.ndarray, side: int) -> np.ndarray:
    block = 8 // side
    return cells.reshape(side, block, side, block).sum(axis=(1, 3)).ravel()


def test_places_are_visited_as_their_charters_expect(visits: list[Visit]) -> None:
    expected = {place.id: place.expected_crowd for place in CITY.places if place.expected_crowd}
    found = {place: sum(visit.place == place for visit in visits) / len(visits) for place in expected}
    total = sum(expected.values())
    assert all(abs(found[place] - crowd / total) < 0.03 for place, crowd in expected.items())
    assert sum(found.values()) == pytest.approx(1)


def test_places_differ_in_mood_as_real_ones_do(visits: list[Visit]) -> None:
    pleasant = [
        np.mean([visit.cell % 8 >= 4 for visit in visits if visit.place == place.id])
        for place in CITY.places
        if place.expected_crowd
    ]
    assert max(pleasant) - min(pleasant) > 0.1


def test_some_live_at_night(visits: list[Visit]) -> None:
    night = [visit for visit in visits if (visit.at_s - DAY.start_s) >= 19 * 3600]  # after 23:00
    assert 0.02 < len(night) / len(visits) < 0.3


def test_the_demo_city_is_one_city_three_districts_and_twelve_places() -> None:
    kinds = [place.kind for place in CITY.places]
    assert (kinds.count("city"), kinds.count("district"), kinds.count("place")) == (1, 3, 12)
