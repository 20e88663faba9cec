"""Privacy claims as equalities.

Goal: on a fixed noise tape a release is a function of the counted contributions and of nothing else. So two cities
that should release the same can be compared byte by byte: whatever differs is a leak.
Method: the same morning is lived twice, once with and once without an act that must change nothing.
Failure: any differing byte in any released table, climate or word count. Not failure: receipts, which differ by design
and go to the person alone.
"""

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import SMALL_CITY, ZERO_NOISE, Phone, Town

from nexus_city.climate.book import RECORD_BYTES

TAPE = secrets.token_bytes(4096)
HOUR_S = 3600
Act = Callable[[Town, Phone], Awaitable[Any]]


OPEN_CITY = SMALL_CITY.replace('id = "square"', 'id = "square"\naudiences = ["place", "district", "city"]').replace(
    'timezone = "UTC"', 'timezone = "UTC"\nresearch = 0.2'
)
"""A square with all audiences, in a city with a table for research."""


async def a_morning(
    folder: Path, act: Act | None, hours: float = 1.1, city: str = SMALL_CITY, tape: bytes = TAPE
) -> list[tuple[Any, ...]]:
    """Live a morning of forty people in a new city, with one more person's `act`; return all that was released."""
    folder.mkdir()
    town = Town(folder, tape, city)
    for number in range(40):
        phone = await town.phone()
        await phone.give(cell=number, audience="place" if number % 3 else "city", words=["calm"])
    if act:
        await act(town, await town.phone())
    await town.pass_time(hours * HOUR_S)
    released = town.released()
    await town.close()
    assert released, "nothing was released, so nothing was compared"
    return released


async def test_one_check_in_changes_the_release(tmp_path: Path) -> None:
    """The comparison can fail: a counted check-in is seen."""

    async def act(_: Town, phone: Phone) -> None:
        assert (await phone.give(cell=63)).json()["state"] == "counted"

    assert await a_morning(tmp_path / "with", act) != await a_morning(tmp_path / "without", None)


async def test_what_stays_on_the_phone_changes_nothing(tmp_path: Path) -> None:
    """Only-me asks the city for a token and for words, and gives it nothing."""

    async def act(_: Town, phone: Phone) -> None:
        await phone.client.get("/v1/places/square/climate", headers=phone.headers)

    assert await a_morning(tmp_path / "with", act) == await a_morning(tmp_path / "without", None)


async def test_taken_back_before_the_window_closes_is_as_if_never_given(tmp_path: Path) -> None:
    async def act(_: Town, phone: Phone) -> None:
        given = (await phone.give(cell=63, words=["calm"])).json()
        answer = await phone.client.delete(f"/v1/places/square/check-ins/{given['key']}", headers=phone.headers)
        assert answer.status_code == 204

    assert await a_morning(tmp_path / "with", act, 25) == await a_morning(tmp_path / "without", None, 25)


async def test_given_to_the_place_only_changes_nothing_above_it(tmp_path: Path) -> None:
    async def act(_: Town, phone: Phone) -> None:
        assert (await phone.give(cell=63, audience="place")).json()["state"] == "counted"

    def above(released: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in released if "square" not in row]

    with_it, without = await a_morning(tmp_path / "with", act), await a_morning(tmp_path / "without", None)
    assert with_it != without
    assert above(with_it) == above(without)


