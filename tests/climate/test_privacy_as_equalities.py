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

from tests.conftest import Phone, Town

TAPE = secrets.token_bytes(4096)
HOUR_S = 3600
Act = Callable[[Town, Phone], Awaitable[Any]]


async def a_morning(folder: Path, act: Act | None, hours: float = 1.1) -> list[tuple[Any, ...]]:
    """Live a morning of forty people in a new city, with one more person's `act`; return all that was released."""
    folder.mkdir()
    town = Town(folder, TAPE)
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
