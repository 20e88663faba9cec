"""HTTP as every room speaks it: JSON by msgspec, errors as RFC 9457 problems, and endpoints that describe themselves.

A room's `routes.py` returns `Endpoint`s; the composition root turns them into Starlette routes and, from the same
list, into the OpenAPI document. So the document cannot forget a route.
"""

import asyncio
import functools
import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive

from nexus_city.ground.errors import (
    BadInput,
    CutShort,
    NexusError,
    SignInNeeded,
    TooLarge,
    TooMany,
    Unavailable,
    WrongMedia,
    WrongMethod,
)

T = TypeVar("T")
Handler = Callable[[Request], Awaitable[Response]]

log = structlog.get_logger("nexus.web")

BODY_LIMIT = 4096
"""Bytes that a request body may have."""

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
    "cross-origin-opener-policy": "same-origin",
}


class Problem(msgspec.Struct, omit_defaults=True):
    """RFC 9457 problem document: what happened (`detail`) and what to do next (`remedy`)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str
    field: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One door of the HTTP interface, with everything that its documentation needs."""

    method: str
    path: str
    handler: Handler | None
    """None where bare ASGI answers before routing; the endpoint is then only described here."""
    summary: str
    answers: dict[int, Any]
    """Status → body type; None for an empty body, a string for another media type."""
    body: Any = None
    secured: str | None = None
    """None, `device` (bearer token), `session` (cookie) or `display` (key header)."""
    query: dict[str, Any] = {}
    """Query parameter → its JSON Schema."""
    act: str | None = None
    """What is done there, where a session is asked for: who may do it stands in `access.staff.roles`."""
    scope: str | None = None
    """Scope of the tokens that open it as well; filled in by the guard."""


async def read_json(request: Request, kind: type[T]) -> T:
    """Read and validate the body as `kind`; raises what `read_body` does, or `BadInput` naming the field."""
    headers = request.headers
    body = await read_body(headers.get("content-type", ""), headers.get("content-length", ""), request.receive)
    return decode(body, msgspec.json.Decoder(kind))


async def read_body(content_type: str, content_length: str, receive: Receive, limit: int = BODY_LIMIT) -> bytes:
    """Return the JSON text of a request; the arguments are two of its headers ("" for missing) and ASGI's `receive`.

    Raises `WrongMedia`, `TooLarge` (without reading, if the length is declared) or `CutShort`; `Unavailable` when the
    server stops and cancels who is still sending: an answer instead of a traceback.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json":
        raise _wrong_media(media)
    if content_length.isdecimal() and int(content_length[:20]) > limit:
        raise _too_large(limit)
    body = bytearray()
    while True:
        try:
            message = await receive()
        except asyncio.CancelledError:
            raise Unavailable("The city is restarting.", "Send it again in a few seconds.") from None
        if message["type"] == "http.disconnect":
            raise CutShort
        body += message.get("body", b"")
        if len(body) > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return bytes(body)


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode `body`, turning msgspec's complaint into one that names the field and the remedy."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _complaint(str(error)) from None  # the cause may quote what the person sent


def _complaint(message: str) -> BadInput:
    at = re.search(r" - at `\$\.?(?:key in )?([^`]*)`", message)
    missing = re.search(r"missing required field `([^`]+)`|unknown field `([^`]+)`", message)
    said = re.sub(r" - at `.*`$", "", message)
    if missing:
        name = missing[1] or missing[2]
        remedy = f"Add the field '{name}'." if missing[1] else f"Leave the field '{name}' out."
        return BadInput(f"{said}.", f"{remedy} The schema is at /v1/openapi.json.", field=name)
    if at and at[1]:
        return BadInput(f"{at[1]}: {said}.", f"Change '{at[1]}'. The schema is at /v1/openapi.json.", field=at[1])
    return BadInput(
        "The body is not the JSON object that is expected here.", "See /v1/openapi.json for its fields.", field="body"
    )


def _too_large(limit: int) -> TooLarge:
    remedy = "Send one check-in at a time, without notes." if limit == BODY_LIMIT else "Send a smaller file."
    return TooLarge(f"The body is larger than {limit} bytes.", remedy)


def _wrong_media(media: str) -> WrongMedia:
    return WrongMedia(
        f"The content type is '{media[:80] or 'missing'}'.",
        "Send JSON with the header 'Content-Type: application/json'.",
    )


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer `value` as JSON, not to be cached."""
    return Response(
        msgspec.json.encode(value), status, {"cache-control": "no-store", **(headers or {})}, "application/json"
    )


