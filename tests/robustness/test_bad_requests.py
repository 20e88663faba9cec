"""Requests that no honest phone makes: each is refused in words, none is counted, none is a surprise to the server."""

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus_city.access import Tokens
from nexus_city.ground.web import BODY_LIMIT
from tests.conftest import Phone, Town
from tests.robustness.knock import Answer, knock, refused

HOUR_S = 3600
DOOR = "/v1/places/square/check-ins"
KEY = "k" * 22
many = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(autouse=True)
def complaints() -> Iterator[list[Any]]:
    """Everything that the product logs; a request may not make it log anything, whatever is in it."""
    with structlog.testing.capture_logs() as logged:
        yield logged
    assert logged == []


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One city for all of this: what is refused leaves nothing behind."""
    town = Town(tmp_path_factory.mktemp("town"))
    yield town
    town.nexus.close()


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Town]:
    """A city of its own, for what is counted."""
    town = Town(tmp_path)
    yield town
    await town.close()


@pytest.fixture
async def phone(town: Town) -> Phone:
    """A phone that is known here."""
    return await town.phone()


async def send(town: Town, phone: Phone, *parts: bytes, **headers: str) -> Answer:
    """Give the square a body of `parts`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await knock(
        town.nexus.asgi, "POST", DOOR, {"content-type": "application/json", **phone.headers, **named}, parts
    )


# --- bodies ---------------------------------------------------------------------------------------------------------


async def test_a_body_that_is_declared_too_large_is_refused_unread(town: Town, phone: Phone) -> None:
    async def receive() -> Any:
        raise AssertionError("a body was read that was known to be too large")

    headers = {**phone.headers, "content-type": "application/json", "content-length": str(BODY_LIMIT + 1)}
    for path in (DOOR, "/v1/session", "/v1/places/gallery/presence"):
        answer = await knock_with(town.nexus.asgi, path, headers, receive)
        refused(answer, 413, "too-large")


async def test_a_body_that_grows_too_large_is_read_no_further(town: Town, phone: Phone) -> None:
    """Chunked, or with a length that lies: reading stops with the part that breaks the limit."""
    read = 0

    async def receive() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 1024, "more_body": True}

    for length in ({}, {"content-length": "10"}):
        read = 0
        headers = {**phone.headers, "content-type": "application/json", **length}
        refused(await knock_with(town.nexus.asgi, DOOR, headers, receive), 413, "too-large")
        assert read == BODY_LIMIT // 1024 + 1


async def test_a_body_of_exactly_the_limit_is_taken(town: Town, phone: Phone) -> None:
    body = json.dumps({"key": KEY, "cell": 1, "audience": "city"}).encode()
    assert (await send(town, phone, body + b" " * (BODY_LIMIT - len(body)))).status == 202


async def test_a_body_in_many_parts_is_put_together(town: Town, phone: Phone) -> None:
    body = json.dumps({"key": KEY, "cell": 1, "audience": "city"}).encode()
    assert (await send(town, phone, *(body[at : at + 1] for at in range(len(body))))).status == 202


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "-1", "64", "1.5", '"9"', "true", "[9]", "{}"],
)
async def test_a_cell_is_a_whole_number_below_64_or_null(value: str, town: Town, phone: Phone) -> None:
    body = b'{"key": "%b", "audience": "city", "cell": %b}' % (KEY.encode(), value.encode())
    answer = await send(town, phone, body)
    refused(answer, 422, "bad-input", "body" if value in ("NaN", "Infinity", "-Infinity") else "cell")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\xff\xfe{}",
        b'{"key": "\xc3\x28", "cell": 1, "audience": "city"}',
        b'{"key": "' + KEY.encode() + b'", "cell": 1, "audience": "city", "words": ["\xed\xa0\x80"]}',
        b'{"key": "' + KEY.encode() + b'", "cell": 1, "audience": "city"',
        b'{"key": "' + KEY.encode() + b'", "cell": 1, "audience": "city"} {}',
        b"[" * BODY_LIMIT,
        b'{"words":' * 400,
        b'{"words": ' + b"[" * 4000,
        b'{"pass": ' + b'{"a":' * 800,
    ],
)
async def test_what_is_not_the_json_that_is_expected_is_refused(body: bytes, town: Town, phone: Phone) -> None:
    refused(await send(town, phone, body), 422, "bad-input")


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "é"])
async def test_another_content_type_is_refused(media: str, town: Town, phone: Phone) -> None:
    refused(await send(town, phone, b"{}", content_type=media), 415, "wrong-media")


async def test_json_may_say_its_encoding(town: Town, phone: Phone) -> None:
    body = json.dumps({"key": KEY, "cell": 1, "audience": "city"}).encode()
    assert (await send(town, phone, body, content_type="Application/JSON; charset=utf-8")).status == 202


