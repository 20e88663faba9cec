"""Charters over HTTP: read by anybody, amended through one door, discussed by those who are there."""

from typing import Any

import httpx
import pytest
from tests.conftest import Phone, Town, problem

SQUARE = "/v1/places/square"
GALLERY = "/v1/places/gallery"
DAY_S = 24 * 3600
WISH = {"changes": {"audiences": ["place"]}, "sentence": "What is felt here should stay here."}


@pytest.fixture
async def architect(town: Town) -> httpx.AsyncClient:
    """A client with the session of the town's first architect."""
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=town.nexus.asgi), base_url="http://city.test")
    code = town.nexus.accounts.setup_code()
    made = await client.post("/v1/setup", json={"code": code, "name": "Ada", "password": "four quiet grey stones"})
    assert made.status_code == 200, made.text
    return client


async def charter(town: Town, place: str = "square", **query: int) -> Any:
    return (await town.client.get(f"/v1/places/{place}/charter", params=query)).json()


async def proposed(town: Town, phone: Phone, place: str = SQUARE, **more: Any) -> httpx.Response:
    return await town.client.post(f"{place}/charter/proposals", json={**WISH, **more}, headers=phone.headers)


async def test_a_charter_says_what_is_sensed_kept_shown_and_to_whom(town: Town) -> None:
    told = await charter(town)
    assert told["sensed"] == ["self-report"]
    assert told["city"] == {"epsilon": 1.0, "m": 4, "research": 0.0}
    assert told["version"]["number"] == 1
    assert told["version"]["terms"]["audiences"] == ["place", "city"]
    assert {each["what"]: each["hours"] for each in told["kept"]}["check-in"] == 24
    assert "day-records" not in next(each["what"] for each in told["sees"] if each["who"] == "architect")
    assert told["since"] == {"seen": None, "direction": "same", "changes": [], "refused": False}


async def test_the_one_door_of_settings_makes_versions(town: Town, architect: httpx.AsyncClient) -> None:
    changed = await architect.patch(f"{SQUARE}/settings", json={"words": False, "why": "Too telling."})
    assert changed.json()["words"] is False
    await architect.patch(f"{SQUARE}/settings", json={"finest_grid": 4})
    versions = (await town.client.get(f"{SQUARE}/charter/versions")).json()["versions"]
    assert [(each["number"], each["author"], each["why"], each["direction"]) for each in versions] == [
        (3, "architect", "", "stricter"),
        (2, "architect", "Too telling.", "stricter"),
        (1, "founder", "", "same"),
    ]
    assert versions[1]["changes"] == [{"term": "words", "before": True, "after": False, "direction": "stricter"}]
    places = (await town.client.get("/v1/places")).json()["places"]
    assert next(each for each in places if each["id"] == "square")["charter"] == 3


async def test_somebody_who_has_seen_less_is_told_what_is_new(town: Town, architect: httpx.AsyncClient) -> None:
    await architect.patch(f"{SQUARE}/settings", json={"words": False})
    await architect.patch(f"{SQUARE}/settings", json={"words": True})
    assert (await charter(town, seen=1))["since"]["refused"] is False
    since = (await charter(town, seen=2))["since"]
    assert (since["refused"], since["direction"], [each["term"] for each in since["changes"]]) == (
        True,
        "looser",
        ["words"],
    )
    assert (await charter(town, seen=9))["since"]["refused"] is True


async def test_a_number_that_is_none_is_refused_by_name(town: Town) -> None:
    for number in ("0", "-1", "x", "1.5", "9" * 40, "²"):
        answer = await town.client.get(f"{SQUARE}/charter", params={"seen": number})
        assert (problem(answer, 422))["field"] == "seen", number


