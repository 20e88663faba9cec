"""Erasure: who takes everything back before a window closes was never there; what was spoken before stays as it was.

Goal: to find out, after somebody has withdrawn, what they had given or that they had given anything: in later
releases, in the words of the day, in what was released before and might be computed anew, on the disk.
Method: on one noise tape the morning is lived with somebody who gives and withdraws, and without them. What was
released before a withdrawal is compared with itself afterwards.
Failure: one differing byte. With the same noise a table that is computed again would show the person's very cell,
since the difference of the two is the person.
Planted: an erasure that computes the released tables anew without the person; one that forgets the words of the day.
Not failure: a person's own list of what is held, which tells them what was spoken.
"""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nexus_city.climate import ClimateRoom, intake
from tests.attacks.mornings import CITY, HOUR_S, TAPE, both
from tests.conftest import Phone, Town

MINE = "/v1/me/check-ins"
GIVEN = (("east", 7, "place"), ("nook", 1, "city"), ("square", 3, "place"), ("square", 63, "city"))


async def gives_much(_: Town, phone: Phone) -> None:
    for place, cell, audience in GIVEN:
        assert (await phone.give(place, cell, audience, words=["proud"])).status_code == 202


async def gives_and_withdraws(town: Town, phone: Phone) -> None:
    await gives_much(town, phone)
    answer = await town.client.delete(MINE, headers=phone.headers)
    assert answer.status_code == 200
    assert answer.json()["withdrawn"] >= 2
    assert (await town.client.get(MINE, headers=phone.headers)).json()["check_ins"] == []


async def test_who_withdraws_before_the_window_closes_was_never_there(tmp_path: Path) -> None:
    with_it, without = await both(tmp_path / "all", gives_and_withdraws, 19.5)
    assert with_it == without


async def test_who_does_not_withdraw_is_seen(tmp_path: Path) -> None:
    with_it, without = await both(tmp_path / "all", gives_much, 19.5)
    assert with_it.released != without.released


async def test_of_what_was_spoken_the_words_are_still_taken_back(tmp_path: Path) -> None:
    """Words are released when the day ends: until then they are like a window that is open."""

    async def late(town: Town, phone: Phone) -> None:
        await phone.give("square", 63, words=["proud"])
        await town.pass_time(HOUR_S)
        assert (await town.client.delete(MINE, headers=phone.headers)).json() == {"withdrawn": 0, "spoken": 1}

    async def wordless(town: Town, phone: Phone) -> None:
        await phone.give("square", 63)
        await town.pass_time(HOUR_S)

    with_it, without = await both(tmp_path / "all", late, 19.5, wordless)
    assert with_it.released == without.released


async def an_erasure(folder: Path) -> tuple[list[Any], list[Any]]:
    """Return what was released of the first hour before and after one of forty people withdraws."""
    town = Town(folder, TAPE, CITY)
    phones = [await town.phone() for _ in range(40)]
    for number, phone in enumerate(phones):
        await phone.give(cell=number)
    await town.pass_time(HOUR_S + 10)
    before = town.released()
    assert (await town.client.delete(MINE, headers=phones[17].headers)).json()["spoken"] == 1
    await town.pass_time(HOUR_S)
    names = {row[:3] for row in before}  # place, strand and start; or number, place and start
    after = [row for row in town.released() if row[:3] in names]
    await town.close()
    return before, after


async def test_what_was_released_is_not_computed_again(tmp_path: Path) -> None:
    before, after = await an_erasure(tmp_path)
    assert before == after


async def test_an_erasure_that_computes_again_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the same noise on a new truth; the cell of the one who left is the only number that changes."""
    honest = ClimateRoom.withdraw

    def computed_anew(connection: sqlite3.Connection) -> None:
        where = "place = 'square' and strand = 1 and start_s = (select min(start_s) from release)"
        (counts,) = connection.execute(f"select counts from release where {where}").fetchone()  # noqa: S608 - ours
        numbers = np.frombuffer(counts, "<i8").copy()
        numbers[4] -= 1  # cell 17 of the grid of 64 lies in cell 4 of the grid of 16
        connection.execute(f"update release set counts = ? where {where}", (numbers.tobytes(),))  # noqa: S608 - ours

    async def again(self: ClimateRoom, device: bytes) -> Any:
        await self.database.write(computed_anew)
        return await honest(self, device)

    monkeypatch.setattr(ClimateRoom, "withdraw", again)
    before, after = await an_erasure(tmp_path)
    assert before != after


async def test_an_erasure_that_leaves_the_log_as_it_was_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of a day are read from the log."""
    monkeypatch.setattr(intake, "erase", lambda *_: None)
    with_it, without = await both(tmp_path / "all", gives_and_withdraws, 19.5)
    assert with_it.released != without.released
