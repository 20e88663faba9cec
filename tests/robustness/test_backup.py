"""Copies of a living city: what they may hold, and what coming back from one may never do.

Goal: a copy that is made under load is whole, and holds nothing raw anywhere in its bytes; a city that comes back from
it releases no window a second time, hears nobody before its next day, and has forgotten what was erased after the copy.

Method: the whole server in this process, on a clock in the test's hand, with noise that is zero or known; the copy is
made by the command's own functions, beside the running server, and restored into a folder of its own.

Failure: a byte of a planted contribution, key, vote or session in the copy; a table or a climate of one window with two
contents; a check-in that is counted on the day of the restore; a row that somebody erased. Not failure: what was given
after the copy is lost, and so is what was released after it.
"""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from nexus_city.app import Nexus
from nexus_city.cli import cli
from nexus_city.climate.intake import fingerprint
from nexus_city.ground import Database, HandClock, Settings, Tape
from nexus_city.ground.backup import restore_copy
from nexus_city.ground.erasures import LIST
from nexus_city.ground.errors import BackupRefused, SettingsError
from tests.conftest import LIVE_CITY, ZERO_NOISE, Phone, Town, released_by
from tests.robustness.copies import Back, device_of, propose, rows, vote

HOUR_S, DAY_S = 3600, 86_400
WHOLE = {
    *(
        "charter",
        "climate",
        "comment",
        "release",
        "live_release",
        "word_release",
        "moment_release",
        "refusal",
        "proposal",
    ),
    *("account", "passkey", "recovery_code", "program_token", "audit", "opt_out", "secret", "city_key", "display_turn"),
    *("copying", "erasing", "erasure_key", "erasure_done", "retention", "schema_step"),
    *("city", "place", "desk_change", "desk_standing", "house"),
    *("incident", "incident_step", "alarm", "deploy", "vital_day"),
}
"""Tables that are copied with all their rows. Whoever adds a table decides here, and beside it in its room."""


@pytest.fixture
async def back(tmp_path: Path) -> AsyncIterator["Back"]:
    found = Back(tmp_path)
    yield found
    await found.close()


# --- what is in a copy ------------------------------------------------------------------------------------------------


async def test_a_copy_holds_no_state_of_live_noise_and_a_restored_city_tells_no_step_again(
    tmp_path: Path, back: Back
) -> None:
    """With the state and what was released one has the true counts; what was released is in the copy."""
    town = Town(tmp_path, b"\x11\x22\x33\x44\x55\x66\x77\x88", LIVE_CITY)
    await (await town.phone()).give()
    await town.pass_time(HOUR_S + 10)
    ((state,),) = rows(town.folder / "data" / "nexus.sqlite3", "select state from live_noise")
    copy = back.copy(town)
    content = copy.read_bytes()
    assert [at for at in range(24, len(state), 8) if state[at : at + 8] in content and any(state[at : at + 8])] == []
    assert rows(copy, "select count(*) from live_release") == [(12,)]
    assert rows(copy, "select count(*) from live_noise") == [(0,)]
    await town.pass_time(HOUR_S)
    phone = await back.city(copy, town.clock.now_ms())
    assert (await phone.give()).json()["reason"] == "nobody-speaks"
    await back.pass_time(HOUR_S)
    assert back.nexus is not None
    told = "select count(*) from live_release"
    assert await back.nexus.database.read(lambda c: c.execute(told).fetchone()) == (12,)
    await back.pass_time(DAY_S)
    assert (await back.nexus.database.read(lambda c: c.execute(told).fetchone()))[0] > 12, "on the next day it does"
    await town.close()


async def test_a_copy_holds_nothing_raw_in_any_of_its_bytes(town: Town, back: Back) -> None:
    """Neither a contribution nor a fingerprint of its key, neither the day's key nor a vote nor its key."""
    phones = [await town.phone() for _ in range(30)]
    keys = [phone.key() for phone in phones]
    for phone, key in zip(phones, keys, strict=True):
        body = {"key": key, "cell": 27, "audience": "city", "words": ["calm"]}
        await town.client.post("/v1/places/square/check-ins", json=body, headers=phone.headers)
    proposal = await propose(phones[0])
    await vote(phones[1], proposal)
    planted = [fingerprint(device_of(phone, town), key) for phone, key in zip(phones, keys, strict=True)]
    for query in (
        "select batch from intake_log",
        "select key from day where key is not null",
        "select key from proposal_key union select author from proposal_key",
        "select vote from vote",
    ):
        found = [each for (each,) in rows(town.folder / "data" / "nexus.sqlite3", query)]
        assert found
        planted += [each[at : at + 56] for each in found for at in range(0, len(each), 56)]
    content = back.copy(town).read_bytes()
    assert [each.hex() for each in planted if each in content] == []
    assert b"The Square" in content, "it holds the city all the same"


