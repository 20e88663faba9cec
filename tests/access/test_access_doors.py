"""The doors of access as a browser, a phone and a wall see them."""

import httpx
from tests.conftest import Town, problem

from nexus_city.access.staff.entry_routes import TRIES_PER_MINUTE
from nexus_city.access.staff.guard import COOKIE
from nexus_city.access.staff.sessions import SESSION_LIFE_S

PASSWORD = "four quiet grey stones"
FOREIGN = {"origin": "https://evil.example"}
ADA = {"name": "Ada", "password": PASSWORD}


async def found(town: Town, client: httpx.AsyncClient | None = None) -> httpx.Response:
    code = town.nexus.accounts.setup_code()
    return await (client or town.client).post("/v1/setup", json={"code": code, **ADA})


async def test_a_visitor_learns_that_nobody_is_signed_in_and_whether_the_city_has_an_architect(town: Town) -> None:
    nobody = {"name": None, "role": None, "may": [], "proved_s": 0}
    assert (await town.client.get("/v1/session")).json() == {**nobody, "founded": False}
    await found(town)
    told = (await town.client.get("/v1/session")).json()
    assert (told["name"], told["role"], told["founded"]) == ("Ada", "architect", True)
    assert "people.invite" in told["may"]
    town.client.cookies.clear()
    assert (await town.client.get("/v1/session")).json() == {**nobody, "founded": True}


async def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(town: Town) -> None:
    cookie = (await found(town)).headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    flags = {part.strip().lower() for part in rest.split(";")[1:]}
    assert name == COOKIE
    assert {"httponly", "samesite=strict", "path=/", f"max-age={SESSION_LIFE_S}"} <= flags
    assert "secure" not in flags  # this request came over plain http: a secure cookie would be thrown away


async def test_over_https_the_cookie_is_secure(town: Town) -> None:
    transport = httpx.ASGITransport(app=town.nexus.asgi)
    async with httpx.AsyncClient(transport=transport, base_url="https://city.test") as client:
        assert "; secure" in (await found(town, client)).headers["set-cookie"].lower()


async def test_a_session_ends_with_its_time_and_with_signing_out(town: Town) -> None:
    await found(town)
    town.real_s += SESSION_LIFE_S
    assert (await town.client.get("/v1/session")).json()["name"] is None
    assert (await town.client.post("/v1/session", json=ADA)).json() == {"name": "Ada", "role": "architect"}
    kept = town.client.cookies[COOKIE]
    left = await town.client.delete("/v1/session")
    assert (left.status_code, COOKIE in town.client.cookies) == (204, False)
    again = await town.client.get("/v1/session", headers={"cookie": f"{COOKIE}={kept}"})
    assert again.json()["name"] is None


async def test_a_page_of_another_site_can_neither_sign_in_nor_out(town: Town) -> None:
    await found(town)
    for answer in (
        await town.client.post("/v1/session", json=ADA, headers=FOREIGN),
        await town.client.delete("/v1/session", headers=FOREIGN),
        await town.client.post("/v1/setup", json={"code": "x", **ADA}, headers=FOREIGN),
    ):
        assert "another site" in problem(answer, 403)["detail"]
    assert (await town.client.get("/v1/session")).json()["name"] == "Ada"


async def test_an_unknown_name_and_a_wrong_password_cannot_be_told_apart(town: Town) -> None:
    await found(town)
    unknown = await town.client.post("/v1/session", json={"name": "Eve", "password": PASSWORD})
    wrong = await town.client.post("/v1/session", json={"name": "Ada", "password": "something else"})
    assert problem(unknown, 401) == problem(wrong, 401)
    assert unknown.headers.items() == wrong.headers.items()
    assert "set-cookie" not in wrong.headers


async def test_setting_up_names_the_field_that_is_wrong(town: Town) -> None:
    code = town.nexus.accounts.setup_code()
    for wish, status, field in (
        ({"code": "wrong", **ADA}, 403, "code"),
        ({"code": code, "name": "Ada", "password": "short"}, 422, "password"),
        ({"code": code, "name": "", "password": PASSWORD}, 422, "name"),
        ({"code": code, "name": "Ada", "password": "a" * 201}, 422, "password"),
        ({"code": code, "name": "Ada"}, 422, "password"),
        ({"code": code, **ADA, "role": "architect"}, 422, "role"),
    ):
        assert problem(await town.client.post("/v1/setup", json=wish), status)["field"] == field
    assert (await town.client.get("/v1/session")).json()["founded"] is False