async def test_of_a_field_that_is_given_twice_the_receipt_says_which_was_taken(fresh: Town) -> None:
    body = b'{"key": "%b", "cell": 0, "audience": "city", "cell": 63}' % KEY.encode()
    receipt = (await send(fresh, await fresh.phone(), body)).json()
    await fresh.pass_time(HOUR_S + 10)
    assert await counted(fresh) == {("square", {0: 0, 63: 15}[receipt["cell"]]): 1}


async def test_a_word_given_twice_is_one_word(fresh: Town) -> None:
    receipt = (await (await fresh.phone()).give(words=["calm", "calm", "calm"])).json()
    assert receipt["words"] == ["calm"]
    await fresh.pass_time(24 * HOUR_S)
    released = await fresh.nexus.database.read(
        lambda connection: connection.execute("select counts from word_release").fetchone()
    )
    assert sum(released[0][::8]) == 1


@many
@given(
    body=st.binary(max_size=300)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["key", "cell", "audience", "words", "pass"]) | st.text(), inner)
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
async def test_whatever_comes_in_a_body_is_answered_in_words(body: bytes, town: Town) -> None:
    phone = await town.phone()
    answer = await send(town, phone, body)
    if answer.status != 202:
        refused(answer, 413 if len(body) > BODY_LIMIT else 422)


# --- tokens, codes and passes -----------------------------------------------------------------------------------------


async def test_tokens_that_are_not_ours_open_nothing(town: Town) -> None:
    ours = town.nexus.tokens.issue()
    foreign = Tokens(b"another city's secret, 32 bytes!").issue()
    flipped = ours[:5] + ("A" if ours[5] != "A" else "B") + ours[6:]
    display = town.nexus.tokens.display_key("square")
    for token in (foreign, flipped, ours[:-2], ours[:22], ours + ours, ours[::-1], display, "", "é", "🜁", " "):
        headers = {"authorization": f"Bearer {token}".encode().decode("latin-1"), "content-type": "application/json"}
        answer = await knock(town.nexus.asgi, "POST", DOOR, headers, [b"{}"])
        refused(answer, 401, "sign-in-needed")
        assert answer.headers["www-authenticate"] == "Bearer"


@many
@given(header=st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=80))
async def test_no_made_up_authorization_is_ours(header: str, town: Town) -> None:
    refused(await knock(town.nexus.asgi, "DELETE", f"{DOOR}/{KEY}", {"authorization": header}), 401)


async def test_a_code_of_another_place_or_another_time_is_not_exchanged(town: Town, phone: Phone) -> None:
    square = await code_of(town, "square")
    gallery = await code_of(town, "gallery")
    assert (await exchange(town, phone, "gallery", gallery)).status == 200
    for code in (square, gallery[:-1], gallery + "0", "", "é", "00000000"):
        refused(await exchange(town, phone, "gallery", code), 403, "not-allowed", "code")
    town.real_s -= 60  # a code that will be shown in a minute
    refused(await exchange(town, phone, "gallery", gallery), 403, "not-allowed", "code")
    town.real_s += 120
    refused(await exchange(town, phone, "gallery", gallery), 403, "not-allowed", "code")


async def test_a_pass_is_good_for_one_device_at_one_place_and_not_a_second_longer(town: Town, phone: Phone) -> None:
    other = await town.phone()
    good = (await exchange(town, phone, "gallery", await code_of(town, "gallery"))).json()["pass"]
    elsewhere = (await exchange(town, phone, "square", await code_of(town, "square"))).json()["pass"]
    longer = ("B" if good[4] == "A" else "A").join((good[:4], good[5:]))
    for who, what in (
        (other, good),
        (phone, elsewhere),
        (phone, longer),
        (phone, good[:-3]),
        (phone, ""),
        (phone, "é"),
    ):
        refused(await knock_json(town, who, "/v1/places/gallery/check-ins", what), 403, "not-allowed", "pass")
    assert (await knock_json(town, phone, "/v1/places/gallery/check-ins", good)).status == 202
    town.real_s += 2 * HOUR_S + 1
    refused(await knock_json(town, phone, "/v1/places/gallery/check-ins", good), 403, "not-allowed", "pass")


# --- addresses and methods --------------------------------------------------------------------------------------------


async def test_a_wrong_method_is_told_which_are_right(town: Town) -> None:
    document = (await town.client.get("/v1/openapi.json")).json()
    for path, doors in document["paths"].items():
        right = {method.upper() for method in doors}
        if "GET" in right and path != "/v1/stream":
            right.add("HEAD")
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} - right:
            answer = await knock(town.nexus.asgi, method, path.replace("{id}", "square").replace("{key}", KEY))
            refused(answer, 405, "wrong-method")
            assert set(answer.headers["allow"].split(", ")) == right, path


