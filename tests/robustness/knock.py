"""A visitor made by hand: says exactly which bytes come when, and whether it stays for the answer."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass
class Answer:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.body)


async def knock(
    app: Any,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    parts: Iterable[bytes] = (b"",),
    hangs_up: bool = False,
) -> Answer:
    """Make one request whose body comes in `parts`; with `hangs_up` the connection ends before the body does."""
    answer, waiting = Answer(), list(parts)

    async def receive() -> dict[str, Any]:
        if waiting:
            part = waiting.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(waiting) or hangs_up}
        if not hangs_up:
            await asyncio.Event().wait()  # nothing more comes, and nobody leaves
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    raw, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(raw),
        "raw_path": raw.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"city.test"), *((n.encode(), v.encode("latin-1")) for n, v in (headers or {}).items())],
        "client": ("127.0.0.1", 50000),
        "server": ("city.test", 80),
    }
    await app(scope, receive, send)
    return answer


def refused(answer: Answer, status: int, slug: str | None = None, field: str | None = None) -> None:
    """Check that an answer is a problem document that a person can do something with."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"].strip()
    assert problem["remedy"].strip()
    assert slug is None or problem["type"] == f"/problems/{slug}", problem
    assert field is None or problem["field"] == field, problem
    assert status != 422 or problem["field"], problem
