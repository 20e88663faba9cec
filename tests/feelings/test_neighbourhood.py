"""Words are offered near the point, and not five shades of one."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.feelings import Framework, Mood, Word, centre_of, load_framework, neighbourhood

moods = st.builds(Mood, st.floats(-1, 1), st.floats(-1, 1))


def distance(word: Word, mood: Mood) -> float:
    return math.dist((word.valence, word.arousal), (mood.valence, mood.arousal))


@given(moods, st.integers(0, 20))
@settings(max_examples=50)
def test_it_offers_as_many_different_words_as_asked(mood: Mood, count: int) -> None:
    offered = neighbourhood(load_framework("nexus-1"), mood, count)
    assert len(offered) == len({word.id for word in offered}) == count


@given(moods)
@settings(max_examples=50)
def test_the_nearest_word_comes_first(mood: Mood) -> None:
    framework = load_framework("nexus-1")
    first = neighbourhood(framework, mood, 6)[0]
    assert distance(first, mood) == min(distance(word, mood) for word in framework.words)


@given(moods)
@settings(max_examples=50)
def test_what_is_offered_stays_near(mood: Mood) -> None:
    framework = load_framework("nexus-1")
    offered = neighbourhood(framework, mood, 8)
    fortieth = sorted(distance(word, mood) for word in framework.words)[39]
    assert max(distance(word, mood) for word in offered) <= fortieth


def test_a_word_is_offered_to_those_who_stand_on_it(framework: Framework) -> None:
    for word in framework.words:
        assert word in neighbourhood(framework, word.mood, 8)


def test_an_unpleasant_storm_is_offered_both_anger_and_fear(framework: Framework) -> None:
    """They lie side by side on the plane; only dominance tells them apart."""
    offered = neighbourhood(framework, Mood(-0.7, 0.5), 8)
    assert min(word.dominance for word in offered) < -0.4
    assert max(word.dominance for word in offered) > -0.05


def test_spread_makes_the_offer_more_varied_than_the_nearest_words_are(framework: Framework) -> None:
    def variety(words: list[Word]) -> float:
        """Return the mean distance in feeling from each word to the one most like it."""
        points = [(word.valence, word.arousal, word.dominance) for word in words]
        return sum(min(math.dist(one, other) for other in points if other is not one) for one in points) / len(points)

    def nearest(mood: Mood) -> list[Word]:
        return sorted(framework.words, key=lambda word: distance(word, mood))[:8]

    middles = [centre_of(cell) for cell in range(64)]
    gained = [variety(neighbourhood(framework, mood, 8)) / variety(nearest(mood)) for mood in middles]
    assert sum(gained) / len(gained) >= 1.2


def test_more_words_than_there_are_is_all_of_them(framework: Framework) -> None:
    assert len(neighbourhood(framework, Mood(0, 0), 10_000)) == len(framework.words)
    assert neighbourhood(framework, Mood(0, 0), -1) == []
