"""Sessions, proofs and invitations as a browser sees them."""

import pytest
from tests.access.staff.office import FIREFOX, PASSWORD, Office
from tests.conftest import problem

from nexus_city.access.staff.guard import COOKIE
from nexus_city.access.staff.sessions import PROOF_LIFE_S, device_words


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Mac"),
        ("curl/8.5.0", "?"),
        ("", "?"),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str, words: str) -> None:
    assert device_words(agent) == words


async def test_sessions_are_listed_seen_to_the_hour_and_one_can_be_ended(office: Office) -> None:
    ada = await office.architect()
    other = await office.sign_in("Ada")
    sessions = (await ada.get("/v1/account")).json()["sessions"]
    assert [each["device"] for each in sessions] == ["Firefox, Windows"] * 2
    assert [each["here"] for each in sessions].count(True) == 1
    assert all(each["seen"].endswith(":00:00Z") for each in sessions)
    away = next(each["id"] for each in sessions if not each["here"])
    assert (await ada.delete(f"/v1/account/sessions/{away}")).status_code == 204
    problem(await other.get("/v1/account"), 401)
    assert (await ada.get("/v1/account")).status_code == 200
    problem(await ada.delete(f"/v1/account/sessions/{away}"), 404)


async def test_nobody_ends_the_session_of_somebody_else(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "artist", "Ben")
    theirs = (await ada.get("/v1/account")).json()["sessions"][0]["id"]
    problem(await ben.delete(f"/v1/account/sessions/{theirs}"), 404)
    assert (await ada.get("/v1/account")).status_code == 200


async def test_all_sessions_end_together(office: Office) -> None:
    ada, other = await office.architect(), await office.sign_in("Ada")
    assert (await ada.delete("/v1/account/sessions")).status_code == 204
    for client in (ada, other):
        problem(await client.get("/v1/account"), 401)


async def test_a_session_remembers_the_hour_in_which_it_was_used(office: Office) -> None:
    ada = await office.architect()
    before = (await ada.get("/v1/account")).json()["sessions"][0]["seen"]
    office.town.real_s += 2 * 3600
    assert (await ada.get("/v1/account")).json()["sessions"][0]["seen"] > before


async def test_sessions_outlive_a_restart_and_nothing_on_disk_opens_one(office: Office) -> None:
    ada = await office.architect()
    token = ada.cookies[COOKIE]
    rows = await office.town.nexus.database.read(lambda connection: list(connection.iterdump()))
    assert token not in "\n".join(rows)
    assert any("Firefox, Windows" in row for row in rows)
    assert not any("Gecko" in row for row in rows)


async def test_a_grave_act_asks_for_a_fresh_proof_and_a_proof_changes_the_token(office: Office) -> None:
    ada = await office.architect()
    office.town.real_s += PROOF_LIFE_S + 1
    refused = problem(await ada.post("/v1/invitations", json={"role": "artist"}), 403)
    assert refused["type"] == "/problems/proof-needed"
    assert (await ada.get("/v1/session")).json()["proved_s"] == 0
    before = ada.cookies[COOKIE]
    problem(await ada.post("/v1/session/proof", json={"password": "not this one at all"}), 401)
    assert (await ada.post("/v1/session/proof", json={"password": PASSWORD})).status_code == 204
    assert ada.cookies[COOKIE] != before
    assert await office.invite(ada, "artist")
    copied = office.browser(cookie=f"{COOKIE}={before}")
    problem(await copied.get("/v1/account"), 401)


async def test_changing_the_password_ends_every_other_session(office: Office) -> None:
    ada, other = await office.architect(), await office.sign_in("Ada")
    before = ada.cookies[COOKIE]
    new = "five loud yellow birds"
    assert problem(await ada.put("/v1/account/password", json={"password": "short"}), 422)["field"] == "password"
    assert (await ada.put("/v1/account/password", json={"password": new})).status_code == 204
    problem(await other.get("/v1/account"), 401)
    assert ada.cookies[COOKIE] != before
    assert (await ada.get("/v1/account")).status_code == 200
    problem(await office.browser().post("/v1/session", json={"name": "Ada", "password": PASSWORD}), 401)
    answer = await office.browser().post("/v1/session", json={"name": "Ada", "password": new})
    assert answer.status_code == 200


async def test_tries_at_a_name_are_told_to_its_owner_at_the_next_sign_in(office: Office) -> None:
    ada = await office.architect()
    for _ in range(3):
        await office.browser().post("/v1/session", json={"name": "Ada", "password": "a guess that is wrong"})
    await office.sign_in("Ada")
    await office.sign_in("Ada")
    told = [what for who, act, what in await office.acts(ada) if act == "session.begin"]
    assert told == ["", "(refused before: 3)"]


# --- invitations -----------------------------------------------------------------------------------------------------


