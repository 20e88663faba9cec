"""Live places in a running city: who stands where at each step, what that costs a person, and who hears of it."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.conftest import LIVE_CITY, Town, problem
from tests.living import people, steps, where

from nexus_city.boundaries import Rung
from nexus_city.climate.book import Book
from nexus_city.climate.model import HERE, ONWARD
from nexus_city.climate.store import Table

STEP_S, HOUR_S, DAY_S = 300, 3600, 86_400
DECAYING = LIVE_CITY.replace('live = "continual"', 'live = "decaying"')


async def tables(town: Town, place: str) -> list[Table]:
    return [each for each in await town.nexus.database.read(town.tables) if each.place == place]


# --- who stands where -------------------------------------------------------------------------------------------------


async def test_a_check_in_is_told_at_every_step_for_an_hour(live: Town) -> None:
    await live.pass_time(STEP_S)
    receipt = (await (await live.phone()).give(cell=0)).json()
    assert receipt["window"] == {"start": "2026-11-24T09:05:00Z", "end": "2026-11-24T09:10:00Z"}
    assert receipt["stands_until"] == "2026-11-24T10:05:00Z"
    await live.pass_time(2 * HOUR_S)
    assert (await people(live))[:15] == [0, *[1] * 12, 0, 0]


async def test_the_next_check_in_there_moves_a_person(live: Town) -> None:
    phone = await live.phone()
    await phone.give(cell=0)
    await live.pass_time(2 * STEP_S)
    await phone.give(cell=63)
    await live.pass_time(13 * STEP_S)
    one, other, nowhere = [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]
    assert (await where(live))[:15] == [one, one, *[other] * 12, nowhere]


async def test_a_check_in_elsewhere_moves_nobody_and_nobody_stands_into_the_next_day(live: Town) -> None:
    await live.pass_time(18.5 * HOUR_S)
    phone = await live.phone()
    await phone.give(cell=0)
    await phone.give("garden", cell=9)
    await live.pass_time(HOUR_S)
    assert (await people(live))[-12:] == [1] * 6 + [0] * 6


async def test_a_decaying_count_fades_by_a_twelfth_a_step_and_needs_no_end(
    tmp_path: Path, silence: Callable[[], None]
) -> None:
    silence()
    town = Town(tmp_path, city=DECAYING)
    for _ in range(1000):
        await (await town.phone()).give(cell=0)
    await town.pass_time(14 * STEP_S)
    assert await people(town) == [round(1000 * (11 / 12) ** age) for age in range(14)]
    await town.close()


async def test_who_says_it_anew_within_a_step_takes_no_second_seat(live: Town) -> None:
    phone = await live.phone()
    assert [(await phone.give(cell=cell)).json()["counted_today"] for cell in (0, 63, 9)] == [2, 2, 2]
    await live.pass_time(STEP_S)
    assert await where(live) == [[1, 0, 0, 0]]


async def test_each_audience_is_told_in_its_own_table_and_presence_in_no_mood(live: Town) -> None:
    for audience, cell in (("place", 0), ("city", 63), ("city", None)):
        await (await live.phone()).give(cell=cell, audience=audience)
    await live.pass_time(STEP_S)
    (told,) = await steps(live)
    assert told.strands == (HERE, ONWARD)
    assert told.tables.tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 1, 1]]


# --- seats ------------------------------------------------------------------------------------------------------------


async def test_a_live_check_in_takes_two_of_the_four_seats(live: Town) -> None:
    phone = await live.phone()
    given = []
    for place in ("square", "garden", "square", "garden", "garden"):
        given.append((await phone.give(place)).json())
        await live.pass_time(HOUR_S)
    assert [(each["state"], each["counted_today"]) for each in given] == [
        ("counted", 2),
        ("counted", 3),
        ("kept", 3),
        ("counted", 4),
        ("kept", 4),
    ]
    assert given[2]["reason"] == "day-full"
    assert [each["epsilon"]["check_in"] for each in given] == [0.45, 0.225, 0.0, 0.225, 0.0]


async def test_seats_are_the_same_after_a_restart(live: Town) -> None:
    phone = await live.phone()
    await phone.give()
    await live.pass_time(HOUR_S)
    live.nexus.room._book = None  # what a restart forgets
    assert (await phone.give("garden")).json()["counted_today"] == 3
    live.nexus.room._book = None
    assert (await phone.give()).json()["reason"] == "day-full"


# --- taking back ------------------------------------------------------------------------------------------------------


async def test_what_is_taken_back_before_its_step_is_told_was_never_given(live: Town) -> None:
    phone = await live.phone()
    await phone.give(cell=0)
    await live.pass_time(STEP_S)
    second = (await phone.give(cell=63)).json()
    one = f"/v1/places/square/check-ins/{second['key']}"
    assert (await phone.client.delete(one, headers=phone.headers)).status_code == 204
    await live.pass_time(STEP_S)
    assert await where(live) == [[1, 0, 0, 0], [1, 0, 0, 0]], "who was there before still is"
    assert (await phone.give(cell=9)).json()["counted_today"] == 4, "its seats are free again"


async def test_what_was_told_once_can_not_be_changed(live: Town) -> None:
    phone = await live.phone()
    receipt = (await phone.give(cell=0)).json()
    await live.pass_time(STEP_S)
    one = f"/v1/places/square/check-ins/{receipt['key']}"
    problem(await phone.client.delete(one, headers=phone.headers), 409)
    body = {"cell": 63, "audience": "city"}
    problem(await phone.client.put(one, json=body, headers=phone.headers), 409)
    await live.pass_time(STEP_S)
    assert await where(live) == [[1, 0, 0, 0], [1, 0, 0, 0]]


@pytest.mark.parametrize("path", ["/v1/me/check-ins", "/v1/me"])
@pytest.mark.parametrize("restarts", [False, True])
async def test_who_takes_everything_back_stands_nowhere_from_the_next_step_on(
    path: str, restarts: bool, live: Town
) -> None:
    """Nor where they stood before; and their seats stay taken, for they were told."""
    phone = await live.phone()
    for cell in (0, 63):
        await phone.give(cell=cell, words=["calm"])
        await live.pass_time(STEP_S)
    assert (await phone.client.delete(path, headers=phone.headers)).status_code == 200
    if restarts:
        live.nexus.room._book = None
    await live.pass_time(2 * STEP_S)
    assert await where(live) == [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert (await phone.give("garden")).json()["reason"] == "day-full"
    held = (await phone.client.get("/v1/me/check-ins", headers=phone.headers)).json()
    assert held["check_ins"] == []


async def test_what_is_held_of_a_device_shows_its_step(live: Town) -> None:
    phone = await live.phone()
    await phone.give(cell=0)
    await live.pass_time(STEP_S)
    await phone.give(cell=63)
    held = (await phone.client.get("/v1/me/check-ins", headers=phone.headers)).json()["check_ins"]
    assert [(each["state"], each["window"]["start"][11:16]) for each in held] == [
        ("spoken", "09:00"),
        ("open", "09:05"),
    ]


# --- what a climate says ----------------------------------------------------------------------------------------------


async def test_a_live_climate_says_so_and_what_it_costs_and_no_other_does(live: Town) -> None:
    for number in range(60):
        await (await live.phone()).give(cell=63 * (number % 2))
        await (await live.phone()).give("garden", cell=63 * (number % 2))
    await live.pass_time(HOUR_S + 10)
    square, garden = [
        (await live.client.get(f"/v1/places/{place}/history")).json()["climates"] for place in ("square", "garden")
    ]
    assert len(square) == 12
    assert [each for each in garden if "live" in each] == []
    newest = square[0]
    assert newest["live"] == {
        "kind": "continual",
        "step_s": 300,
        "stays_s": 3600,
        "seats": 2,
        "epsilon": 0.45,
        "delta": 1e-6,
    }
    assert newest["window"] == {"start": "2026-11-24T09:55:00Z", "end": "2026-11-24T10:00:00Z"}
    assert newest["people"] == 60
    facts = (await live.client.get("/v1/places/square/privacy")).json()["live"]
    assert facts["step"] == newest["live"]
    assert (facts["today"], facts["ladder"][-1]) == (True, {"grid": 2, "people_needed": 576, "people_a_day": 9_216})
    assert facts["sd_first"] < newest["people_sd"] / 10**0.5 < facts["sd_last"], "two tables of five cells"
    assert square[-1]["people_sd"] < newest["people_sd"], "noise grows as the day does"
    assert (await live.client.get("/v1/places/garden/privacy")).json()["live"] is None


async def test_parents_hear_each_check_in_of_a_live_place_once_an_hour(live: Town) -> None:
    """East hourly and the city with it; who moved within the hour is heard once, and where they were last."""
    phone = await live.phone()
    await phone.give(cell=0)
    await live.pass_time(STEP_S)
    await phone.give(cell=63)
    await (await live.phone()).give(cell=63, audience="place")
    await live.pass_time(2 * HOUR_S)
    heard = {
        place: [each["people"] for each in (await live.client.get(f"/v1/places/{place}/history")).json()["climates"]]
        for place in ("city", "east")
    }
    assert heard == {"city": [0, 1], "east": [0, 1]}
    assert await tables(live, "square") == [], "no other table of theirs is released"


async def test_a_parent_that_speaks_more_slowly_hears_the_sum_of_the_hours(live: Town) -> None:
    """The city is made to speak every four hours. Noise that remembers is alike at two hours, and so in their sum."""
    book = live.nexus.room._book
    assert book is not None
    book.plan = live.nexus.room.plan = replace(book.plan, rungs={**book.plan.rungs, "city": Rung(4 * HOUR_S, 2)})
    for _ in range(7):
        await (await live.phone()).give()
        await live.pass_time(1800)
    climate = (await live.client.get("/v1/places/city/history")).json()["climates"][0]
    assert (climate["window"]["end"], climate["people"]) == ("2026-11-24T12:00:00Z", 6)
    mechanism = book.live[live.nexus.room.city.index["square"]].mechanism
    noise, hours = mechanism.variance([12, 24, 36]), [mechanism.sd(step) ** 2 for step in (12, 24, 36)]
    assert noise > sum(hours)
    expected = 5 * noise + live.nexus.room.desk.variance * _ordinary_cells(book)
    assert climate["people_sd"] ** 2 == pytest.approx(expected, rel=1e-3)


def _ordinary_cells(book: Book) -> int:
    """Return how many cells of ordinary tables the city heard in its first window, which began at eight."""
    heard = [("city", 1), ("east", 3), ("gallery", 3), ("garden", 3)]
    return sum(windows * (book.plan.cells_of(place) + 1) for place, windows in heard)


async def test_the_sentence_about_a_light_names_the_hour_of_those_who_stand_there(live: Town) -> None:
    for _ in range(900):
        await (await live.phone()).give(cell=63)
    await live.pass_time(STEP_S + 10)
    why = (await live.client.get("/v1/places/square/why?language=en")).json()
    assert "between 08:05 and 09:05" in why["sentence"]


# --- a crowd that can carry it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["continual", "decaying"])
async def test_a_large_crowd_is_seen_as_it_is_to_within_the_declared_error(kind: str, tmp_path: Path) -> None:
    """800 people, somewhat more than the plan asks for, with the product's own noise on a tape that is not known."""
    city = LIVE_CITY.replace('"continual"', f'"{kind}"').replace('live = "', 'finest_grid = 2\nlive = "')
    town = Town(tmp_path, secrets.token_bytes(2**16), city)
    for number in range(800):
        await (await town.phone()).give(cell=(0, 0, 7, 56)[number % 4])
    await town.pass_time(STEP_S + 10)
    climate = (await town.climate())["climate"]
    error = 0.5 * sum(abs(a - b) for a, b in zip(climate["mixture"], [0.5, 0.25, 0.25, 0.0], strict=True))
    assert (climate["state"], climate["live"]["kind"]) == ("speaks", kind)
    assert climate["uncertainty"] <= 0.1
    assert error <= 4 * climate["uncertainty"]
    assert abs(climate["people"] - 800) <= 5 * climate["people_sd"]
    await town.close()
