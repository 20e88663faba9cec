"""A mood is a point of the plane, and nothing else passes for one."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.feelings import Mood, quadrant_of
from nexus_city.ground.errors import BadInput

beyond = st.floats(min_value=1, exclude_min=True) | st.floats(max_value=-1, exclude_max=True) | st.just(math.nan)
not_numbers = st.none() | st.booleans() | st.text() | st.binary() | st.lists(st.floats())
inside = st.floats(-1, 1)


@given(inside, inside)
def test_every_point_of_the_square_is_a_mood(valence: float, arousal: float) -> None:
    mood = Mood(valence, arousal)
    assert (mood.valence, mood.arousal) == (valence, arousal)


@given(beyond | not_numbers, inside)
def test_a_coordinate_off_the_plane_is_refused_by_name(wrong: Any, right: float) -> None:
    with pytest.raises(BadInput) as refused:
        Mood(wrong, right)
    assert refused.value.field == "valence"
    assert "from -1 to 1" in refused.value.remedy

    with pytest.raises(BadInput) as refused:
        Mood(right, wrong)
    assert refused.value.field == "arousal"


def test_a_refusal_does_not_repeat_more_than_a_little_of_what_was_sent() -> None:
    with pytest.raises(BadInput) as refused:
        Mood("x" * 10_000, 0)  # type: ignore[arg-type]
    assert len(refused.value.detail) < 80


@pytest.mark.parametrize(
    ("valence", "arousal", "name"),
    [
        (-0.5, -0.5, "unpleasant-calm"),
        (0.5, -0.5, "pleasant-calm"),
        (-0.5, 0.5, "unpleasant-activated"),
        (0.5, 0.5, "pleasant-activated"),
        (0, 0, "pleasant-activated"),
    ],
)
def test_quadrants_are_named_by_the_signs_of_valence_and_arousal(valence: float, arousal: float, name: str) -> None:
    assert quadrant_of(Mood(valence, arousal)) == name
