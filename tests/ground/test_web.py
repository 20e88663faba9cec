"""HTTP as every room speaks it: tags, problems, bodies, and a document that forgets no route."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from nexus_city.ground.errors import BadInput, CutShort, NotFound, SignInNeeded, TooLarge, TooMany, WrongMedia
from nexus_city.ground.web import (
    BODY_LIMIT,
    Endpoint,
    decode,
    json_response,
    openapi,
    problem_response,
    read_body,
    read_json,
    tagged_response,
    to_routes,
)
from tests.conftest import Town, routes_of


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: int = 0


async def tagged(request: Request) -> Response:
    return tagged_response(request, b'{"a":1}', max_age_s=int(request.query_params.get("age", "0")))


async def echo(request: Request) -> Response:
    return json_response(await read_json(request, Thing), 201)


async def fails(_: Request) -> Response:
    raise RuntimeError("the feeling was 9")


async def busy(_: Request) -> Response:
    raise TooMany("You are fast.", "Breathe.", 7)


ENDPOINTS = [
    Endpoint("GET", "/tagged", tagged, "A tagged thing", {200: Thing}),
    Endpoint("POST", "/things/{id}", echo, "An echo", {201: Thing}, Thing, "device", {"loud": {"type": "boolean"}}),
    Endpoint("GET", "/fails", fails, "A fault", {204: None}),
    Endpoint("GET", "/busy", busy, "Too much", {200: "text/plain"}),
    Endpoint("DELETE", "/elsewhere", None, "Answered before routing", {204: None}),
]


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=Starlette(routes=to_routes(ENDPOINTS))), base_url="http://city.test"
    )


async def test_who_has_these_very_bytes_is_told_that_nothing_is_new(client: httpx.AsyncClient) -> None:
    first = await client.get("/tagged")
    tag = first.headers["etag"]
    again = await client.get("/tagged", headers={"if-none-match": tag})
    assert (first.status_code, first.content, first.headers["cache-control"]) == (200, b'{"a":1}', "no-cache")
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    among_others = await client.get("/tagged", headers={"if-none-match": f'"old", {tag}'})
    assert among_others.status_code == 304


@pytest.mark.parametrize("tag", ['"other"', "", "W/nonsense"])
async def test_who_has_other_bytes_gets_these(client: httpx.AsyncClient, tag: str) -> None:
    assert (await client.get("/tagged", headers={"if-none-match": tag})).status_code == 200


async def test_an_answer_may_be_kept_for_a_while(client: httpx.AsyncClient) -> None:
    assert (await client.get("/tagged?age=60")).headers["cache-control"] == "public, max-age=60"


async def test_a_fault_is_a_problem_that_tells_nothing_of_what_was_sent(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "feeling" not in answer.text
    assert answer.json()["remedy"]


async def test_a_refusal_tells_programs_when_to_come_back(client: httpx.AsyncClient) -> None:
    answer = await client.get("/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.headers["cache-control"] == "no-store"


def test_a_refusal_tells_programs_how_to_sign_in() -> None:
    assert problem_response(SignInNeeded("a", "b")).headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in problem_response(NotFound("a", "b")).headers


async def test_a_good_body_arrives(client: httpx.AsyncClient) -> None:
    answer = await client.post("/things/1", json={"name": "sea"})
    assert (answer.status_code, answer.json()) == (201, {"name": "sea", "size": 0})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{}", "name"),
        (b'{"name":1}', "name"),
        (b'{"name":"sea","size":1.5}', "size"),
        (b'{"name":"sea","size":NaN}', "body"),
        (b'{"name":"sea","colour":"blue"}', "colour"),
        (b"[]", "body"),
        (b"", "body"),
        (b'{"name":"\xff"}', "body"),
        (b"nonsense", "body"),
        (b"[" * 4000, "body"),
    ],
)
async def test_a_wrong_body_is_refused_by_the_name_of_the_field(
    client: httpx.AsyncClient, body: bytes, field: str
) -> None:
    answer = await client.post("/things/1", content=body, headers={"content-type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field), problem
    assert "/v1/openapi.json" in problem["remedy"]


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_in_another_way(body: bytes) -> None:
    decoder = msgspec.json.Decoder(Thing)
    try:
        decode(body, decoder)
    except BadInput as error:
        refusal = error
    else:
        return
    assert refusal.__suppress_context__  # the cause may quote what was sent
    assert refusal.field


class Wire:
    """The receiving end of a request that arrives in pieces."""

    def __init__(self, *pieces: bytes, cut: bool = False) -> None:
        self._events: list[Any] = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        self._events[-1]["more_body"] = False
        if cut:
            self._events[-1] = {"type": "http.disconnect"}
        self.read = 0

    async def __call__(self) -> Any:
        self.read += 1
        return self._events.pop(0)


async def test_a_body_in_pieces_is_put_together() -> None:
    assert await read_body("application/json; charset=utf-8", "", Wire(b'{"a"', b":", b"1}")) == b'{"a":1}'


async def test_a_body_that_says_it_is_too_large_is_not_read() -> None:
    wire = Wire(b"x")
    with pytest.raises(TooLarge):
        await read_body("application/json", str(BODY_LIMIT + 1), wire)
    assert wire.read == 0


async def test_a_body_that_is_larger_than_it_says_is_read_no_further_than_the_limit() -> None:
    wire = Wire(*[b"x" * 1000] * 100)
    with pytest.raises(TooLarge):
        await read_body("application/json", "10", wire)
    assert wire.read == BODY_LIMIT // 1000 + 1


async def test_a_body_of_exactly_the_limit_is_taken() -> None:
    assert len(await read_body("application/json", str(BODY_LIMIT), Wire(b"x" * BODY_LIMIT))) == BODY_LIMIT


async def test_a_connection_that_ends_in_the_middle_is_said_so() -> None:
    with pytest.raises(CutShort):
        await read_body("application/json", "", Wire(b"{", b"", cut=True))


@pytest.mark.parametrize("media", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
async def test_another_media_type_is_refused(media: str) -> None:
    with pytest.raises(WrongMedia, match="application/json"):
        await read_body(media, "", Wire(b"{}"))


# --- the document ----------------------------------------------------------------------------------------------------


def test_the_document_describes_what_the_endpoints_say() -> None:
    document = openapi(ENDPOINTS, "1.2.3")
    post = document["paths"]["/things/{id}"]["post"]
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", "1.2.3")
    assert [parameter["name"] for parameter in post["parameters"]] == ["id", "loud"]
    assert post["security"] == [{"device": []}]
    assert post["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert document["components"]["schemas"]["Thing"]["additionalProperties"] is False
    assert "content" not in document["paths"]["/fails"]["get"]["responses"]["204"]
    assert "text/plain" in document["paths"]["/busy"]["get"]["responses"]["200"]["content"]
    operations = [each for path in document["paths"].values() for each in path.values()]
    assert len({each["operationId"] for each in operations}) == len(ENDPOINTS)
    assert all("application/problem+json" in each["responses"]["default"]["content"] for each in operations)


async def test_the_document_of_the_city_has_every_route_that_it_serves(town: Town) -> None:
    document = (await town.client.get("/v1/openapi.json")).json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    served = {(method, route.path) for route in routes_of(town.nexus) for method in (route.methods or ()) - {"HEAD"}}
    served = {(method, path) for method, path in served if not is_page(path)}
    assert served <= described, f"served, and not in the document: {sorted(served - described)}"
    bare = described - served
    assert bare == {
        ("POST", "/v1/places/{id}/check-ins"),
        ("PUT", "/v1/places/{id}/check-ins/{key}"),
        ("DELETE", "/v1/places/{id}/check-ins/{key}"),
        ("GET", "/v1/stream"),
    }


def is_page(path: str) -> bool:
    """Whether an address is for people and their browsers rather than for programs."""
    return path == "/v1/openapi.json" or not (
        path.startswith(("/v1/", "/health", "/metrics", "/.well-known/")) or path.endswith(("/qr.svg", "/charter.json"))
    )


async def test_every_reference_in_the_document_leads_somewhere(town: Town) -> None:
    text = (await town.client.get("/v1/openapi.json")).text
    document = json.loads(text)
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names
    assert names <= document["components"]["schemas"].keys()
