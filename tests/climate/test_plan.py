"""The plan of a day: on which rungs places stand, who speaks for those that rest, and what it is made from."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.conftest import SMALL_CITY

from nexus_city.boundaries import LADDER, Budget, DiscreteLaplace, Rung
from nexus_city.climate.model import AUDIENCES, DISTRICT, HERE, ONWARD
from nexus_city.climate.plan import LISTENING_DAY, DayPlan, heard_by, make_plan, noise_of, strands
from nexus_city.places import City, PersonDay, Place, parse_city

HOUR_S = 3600
VARIANCE = DiscreteLaplace(Budget(epsilon=Fraction(1)).grid_scale).variance
CITY = parse_city(SMALL_CITY)
NAMES = [place.id for place in CITY.places]
voices = st.integers(-50, 60_000)
totals = st.dictionaries(st.sampled_from(NAMES), st.fixed_dictionaries({HERE: voices, ONWARD: voices}))


def day(number: int) -> PersonDay:
    return PersonDay(f"2026-11-{number:02d}", number * 86_400 + 4 * HOUR_S, (number + 1) * 86_400 + 4 * HOUR_S)


def first_plan(city: City = CITY, whole: bool = True) -> DayPlan:
    return make_plan(city, day(1), None, {}, VARIANCE, whole)


def next_plan(before: DayPlan, found: Any, number: int = 2, city: City = CITY) -> DayPlan:
    return make_plan(city, day(number), before, found, VARIANCE, True)


def test_the_first_day_is_planned_from_the_crowds_that_charters_expect() -> None:
    assert first_plan().rungs == {
        "city": Rung(HOUR_S, 4),
        "east": Rung(HOUR_S, 4),
        "square": Rung(HOUR_S, 4),
        "gallery": Rung(HOUR_S, 4),
        "nook": None,
    }


def test_the_next_day_is_planned_from_released_totals_and_not_from_charters() -> None:
    plan = next_plan(first_plan(), {"square": {HERE: 3000, ONWARD: 60_000}, "gallery": {HERE: 0, ONWARD: 0}})
    assert plan.rungs["square"] is not None
    assert plan.rungs["gallery"] is None


@given(totals)
def test_the_same_totals_make_the_same_plan(found: Any) -> None:
    assert next_plan(first_plan(), found) == next_plan(first_plan(), dict(reversed(found.items())))


@given(totals)
def test_a_parent_is_neither_finer_nor_faster_than_what_is_below_it(found: Any) -> None:
    plan = next_plan(first_plan(), found)
    for place in CITY.places:
        rung = plan.rungs[place.id]
        below = [plan.rungs[child.id] for child in CITY.below(place)]
        speaking = [each for each in below if each]
        if rung and speaking:
            assert rung.grid <= max(each.grid for each in speaking)
            assert rung.window_s >= min(each.window_s for each in speaking)


@given(totals)
def test_every_rung_is_of_the_ladder_of_its_place(found: Any) -> None:
    office = parse_city(SMALL_CITY.replace('name = "The Square"', 'name = "The Square"\nsetting = "work"'))
    plan = make_plan(office, day(2), first_plan(office), found, VARIANCE, True)
    assert {rung for rung in plan.rungs.values() if rung} <= set(LADDER)
    rung = plan.rungs["square"]
    assert rung is None or rung.window_s == 24 * HOUR_S


def test_a_day_that_was_not_heard_whole_teaches_nothing() -> None:
    half = first_plan(whole=False)
    assert next_plan(half, {}).rungs == half.rungs


def test_a_place_that_rests_is_heard_every_seventh_day_so_that_it_can_wake_up() -> None:
    plan = first_plan()
    rested = []
    for number in range(2, 2 + 2 * LISTENING_DAY):
        plan = next_plan(plan, {}, number)
        rested.append(plan.rungs["nook"])
    listening = [number for number, rung in enumerate(rested) if rung]
    assert len(listening) == 2
    assert listening[1] - listening[0] == LISTENING_DAY
    assert {rested[number] for number in listening} == {LADDER[-1]}


def test_a_place_that_was_loud_when_it_was_heard_speaks_the_next_day() -> None:
    plan = first_plan()
    for number in range(2, 2 + LISTENING_DAY):
        plan = next_plan(plan, {}, number)
        if plan.rungs["nook"]:
            break
    woken = next_plan(plan, {"nook": {HERE: 10_000, ONWARD: 10_000}}, 20)
    assert woken.rungs["nook"] is not None
    assert woken.rested["nook"] == 0


# --- who speaks ------------------------------------------------------------------------------------------------------


@given(totals)
def test_the_speaker_is_the_place_itself_or_the_nearest_above_that_may_hear_it(found: Any) -> None:
    plan = next_plan(first_plan(), found)
    for place in CITY.places:
        chain = [place, *CITY.ancestors(place)]
        onward = next((each for each in chain if plan.rungs[each.id]), None)
        assert plan.speaker(CITY, place, "city") == onward
        assert plan.speaker(CITY, place, "place") == (place if plan.rungs[place.id] else None)


def test_nobody_speaks_faster_for_work_and_school_than_they_may_themselves() -> None:
    """An office that rests under an hourly city is not spoken by it; a daily one may (law 13)."""
    office = SMALL_CITY.replace('id = "nook"', 'id = "nook"\nsetting = "work"')
    city = parse_city(office)
    hourly = first_plan(city)
    assert hourly.rungs["city"] == Rung(HOUR_S, 4)
    assert hourly.rungs["nook"] is None
    assert hourly.speaker(city, city["nook"], "city") is None
    daily = replace(hourly, rungs={**hourly.rungs, "city": Rung(24 * HOUR_S, 4)})
    assert daily.speaker(city, city["nook"], "city") == city["city"]


@pytest.mark.parametrize("terms", ["finest_grid = 2", "fastest_s = 14400"])
def test_nobody_speaks_finer_or_faster_for_a_place_than_its_charter_lets_itself(terms: str) -> None:
    city = parse_city(SMALL_CITY.replace('id = "nook"', f'id = "nook"\n{terms}'))
    plan = first_plan(city)
    assert plan.rungs["city"] == plan.rungs["east"] == Rung(HOUR_S, 4)
    assert plan.speaker(city, city["nook"], "city") is None
    slow = replace(plan, rungs={**plan.rungs, "city": Rung(4 * HOUR_S, 2)})
    assert slow.speaker(city, city["nook"], "city") == city["city"]


def test_a_charter_that_became_stricter_holds_at_once_for_whoever_speaks_for_the_place() -> None:
    plan = first_plan()
    assert plan.speaker(CITY, CITY["nook"], "city") == CITY["east"]
    stricter = CITY.with_place(structs.replace(CITY["nook"], finest_grid=2))
    assert plan.speaker(stricter, stricter["nook"], "city") is None
    assert plan.speaker(CITY, CITY["nook"], "city") == CITY["east"]


# --- strands ---------------------------------------------------------------------------------------------------------


def declaring(**audiences: str) -> City:
    """Return the small city, in which places declare these audiences."""
    city = parse_city(SMALL_CITY)
    for place, names in audiences.items():
        city = city.with_place(structs.replace(city[place], audiences=tuple(names.split())))
    return city


def test_a_place_has_one_table_for_each_audience_that_it_declares() -> None:
    city = declaring(square="place district city", gallery="city", nook="place district")
    assert strands(CITY, CITY["square"]) == (HERE, ONWARD)
    assert strands(city, city["square"]) == (HERE, ONWARD, DISTRICT)
    assert strands(city, city["gallery"]) == (ONWARD,)
    assert strands(city, city["nook"]) == (HERE, DISTRICT)


def test_nothing_is_above_the_city_and_no_district_between_it_and_the_places_right_below() -> None:
    city = declaring(city="place district city", east="place district city")
    assert strands(city, city.root) == (ONWARD,)
    assert strands(city, city["east"]) == (HERE, ONWARD)


@given(
    totals,
    st.sampled_from(NAMES),
    st.sampled_from(AUDIENCES),
    st.fixed_dictionaries({name: st.sampled_from(["place", "district", "city", "place city"]) for name in NAMES}),
)
def test_whoever_speaks_does_so_in_a_table_that_reaches_no_further_than_was_said(
    found: Any, name: str, audience: Any, declared: Any
) -> None:
    city = declaring(**declared)
    plan = next_plan(first_plan(city), found, city=city)
    speaker = plan.speaker(city, city[name], audience)
    if speaker is None:
        return
    strand = plan.strand(city, speaker, audience)
    hears = {each.id for each in (speaker, *city.ancestors(speaker)) if each is speaker or strand in heard_by(each)}
    may_hear = {
        "place": {name},
        "district": {name, *(each.id for each in city.ancestors(city[name]) if each is not city.root)},
        "city": {name, *(each.id for each in city.ancestors(city[name]))},
    }
    assert strand in plan.strands[speaker.id]
    assert hears <= may_hear[audience] or name == "city"


def test_the_noise_of_a_parent_is_the_sum_of_all_that_it_is_drawn_from() -> None:
    """The city hourly on 4×4: its own table, two of east's strands seen from above are one, and one a place below."""

    def noise(city: City, place: str, rung: Rung) -> float:
        plan = first_plan(city)
        return noise_of(city, city[place], plan.rungs, plan.strands, rung, 1.0)

    assert noise(CITY, "square", Rung(HOUR_S, 4)) == 2
    assert noise(CITY, "east", Rung(HOUR_S, 4)) == 2 + 1 + 1
    assert noise(CITY, "city", Rung(HOUR_S, 4)) == 1 + 1 + 1 + 1
    assert noise(CITY, "city", Rung(4 * HOUR_S, 2)) == 1 + 3 * 4 * 4
    city = declaring(square="place district city", gallery="place")
    assert noise(city, "square", Rung(HOUR_S, 4)) == 3
    assert noise(city, "east", Rung(HOUR_S, 4)) == 2 + 2
    assert noise(city, "city", Rung(HOUR_S, 4)) == 1 + 1 + 1


def test_a_city_of_one_place_is_planned_too() -> None:
    alone = City((Place("museum", "The Museum", kind="city", expected_crowd=12_000),), "UTC")
    assert first_plan(alone).rungs == {"museum": Rung(HOUR_S, 4)}


@pytest.mark.parametrize("crowd", [0, 10])
def test_a_city_that_nobody_comes_to_rests(crowd: int) -> None:
    alone = City((Place("museum", "The Museum", kind="city", expected_crowd=crowd),), "UTC")
    assert first_plan(alone).rungs == {"museum": None}
