"""What a device can learn of itself, and how it is erased: whole, at once, with a receipt that can be checked."""

import base64
import copy
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.conftest import Phone, Town

from nexus_city.access.me.signing import PublicKeys, Signature, canonical, verify

HOUR_S = 3600
KEYS = "/.well-known/nexus-city-keys.json"


def token_of(phone: Phone) -> str:
    return phone.headers["authorization"].removeprefix("Bearer ")


async def mine(phone: Phone) -> Any:
    answer = await phone.client.get("/v1/me", headers=phone.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def erase(phone: Phone) -> Any:
    answer = await phone.client.delete("/v1/me", headers=phone.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def take_part(phone: Phone) -> str:
    """Make a proposal, vote for it and say something about it."""
    place = "/v1/places/square/charter/proposals"
    body = {"changes": {"policy": "complement"}, "sentence": "Let it answer us."}
    made = (await phone.client.post(place, json=body, headers=phone.headers)).json()["id"]
    await phone.client.put(f"{place}/{made}/vote", json={"choice": "consent"}, headers=phone.headers)
    await phone.client.post(f"{place}/{made}/comments", json={"text": "Gladly."}, headers=phone.headers)
    return str(made)


# --- what is held -----------------------------------------------------------------------------------------------------


async def test_a_device_sees_everything_that_is_held_of_it(town: Town) -> None:
    phone = await town.phone()
    await phone.give(cell=27, words=["calm"])
    proposal = await take_part(phone)
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    held = await mine(phone)
    (check_in,) = held["check_ins"]["check_ins"]
    assert (check_in["cell"], check_in["words"], check_in["state"]) == (27, ["calm"], "open")
    assert held["opted_out"] is True
    assert held["proposals"] == [
        {"place": "square", "proposal": proposal, "made": True, "vote": "consent", "comments": ["Gladly."]}
    ]


async def test_a_device_sees_nothing_of_another(town: Town) -> None:
    phone = await town.phone()
    await phone.give()
    await take_part(phone)
    assert await mine(await town.phone()) == {
        "check_ins": {"check_ins": [], "deleted_by": "2026-11-25T04:00:00Z"},
        "opted_out": False,
        "proposals": [],
    }


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_without_a_token_these_doors_are_shut(method: str, town: Town) -> None:
    answer = await town.client.request(method, "/v1/me")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/sign-in-needed")


# --- erasing ----------------------------------------------------------------------------------------------------------


async def test_after_erasing_the_city_holds_nothing_of_the_device(town: Town) -> None:
    phone, nobody = await town.phone(), await town.phone()
    await phone.give(words=["calm"], research=True)
    await town.pass_time(HOUR_S)
    await phone.give("square", 40)
    await take_part(phone)
    await town.client.put("/v1/me/opt-out", headers=phone.headers)
    erased = (await erase(phone))["statement"]["erased"]
    assert erased == {"check_ins": {"withdrawn": 1, "spoken": 1}, "opted_out": True, "proposals": 1}
    assert await mine(phone) == await mine(nobody)


async def test_what_was_given_is_overwritten_and_not_only_hidden(town: Town) -> None:
    phone = await town.phone()
    await phone.give(cell=27, words=["calm"])
    await town.pass_time(HOUR_S)
    await erase(phone)
    (batch,) = await town.nexus.database.read(lambda c: c.execute("select batch from intake_log").fetchone())
    value, research, words = batch[32], batch[33], batch[34:40]
    assert (value, research, words) == (255, 0, b"\xff" * 6)
    town.nexus.room._book = None  # as after a restart: the log is read again
    assert (await mine(phone))["check_ins"]["check_ins"] == []


async def test_what_is_open_is_never_released(town: Town) -> None:
    await town.pass_time(0)
    phones = [await town.phone() for _ in range(3)]
    for phone in phones:
        await phone.give()
    await erase(phones[0])
    await town.pass_time(HOUR_S + 10)
    tables = await town.nexus.database.read(town.tables)
    assert sum(int(each.released.counts.sum()) for each in tables if each.place == "square") == 2


async def test_erasing_changes_no_byte_of_what_was_released(town: Town) -> None:
    phone = await town.phone()
    await phone.give()
    await town.pass_time(HOUR_S + 10)
    before = town.released()
    assert before
    await erase(phone)
    assert town.released() == before


async def test_nobody_is_counted_more_often_by_erasing_and_coming_back(town: Town) -> None:
    """Seats of windows that were released stay taken; what was taken back frees its own: nothing was counted there."""
    phone = await town.phone()
    counted = 0
    for _ in range(6):
        counted += (await phone.give()).json()["state"] == "counted"
        await town.pass_time(HOUR_S)
        await erase(phone)
    assert counted == 4
    assert (await phone.give()).json()["reason"] == "day-full"


async def test_a_late_repeat_of_an_erased_check_in_is_not_counted_again(town: Town) -> None:
    phone = await town.phone()
    body = {"key": phone.key(), "cell": 9, "audience": "city"}
    door = "/v1/places/square/check-ins"
    await town.client.post(door, json=body, headers=phone.headers)
    await town.pass_time(HOUR_S)
    await erase(phone)
    answer = await town.client.post(door, json=body, headers=phone.headers)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-spoken")
    await town.pass_time(24 * HOUR_S)
    assert town.nexus.room.plan.day.date == "2026-11-25"


async def test_a_proposal_stays_and_nobody_is_its_author_any_more(town: Town) -> None:
    phone = await town.phone()
    proposal = await take_part(phone)
    await erase(phone)
    facts = (await town.client.get(f"/v1/places/square/charter/proposals/{proposal}")).json()
    assert facts["proposal"]["sentence"] == "Let it answer us."
    (comment,) = facts["comments"]
    assert comment["text"] is None
    assert "Gladly" not in json.dumps(facts)
    await town.pass_time(8 * 24 * HOUR_S)
    await town.nexus.charters.proposals.close_due()
    tally = (await town.client.get(f"/v1/places/square/charter/proposals/{proposal}")).json()["proposal"]["tally"]
    assert set(tally.values()) == {0}


async def test_erasing_twice_is_harmless(town: Town) -> None:
    phone = await town.phone()
    await phone.give()
    await erase(phone)
    again = (await erase(phone))["statement"]["erased"]
    assert again == {"check_ins": {"withdrawn": 0, "spoken": 0}, "opted_out": False, "proposals": 0}


async def test_erasing_one_leaves_everybody_else_as_they_are(town: Town) -> None:
    one, other = await town.phone(), await town.phone()
    for phone in (one, other):
        await phone.give()
        await town.client.put("/v1/me/opt-out", headers=phone.headers)
    await take_part(other)
    before = await mine(other)
    await erase(one)
    assert await mine(other) == before


# --- the receipt ------------------------------------------------------------------------------------------------------


async def signed(town: Town) -> tuple[Phone, Any, PublicKeys]:
    phone = await town.phone()
    await phone.give()
    receipt = await erase(phone)
    keys = (await town.client.get(KEYS)).content
    return phone, receipt, msgspec.json.decode(keys, type=PublicKeys)


async def test_a_receipt_says_what_was_erased_what_stays_and_why(town: Town) -> None:
    phone, receipt, _ = await signed(town)
    statement = receipt["statement"]
    assert statement["city"] == "The City"
    assert statement["at"] == "2026-11-24T09:00:00Z"
    assert [each["what"] for each in statement["stays"]] == ["released", "seats", "copies"]
    assert statement["device"] == hashlib.sha256(token_of(phone).encode()).hexdigest()
    assert token_of(phone) not in json.dumps(receipt)


async def test_the_citys_signature_holds_and_for_nothing_else(town: Town) -> None:
    _, receipt, keys = await signed(town)
    signature = msgspec.convert(receipt["signature"], Signature)
    assert verify(receipt["statement"], signature, keys)
    for name in receipt["statement"]:
        changed = copy.deepcopy(receipt["statement"])
        changed[name] = "something else"
        assert not verify(changed, signature, keys), name
    assert not verify(receipt["statement"], msgspec.structs.replace(signature, value="AAAA"), keys)
    assert not verify(receipt["statement"], signature, PublicKeys([]))


def compared(folder: Path) -> bool:
    """Let openssl compare a statement with its signature."""
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin"]
    command += ["-in", "statement", "-sigfile", "signature"]
    return subprocess.run(command, check=False, cwd=folder, capture_output=True).returncode == 0


async def test_an_outsider_checks_a_receipt_with_openssl_alone(town: Town, tmp_path: Path) -> None:
    """As docs/privacy.md tells: sort the names of the statement, leave no spaces, and let openssl compare."""
    _, receipt, keys = await signed(town)
    told = json.dumps(receipt["statement"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert told == canonical(receipt["statement"])
    (tmp_path / "statement").write_bytes(told)
    (tmp_path / "key.pem").write_text(keys.keys[0].pem)
    value = receipt["signature"]["value"]
    (tmp_path / "signature").write_bytes(base64.urlsafe_b64decode(value + "=="))
    assert compared(tmp_path)
    (tmp_path / "statement").write_bytes(told.replace(b"The City", b"The Town"))
    assert not compared(tmp_path)


async def test_the_key_is_the_same_after_a_restart(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        town = Town(tmp_path)
        keys.append((await town.client.get(KEYS)).content)
        await town.close()
    assert keys[0] == keys[1]


async def test_nothing_of_a_receipt_stays_in_the_city(town: Town) -> None:
    _, receipt, _ = await signed(town)
    stored = b"".join(path.read_bytes() for path in (town.folder / "data").iterdir())
    for each in (receipt["statement"]["device"], receipt["signature"]["value"]):
        assert each.encode() not in stored
