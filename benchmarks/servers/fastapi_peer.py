"""The peer: a check-in endpoint as FastAPI's documentation teaches it, on SQLite with the same promise.

A pydantic model with the same limits, a connection by dependency, one insert and one commit a request, WAL with
`synchronous=FULL`. It is `async def` on one connection: with `def`, forty threads of the pool would wait for SQLite's
one write lock, at more CPU a request.
"""

import json
import os
import sqlite3
from typing import Annotated, Literal

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Word = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class CheckIn(BaseModel):
    """What a phone sends."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(pattern="^[A-Za-z0-9_-]{22,36}$")
    cell: int = Field(ge=0, le=63)
    audience: Literal["place", "city"]
    words: list[Word] = Field(default=[], max_length=3)


class Receipt(BaseModel):
    """What it gets back."""

    key: str
    state: str
    place: str
    cell: int
    audience: str


app = FastAPI()
_connection = sqlite3.connect(os.environ["PEER_DATABASE"], check_same_thread=False)
_connection.execute("pragma journal_mode=wal")
_connection.execute("pragma synchronous=full")
_connection.execute(
    "create table check_in(key text primary key, place text, cell integer, audience text, words text) without rowid"
)


async def connection() -> sqlite3.Connection:
    return _connection


@app.post("/v1/places/{place}/check-ins", status_code=202)
async def check_in(place: str, given: CheckIn, kept: Annotated[sqlite3.Connection, Depends(connection)]) -> Receipt:
    row = (given.key, place, given.cell, given.audience, json.dumps(given.words))
    with kept:
        kept.execute("insert or ignore into check_in values(?, ?, ?, ?, ?)", row)
    return Receipt(key=given.key, state="counted", place=place, cell=given.cell, audience=given.audience)