def tagged_response(request: Request, body: bytes, media: str = "application/json", max_age_s: int = 0) -> Response:
    """Answer `body` with an ETag, or 304 when the asker has these very bytes."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": f"public, max-age={max_age_s}" if max_age_s else "no-cache"}
    if tag in (each.strip() for each in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media)


def problem_response(error: NexusError) -> Response:
    """Answer an error as `application/problem+json`."""
    headers = {"cache-control": "no-store", **problem_headers(error)}
    return Response(msgspec.json.encode(error.problem()), error.status, headers, "application/problem+json")


def problem_headers(error: NexusError) -> dict[str, str]:
    """Return the headers by which a program understands an error without reading it."""
    match error:
        case TooMany():
            return {"retry-after": str(error.retry_after_s)}
        case SignInNeeded():
            return {"www-authenticate": "Bearer"}
        case WrongMethod():
            return {"allow": error.allowed}
        case _:
            return {}


def to_routes(endpoints: Sequence[Endpoint]) -> list[Route]:
    """Turn endpoints into Starlette routes; errors become problem documents, ours and unforeseen ones alike."""
    return [Route(each.path, _guarded(each.handler), methods=[each.method]) for each in endpoints if each.handler]


def _guarded(handler: Handler) -> Handler:
    @functools.wraps(handler)
    async def guarded(request: Request) -> Response:
        try:
            return await handler(request)
        except NexusError as error:
            return problem_response(error)
        except Exception as error:  # noqa: BLE001 - a traceback in the server's log may quote what a person sent
            log.error("request failed", kind=type(error).__name__)
            return problem_response(unforeseen())

    return guarded


def unforeseen() -> NexusError:
    """Say that the product has a fault."""
    return NexusError("Something failed that was not foreseen.", "Try again, and tell the host if it stays so.")


def openapi(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of `endpoints`."""
    kinds: list[Any] = [Problem]
    for each in endpoints:
        kinds += [
            kind for kind in (each.body, *each.answers.values()) if kind is not None and not isinstance(kind, str)
        ]
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    by_kind = {id(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nexus City",
            "version": version,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "device": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "nexus_session"},
                "display": {"type": "apiKey", "in": "header", "name": "X-Display-Key"},
                "token": {"type": "http", "scheme": "bearer", "description": "A program's token, `nxt_…`"},
            },
        },
    }


def _operation(each: Endpoint, by_kind: dict[int, Any]) -> dict[str, Any]:
    def content(kind: Any, media: str = "application/json") -> dict[str, Any]:
        return {kind: {}} if isinstance(kind, str) else {media: {"schema": by_kind[id(kind)]}}

    answers = {
        str(status): {"description": _phrase(status), **({"content": content(kind)} if kind is not None else {})}
        for status, kind in each.answers.items()
    }
    answers["default"] = {
        "description": "A problem, with what to do next",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation: dict[str, Any] = {
        "summary": each.summary,
        "operationId": re.sub(r"\W+", "_", f"{each.method.lower()}{each.path}").strip("_"),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 64}}
            for name in re.findall(r"{(\w+)}", each.path)
        ]
        + [{"name": name, "in": "query", "schema": schema} for name, schema in each.query.items()],
        "responses": answers,
    }
    if each.body is not None:
        operation["requestBody"] = {"required": True, "content": content(each.body)}
    if each.secured:
        operation["security"] = [{each.secured: []}, *([{"token": [each.scope]}] if each.scope else [])]
    if each.act:
        operation["x-act"] = each.act
    return operation


def _phrase(status: int) -> str:
    return {200: "Here it is", 201: "Made", 202: "Kept safe", 204: "Done", 304: "Nothing new"}.get(status, "Answer")
