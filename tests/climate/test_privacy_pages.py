"""The pages by which a city accounts for its privacy, against the numbers by which it really releases."""

import math

import pytest
from tests.conftest import Town

from nexus_city.boundaries import Budget, epsilon_after_days, expected_error

HOUR_S = 3600


async def test_a_place_tells_the_numbers_by_which_it_is_released(town: Town) -> None:
    facts = (await town.client.get("/v1/places/square/privacy")).json()
    assert (facts["window_s"], facts["grid"], facts["m"], facts["epsilon"]) == (HOUR_S, 4, 4, 1.0)
    assert facts["scale"] == pytest.approx(float(Budget().grid_scale))
    assert facts["noise_sd"] == pytest.approx(math.sqrt(2 * town.nexus.room.desk.variance), abs=0.01)
    assert facts["state"] == "quiet"


async def test_a_place_that_rests_says_so_and_shows_what_it_would_need(town: Town) -> None:
    facts = (await town.client.get("/v1/places/nook/privacy")).json()
    assert (facts["state"], facts["window_s"], facts["grid"]) == ("resting", None, None)
    assert len(facts["ladder"]) == 12
    assert all(step["people_needed"] > 0 for step in facts["ladder"])


async def test_the_people_that_a_rung_needs_are_enough_for_its_promise(town: Town) -> None:
    facts = (await town.client.get("/v1/places/square/privacy")).json()
    own = 2 * town.nexus.room.desk.variance
    for step in facts["ladder"]:
        assert expected_error(step["people_needed"], step["grid"] ** 2, own) <= 0.1
        assert step["people_a_day"] >= step["people_needed"]


async def test_records_are_kept_no_longer_than_is_said(town: Town) -> None:
    facts = (await town.client.get("/v1/places/square/privacy")).json()
    receipt = (await (await town.phone()).give()).json()
    assert facts["retention_h"] <= 24
    assert receipt["deleted_by"] == "2026-11-25T04:00:00Z"
    await town.pass_time(19 * HOUR_S + 60)
    rows = await town.nexus.database.read(
        lambda c: c.execute("select coalesce(sum(length(batch)), 0) from intake_log").fetchone()
    )
    assert rows == (0,)


async def test_the_ledger_tells_what_the_budget_costs(town: Town) -> None:
    ledger = (await town.client.get("/v1/ledger")).json()
    budget = Budget()
    assert (ledger["epsilon_day"], ledger["m"], ledger["delta"]) == (1.0, budget.m, 1e-6)
    assert ledger["epsilon_thirty_days"] == pytest.approx(epsilon_after_days(budget, 30), abs=0.01)
    assert ledger["epsilon_after"][0] == pytest.approx(epsilon_after_days(budget, 1), abs=0.01)
    assert ledger["epsilon_after"] == sorted(ledger["epsilon_after"])
    assert len(ledger["epsilon_after"]) == 30
    assert sum(ledger["shares"].values()) == pytest.approx(1)
    assert ledger["scale"] == pytest.approx(budget.m / ledger["shares"]["grid"])
    assert ledger["words_scale"] == pytest.approx(budget.word_votes / ledger["shares"]["words"])


async def test_the_ledger_does_not_change_with_how_many_spoke(town: Town) -> None:
    """What it says is about releases, which happen whether anybody spoke or not."""
    await town.pass_time(HOUR_S + 10)
    quiet = (await town.client.get("/v1/ledger")).json()["days"][0]["tables"]
    for _ in range(5):
        await (await town.phone()).give()
    await town.pass_time(HOUR_S)
    assert (await town.client.get("/v1/ledger")).json()["days"][0]["tables"] == 2 * quiet
