"""The door: what is acknowledged, what is refused, and what a repeated or changed request means."""

from typing import Any

import pytest
from tests.conftest import Phone, Town

HOUR_S = 3600


async def test_a_repeated_request_is_answered_the_same_and_counted_once(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    first = await phone.give(key=key)
    again = await phone.give(key=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == 1


async def test_a_repeat_that_arrives_after_the_window_is_not_counted_again(town: Town) -> None:
    """The phone lost the answer, and asks again an hour later."""
    phone = await town.phone()
    key = phone.key()
    await phone.give(key=key)
    await town.pass_time(HOUR_S + 10)

    assert (await phone.give(key=key)).json()["window"]["start"] == "2026-11-24T09:00:00Z"
    await town.pass_time(HOUR_S)
    assert await voices(town) == 1


async def test_a_repeat_on_the_next_day_is_told_that_it_was_spoken(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    await phone.give(key=key)
    await town.pass_time(24 * HOUR_S)

    again = await phone.give(key=key)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/already-spoken")


async def test_one_key_for_two_contents_is_refused(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    await phone.give(cell=1, key=key)

    refused = await phone.give(cell=2, key=key)
    assert (refused.status_code, refused.json()["field"]) == (409, "key")


@pytest.mark.parametrize("key", ["", "k" * 21, "k" * 37, "k" * 22 + "\n", "k" * 36 + "\n", "ü" * 22])
async def test_a_key_is_22_to_36_letters_and_nothing_after_them(town: Town, key: str) -> None:
    refused = await (await town.phone()).give(key=key)
    assert (refused.status_code, refused.json()["field"]) == (422, "key")


async def test_the_same_key_of_another_phone_is_another_key(town: Town) -> None:
    one, other = await town.phone(), await town.phone()
    assert (await one.give(key="k" * 22)).status_code == 202
    assert (await other.give(cell=2, key="k" * 22)).status_code == 202


async def test_the_last_value_of_a_person_and_window_wins(town: Town) -> None:
    phone = await town.phone()
    for cell in (0, 27, 63):
        receipt = (await phone.give(cell=cell)).json()
    assert receipt["counted_today"] == 1
    await town.pass_time(HOUR_S + 10)

    assert [(place, cells) for place, cells in await cells_of(town) if place == "square"] == [("square", {15: 1})]


async def test_two_places_are_two_of_the_four(town: Town) -> None:
    phone = await town.phone()
    pass_ = await presence(town, phone)
    assert (await phone.give("square")).json()["counted_today"] == 1
    assert (await phone.give("gallery", **{"pass": pass_})).json()["counted_today"] == 2


async def test_a_check_in_can_be_changed_while_its_window_is_open(town: Town) -> None:
    phone = await town.phone()
    key = (await phone.give(cell=0)).json()["key"]
    changed = await put(phone, key, cell=63, audience="city")
    assert changed.json()["cell"] == 63
    await town.pass_time(HOUR_S + 10)

    assert await cells_of(town) == [("square", {15: 1})]
    too_late = await put(phone, key, cell=1, audience="city")
    assert (too_late.status_code, too_late.json()["type"]) == (409, "/problems/already-spoken")


async def test_taking_back_frees_the_seat(town: Town) -> None:
    phone = await town.phone()
    for _ in range(6):
        receipt = (await phone.give()).json()
        assert receipt["counted_today"] == 1
        gone = await phone.client.delete(f"/v1/places/square/check-ins/{receipt['key']}", headers=phone.headers)
        assert gone.status_code == 204


async def test_what_was_taken_back_cannot_be_sent_again_by_an_old_outbox(town: Town) -> None:
    phone = await town.phone()
    key = phone.key()
    await phone.give(key=key)
    await phone.client.delete(f"/v1/places/square/check-ins/{key}", headers=phone.headers)
    assert (await phone.give(key=key)).status_code == 409


async def test_nobody_can_change_a_strangers_check_in(town: Town) -> None:
    one, other = await town.phone(), await town.phone()
    key = (await one.give()).json()["key"]
    assert (await put(other, key, cell=1, audience="city")).status_code == 404
    assert (await other.client.delete(f"/v1/places/square/check-ins/{key}", headers=other.headers)).status_code == 404


async def test_a_resting_place_is_heard_by_the_nearest_ancestor_that_speaks(town: Town) -> None:
    receipt = (await (await town.phone()).give("nook")).json()
    assert (receipt["state"], receipt["speaker"]) == ("counted", "east")
    await town.pass_time(HOUR_S + 10)
    assert dict(await cells_of(town)) == {"east": {0: 1}}


async def test_words_for_the_place_only_do_not_leave_it(town: Town) -> None:
    """Words are released for the whole city; a word that may not go there is not kept at all."""
    receipt = (await (await town.phone()).give(audience="place", words=["calm"])).json()
    assert receipt["words"] == []
    await town.pass_time(24 * HOUR_S)
    assert (await town.client.get("/v1/places/city/words")).json()["words"] == []


async def test_a_place_that_asks_for_presence_wants_a_fresh_pass(town: Town) -> None:
    phone, other = await town.phone(), await town.phone()
    refused = await phone.give("gallery")
    assert (refused.status_code, refused.json()["field"]) == (403, "pass")
    pass_ = await presence(town, phone)
    assert (await phone.give("gallery", **{"pass": pass_})).status_code == 202
    assert (await other.give("gallery", **{"pass": pass_})).status_code == 403
    town.real_s += 2 * HOUR_S + 1
    assert (await phone.give("gallery", **{"pass": pass_})).status_code == 403


async def test_an_old_code_opens_nothing(town: Town) -> None:
    phone = await town.phone()
    key = {"x-display-key": town.nexus.tokens.display_key("gallery")}
    code = (await town.client.get("/v1/places/gallery/code", headers=key)).json()["code"]
    town.real_s += 60
    answer = await town.client.post("/v1/places/gallery/presence", json={"code": code}, headers=phone.headers)
    assert (answer.status_code, answer.json()["field"]) == (403, "code")


async def test_refusals_name_the_field_and_the_remedy(town: Town) -> None:
    phone = await town.phone()
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"cell": 64}, 422, "cell"),
        ({"cell": -1}, 422, "cell"),
        ({"cell": 1.5}, 422, "cell"),
        ({"audience": "everyone"}, 422, "audience"),
        ({"key": "short"}, 422, "key"),
        ({"words": ["calm"] * 4}, 422, "words"),
        ({"words": ["flabbergastronomical"]}, 422, "words"),
        ({"mood": "fine"}, 422, "mood"),
    ]
    for more, status, field in wrong:
        body = {"key": phone.key(), "cell": 1, "audience": "city", **more}
        answer = await phone.client.post("/v1/places/square/check-ins", json=body, headers=phone.headers)
        problem = answer.json()
        assert (answer.status_code, problem["field"]) == (status, field), problem
        assert problem["remedy"]
        assert answer.headers["content-type"] == "application/problem+json"


async def test_bodies_that_are_not_json_or_too_large_are_refused(town: Town) -> None:
    phone = await town.phone()
    json = {**phone.headers, "content-type": "application/json"}
    send = phone.client.post
    path = "/v1/places/square/check-ins"
    assert (await send(path, content=b"{", headers=json)).status_code == 422
    assert (await send(path, content=b"NaN", headers=json)).status_code == 422
    assert (await send(path, content=b"\xff\xfe", headers=json)).status_code == 422
    assert (await send(path, content=b" " * 5000, headers=json)).status_code == 413
    assert (await send(path, content=b"cell=1", headers=phone.headers)).status_code == 415
    assert (await send(path, json={}, headers={"authorization": "Bearer nonsense"})).status_code == 401
    assert (await send("/v1/places/atlantis/check-ins", json={}, headers=phone.headers)).status_code == 404


async def test_nothing_that_was_refused_is_counted(town: Town) -> None:
    phone = await town.phone()
    await phone.give(cell=64)
    await phone.give("gallery")
    await town.pass_time(HOUR_S + 10)
    assert await cells_of(town) == []


async def presence(town: Town, phone: Phone) -> str:
    """Scan the gallery's code."""
    key = {"x-display-key": town.nexus.tokens.display_key("gallery")}
    code = (await town.client.get("/v1/places/gallery/code", headers=key)).json()["code"]
    answer = await town.client.post("/v1/places/gallery/presence", json={"code": code}, headers=phone.headers)
    pass_: str = answer.json()["pass"]
    return pass_


async def put(phone: Phone, key: str, **body: Any) -> Any:
    """Change a check-in."""
    return await phone.client.put(f"/v1/places/square/check-ins/{key}", json=body, headers=phone.headers)


async def cells_of(town: Town) -> list[tuple[str, dict[int, int]]]:
    """Return place and cells above zero of each released table that holds anything (the noise is zero)."""
    tables = await town.nexus.database.read(town.tables)
    found = [(table.place, {i: int(n) for i, n in enumerate(table.released.counts) if n}) for table in tables]
    return [(place, cells) for place, cells in found if cells]


async def voices(town: Town) -> int:
    """Return how many were counted in all tables."""
    return sum(sum(cells.values()) for _, cells in await cells_of(town))
