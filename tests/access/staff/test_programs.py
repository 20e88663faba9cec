"""Tokens of programs: for a few scopes and a limited time, never more than the account that made them."""

import httpx
from tests.access.staff.office import Office
from tests.conftest import problem

from nexus_city.access.staff.programs import PER_MINUTE, PREFIX, TOKENS

DAY_S = 86_400


async def make(client: httpx.AsyncClient, *scopes: str, days: int = 90) -> str:
    answer = await client.post("/v1/account/tokens", json={"label": "Lamp", "scopes": list(scopes), "days": days})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


def program(office: Office, token: str) -> httpx.AsyncClient:
    return office.browser(authorization=f"Bearer {token}", origin="https://a.lamp.example")


async def test_a_token_opens_the_doors_of_its_scopes_and_no_other(office: Office) -> None:
    ada = await office.architect()
    lamp = program(office, await make(ada, "light:read"))
    assert (await lamp.get("/v1/console")).status_code == 200
    for method, path in (
        ("POST", "/v1/console/stop"),
        ("GET", "/v1/vitals/parts"),
        ("GET", "/v1/account"),
        ("GET", "/v1/audit"),
        ("POST", "/v1/invitations"),
        ("GET", "/v1/places/square/settings"),
    ):
        problem(await lamp.request(method, path), 403)
    both = program(office, await make(ada, "light:write", "health:read"))
    assert (await both.post("/v1/console/stop")).status_code == 200
    assert (await both.get("/v1/vitals/parts")).status_code == 200
    problem(await both.get("/v1/console"), 403)


async def test_what_a_token_did_is_told_with_its_name(office: Office) -> None:
    ada = await office.architect()
    await program(office, await make(ada, "light:write")).post("/v1/console/stop")
    assert (await office.acts(ada))[0] == ("Ada", "light.stop", "(token: Lamp)")


async def test_a_token_is_shown_once_and_kept_as_a_hash(office: Office) -> None:
    ada = await office.architect()
    token = await make(ada, "light:read")
    assert token.startswith(PREFIX)
    assert len(token) >= 40
    mine = (await ada.get("/v1/account")).text
    rows = await office.town.nexus.database.read(lambda connection: list(connection.iterdump()))
    assert token not in mine + "\n".join(rows)
    assert '"label":"Lamp"' in mine


async def test_a_token_ends_with_its_time_and_when_it_is_ended(office: Office) -> None:
    ada = await office.architect()
    short, long = program(office, await make(ada, "light:read", days=1)), await make(ada, "light:read", days=9)
    office.town.real_s += DAY_S
    problem(await short.get("/v1/console"), 401)
    ada = await office.sign_in("Ada")
    [left] = (await ada.get("/v1/account")).json()["tokens"]
    assert left["used"] is None
    assert (await program(office, long).get("/v1/console")).status_code == 200
    [left] = (await ada.get("/v1/account")).json()["tokens"]
    assert len(left["used"]) == len("2026-11-25")
    assert (await ada.delete(f"/v1/account/tokens/{left['id']}")).status_code == 204
    problem(await program(office, long).get("/v1/console"), 401)
    problem(await ada.delete(f"/v1/account/tokens/{left['id']}"), 404)


async def test_a_token_can_do_no_more_than_the_role_even_when_that_changes(office: Office) -> None:
    ada = await office.architect()
    ben = await office.join(ada, "artist", "Ben")
    wish = {"label": "x", "scopes": ["health:read"]}
    assert problem(await ben.post("/v1/account/tokens", json=wish), 403)["field"] == "scopes"
    lamp = program(office, await make(ben, "light:write"))
    assert (await lamp.post("/v1/console/stop")).status_code == 200
    await ada.put(f"/v1/people/{await office.id_of(ada, 'Ben')}", json={"role": "moderator"})
    problem(await lamp.post("/v1/console/release"), 403)


async def test_a_token_outlives_a_restart(office: Office) -> None:
    ada = await office.architect()
    token = await make(ada, "light:read", "light:write")
    rows = await office.town.nexus.database.read(
        lambda connection: connection.execute("select scopes from program_token").fetchall()
    )
    assert rows == [("light:read light:write",)]
    assert token


async def test_a_token_asks_at_a_bounded_pace_and_an_account_has_a_bounded_number(office: Office) -> None:
    ada = await office.architect()
    lamp = program(office, await make(ada, "health:read"))
    answers = [await lamp.get("/v1/vitals/parts") for _ in range(PER_MINUTE + 1)]
    assert [each.status_code for each in answers] == [200] * PER_MINUTE + [429]
    for _ in range(TOKENS - 1):
        await make(ada, "light:read")
    wish = {"label": "x", "scopes": ["light:read"]}
    problem(await ada.post("/v1/account/tokens", json=wish), 409)


async def test_a_forged_token_is_none_and_does_not_fall_back_on_a_cookie(office: Office) -> None:
    ada = await office.architect()
    ada.headers["authorization"] = f"Bearer {PREFIX}forged"
    problem(await ada.get("/v1/console"), 401)
