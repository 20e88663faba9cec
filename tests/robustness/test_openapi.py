"""Every door of the interface, knocked at with what its own description allows and forbids.

Goal: the OpenAPI document is true. Method: Schemathesis reads `/v1/openapi.json` and makes requests from it, through
ASGI: as anybody, as somebody who is known here and asks about a place that exists, and against the rules.
Failure: a 5xx; an answer, header or media type that the document does not describe; a request that it forbids and the
server takes; a refusal that is not a problem document with a remedy (and with the field, where one is wrong).
Not failure: refusing what no schema can say (a word that the framework does not have). The stream never ends, so it
is knocked at by hand, in `test_bad_requests.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import positive_data_acceptance, response_schema_conformance

from nexus_city.access.staff.guard import COOKIE
from nexus_city.ground.web import Problem
from tests.conftest import Town

REFUSALS = [401, 403, 404, 405, 409, 413, 415, 422, 429]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A city that Schemathesis' own event loop runs."""
    town = Town(tmp_path)
    yield town
    shutdown_lifespans()
    town.nexus.close()


def test_every_door_is_as_described(town: Town) -> None:
    knock_at_all(town, examples=3)


@pytest.mark.long
def test_every_door_is_as_described_for_strangers_too(town: Town) -> None:
    knock_at_all(town, examples=25, strangers=True)


def knock_at_all(town: Town, examples: int, strangers: bool = False) -> None:
    """Knock at every door as the architect with a phone, and if asked also as somebody whom nobody knows."""
    rules = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", town.nexus.asgi, config=rules)
    doors = schema.exclude(path="/v1/stream")
    body = {"code": town.nexus.accounts.setup_code(), "name": "ada", "password": "four unrelated words"}
    welcome = doors["/v1/setup"]["POST"].Case(body=body, media_type="application/json").call()
    known = {
        "headers": {
            "Authorization": f"Bearer {town.nexus.tokens.issue()}",
            "x-display-key": town.nexus.tokens.display_key("gallery"),
        },
        "cookies": {COOKIE: welcome.headers["set-cookie"][0].partition("=")[2].partition(";")[0]},
    }
    for door in sorted((found.ok() for found in doors.get_all_operations()), key=signs_out):
        at = {"path_parameters": {"id": "gallery"}} if "{id}" in door.path else {}
        can_be_wrong = door.body or door.path_parameters or door.query
        knock(door.as_strategy(**known, **at), examples)
        if can_be_wrong:
            knock(door.as_strategy(schemathesis.GenerationMode.NEGATIVE, **known), examples)
        if strangers:
            knock(door.as_strategy(), examples)
        if strangers and can_be_wrong:
            knock(door.as_strategy(schemathesis.GenerationMode.NEGATIVE), examples)


def test_the_document_describes_every_refusal_and_the_stream(town: Town) -> None:
    document = schemathesis.openapi.from_asgi("/v1/openapi.json", town.nexus.asgi).raw_schema
    answers = [door["responses"] for doors in document["paths"].values() for door in doors.values()]
    problems = [list(each["default"]["content"]) for each in answers]
    assert problems == [["application/problem+json"]] * len(answers)
    stream = document["paths"]["/v1/stream"]["get"]
    assert list(stream["responses"]["200"]["content"]) == ["text/event-stream"]
    assert [each["name"] for each in stream["parameters"]] == ["places", "after"]


def knock(cases: Any, examples: int) -> None:
    """Make requests, and check what comes back."""

    @settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(cases)
    def check(case: Any) -> None:
        # Schemathesis 4.32 turns the tuples of a 3.1 answer into draft 7; bodies are compared with the document below.
        answer = case.call_and_validate(excluded_checks=[positive_data_acceptance, response_schema_conformance])
        compare(case, answer)
        if answer.status_code < 400:
            return
        assert answer.headers["content-type"] == ["application/problem+json"], answer.content
        problem = msgspec.json.decode(answer.content, type=Problem)
        assert problem.status == answer.status_code
        assert problem.remedy
        assert problem.field or answer.status_code != 422, problem

    check()


def compare(case: Any, answer: Any) -> None:
    """Check a JSON body against what the document says of this door and status."""
    document = case.operation.schema.raw_schema
    answers = document["paths"][case.operation.path][case.operation.method.lower()]["responses"]
    contents = answers.get(str(answer.status_code), answers["default"]).get("content", {})
    for media, described in contents.items():
        if "json" in media and "schema" in described:
            wanted = {**described["schema"], "components": document["components"]}
            jsonschema_rs.Draft202012Validator(wanted).validate(msgspec.json.decode(answer.content))


def signs_out(door: Any) -> bool:
    """Whether a door ends the session, or renews its token; those are tried last."""
    return (door.method, door.path) in {
        ("put", "/v1/account/password"),
        ("post", "/v1/session/proof"),
        ("delete", "/v1/account/sessions"),
        ("delete", "/v1/session"),
    }
