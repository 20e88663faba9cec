"""Passkeys: what answers our challenge, at our address, from a device that knows its person, comes in; nothing else."""

from typing import Any

import httpx
import pytest
from tests.access.staff.authenticator import PRESENT, Authenticator, text
from tests.access.staff.office import Office
from tests.conftest import problem

from nexus_city.access.staff.passkeys import CEREMONY_S, PASSKEYS


async def add(client: httpx.AsyncClient, device: Authenticator, label: str = "My phone") -> httpx.Response:
    options = (await client.post("/v1/account/passkey-options")).json()
    return await client.post("/v1/account/passkeys", json={"label": label, "credential": device.make(options)})


async def challenge(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post("/v1/session/passkey/options")
    options: dict[str, Any] = answer.json()
    return options


async def show(client: httpx.AsyncClient, device: Authenticator) -> httpx.Response:
    return await client.post("/v1/session/passkey", json={"credential": device.show(await challenge(client))})


async def test_a_passkey_signs_its_owner_in_without_a_name(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    assert (await add(ada, device)).status_code == 204
    elsewhere = office.browser()
    assert (await show(elsewhere, device)).json() == {"name": "Ada", "role": "architect"}
    mine = (await elsewhere.get("/v1/account")).json()
    assert [each["label"] for each in mine["passkeys"]] == ["My phone"]
    assert ("Ada", "session.begin", "passkey") in await office.acts(ada)


async def test_the_browser_is_asked_for_a_discoverable_key_and_a_verified_person(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    made = (await ada.post("/v1/account/passkey-options")).json()
    assert made["rp"] == {"name": "Nexus City", "id": "city.test"}
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert made["attestation"] == "none"
    assert [each["id"] for each in made["excludeCredentials"]] == [text(device.id)]
    shown = await challenge(office.browser())
    assert shown["userVerification"] == "required"
    assert shown["allowCredentials"] == []


async def test_a_challenge_works_once_and_for_two_minutes(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    options = await challenge(ada)
    answer = {"credential": device.show(options)}
    assert (await office.browser().post("/v1/session/passkey", json=answer)).status_code == 200
    assert problem(await office.browser().post("/v1/session/passkey", json=answer), 422)["field"] == "credential"
    late = {"credential": device.show(await challenge(ada))}
    office.town.real_s += CEREMONY_S
    problem(await office.browser().post("/v1/session/passkey", json=late), 422)


async def test_a_challenge_of_another_kind_or_of_somebody_else_is_none(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    ben = await office.join(ada, "artist", "Ben")
    for_ben = (await ben.post("/v1/account/passkey-options")).json()
    wish = {"label": "x", "credential": device.make(for_ben)}
    problem(await ada.post("/v1/account/passkeys", json=wish), 422)
    to_come_in = {**(await ada.post("/v1/account/passkey-options")).json(), **(await challenge(ada))}
    problem(await ada.post("/v1/account/passkeys", json={"label": "x", "credential": device.make(to_come_in)}), 422)
    assert (await ada.get("/v1/account")).json()["passkeys"] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"origin": "https://city.test"}, "another address"),
        ({"origin": "http://evil.example"}, "another address"),
        ({"host": "evil.example"}, "another address"),
        ({"flags": PRESENT}, "could not be checked"),
    ],
)
async def test_a_passkey_from_elsewhere_or_of_an_unverified_person_is_refused(
    office: Office, wrong: dict[str, Any], said: str
) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    for name, value in wrong.items():
        setattr(device, name, value)
    assert said in problem(await show(office.browser(), device), 422)["detail"]
    assert said in problem(await add(ada, device), 422)["detail"]


async def test_a_counter_that_does_not_rise_is_refused(office: Office) -> None:
    """A copy of the key counts on from where it was taken."""
    ada, device = await office.architect(), Authenticator()
    device.counter = 5
    await add(ada, device)
    assert (await show(office.browser(), device)).status_code == 200
    device.counter = 5
    problem(await show(office.browser(), device), 422)


async def test_another_devices_signature_is_refused(office: Office) -> None:
    ada, device, thief = await office.architect(), Authenticator(), Authenticator()
    await add(ada, device)
    thief.id, thief.handle = device.id, device.handle
    problem(await show(office.browser(), thief), 422)


async def test_an_unknown_and_a_removed_passkey_come_in_nowhere(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    problem(await show(office.browser(), device), 401)
    await add(ada, device)
    known = (await ada.get("/v1/account")).json()["passkeys"][0]["id"]
    assert (await ada.delete(f"/v1/account/passkeys/{known}")).status_code == 204
    problem(await show(office.browser(), device), 401)
    problem(await ada.delete(f"/v1/account/passkeys/{known}"), 404)


async def test_nobody_removes_the_passkey_of_somebody_else(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    known = (await ada.get("/v1/account")).json()["passkeys"][0]["id"]
    ben = await office.join(ada, "artist", "Ben")
    problem(await ben.delete(f"/v1/account/passkeys/{known}"), 404)


async def test_one_passkey_belongs_to_one_account_and_an_account_has_a_bounded_number(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    problem(await add(ada, device), 409)
    for number in range(PASSKEYS - 1):
        assert (await add(ada, Authenticator(), f"Key {number}")).status_code == 204
    problem(await add(ada, Authenticator()), 409)


@pytest.mark.parametrize(
    "garbled",
    [
        {"clientDataJSON": ""},
        {"clientDataJSON": text(b"{}")},
        {"clientDataJSON": text(b'{"challenge": 7}')},
        {"clientDataJSON": text(b"\xff\xfe")},
        {"clientDataJSON": "A"},
    ],
)
async def test_what_is_no_credential_is_refused_in_words(office: Office, garbled: dict[str, str]) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    shown = device.show(await challenge(ada))
    shown["response"] |= garbled
    problem(await ada.post("/v1/session/passkey", json={"credential": shown}), 422)


@pytest.mark.parametrize("garbled", ["", "A", text(b"\xa0"), text(b"\xff" * 40), text(b"\xa3cfmtdnone")])
async def test_a_garbled_attestation_or_signature_breaks_nothing(office: Office, garbled: str) -> None:
    ada, device = await office.architect(), Authenticator()
    made = device.make((await ada.post("/v1/account/passkey-options")).json())
    made["response"]["attestationObject"] = garbled
    problem(await ada.post("/v1/account/passkeys", json={"label": "x", "credential": made}), 422)
    await add(ada, device)
    for part in ("signature", "authenticatorData"):
        shown = device.show(await challenge(ada))
        shown["response"][part] = garbled
        problem(await ada.post("/v1/session/passkey", json={"credential": shown}), 422)


async def test_a_passkey_proves_only_its_owner(office: Office) -> None:
    ada, device = await office.architect(), Authenticator()
    await add(ada, device)
    ben = await office.join(ada, "artist", "Ben")
    shown = {"credential": device.show(await challenge(ben))}
    assert problem(await ben.post("/v1/session/proof/passkey", json=shown), 403)["field"] == "credential"
    shown = {"credential": device.show(await challenge(ada))}
    assert (await ada.post("/v1/session/proof/passkey", json=shown)).status_code == 204