async def test_a_head_is_answered_as_the_get_is(town: Town) -> None:
    for path in ("/v1/places", "/v1/clock", "/v1/places/square/climate", "/health"):
        head, get = await town.client.head(path), await town.client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "/v1/places/square/check-ins/",
        "/v1/places/square/check-inside",
        "/v1/places//check-ins",
        "/v1/places/%2e%2e/check-ins",
        "/v1/places/square%2Fcheck-ins%2F..%2F..%2Fgallery/check-ins",
        "/v1/places/SQUARE/check-ins",
        "/v1/places/square%00/check-ins",
        "/v1/places/" + "a" * 5000 + "/check-ins",
        "/v1/places/%ff%fe/check-ins",
        "/v1/places/atlantis/check-ins",
        "//v1/places/square/check-ins",
        "/v1/places/square/climate/check-ins",
    ],
)
async def test_only_the_address_of_a_door_is_a_door(path: str, town: Town, phone: Phone) -> None:
    headers = {**phone.headers, "content-type": "application/json"}
    body = json.dumps({"key": KEY, "cell": 1, "audience": "city"}).encode()
    refused(await knock(town.nexus.asgi, "POST", path, headers, [body]), 404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2f..%2fapp.py",
        "/assets//etc/passwd",
        "/assets/%00",
        "/assets/" + "a" * 5000,
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%5c..%5cetc/passwd",
        "/p/..%2f..%2f/feel",
        "/v1/places/..%2f..%2fetc%2fpasswd/climate",
        "/v1/../v1/places",
        "/v1/places/square/climate/..",
        "/v1/places/square/history?before=%00",
        "/v1/places/square/history?limit=" + "9" * 5000,
        "/v1/places/square/history?limit=1e3",
        "/v1/places/square/history?limit=-1&limit=%F0",
        "/v1/words?lang=%00%ff",
        "/v1/stream?places=atlantis",
        "/v1/stream?places=",
        "/v1/stream?after=-1",
        "/v1/stream?after=" + "9" * 40,
        "/v1/stream?" + "&".join("a=b" for _ in range(100)),
        "/v1/stream?places=%ff",
    ],
)
async def test_no_address_leads_out_of_the_city(path: str, town: Town) -> None:
    answer = await knock(town.nexus.asgi, "GET", path)
    assert answer.status in (404, 422), answer
    refused(answer, answer.status)


# --- hanging up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [DOOR, f"{DOOR}/{KEY}", "/v1/session", "/v1/places/gallery/presence"])
@pytest.mark.parametrize("whole", [True, False])
async def test_who_hangs_up_in_the_middle_of_a_body_is_not_counted(
    path: str, whole: bool, town: Town, phone: Phone
) -> None:
    """Even where what came so far reads like a whole check-in."""
    body = json.dumps({"key": KEY, "cell": 1, "audience": "city"}).encode()
    headers = {**phone.headers, "content-type": "application/json"}
    parts = [body if whole else body[:20]]
    method = "PUT" if path.endswith(KEY) else "POST"
    before = await town.nexus.database.read(written)
    await knock(town.nexus.asgi, method, path, headers, parts, hangs_up=True)
    assert await town.nexus.database.read(written) == before


async def test_who_hangs_up_before_the_answer_and_asks_again_is_counted_once(fresh: Town) -> None:
    phone = await fresh.phone()
    key = phone.key()
    asking = asyncio.create_task(phone.give(key=key))
    while not fresh.nexus.room.intake._running:
        await asyncio.sleep(0)  # until the intake has the order
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    assert (await phone.give(key=key)).status_code == 202
    await fresh.pass_time(HOUR_S + 10)
    assert sum((await counted(fresh)).values()) == 1


# --- what these tests share -------------------------------------------------------------------------------------------


async def knock_with(app: Any, path: str, headers: dict[str, str], receive: Any) -> Answer:
    """Make a request whose body is whatever `receive` gives."""

    async def through(scope: Any, _: Any, send: Any) -> None:
        await app(scope, receive, send)

    return await knock(through, "POST", path, headers)


async def knock_json(town: Town, phone: Phone, path: str, presence_pass: str) -> Answer:
    """Check in with a pass."""
    body = {"key": phone.key(), "cell": 1, "audience": "city", "pass": presence_pass}
    headers = {**phone.headers, "content-type": "application/json"}
    return await knock(town.nexus.asgi, "POST", path, headers, [json.dumps(body).encode()])


async def code_of(town: Town, place: str) -> str:
    """Return the code that is shown at a place."""
    key = {"x-display-key": town.nexus.tokens.display_key(place)}
    code: str = (await town.client.get(f"/v1/places/{place}/code", headers=key)).json()["code"]
    return code


async def exchange(town: Town, phone: Phone, place: str, code: str) -> Answer:
    """Bring a code to a place."""
    headers = {**phone.headers, "content-type": "application/json"}
    return await knock(
        town.nexus.asgi, "POST", f"/v1/places/{place}/presence", headers, [json.dumps({"code": code}).encode()]
    )


async def counted(town: Town) -> dict[tuple[str, int], int]:
    """Return every released cell above zero (the noise is zero)."""
    tables = await town.nexus.database.read(town.tables)
    return {(each.place, cell): int(n) for each in tables for cell, n in enumerate(each.released.counts) if n}


def written(connection: sqlite3.Connection) -> int:
    """Return how many batches the intake has written down."""
    count: int = connection.execute("select count(*) from intake_log").fetchone()[0]
    return count
