"""Copies of a town that is served, brought back as cities of their own; and what people do there meanwhile."""

import asyncio
import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import httpx

from nexus_city.app import Nexus
from nexus_city.ground import HandClock, Settings, Tape
from nexus_city.ground.backup import make_copy, restore_copy
from tests.conftest import ZERO_NOISE, Phone, Town, pass_city_time


class Back:
    """Brings copies back, each as a city of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nexus: Nexus | None = None
        self._rounds: asyncio.Task[None] | None = None

    def copy(self, town: Town, name: str = "copy") -> Path:
        """Copy a running town."""
        file = self.folder / name
        make_copy(town.folder / "data", file, 1_795_000_000)
        return file

    async def city(self, file: Path, at_ms: int, erased: Path | None = None, tape: bytes = ZERO_NOISE) -> Phone:
        """Restore `file`, serve it, and return a phone in it."""
        data = self.folder / "back"
        restore_copy(file, data, erased, 1_795_000_001)
        self.clock = HandClock(at_ms)
        self.nexus = Nexus(Settings(data=data, check_ins_per_minute=100_000), self.clock, Tape(tape))
        transport = httpx.ASGITransport(app=self.nexus.asgi)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://city.test")
        self._rounds = asyncio.create_task(self.nexus.room.run())
        return Phone(self.client, (await self.client.post("/v1/devices")).json()["token"])

    async def pass_time(self, seconds: float) -> None:
        assert self.nexus is not None
        await pass_city_time(self.nexus, self.clock, seconds)

    async def close(self) -> None:
        if self.nexus and self._rounds:
            self._rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._rounds
            await self.client.aclose()
            self.nexus.close()


def rows(file: Path, query: str) -> list[Any]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def device_of(phone: Phone, town: Town) -> bytes:
    return town.nexus.tokens.device(phone.headers["authorization"].removeprefix("Bearer "))


async def propose(phone: Phone) -> str:
    body = {"changes": {"policy": "complement"}, "sentence": "Let it answer us."}
    answer = await phone.client.post("/v1/places/square/charter/proposals", json=body, headers=phone.headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def vote(phone: Phone, proposal: str) -> httpx.Response:
    door = f"/v1/places/square/charter/proposals/{proposal}/vote"
    return await phone.client.put(door, json={"choice": "consent"}, headers=phone.headers)
