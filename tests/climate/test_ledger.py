"""The ledger: what was spent, by day, place and purpose; and the filter that no release passes when a day is spent."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import LIVE_CITY, SMALL_CITY, Town

from nexus_city.boundaries import Continual, DiscreteLaplace
from nexus_city.climate.live import terms

HOUR_S = 3600


async def ledger(town: Town) -> Any:
    return (await town.client.get("/v1/ledger")).json()


async def refusals(town: Town) -> list[Any]:
    return await town.nexus.database.read(lambda c: c.execute("select place, purpose from refusal").fetchall())


async def test_a_day_is_accounted_for_by_purpose(tmp_path: Path) -> None:
    town = Town(tmp_path, city=SMALL_CITY.replace('timezone = "UTC"', 'timezone = "UTC"\nresearch = 0.2'))
    assert (await ledger(town))["shares"] == pytest.approx({"grid": 0.7, "words": 0.1, "moments": 0.2})
    await town.pass_time(HOUR_S + 10)
    assert (await ledger(town))["days"][0]["purposes"] == {"grid": 0.7, "words": 0.0, "moments": 0.0}
    await town.pass_time(20 * HOUR_S)
    told = await ledger(town)
    assert told["days"][1]["purposes"] == {"grid": 0.7, "words": 0.1, "moments": 0.2}
    assert (told["days"][1]["epsilon"], told["days"][1]["refused"]) == (1.0, 0)
    assert sum(each["epsilon_day"] for each in told["purposes"]) == pytest.approx(told["epsilon_day"])
    assert all(each["epsilon_day"] < each["epsilon_thirty_days"] for each in told["purposes"])
    await town.close()


async def test_a_place_that_speaks_once_costs_one_seat_and_one_that_speaks_often_at_most_m(tmp_path: Path) -> None:
    """An office speaks once a day; the square every hour, of which a person can be in four."""
    town = Town(tmp_path, city=SMALL_CITY.replace('id = "gallery"', 'id = "gallery"\nsetting = "work"'))
    await town.pass_time(24.1 * HOUR_S)
    places = {each["place"]: each for each in (await ledger(town))["places"]}
    assert set(places) == {"city", "east", "square", "gallery"}
    assert (places["gallery"]["tables"], places["gallery"]["epsilon_day"]) == (2, 0.225)
    assert places["square"]["epsilon_day"] == 0.9
    assert places["gallery"]["epsilon_thirty_days"] < places["square"]["epsilon_thirty_days"] <= 2 * 0.9
    await town.close()


async def test_noise_that_is_too_small_is_refused_written_down_and_ends_the_day(town: Town) -> None:
    """Planted: noise of a quarter of its scale, as a bug would draw it. A day pays for one such seat and no second."""
    town.nexus.room.desk._grid_noise = DiscreteLaplace(Fraction(1))
    phone = await town.phone()
    await phone.give(cell=9)
    await town.pass_time(HOUR_S + 10)
    tables = await town.nexus.database.read(town.tables)
    assert len({table.place for table in tables}) == 1
    assert len(await refusals(town)) == 7 - len(tables)
    assert (await ledger(town))["days"][0]["refused"] == len(await refusals(town))

    answer = (await (await town.phone()).give()).json()
    assert (answer["state"], answer["reason"]) == ("kept", "budget-spent")
    town.nexus.room._book = None  # what a restart forgets
    assert (await (await town.phone()).give()).json()["reason"] == "budget-spent"

    town.nexus.room.desk._grid_noise = DiscreteLaplace(town.nexus.room.city.budget.grid_scale)
    await town.pass_time(19 * HOUR_S)
    assert ("city", "words") in await refusals(town)
    assert (await (await town.phone()).give()).json()["state"] == "counted"


async def test_a_sound_city_is_never_refused_anything(tmp_path: Path) -> None:
    """Two days and a restart in between: what was spent is read back from the tables, to the last digit."""
    town = Town(
        tmp_path, city=SMALL_CITY.replace('timezone = "UTC"', 'timezone = "UTC"\nepsilon = 0.37\nresearch = 0.13')
    )
    await town.pass_time(7 * HOUR_S)
    spent, now_ms = town.nexus.room._book.spending.total, town.clock.now_ms()  # type: ignore[union-attr]
    await town.close()
    town = Town(tmp_path, at_ms=now_ms)
    assert (
        town.nexus.room._book.spending.total == spent == Fraction(37, 100) * (1 - Fraction(1, 10) - Fraction(13, 100))
    )  # type: ignore[union-attr]
    await town.pass_time(40 * HOUR_S)
    assert await refusals(town) == []
    assert [day["refused"] for day in (await ledger(town))["days"]] == [0, 0, 0]
    await town.close()


# --- live places ------------------------------------------------------------------------------------------------------


async def test_a_live_place_stands_in_the_ledger_with_what_it_costs_and_its_delta(tmp_path: Path) -> None:
    """It spends of the seats of the grid: a day costs no more for it, but for a δ that is not 0."""
    town = Town(tmp_path, city=LIVE_CITY)
    told = await ledger(town)
    assert told["live"] == {
        "places": ["square"],
        "seats": 2,
        "check_ins": 2,
        "epsilon_check_in": 0.45,
        "delta": 1e-6,
    }
    await town.pass_time(24.1 * HOUR_S)
    told = await ledger(town)
    day = told["days"][1]
    assert (day["epsilon"], day["delta"], day["live"], day["refused"]) == (1.0, 1e-6, 228, 0)
    assert day["purposes"] == {"grid": 0.9, "words": 0.1}
    places = {each["place"]: each for each in told["places"]}
    assert places["square"]["delta_day"] == 1e-6
    assert 0.45 < places["square"]["epsilon_day"] < 0.9, "two check-ins there, at that δ"
    assert places["square"]["live"] == places["square"]["tables"] == 289
    assert (places["garden"]["epsilon_day"], places["garden"]["delta_day"], places["garden"]["live"]) == (0.9, 0.0, 0)
    assert places["square"]["epsilon_day"] < places["square"]["epsilon_thirty_days"] < 2 * 0.9, "two days, at 1e-6"
    await town.close()


async def test_where_no_place_may_be_live_the_ledger_has_no_delta(town: Town) -> None:
    await town.pass_time(HOUR_S + 10)
    told = await ledger(town)
    assert told["live"] is None
    assert {each["delta"] for each in told["days"]} == {each["delta_day"] for each in told["places"]} == {0.0}


async def test_a_live_place_with_too_little_noise_is_refused_before_its_first_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: a mechanism that is paid for twice. Nothing of it is told, and the day takes nothing more."""
    monkeypatch.setattr(terms, "_mechanism", lambda b, steps, _: Continual(steps, b.m, 2 / b.grid_scale * b.m, seats=2))
    town = Town(tmp_path, city=LIVE_CITY)
    assert await refusals(town) == [("square", "live")]
    answer = (await (await town.phone()).give()).json()
    assert (answer["state"], answer["reason"]) == ("kept", "budget-spent")
    await town.pass_time(HOUR_S + 10)
    assert await town.nexus.database.read(lambda c: c.execute("select * from live_release").fetchall()) == []
    assert (await ledger(town))["days"][0]["refused"] == 1
    now_ms = town.clock.now_ms()
    await town.close()
    town = Town(tmp_path, city=LIVE_CITY, at_ms=now_ms)
    assert (await (await town.phone()).give("garden")).json()["reason"] == "budget-spent"
    await town.close()


async def test_the_filter_is_told_of_a_live_day_again_after_a_restart(tmp_path: Path) -> None:
    town = Town(tmp_path, city=LIVE_CITY)
    book = town.nexus.room._book
    assert book is not None
    assert (book.spending.total, book.spent) == (Fraction(9, 10), False)
    await town.pass_time(2 * HOUR_S)
    now_ms = town.clock.now_ms()
    await town.close()
    town = Town(tmp_path, city=LIVE_CITY, at_ms=now_ms)
    again = town.nexus.room._book
    assert again is not None
    assert (again.spending.total, again.spent) == (Fraction(9, 10), False)
    await town.pass_time(40 * HOUR_S)
    assert await refusals(town) == []
    await town.close()
