"""Residents enter by the public door: over HTTP, each with a device of its own, bounded and refused like everybody."""

import ast
import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.types import ASGIApp

import nexus_city.simulation
from nexus_city.simulation import Entrance, Visit
from tests.conftest import Town

FOLDER = Path(str(nexus_city.simulation.__file__)).parent


@contextlib.asynccontextmanager
async def served(town: Town, front: ASGIApp | None = None) -> AsyncIterator[str]:
    """Serve a town on a real socket, with `front` before its doors if there is one; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(front or town.nexus.asgi, lifespan="off", log_level="error", ws="none"))
    with contextlib.closing(listener):
        running = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            server.should_exit = True
            await running


async def counted(town: Town) -> dict[str, int]:
    """Close the hour; return the voices of each place that were released."""
    await town.pass_time(3610)
    tables = await town.nexus.database.read(town.tables)
    found: dict[str, int] = {}
    for table in tables:
        found[table.place] = found.get(table.place, 0) + int(table.released.counts.sum())
    return {place: people for place, people in found.items() if people}


async def test_visits_arrive_each_by_a_device_of_its_own(town: Town) -> None:
    async with served(town) as url, Entrance(url, {}) as entrance:
        await asyncio.gather(*(entrance.enter(Visit(0, person, "square", person)) for person in range(20)))
        assert (entrance.tally.counted, entrance.tally.refused) == (20, 0)
        assert len(set(entrance.tokens().values())) == 20
    assert await counted(town) == {"square": 20}


async def test_one_resident_is_bounded_like_everybody(town: Town) -> None:
    async with served(town) as url, Entrance(url, {}) as entrance:
        for cell in (1, 2, 3):
            await entrance.enter(Visit(0, "ana", "square", cell))
    assert await counted(town) == {"square": 1}


async def test_a_place_that_asks_for_presence_asks_residents_too(town: Town) -> None:
    async with served(town) as url:
        async with Entrance(url, {}) as entrance:
            await entrance.enter(Visit(0, "ana", "gallery", 1))
            assert (entrance.tally.counted, entrance.tally.refused) == (0, 1)
            assert entrance.tally.last_refusal
        async with Entrance(url, {"gallery": town.nexus.tokens.display_key("gallery")}) as entrance:
            await entrance.enter(Visit(0, "ana", "gallery", 1))
            assert entrance.tally.counted == 1


async def test_what_is_refused_is_told_with_the_reason(town: Town) -> None:
    async with served(town) as url, Entrance(url, {}) as entrance:
        await entrance.enter(Visit(0, "ana", "atlantis", 1))
        await entrance.enter(Visit(0, "ana", "nook", 1, "place"))
        assert (entrance.tally.refused, entrance.tally.kept) == (1, 1)
        assert "no place of that name" in entrance.tally.last_refusal


async def test_a_second_start_brings_the_same_people(town: Town) -> None:
    async with served(town) as url:
        async with Entrance(url, {}) as entrance:
            await entrance.enter(Visit(0, "ana", "square", 1))
        async with Entrance(url, {}, entrance.tokens()) as again:
            await again.enter(Visit(0, "ana", "square", 2))
    assert await counted(town) == {"square": 1}


async def test_where_nobody_answers_it_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    async with Entrance(f"http://127.0.0.1:{port}", {}) as entrance:
        await entrance.enter(Visit(0, "ana", "square", 1))
        assert entrance.tally.refused == 1
        assert "no answer" in entrance.tally.last_refusal


@pytest.mark.parametrize("module", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_the_room_knows_nothing_of_what_is_behind_the_door(module: Path) -> None:
    """Neither the room that counts, nor the one that keeps secrets, nor the database."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert not name.startswith(("nexus_city.climate", "nexus_city.access", "nexus_city.app", "sqlite3")), name
            assert name != "nexus_city.ground.database"