async def test_every_table_of_the_city_is_copied_as_it_was_decided(town: Town, back: Back) -> None:
    phone = await town.phone()
    await phone.give()
    await town.client.put("/v1/me/opt-out", headers=(await town.phone()).headers)
    await vote(phone, await propose(phone))
    await town.pass_time(2 * HOUR_S)
    source, copy = town.folder / "data" / "nexus.sqlite3", back.copy(town)
    tables = {name for (name,) in rows(source, "select name from sqlite_master where type = 'table'")}
    tables -= {name for name in tables if name.startswith("sqlite_")}
    declared = dict(rows(source, "select tab, rows from copying"))
    assert tables - declared.keys() == WHOLE, "decide what may be copied"
    for name in tables - declared.keys():
        assert rows(copy, f"select * from {name}") == rows(source, f"select * from {name}"), name  # noqa: S608 - ours
    for name, condition in declared.items():
        assert len(rows(copy, f"select * from {name}")) == 0 or condition != "0", name  # noqa: S608 - ours
    assert rows(copy, "pragma integrity_check") == [("ok",)]
    assert rows(copy, "select count(*) from release")[0][0] > 0


async def test_a_copy_that_is_made_under_load_is_one_snapshot(town: Town, back: Back) -> None:
    """Check-ins go on and windows close while it is made; ledger and climates in it agree, and nobody was refused."""
    await town.pass_time(0)
    phones = [await town.phone() for _ in range(200)]
    giving = [asyncio.create_task(phone.give()) for phone in phones]
    copying = asyncio.create_task(asyncio.to_thread(back.copy, town))
    await town.pass_time(HOUR_S + 10)
    copy = await copying
    assert {(await each).status_code for each in giving} == {202}
    tables = rows(copy, "select place, strand, start_s, counts from release order by 1, 2, 3")
    climates = rows(copy, "select place, start_s, body from climate order by id")
    live = town.folder / "data" / "nexus.sqlite3"
    assert set(tables) <= set(rows(live, "select place, strand, start_s, counts from release"))
    assert set(climates) <= set(rows(live, "select place, start_s, body from climate"))
    assert {(place, start_s) for place, _, start_s, _ in tables} == {(place, start_s) for place, start_s, _ in climates}


async def test_a_copy_that_was_cut_short_has_no_name_and_is_no_hindrance(town: Town, back: Back) -> None:
    (back.folder / "copy.part").write_bytes(b"as a killed process left it" * 1000)
    assert rows(back.copy(town), "pragma integrity_check") == [("ok",)]
    assert list(back.folder.glob("*.part")) == []


async def test_a_copy_never_replaces_a_file(town: Town, back: Back) -> None:
    (back.folder / "copy").write_text("mine")
    with pytest.raises(BackupRefused, match="exists already"):
        back.copy(town)
    assert (back.folder / "copy").read_text() == "mine"
    assert list(back.folder.glob("*.part")) == []


# --- coming back ------------------------------------------------------------------------------------------------------


async def test_no_window_is_released_a_second_time(town: Town, back: Back) -> None:
    """The old city went on after the copy; the restored one has other noise, and would show it."""
    await town.pass_time(0)
    await (await town.phone()).give()
    await town.pass_time(HOUR_S + 10)
    copy = back.copy(town)
    await (await town.phone()).give()
    await town.pass_time(5 * HOUR_S)
    went_on = town.released()
    at_ms = town.clock.now_ms() - 3 * HOUR_S * 1000  # its clock is even behind
    await back.city(copy, at_ms, tape=b"\x11\x22\x33\x44\x55\x66\x77\x88")
    await back.pass_time(2 * DAY_S)
    assert back.nexus is not None
    again = released_by(back.nexus)
    contents: dict[Any, set[Any]] = {}
    for each in [*went_on, *again]:
        if len(each) == 8:  # a table: place, strand and start, then its counts
            contents.setdefault(each[:3], set()).add(each[6])
    assert len(went_on) > len(rows(copy, "select 1 from release"))
    assert [key for key, found in contents.items() if len(found) > 1] == []
    assert len(again) > len(went_on), "it speaks again on the next day"


async def test_nobody_is_heard_before_the_next_day_and_places_say_that_they_rest(town: Town, back: Back) -> None:
    await town.pass_time(HOUR_S)
    copy = back.copy(town)
    phone = await back.city(copy, town.clock.now_ms() + HOUR_S * 1000)
    answer = (await phone.give()).json()
    assert (answer["state"], answer["reason"]) == ("kept", "nobody-speaks")
    assert (await back.client.get("/v1/places/square/climate")).json()["state"] == "resting"
    await back.pass_time(DAY_S)
    answer = (await phone.give()).json()
    assert (answer["state"], answer["speaker"]) == ("counted", "square")