async def test_passwords_cannot_be_tried_without_end(town: Town) -> None:
    """Each try costs the server a slow hash, so that one address may only make so many of them."""
    wish = {"code": "wrong", "name": "Eve", "password": "short"}
    answers = [await town.client.post("/v1/setup", json=wish) for _ in range(TRIES_PER_MINUTE + 1)]
    assert [each.status_code for each in answers] == [422] * TRIES_PER_MINUTE + [429]
    told = await town.client.post("/v1/session", json=ADA)
    problem(told, 429)
    assert int(told.headers["retry-after"]) > 0


async def test_a_display_shows_the_code_of_its_own_place_and_a_phone_gets_in_with_it(town: Town) -> None:
    await found(town)
    display = (await town.client.get("/v1/places/gallery/display")).json()
    assert display["wall"] == f"http://city.test/wall/gallery#key={display['key']}"
    shown = await town.client.get("/v1/places/gallery/code", headers={"x-display-key": display["key"]})
    assert shown.json()["url"] == f"http://city.test/p/gallery/feel?c={shown.json()['code']}"
    assert shown.json()["qr"].startswith("<svg")
    phone = await town.phone()
    presence = await town.client.post(
        "/v1/places/gallery/presence", json={"code": shown.json()["code"]}, headers=phone.headers
    )
    given = await phone.give("gallery", **{"pass": presence.json()["pass"]})
    assert given.status_code == 202, given.text


async def test_a_pass_of_one_phone_opens_nothing_for_another(town: Town) -> None:
    key = town.nexus.tokens.display_key("gallery")
    code = (await town.client.get("/v1/places/gallery/code", headers={"x-display-key": key})).json()["code"]
    mine, other = await town.phone(), await town.phone()
    got = await town.client.post("/v1/places/gallery/presence", json={"code": code}, headers=mine.headers)
    assert problem(await other.give("gallery", **{"pass": got.json()["pass"]}), 403)["field"] == "pass"


async def test_a_wrong_display_key_or_that_of_another_place_shows_no_code(town: Town) -> None:
    other = town.nexus.tokens.display_key("square").encode()
    for key in (b"", b"wrong", b"\xfc\xf1", "schlüssel".encode(), b"A" * 22, b"A" * 4000, other):
        problem(await town.client.get("/v1/places/gallery/code", headers=[(b"x-display-key", key)]), 403)


async def test_only_an_architect_gets_a_display_key(town: Town) -> None:
    problem(await town.client.get("/v1/places/gallery/display"), 401)
    await found(town)
    problem(await town.client.get("/v1/places/garden/display"), 404)


async def test_a_renewed_display_key_makes_the_one_before_worthless(town: Town) -> None:
    await found(town)
    before = (await town.client.get("/v1/places/gallery/display")).json()["key"]
    other = (await town.client.get("/v1/places/square/display")).json()["key"]
    after = (await town.client.post("/v1/places/gallery/display")).json()["key"]
    shown = "/v1/places/gallery/code"
    problem(await town.client.get(shown, headers={"x-display-key": before}), 403)
    assert (await town.client.get(shown, headers={"x-display-key": after})).status_code == 200
    assert (await town.client.get("/v1/places/square/display")).json()["key"] == other


async def test_a_guessed_code_is_refused_and_a_phone_without_a_token_may_not_even_guess(town: Town) -> None:
    phone = await town.phone()
    for code in ("", "WRONG", "ÀÈÌ", "0" * 16):
        answer = await town.client.post("/v1/places/gallery/presence", json={"code": code}, headers=phone.headers)
        assert problem(answer, 403)["field"] == "code"
    nobody = await town.client.post("/v1/places/gallery/presence", json={"code": "WRONG"})
    problem(nobody, 401)


async def test_a_lone_surrogate_is_refused_and_breaks_nothing(town: Town) -> None:
    body = b'{"code": "\\ud800", "name": "Ada", "password": "\\ud800 four quiet stones"}'
    problem(await town.client.post("/v1/setup", content=body, headers={"content-type": "application/json"}), 422)


async def test_the_codes_to_print_lead_to_the_page_and_to_the_answer(town: Town) -> None:
    for path in ("/p/square/qr.svg", "/why/square/qr.svg"):
        answer = await town.client.get(path)
        assert answer.headers["content-type"].startswith("image/svg+xml")
        assert answer.text.startswith("<svg xmlns=")
        assert "etag" in answer.headers
    problem(await town.client.get("/p/garden/qr.svg"), 404)