async def test_given_to_the_district_changes_nothing_of_the_city(tmp_path: Path) -> None:
    """A whole day, so that the words and the table for research are among what must be equal."""

    async def act(_: Town, phone: Phone) -> None:
        receipt = (await phone.give(cell=63, audience="district", words=["calm"], research=True)).json()
        assert (receipt["state"], receipt["words"], receipt["speaker"]) == ("counted", [], "square")

    def of_the_city(released: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [row for row in released if not {"square", "east"} & set(row)]

    with_it = await a_morning(tmp_path / "with", act, 25, OPEN_CITY)
    without = await a_morning(tmp_path / "without", None, 25, OPEN_CITY)
    changed = {row[0] for row, before in zip(with_it, without, strict=True) if row != before and len(row) == 8}
    assert changed == {"square"}
    assert of_the_city(with_it) == of_the_city(without)
    # Without noise (which may hide one person, as it should) the district is seen to hear it.
    heard = await a_morning(tmp_path / "heard", act, city=OPEN_CITY, tape=ZERO_NOISE)
    unheard = await a_morning(tmp_path / "unheard", None, city=OPEN_CITY, tape=ZERO_NOISE)
    assert [row for row in heard if "east" in row] != [row for row in unheard if "east" in row]
    assert of_the_city(heard) == of_the_city(unheard)


@pytest.mark.parametrize("audience", ["place", "district", "city"])
async def test_presence_never_changes_a_mixture(audience: str, tmp_path: Path) -> None:
    """Nor whether there is one, on what grid, or how sure it is; it is one more among the people, and that is all."""

    async def act(_: Town, phone: Phone) -> None:
        receipt = (await phone.give(cell=None, audience=audience, words=["calm"])).json()
        assert (receipt["state"], receipt["cell"], receipt["words"]) == ("counted", None, [])

    def moods(released: list[tuple[Any, ...]]) -> list[Any]:
        tables = [(*row[:6], row[6][: 8 * row[5] ** 2]) for row in released if len(row) == 8]
        climates = [{**msgspec.json.decode(row[4]), "people": None} for row in released if len(row) == 5]
        return [*tables, *climates]

    with_it = await a_morning(tmp_path / "with", act, city=OPEN_CITY)
    without = await a_morning(tmp_path / "without", None, city=OPEN_CITY)
    assert with_it != without
    assert moods(with_it) == moods(without)


async def test_what_is_not_for_research_is_not_in_its_table(tmp_path: Path) -> None:
    async def act(_: Town, phone: Phone) -> None:
        assert (await phone.give(cell=63)).json()["state"] == "counted"

    with_it, without = [
        [row for row in await a_morning(tmp_path / name, each, 25, OPEN_CITY) if len(row) == 3]
        for name, each in (("with", act), ("without", None))
    ]
    assert len(with_it) == 2  # words, and the day for research
    assert with_it == without


async def test_where_the_city_has_no_table_for_research_the_wish_has_no_effect(tmp_path: Path) -> None:
    def giving(research: bool) -> Act:
        async def act(_: Town, phone: Phone) -> None:
            assert (await phone.give(cell=63, research=research)).status_code == 202

        return act

    with_it, without = [await a_morning(tmp_path / str(research), giving(research), 25) for research in (True, False)]
    assert with_it == without


async def test_who_takes_no_part_leaves_no_trace(tmp_path: Path) -> None:
    """Neither in what is released nor in the log, whether the device opted out or its browser says so."""

    async def act(town: Town, phone: Phone) -> None:
        await phone.client.put("/v1/me/opt-out", headers=phone.headers)
        said = [await phone.give(cell=63, words=["calm"])]
        other = await town.phone()
        other.headers["sec-gpc"] = "1"
        said.append(await other.give(cell=63, words=["calm"]))
        assert [(each.json()["state"], each.json()["reason"]) for each in said] == [("kept", "opted-out")] * 2
        rows = await town.nexus.database.read(lambda c: c.execute("select batch from intake_log").fetchall())
        assert sum(len(batch) for (batch,) in rows) == 40 * RECORD_BYTES

    assert await a_morning(tmp_path / "with", act, 25) == await a_morning(tmp_path / "without", None, 25)


async def test_with_everything_taken_back_a_day_is_as_if_it_had_not_been(tmp_path: Path) -> None:
    """All but what was spoken, which stays; its words and what research may have are taken back as well."""

    async def act(_: Town, phone: Phone) -> None:
        for cell in (1, 2, 3):
            await phone.give(cell=cell, words=["calm"], research=True)
        await phone.give("nook", 4, words=["proud"])
        answer = await phone.client.delete("/v1/me/check-ins", headers=phone.headers)
        assert answer.json() == {"withdrawn": 2, "spoken": 0}
        assert (await phone.client.delete("/v1/me/check-ins", headers=phone.headers)).json()["withdrawn"] == 0

    with_it = await a_morning(tmp_path / "with", act, 25, OPEN_CITY)
    assert with_it == await a_morning(tmp_path / "without", None, 25, OPEN_CITY)

    async def spoken(_: Town, phone: Phone) -> None:
        await phone.give(cell=1)

    async def spoken_and_unsaid(town: Town, phone: Phone) -> None:
        await phone.give(cell=1, words=["calm"], research=True)
        await town.pass_time(HOUR_S)
        answer = await phone.client.delete("/v1/me/check-ins", headers=phone.headers)
        assert answer.json() == {"withdrawn": 0, "spoken": 1}

    with_it = await a_morning(tmp_path / "unsaid", spoken_and_unsaid, 24, OPEN_CITY)
    assert with_it == await a_morning(tmp_path / "spoken", spoken, 25, OPEN_CITY)


async def test_the_fifth_check_in_of_a_day_changes_nothing(tmp_path: Path) -> None:
    """Four windows are counted; the fifth stays on the phone, wherever it is given."""

    async def four(town: Town, phone: Phone) -> None:
        for _ in range(4):
            assert (await phone.give(cell=1)).json()["state"] == "counted"
            await town.pass_time(HOUR_S)

    async def five(town: Town, phone: Phone) -> None:
        await four(town, phone)
        receipt = (await phone.give(cell=62)).json()
        assert (receipt["state"], receipt["reason"], receipt["counted_today"]) == ("kept", "day-full", 4)

    assert await a_morning(tmp_path / "five", five) == await a_morning(tmp_path / "four", four)


async def test_where_nobody_speaks_a_place_only_check_in_leaves_no_trace(tmp_path: Path) -> None:
    async def act(_: Town, phone: Phone) -> None:
        receipt = (await phone.give("nook", 63, "place")).json()
        assert (receipt["state"], receipt["reason"]) == ("kept", "nobody-speaks")

    assert await a_morning(tmp_path / "with", act, 25) == await a_morning(tmp_path / "without", None, 25)


async def test_the_plan_of_the_next_day_depends_on_released_values_only(tmp_path: Path) -> None:
    """Two cities with different people but the same released totals plan the same day.

    The totals are made equal by moving people between cells: the sums, and so the plan, must agree.
    """

    async def plan_after(folder: Path, cells: range) -> object:
        folder.mkdir()
        town = Town(folder, TAPE)
        await town.pass_time(20 * HOUR_S)  # into the first whole day
        for cell in cells:
            await (await town.phone()).give(cell=cell)
        await town.pass_time(24 * HOUR_S)
        plan = town.nexus.room.plan
        await town.close()
        assert plan.whole
        return plan

    assert await plan_after(tmp_path / "one", range(30)) == await plan_after(tmp_path / "other", range(33, 63))
