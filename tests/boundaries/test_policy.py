"""The boundary of a person: rules and terms only ever hold back, and nobody far learns more than somebody near."""

import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.boundaries.policy import (
    OUTWARD,
    RESOLUTIONS,
    Boundary,
    Limits,
    Rule,
    Situation,
    Terms,
    Unsaid,
    allowed,
    says,
    strictest,
    tightened,
    widest,
)
from tests.boundaries import policy_vectors
from tests.boundaries.policy_vectors import AUDIENCES, CHAINS, LIMITED, PLACES, REACHES, TOPICS

OPEN = Boundary(Limits("cell", "cell", "cell", "cell", "cell"))
ONLY_ME = Boundary(Limits("nothing", "nothing", "nothing", "nothing", "nothing"))
SQUARE = Situation(("square", "east", "city"), 12 * 60)
NIGHT = (22 * 60, 6 * 60)

resolutions = st.sampled_from(RESOLUTIONS)
minutes = st.integers(0, 24 * 60 - 1)
limits = st.builds(Limits, resolutions, resolutions, resolutions, resolutions, resolutions)
rules = st.builds(
    Rule,
    st.sampled_from(LIMITED),
    resolutions,
    st.none() | st.sampled_from(PLACES),
    st.none() | st.tuples(minutes, minutes),
)
unsaid = st.builds(Unsaid, st.sampled_from(("words", *TOPICS)), st.sampled_from(LIMITED))
boundaries = st.builds(
    Boundary, limits, st.lists(rules, max_size=5).map(tuple), st.lists(unsaid, max_size=3).map(tuple)
)
terms = st.builds(
    Terms, st.sets(st.sampled_from(REACHES), min_size=1).map(tuple), st.sampled_from((2, 4, 8)), st.booleans()
)
situations = st.builds(Situation, st.sampled_from(CHAINS), minutes, terms)


def looser(one: str, other: str) -> bool:
    return RESOLUTIONS.index(one) > RESOLUTIONS.index(other)


def told(boundary: Boundary, situation: Situation) -> list[tuple[str, str | None]]:
    """Return every word family that travels, with its audience."""
    return [
        (audience, topic)
        for audience in LIMITED
        for topic in (*TOPICS, None)
        if says(boundary, situation, audience, topic)
    ]


# --- properties ------------------------------------------------------------------------------------------------------


@given(boundaries, rules, situations)
def test_adding_a_rule_never_loosens_anything(boundary: Boundary, rule: Rule, situation: Situation) -> None:
    more = msgspec.structs.replace(boundary, rules=(*boundary.rules, rule))
    for audience in AUDIENCES:
        assert not looser(allowed(more, situation, audience), allowed(boundary, situation, audience))
    assert set(told(more, situation)) <= set(told(boundary, situation))
    assert not tightened(more, boundary)


@given(boundaries, unsaid, situations)
def test_leaving_a_topic_unsaid_never_says_more(boundary: Boundary, each: Unsaid, situation: Situation) -> None:
    more = msgspec.structs.replace(boundary, unsaid=(*boundary.unsaid, each))
    assert set(told(more, situation)) <= set(told(boundary, situation))
    assert not tightened(more, boundary)


@given(boundaries, situations)
def test_the_terms_of_a_place_never_loosen_anything(boundary: Boundary, situation: Situation) -> None:
    free = msgspec.structs.replace(situation, terms=Terms())
    for audience in AUDIENCES:
        assert not looser(allowed(boundary, situation, audience), allowed(boundary, free, audience))
    assert set(told(boundary, situation)) <= set(told(boundary, free))


@given(boundaries, situations)
def test_nobody_further_out_learns_more(boundary: Boundary, situation: Situation) -> None:
    learned = [RESOLUTIONS.index(allowed(boundary, situation, audience)) for audience in OUTWARD]
    assert learned == sorted(learned, reverse=True)
    heard = [{topic for audience, topic in told(boundary, situation) if audience == each} for each in OUTWARD]
    assert all(far <= near for near, far in itertools.pairwise(heard))


@given(boundaries, situations)
def test_the_widest_is_declared_and_allowed_and_nothing_declared_lies_further(
    boundary: Boundary, situation: Situation
) -> None:
    reach, resolution = widest(boundary, situation)
    assert resolution == allowed(boundary, situation, reach) != "nothing"
    further = situation.terms.audiences if reach == "me" else OUTWARD[OUTWARD.index(reach) + 1 :]
    assert all(allowed(boundary, situation, each) == "nothing" for each in further if each in situation.terms.audiences)