async def test_the_day_of_a_restore_stays_unheard_when_the_city_is_started_again(town: Town, back: Back) -> None:
    copy = back.copy(town)
    await back.city(copy, town.clock.now_ms())
    await back.close()
    back.nexus = Nexus(Settings(data=back.folder / "back"), HandClock(town.clock.now_ms() + 1000), Tape(ZERO_NOISE))
    back.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=back.nexus.asgi), base_url="http://city.test")
    back._rounds = asyncio.create_task(back.nexus.room.run())
    phone = Phone(back.client, (await back.client.post("/v1/devices")).json()["token"])
    assert (await phone.give()).json()["state"] == "kept"


async def test_the_morning_after_learns_from_the_last_day_that_was_heard_whole(town: Town, back: Back) -> None:
    await town.pass_time(DAY_S)
    before = {place: rung for place, rung in town.nexus.room.plan.rungs.items() if rung}
    copy = back.copy(town)
    await back.city(copy, town.clock.now_ms() + HOUR_S * 1000)
    assert back.nexus is not None
    assert not any(back.nexus.room.plan.rungs.values())
    await back.pass_time(DAY_S)
    assert {place: rung for place, rung in back.nexus.room.plan.rungs.items() if rung} == before


async def test_open_proposals_begin_their_time_anew_because_votes_are_in_no_copy(town: Town, back: Back) -> None:
    phone = await town.phone()
    proposal = await propose(phone)
    await vote(phone, proposal)
    await town.pass_time(3 * DAY_S)
    phone = await back.city(back.copy(town), town.clock.now_ms())
    facts = (await back.client.get(f"/v1/places/square/charter/proposals/{proposal}")).json()["proposal"]
    left = dt.datetime.fromisoformat(facts["closes_at"]).timestamp() - town.clock.now_ms() / 1000
    assert (facts["verdict"], left) == ("open", 7 * DAY_S)
    assert (await vote(phone, proposal)).status_code == 204


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "letter").write_text("dear")
    (tmp_path / "copy").touch()
    with pytest.raises(BackupRefused, match=r"is not empty.*new folder"):
        restore_copy(tmp_path / "copy", tmp_path / "old", None, 1)
    assert [each.name for each in (tmp_path / "old").iterdir()] == ["letter"]


async def test_a_plain_copy_of_the_file_is_refused(tmp_path: Path) -> None:
    town = Town(tmp_path)
    await town.close()
    with pytest.raises(BackupRefused, match="no copy that was made"):
        restore_copy(tmp_path / "data" / "nexus.sqlite3", tmp_path / "back", None, 1)
    assert list((tmp_path / "back").iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("this is a letter, and not a city; " * 200)
    with pytest.raises(BackupRefused, match="could not be brought back"):
        restore_copy(tmp_path / "copy", tmp_path / "back", None, 1)
    assert list((tmp_path / "back").iterdir()) == []


async def test_a_damaged_copy_is_refused(town: Town, back: Back) -> None:
    await town.pass_time(2 * HOUR_S)
    content = bytearray(back.copy(town).read_bytes())
    content[4096:20_000] = b"\x55" * (20_000 - 4096)
    (back.folder / "damaged").write_bytes(content)
    with pytest.raises(BackupRefused):
        restore_copy(back.folder / "damaged", back.folder / "there", None, 1)
    assert list((back.folder / "there").iterdir()) == []


async def test_a_copy_that_was_put_into_a_folder_by_hand_is_not_served(town: Town, back: Back) -> None:
    by_hand = back.folder / "by-hand"
    by_hand.mkdir()
    back.copy(town).rename(by_hand / "nexus.sqlite3")
    with pytest.raises(SettingsError, match="nexus restore"):
        Database(by_hand)


# --- the commands -----------------------------------------------------------------------------------------------------


async def test_the_commands_copy_a_city_that_is_served_and_bring_it_back(town: Town, tmp_path: Path) -> None:
    phone = await town.phone()
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    data, file, there = town.folder / "data", str(tmp_path / "copy"), tmp_path / "there"
    said = CliRunner().invoke(cli, ["backup", file, "--data", str(data)])
    assert (said.exit_code, "without the running day" in said.output) == (0, True), said.output
    await town.client.delete("/v1/me", headers=phone.headers)
    said = CliRunner().invoke(cli, ["restore", file, "--data", str(there), "--erased", str(data / LIST)])
    assert (said.exit_code, "taken out: 1 rows" in said.output) == (0, True), said.output
    again = CliRunner().invoke(cli, ["restore", file, "--data", str(there)])
    assert isinstance(again.exception, BackupRefused)
    assert rows(there / "nexus.sqlite3", "select * from opt_out") == []
