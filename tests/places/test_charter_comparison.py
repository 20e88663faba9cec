"""Stricter and looser: a partial order over charters that agrees with what a place may in fact do."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from tests.places.charter_terms import TERMS

from nexus_city.places import Place
from nexus_city.places.charters.comparison import compare, differences
from nexus_city.places.charters.model import TERMS as NAMES
from nexus_city.places.charters.model import Terms, place_under, terms_of
from nexus_city.places.model import ConsentRule

SQUARE = Place(id="square", name="The Square")


def no_looser(before: Terms, after: Terms) -> bool:
    return compare(before, after) != "looser"


@given(TERMS)
def test_a_charter_is_as_strict_as_itself(terms: Terms) -> None:
    assert compare(terms, terms) == "same"
    assert differences(terms, terms) == ()


@given(TERMS, TERMS, TERMS)
def test_what_is_no_looser_than_the_no_looser_is_no_looser(first: Terms, second: Terms, third: Terms) -> None:
    if no_looser(first, second) and no_looser(second, third):
        assert no_looser(first, third)


@given(TERMS, TERMS)
def test_two_charters_are_never_each_stricter_than_the_other(first: Terms, second: Terms) -> None:
    if compare(first, second) == "stricter":
        assert compare(second, first) == "looser"
    if compare(first, second) == "same":
        assert compare(second, first) == "same"


@given(TERMS, TERMS)
def test_no_looser_means_that_the_place_may_do_nothing_more(before: Terms, after: Terms) -> None:
    if no_looser(before, after):
        then, now = place_under(SQUARE, before), place_under(SQUARE, after)
        assert set(now.ladder) <= set(then.ladder)
        assert set(now.audiences) <= set(then.audiences)
        assert now.live in ("no", then.live)
        assert then.words or not now.words


@given(TERMS, TERMS)
def test_a_rung_or_an_audience_that_was_not_there_is_looser(before: Terms, after: Terms) -> None:
    then, now = place_under(SQUARE, before), place_under(SQUARE, after)
    if set(now.ladder) - set(then.ladder) or set(now.audiences) - set(then.audiences):
        assert compare(before, after) == "looser"


@given(TERMS, TERMS)
def test_any_loosened_term_makes_the_whole_looser(before: Terms, after: Terms) -> None:
    changes = differences(before, after)
    assert (compare(before, after) == "looser") == any(each.direction == "looser" for each in changes)
    assert [each.term for each in changes] == [name for name in NAMES if getattr(before, name) != getattr(after, name)]


STRICTER: tuple[tuple[str, Any, Any], ...] = (
    ("setting", "public", "care"),
    ("setting", "care", "school"),
    ("presence", "open", "required"),
    ("audiences", ("place", "city"), ("place",)),
    ("finest_grid", 8, 2),
    ("fastest_s", 900, 3600),
    ("live", "continual", "no"),
    ("words", True, False),
    ("policy", "complement", "rest"),
    ("consent", ConsentRule(), ConsentRule(share=0.75, quorum=20, days=14, objections=3)),
)


@pytest.mark.parametrize(("term", "before", "after"), STRICTER)
def test_each_term_has_its_direction(term: str, before: Any, after: Any) -> None:
    base = terms_of(SQUARE)
    loose, strict = (msgspec.structs.replace(base, **{term: value}) for value in (before, after))
    assert compare(loose, strict) == "stricter"
    assert compare(strict, loose) == "looser"


def test_a_greeting_and_a_figure_permit_nothing() -> None:
    base = terms_of(SQUARE)
    greeted = msgspec.structs.replace(base, welcome="Come in.", expected_crowd=9)
    assert compare(base, greeted) == "same"
    assert [(each.term, each.direction) for each in differences(base, greeted)] == [
        ("expected_crowd", "same"),
        ("welcome", "same"),
    ]


def test_what_does_not_lie_within_the_other_is_looser_both_ways() -> None:
    base = terms_of(SQUARE)
    here, above = (msgspec.structs.replace(base, audiences=(each,)) for each in ("place", "city"))
    assert (compare(here, above), compare(above, here)) == ("looser", "looser")


def test_work_and_school_are_compared_by_what_their_setting_forces() -> None:
    fast = Place(id="office", name="The Office", setting="work", fastest_s=900)
    assert terms_of(fast).fastest_s == 24 * 3600