@given(boundaries, boundaries, situations)
def test_where_less_is_learned_the_boundary_was_tightened(old: Boundary, new: Boundary, situation: Situation) -> None:
    """The rule by which open check-ins are looked at again may not miss a situation."""
    free = msgspec.structs.replace(situation, terms=Terms())
    if any(looser(allowed(old, free, each), allowed(new, free, each)) for each in LIMITED):
        assert tightened(old, new)


@given(boundaries)
def test_a_boundary_is_not_tighter_than_itself(boundary: Boundary) -> None:
    assert not tightened(boundary, boundary)


@given(boundaries)
def test_a_boundary_travels_as_json(boundary: Boundary) -> None:
    assert msgspec.json.decode(msgspec.json.encode(boundary), type=Boundary) == boundary


# --- examples --------------------------------------------------------------------------------------------------------


def test_i_always_know_myself() -> None:
    assert allowed(ONLY_ME, SQUARE, "me") == "cell"
    assert says(ONLY_ME, SQUARE, "me", "low")


def test_with_nothing_allowed_a_check_in_is_only_mine() -> None:
    assert widest(ONLY_ME, SQUARE) == ("me", "cell")


def test_the_strictest_of_several_rules_wins() -> None:
    boundary = Boundary(OPEN.limits, (Rule("city", "quadrant"), Rule("city", "presence", "east")))
    assert allowed(boundary, SQUARE, "city") == "presence"
    assert allowed(boundary, Situation(("west", "city"), 0), "city") == "quadrant"


def test_a_limit_holds_for_everybody_further_out() -> None:
    boundary = Boundary(Limits("cell", "quadrant", "cell", "cell", "cell"))
    assert [allowed(boundary, SQUARE, each) for each in OUTWARD] == ["quadrant"] * 4
    assert allowed(boundary, SQUARE, "circle") == "cell"


@pytest.mark.parametrize(
    ("minute", "expected"), [(21 * 60 + 59, "cell"), (22 * 60, "nothing"), (0, "nothing"), (6 * 60, "cell")]
)
def test_hours_may_cross_midnight(minute: int, expected: str) -> None:
    boundary = Boundary(OPEN.limits, (Rule("place", "nothing", None, NIGHT),))
    assert allowed(boundary, Situation(("square", "city"), minute), "place") == expected


def test_hours_that_end_where_they_begin_are_the_whole_day() -> None:
    boundary = Boundary(OPEN.limits, (Rule("place", "nothing", None, (600, 600)),))
    assert {allowed(boundary, Situation(("square",), minute), "place") for minute in (0, 599, 600, 1439)} == {"nothing"}


def test_what_a_place_does_not_declare_is_not_offered() -> None:
    quiet = msgspec.structs.replace(SQUARE, terms=Terms(("place",)))
    assert widest(OPEN, quiet) == ("place", "cell")
    assert allowed(OPEN, quiet, "city") == "nothing"
    through = msgspec.structs.replace(SQUARE, terms=Terms(("place", "city")))
    assert allowed(OPEN, through, "district") == "cell"  # it hears what is given to the city


def test_a_place_that_is_never_drawn_finely_is_not_told_more() -> None:
    coarse = msgspec.structs.replace(SQUARE, terms=Terms(finest_grid=2))
    assert widest(OPEN, coarse) == ("city", "quadrant")


def test_words_go_only_where_the_exact_area_goes() -> None:
    roughly = Boundary(Limits("cell", "cell", "quadrant", "quadrant", "nothing"))
    assert says(roughly, SQUARE, "place", "low")
    assert not says(roughly, SQUARE, "city", "low")


def test_a_word_of_an_unknown_family_is_held_back_as_soon_as_any_is() -> None:
    boundary = Boundary(OPEN.limits, (), (Unsaid("low", "city"),))
    assert [topic for topic in (*TOPICS, None) if says(boundary, SQUARE, "city", topic)] == ["calm", "tense", "lively"]
    assert says(boundary, SQUARE, "place", None)


def test_the_strictest_of_nothing_is_no_limit() -> None:
    assert strictest(()) == "cell"


def test_the_file_that_the_phone_is_tested_with_is_what_the_reference_says() -> None:
    """Write it anew with `python -m tests.boundaries.policy_vectors`, and mend the twin until it agrees."""
    assert policy_vectors.FILE.read_text() == policy_vectors.text()


def test_the_vectors_ask_about_everything() -> None:
    found = policy_vectors.vectors()
    assert {each["widest"][0] for each in found["questions"]} == {"me", *REACHES}
    assert {each["tightened"] for each in found["changes"]} == {True, False}
    assert {each["allowed"]["city"] for each in found["questions"]} == set(RESOLUTIONS)
