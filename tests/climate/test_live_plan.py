"""When a place is live: only where its charter, its setting and its crowd allow it, as far as released values tell."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.conftest import LIVE_CITY

from nexus_city.boundaries import Budget, DiscreteLaplace, Rung, expected_error
from nexus_city.boundaries.ladder import MAX_ERROR
from nexus_city.climate.live.terms import (
    SEATS,
    STAYS,
    STEP_S,
    as_heard,
    heard_variance,
    hour_ends,
    is_live,
    mechanism,
    mechanisms,
)
from nexus_city.climate.model import HERE, ONWARD
from nexus_city.climate.plan import DayPlan, make_plan, noise_of
from nexus_city.ground.errors import SettingsError
from nexus_city.places import City, PersonDay, parse_city

HOUR_S = 3600
VARIANCE = DiscreteLaplace(Budget().grid_scale).variance
CITY = parse_city(LIVE_CITY)
LIVE = Rung(STEP_S, 2)


def day(number: int, hours: int = 24) -> PersonDay:
    begins_s = number * 86_400 + 4 * HOUR_S
    return PersonDay(f"2026-11-{number:02d}", begins_s, begins_s + hours * HOUR_S)


def plan(city: City = CITY, before: DayPlan | None = None, totals: Any = None, whole: bool = True) -> DayPlan:
    return make_plan(city, day(2 if before else 1), before, totals or {}, VARIANCE, whole)


def with_square(**terms: Any) -> City:
    return CITY.with_place(structs.replace(CITY["square"], **terms))


def test_a_place_is_live_on_its_first_day_if_it_expects_a_crowd_that_carries_it() -> None:
    assert plan().live == {"square": "continual"}
    assert plan().rungs["square"] == LIVE
    assert plan(with_square(live="decaying")).rungs["square"] == Rung(STEP_S, 4), "fading costs less noise"
    assert plan(with_square(expected_crowd=600_000)).rungs["square"] == Rung(STEP_S, 8)
    assert plan(with_square(expected_crowd=600_000, finest_grid=2)).rungs["square"] == LIVE


def test_what_the_plan_expects_stands_there_if_every_person_comes_half_as_often() -> None:
    """At two seats a check-in nobody comes four times; so twice the voices are asked for, and a quarter more."""
    live = mechanism(CITY.budget, day(1), "continual")
    needs = 576 * 16 * SEATS * 1.25
    assert plan(with_square(expected_crowd=round(needs * 1.001))).live
    below = plan(with_square(expected_crowd=round(needs * 0.999)))
    assert not below.live
    assert below.rungs["square"] == Rung(HOUR_S, 4), "then it stands on an ordinary rung"
    assert expected_error(576, 4, 2 * live.sd(288) ** 2) <= MAX_ERROR < expected_error(575, 4, 2 * live.sd(288) ** 2)


def test_the_next_day_is_planned_from_released_totals_and_does_not_flicker() -> None:
    first = plan()
    few, enough, plenty = (576 * 16 * share for share in (0.79, 0.81, 2.6))
    assert not plan(CITY, first, {"square": {HERE: 0, ONWARD: few}}).live
    assert plan(CITY, first, {"square": {HERE: 100, ONWARD: enough}}).live
    windows = plan(CITY, first, {"square": {HERE: 0, ONWARD: few}})
    assert not plan(CITY, windows, {"square": {HERE: 0, ONWARD: enough}}).live
    assert plan(CITY, windows, {"square": {HERE: 0, ONWARD: plenty}}).live


@pytest.mark.parametrize(
    "terms", [{"live": "no"}, {"fastest_s": 3600}, {"setting": "care"}, {"setting": "work"}, {"setting": "school"}]
)
def test_a_place_is_never_live_that_may_not_be(terms: dict[str, Any]) -> None:
    """Nor on the day after one on which it was, even if nothing was learned from that."""
    if terms.get("setting"):
        with pytest.raises(SettingsError, match="live in public only"):
            with_square(**terms)
        assert structs.replace(CITY["square"], **terms).live_kind is None
        return
    assert not plan(with_square(**terms)).live
    assert not plan(with_square(**terms), plan(whole=False)).live
    assert plan(CITY, plan(whole=False)).live


def test_whoever_speaks_for_others_is_never_live() -> None:
    city = CITY.with_place(structs.replace(CITY["east"], live="continual", expected_crowd=10**6))
    assert set(plan(city).live) == {"square"}


@given(
    st.dictionaries(
        st.sampled_from([place.id for place in CITY.places]),
        st.fixed_dictionaries({HERE: st.integers(-50, 300_000), ONWARD: st.integers(-50, 300_000)}),
    )
)
def test_the_plan_is_made_from_released_values_and_knows_who_is_live(totals: Any) -> None:
    found = plan(CITY, plan(), totals)
    assert found == plan(CITY, plan(), dict(reversed(totals.items())))
    assert {place for place, rung in found.rungs.items() if is_live(rung)} == found.live.keys()


def test_a_parent_is_no_faster_than_it_hears_its_live_place() -> None:
    assert as_heard(Rung(STEP_S, 8)) == Rung(HOUR_S, 8)
    found = plan(with_square(expected_crowd=3_000_000))
    assert found.rungs["square"] == Rung(STEP_S, 8)
    assert found.rungs["east"] == found.rungs["city"] == Rung(HOUR_S, 8)


def test_what_a_parent_hears_of_a_live_place_is_as_noisy_as_it_is_counted() -> None:
    live = mechanisms(CITY, day(1))["square"]
    rungs, strands = plan().rungs, plan().strands
    without = noise_of(CITY, CITY["city"], {**rungs, "square": None}, strands, Rung(HOUR_S, 2), VARIANCE)
    hourly = noise_of(CITY, CITY["city"], rungs, strands, Rung(HOUR_S, 2), VARIANCE, {"square": live})
    assert hourly - without == pytest.approx(live.sd(288) ** 2)
    assert heard_variance(live, 900) == heard_variance(live, HOUR_S) == pytest.approx(live.sd(288) ** 2)
    four = heard_variance(live, 4 * HOUR_S)
    assert four == live.variance([252, 264, 276, 288])
    assert 4 * live.sd(252) ** 2 < four < 16 * live.sd(288) ** 2
    assert heard_variance(live, 24 * HOUR_S) == pytest.approx(live.variance(range(12, 289, 12)))


@pytest.mark.parametrize(("hours", "steps"), [(23, 276), (24, 288), (25, 300)])
def test_a_day_of_any_length_has_its_mechanism_and_its_hours(hours: int, steps: int) -> None:
    today = day(1, hours)
    assert mechanism(CITY.budget, today, "continual").steps == steps
    ends = hour_ends(today, today.start_s, today.end_s)
    assert ends == [today.start_s + HOUR_S * number for number in range(1, hours + 1)]
    assert hour_ends(today, today.start_s + 900, today.start_s + HOUR_S - 1) == []
    assert hour_ends(today, today.end_s - HOUR_S, today.end_s) == [today.end_s]


def test_a_count_that_fades_stands_for_an_hour_on_the_average() -> None:
    fading = mechanism(CITY.budget, day(1), "decaying")
    assert fading.weights.sum() / fading.unit == pytest.approx(STAYS)


def test_a_live_check_in_costs_as_much_as_the_seats_that_it_takes() -> None:
    for kind in ("continual", "decaying"):
        live = mechanism(CITY.budget, day(1), kind)  # type: ignore[arg-type]
        assert live.check_in_epsilon == SEATS / CITY.budget.grid_scale
        assert len(live.sensitivity) == CITY.budget.m // SEATS


def test_the_numbers_are_those_that_charters_say_in_words() -> None:
    """`term.live` in web/src/locales/*/places.json: two of the day's, every five minutes, an hour, one in a million."""
    live = mechanism(CITY.budget, day(1), "continual")
    assert (SEATS, STEP_S, STAYS * STEP_S, live.delta) == (2, 5 * 60, HOUR_S, 1e-6)
