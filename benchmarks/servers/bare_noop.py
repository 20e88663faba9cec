"""The least that a door can do: decode, validate, answer 202. No signature, no limit, no receipt.

Run by uvicorn with uvloop and httptools, as the city is. It is the floor, not a product: it knows nobody.
"""

import msgspec
from starlette.types import Receive, Scope, Send

from nexus_city.climate.model import NewReport

_decoder = msgspec.json.Decoder(NewReport)
_START = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]}
_BODY = {"type": "http.response.body", "body": b"{}"}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        _decoder.decode((await receive())["body"])
        await send(_START)
        await send(_BODY)