async def test_an_unchanged_charter_is_not_sent_twice(town: Town) -> None:
    first = await town.client.get(f"{SQUARE}/charter")
    assert first.headers["vary"] == "Accept"
    again = await town.client.get(f"{SQUARE}/charter", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_at_work_the_door_refuses_what_an_architect_may_not(architect: httpx.AsyncClient) -> None:
    await architect.patch(f"{SQUARE}/settings", json={"setting": "work"})
    told = problem(await architect.patch(f"{SQUARE}/settings", json={"setting": "public"}), 403)
    assert told["field"] == "setting"
    told = problem(await architect.patch(f"{SQUARE}/settings", json={"live": "continual"}), 422)
    assert told["field"] == "live"


async def test_everything_asked_of_an_unknown_place_is_not_found(town: Town) -> None:
    phone = await town.phone()
    for path in ("charter", "charter/versions", "consent-notice", "charter/proposals", "charter/proposals/ab"):
        problem(await town.client.get(f"/v1/places/garden/{path}"), 404)
    problem(await town.client.get("/p/garden/charter.json"), 404)
    problem(await proposed(town, phone, "/v1/places/garden"), 404)


# --- proposals -------------------------------------------------------------------------------------------------------


async def test_without_a_token_nobody_takes_part(town: Town) -> None:
    made = (await proposed(town, await town.phone())).json()["id"]
    one = f"{SQUARE}/charter/proposals/{made}"
    problem(await town.client.post(f"{SQUARE}/charter/proposals", json=WISH), 401)
    problem(await town.client.post(f"{one}/comments", json={"text": "Hm."}), 401)
    problem(await town.client.put(f"{one}/vote", json={"choice": "consent"}), 401)
    problem(await town.client.delete(f"{one}/vote"), 401)


async def test_where_presence_is_asked_for_only_those_who_are_there_take_part(town: Town) -> None:
    phone = await town.phone()
    problem(await proposed(town, phone, GALLERY), 403)
    key = town.nexus.tokens.display_key("gallery")
    code = (await town.client.get(f"{GALLERY}/code", headers={"x-display-key": key})).json()["code"]
    got = await town.client.post(f"{GALLERY}/presence", json={"code": code}, headers=phone.headers)
    here = got.json()["pass"]
    made = await proposed(town, phone, GALLERY, **{"pass": here})
    assert made.status_code == 201, made.text
    one = f"{GALLERY}/charter/proposals/{made.json()['id']}"
    other = await town.phone()
    problem(await town.client.put(f"{one}/vote", json={"choice": "object", "pass": here}, headers=other.headers), 403)
    assert (
        await town.client.put(f"{one}/vote", json={"choice": "object", "pass": here}, headers=phone.headers)
    ).status_code == 204


async def test_a_proposal_is_made_talked_about_decided_and_told(town: Town) -> None:
    phones = [await town.phone() for _ in range(12)]
    made = (await proposed(town, phones[0])).json()
    assert (made["direction"], made["verdict"], made["tally"]) == ("stricter", "open", None)
    one = f"{SQUARE}/charter/proposals/{made['id']}"
    said = await town.client.post(f"{one}/comments", json={"text": "Why here?"}, headers=phones[1].headers)
    assert (said.status_code, said.json()["text"], len(said.json()["name"])) == (201, "Why here?", 5)
    for phone in phones:
        answer = await town.client.put(f"{one}/vote", json={"choice": "consent"}, headers=phone.headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await town.client.delete(f"{one}/vote", headers=phones[0].headers)).status_code == 204
    await town.client.put(f"{one}/vote", json={"choice": "object"}, headers=phones[0].headers)
    assert (await town.client.get(one)).json()["proposal"] == made
    town.clock.advance(7 * DAY_S)
    await town.nexus.charters.proposals.close_due()
    told = (await town.client.get(one)).json()["proposal"]
    assert (told["verdict"], told["tally"]) == ("adopted", {"consent": 11, "aside": 0, "object": 1})
    version = (await charter(town))["version"]
    assert (version["author"], version["proposal"], version["why"]) == ("community", made["id"], WISH["sentence"])


UNFIT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"sentence": ""}, "sentence"),
    ({"sentence": "  "}, "sentence"),
    ({"sentence": "one\nline"}, "sentence"),
    ({"sentence": "a" * 201}, "sentence"),
    ({"changes": {"audiences": []}}, "changes.audiences"),
    ({"changes": {"audiences": ["street"]}}, "changes.audiences[0]"),
    ({"changes": {"finest_grid": 3}}, "changes.finest_grid"),
    ({"changes": {"consent": {"share": 0.4}}}, "changes.consent.share"),
    ({"changes": {"name": "Mine"}}, "name"),
    ({"changes": {}}, "changes"),
)


async def test_what_is_no_proposal_is_refused_by_name(town: Town) -> None:
    phone = await town.phone()
    for more, field in UNFIT:
        assert (problem(await proposed(town, phone, **more), 422))["field"] == field, more


async def test_only_architects_end_and_hide_and_they_say_why(town: Town, architect: httpx.AsyncClient) -> None:
    phone = await town.phone()
    one = f"{SQUARE}/charter/proposals/{(await proposed(town, phone)).json()['id']}"
    said = (await town.client.post(f"{one}/comments", json={"text": "Grr."}, headers=phone.headers)).json()
    hiding = f"{one}/comments/{said['number']}/hiding"
    for door in (f"{one}/veto", hiding):
        problem(await town.client.post(door, json={"why": "Because."}), 401)
        problem(await architect.post(door, json={"why": " "}), 422)
    assert (await architect.post(hiding, json={"why": "It growls."})).status_code == 204
    problem(await architect.post(f"{one}/comments/x/hiding", json={"why": "No such."}), 404)
    ended = (await architect.post(f"{one}/veto", json={"why": "It is already so in practice."})).json()
    assert (ended["verdict"], ended["why"]) == ("vetoed", "It is already so in practice.")
    told = (await town.client.get(one)).json()
    assert (told["comments"][0]["text"], told["comments"][0]["hidden_because"]) == (None, "It growls.")
