"""Erased stays erased: in copies that were made before, after crashes, and for whoever changes their mind in between.

Method: as in `test_backup.py`; beside it a model with sets lives through any order of opting out, erasing and copying.
Failure: a row that somebody erased, or a row that nobody erased and that is gone.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.access.optouts import OptOuts
from nexus_city.ground import Database
from nexus_city.ground.backup import make_copy, restore_copy
from nexus_city.ground.erasures import LIST, Erasures
from tests.conftest import Town
from tests.robustness.copies import Back, device_of, propose, rows

SECRET = b"secret"


@pytest.fixture
async def back(tmp_path: Path) -> AsyncIterator["Back"]:
    found = Back(tmp_path)
    yield found
    await found.close()


async def test_what_was_erased_after_the_copy_is_erased_from_it(town: Town, back: Back) -> None:
    erasing, staying = await town.phone(), await town.phone()
    for phone in (erasing, staying):
        await town.client.put("/v1/me/opt-out", headers=phone.headers)
    proposal = await propose(staying)
    said = "I was here"
    await town.client.post(
        f"/v1/places/square/charter/proposals/{proposal}/comments", json={"text": said}, headers=erasing.headers
    )
    copy = back.copy(town)
    assert said.encode() in copy.read_bytes()
    assert (await town.client.delete("/v1/me", headers=erasing.headers)).status_code == 200
    await back.city(copy, town.clock.now_ms(), town.folder / "data" / LIST)
    for phone, opted_out in ((erasing, False), (staying, True)):
        assert (await back.client.get("/v1/me", headers=phone.headers)).json()["opted_out"] is opted_out
    stored = b"".join(path.read_bytes() for path in (back.folder / "back").iterdir())
    assert said.encode() not in stored


async def test_who_opted_out_again_after_an_erasure_is_still_out_after_a_restore(town: Town, back: Back) -> None:
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    await town.client.delete("/v1/me", headers=phone.headers)
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    copy, list_ = back.copy(town), town.folder / "data" / LIST
    await back.city(copy, town.clock.now_ms(), list_)
    assert (await back.client.get("/v1/me", headers=phone.headers)).json()["opted_out"] is True


async def test_who_erased_twice_is_erased_from_a_copy_made_between(town: Town, back: Back) -> None:
    phone = await town.phone()
    for _ in range(2):
        await town.client.put("/v1/me/opt-out", headers=phone.headers)
        copy = back.copy(town, f"copy-{_}")
        await town.client.delete("/v1/me", headers=phone.headers)
    await back.city(copy, town.clock.now_ms(), town.folder / "data" / LIST)
    assert (await back.client.get("/v1/me", headers=phone.headers)).json()["opted_out"] is False


async def test_a_newer_copy_carries_the_list_on(town: Town, back: Back) -> None:
    """A list that begins in one restored city goes on from what the copy knew, and still mends an older copy."""
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    await town.client.delete("/v1/me", headers=phone.headers)
    lines = (town.folder / "data" / LIST).read_text().split()
    restore_copy(back.copy(town), back.folder / "back", None, 1)
    assert (back.folder / "back" / LIST).read_text().split() == lines


async def test_the_list_names_nobody(town: Town) -> None:
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    (mark,) = rows(town.folder / "data" / "nexus.sqlite3", "select mark from opt_out")[0]
    await town.client.delete("/v1/me", headers=phone.headers)
    (line,) = (town.folder / "data" / LIST).read_text().split()
    assert len(line) == 32
    assert line not in (mark.hex(), device_of(phone, town).hex())


async def test_an_erasure_that_a_crash_interrupted_is_finished_at_the_next_start(tmp_path: Path) -> None:
    """The list was written, and the process died before the row was gone."""
    town = Town(tmp_path)
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    (mark,) = rows(tmp_path / "data" / "nexus.sqlite3", "select mark from opt_out")[0]
    await town.nexus.erasures._note([("opt_out", mark)])
    await town.close()
    with (tmp_path / "data" / LIST).open("a") as torn:
        torn.write("0123456789abcdef")  # and another line was cut short
    town = Town(tmp_path)
    assert rows(tmp_path / "data" / "nexus.sqlite3", "select mark from opt_out") == []
    await town.close()


async def test_where_the_list_cannot_be_written_nothing_is_erased(town: Town) -> None:
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    (town.folder / "data" / LIST).mkdir()
    answer = await town.client.delete("/v1/me", headers=phone.headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert (await town.client.get("/v1/me", headers=phone.headers)).json()["opted_out"] is True


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["out", "in", "erase", "copy"]), st.integers(0, 2)), max_size=14), st.data())
def test_whatever_people_do_a_copy_comes_back_as_it_was_but_for_what_was_erased_since(
    acts: list[tuple[str, int]], data: st.DataObject
) -> None:
    """A model with sets: what was out at the copy, without who has erased after it."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_with_copies(Path(folder), [*acts, ("copy", 0)], data.draw))


async def live_with_copies(folder: Path, acts: list[tuple[str, int]], draw: Any) -> None:
    database = Database(folder / "data")
    erasures = Erasures(database)
    opt_outs = OptOuts(database, SECRET)
    out: set[int] = set()
    copies: list[set[int]] = []
    for act, number in acts:
        device = bytes([number])
        if act == "copy":
            make_copy(folder / "data", folder / str(len(copies)), 1)
            copies.append(set(out))
        elif act == "erase":
            async with erasures.noted(await opt_outs.rows(device)):
                await opt_outs.erase(device)
            if number in out:
                copies = [kept - {number} for kept in copies]
            out.discard(number)
        else:
            await opt_outs.set(device, act == "out")
            (out.add if act == "out" else out.discard)(number)
    database.close()
    chosen = draw(st.integers(0, len(copies) - 1))
    restore_copy(folder / str(chosen), folder / "back", folder / "data" / LIST if any_erased(folder) else None, 2)
    database = Database(folder / "back")
    found = OptOuts(database, SECRET)
    assert {number for number in range(3) if found.holds(bytes([number]))} == copies[chosen]
    database.close()


def any_erased(folder: Path) -> bool:
    return (folder / "data" / LIST).exists()