async def test_an_invitation_works_once_for_its_role(office: Office) -> None:
    ada = await office.architect()
    secret = await office.invite(ada, "moderator", hours=5)
    looked = await office.browser().post("/v1/session/invitation/look", json={"invitation": secret})
    assert looked.json() == {"role": "moderator", "host": "Ada", "hours_left": 5}
    taken = {"invitation": secret, "name": "Ben", "password": PASSWORD}
    ben = office.browser()
    assert (await ben.post("/v1/session/invitation", json=taken)).json() == {"name": "Ben", "role": "moderator"}
    again = await office.browser().post("/v1/session/invitation", json={**taken, "name": "Eve"})
    assert problem(again, 403)["field"] == "invitation"
    assert (await ada.get("/v1/people")).json()["invitations"] == []


async def test_an_invitation_ends_with_its_time_and_when_it_is_taken_back(office: Office) -> None:
    ada = await office.architect()
    late, back = await office.invite(ada, "artist", hours=1), await office.invite(ada, "artist", hours=300)
    open_ = (await ada.get("/v1/people")).json()["invitations"]
    assert (await ada.delete(f"/v1/invitations/{open_[1]['id']}")).status_code == 204
    problem(await ada.delete(f"/v1/invitations/{open_[1]['id']}"), 404)
    office.town.real_s += 3600
    for secret in (late, back, "", "guess"):
        status = 422 if secret == "" else 403
        problem(await office.browser().post("/v1/session/invitation/look", json={"invitation": secret}), status)


async def test_a_name_that_is_taken_leaves_the_invitation_open(office: Office) -> None:
    ada = await office.architect()
    secret = await office.invite(ada, "artist")
    taken = {"invitation": secret, "name": " Ada ", "password": PASSWORD}
    assert problem(await office.browser().post("/v1/session/invitation", json=taken), 409)["field"] == "name"
    taken |= {"name": "   "}
    assert problem(await office.browser().post("/v1/session/invitation", json=taken), 422)["field"] == "name"
    taken |= {"name": "Ben"}
    assert (await office.browser().post("/v1/session/invitation", json=taken)).status_code == 200


async def test_the_secret_of_an_invitation_is_not_on_disk(office: Office) -> None:
    secret = await office.invite(await office.architect(), "artist")
    rows = await office.town.nexus.database.read(lambda connection: list(connection.iterdump()))
    assert secret not in "\n".join(rows)


# --- people ----------------------------------------------------------------------------------------------------------


async def test_the_last_architect_can_neither_go_nor_become_something_else(office: Office) -> None:
    ada = await office.architect()
    mine = await office.id_of(ada, "Ada")
    assert "last architect" in problem(await ada.delete(f"/v1/people/{mine}"), 409)["detail"]
    problem(await ada.put(f"/v1/people/{mine}", json={"role": "artist"}), 409)
    ben = await office.join(ada, "architect", "Ben")
    assert (await ada.put(f"/v1/people/{mine}", json={"role": "artist"})).status_code == 204
    assert (await ben.get("/v1/session")).json()["role"] == "architect"
    problem(await ben.delete(f"/v1/people/{await office.id_of(ben, 'Ben')}"), 409)


async def test_another_role_ends_the_sessions_and_begins_with_the_next(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "artist", "Ben")
    assert (await ada.put(f"/v1/people/{await office.id_of(ada, 'Ben')}", json={"role": "steward"})).status_code == 204
    problem(await ben.get("/v1/account"), 401)
    assert (await (await office.sign_in("Ben")).get("/v1/session")).json()["role"] == "steward"


async def test_a_removed_account_is_gone_with_its_sessions_and_tokens(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "artist", "Ben")
    wish = {"label": "piece", "scopes": ["light:read"]}
    token = (await ben.post("/v1/account/tokens", json=wish)).json()["token"]
    assert (await ada.delete(f"/v1/people/{await office.id_of(ada, 'Ben')}")).status_code == 204
    problem(await ben.get("/v1/account"), 401)
    problem(await office.browser().get("/v1/console", headers={"authorization": f"Bearer {token}"}), 401)
    problem(await office.browser().post("/v1/session", json={"name": "Ben", "password": PASSWORD}), 401)
    for person in ("0" * 32, "nobody", "zz"):
        problem(await ada.delete(f"/v1/people/{person}"), 404)


async def test_an_account_that_opts_out_is_known_by_its_cookie(office: Office) -> None:
    ada = await office.architect()
    phone = await office.town.phone()
    phone.client = ada
    assert (await phone.give()).json()["state"] == "counted"
    assert (await ada.put("/v1/account/opt-out")).status_code == 204
    kept = (await phone.give()).json()
    assert (kept["state"], kept["reason"]) == ("kept", "opted-out")
    assert (await ada.get("/v1/account")).json()["opted_out"] is True
    phone.client = office.browser()
    assert (await phone.give()).json()["state"] == "counted"
    phone.client = ada
    assert (await ada.delete("/v1/account/opt-out")).status_code == 204
    assert (await phone.give()).json()["state"] == "counted"
