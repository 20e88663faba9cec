"""Two cities in which different people gave different things, and which release the same numbers.

One folder is founded, with its secret, its day and its architect, and copied. Each twin lives the same day with a crowd
of its own, on a tape that turns its truth into the same wanted numbers (`truth.tape_for`). Whatever differs between the
two, in anything that anybody is told, is made of something that was not released.
"""

import asyncio
import contextlib
import io
import json
import logging
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import structlog

from nexus_city.boundaries import Continual, DiscreteLaplace
from nexus_city.environment.rig import Rig
from tests.attacks.auditing import Ints
from tests.attacks.truth import tape_for, watching
from tests.conftest import SMALL_CITY, ZERO_NOISE, Phone, Town
from tests.environment.rigs import Listening, a_house, a_rig, play

HOUR_S = 3600
NIGHT_S = 18.2 * HOUR_S
"""From ten past ten, when the first hours are told, until after 04:00, when the day is."""


@dataclass(frozen=True)
class Said:
    """What one person gives in the first hour."""

    place: str
    cell: int | None
    audience: str
    words: tuple[str, ...] = ()


MANY = [Said("square", n % 64, ("place", "city")[n % 2], ("calm", "proud")[: n % 3]) for n in range(60)]
MANY += [Said("gallery", None, "city"), Said("nook", 5, "city"), Said("east", 63, "city", ("sad",))]
FEW = [Said("east", 8 * n, "city", ("sad",)) for n in range(8)]

Plant = Callable[[pytest.MonkeyPatch], None]
"""Builds leaks into a city, before it is opened."""


@dataclass
class Told:
    """Everything that a city tells, by moment and by whom it is asked."""

    pages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    sent: list[tuple[int, bytes]] = field(default_factory=list)
    """City time and bytes of each frame of the stream."""
    light: list[bytes] = field(default_factory=list)
    log: str = ""
    released: list[tuple[Any, ...]] = field(default_factory=list)


class Twin(Town):
    """A city that is listened to at all its doors at once."""

    def __init__(self, folder: Path, tape: bytes, token: str, cookies: httpx.Cookies) -> None:
        super().__init__(folder, tape)
        self.told = Told()
        self.bystander = Phone(self.client, token)
        """Somebody who gave nothing, in both cities with the same token: the attacker's own phone."""
        self._architect = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.nexus.asgi),
            base_url="http://city.test",
            cookies=cookies,
        )
        self.rig: Rig
        self.rig, self.wire = a_rig(a_house(), lambda place: self.nexus.room.voice(self.nexus.room.city[place]))
        self._played_s = 100.0
        self._tasks: list[asyncio.Task[Any]] = []

    async def listen(self) -> None:
        """Open the stream, and let the hub serve it."""
        self._tasks = [asyncio.ensure_future(self.nexus.hub.run()), asyncio.ensure_future(self._follow())]
        await asyncio.sleep(0.01)

    async def ask(self, moment: str) -> None:
        """Ask everything that can be asked, as a visitor, as the bystander and as the architect."""
        for path in await self._paths():
            for name, client, headers in (
                ("visitor", self.client, {}),
                ("bystander", self.client, self.bystander.headers),
                ("architect", self._architect, {}),
            ):
                answer = await client.get(path, headers=headers)
                self.told.pages[moment, f"{name} {path}"] = without_the_wall_clock(answer)
        for number, wrong in enumerate(_WRONG):
            answer = await self.client.post("/v1/places/square/check-ins", json=wrong, headers=self.bystander.headers)
            self.told.pages[moment, f"wrong {number}"] = without_the_wall_clock(answer)
        self._played_s = play(self.rig, 1.0, self._played_s)

    async def finish(self) -> Told:
        """Stop, and return all that was told."""
        await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._architect.aclose()
        self.told.light = _frames(self.wire)
        self.told.released = self.released()
        await self.close()
        return self.told

    async def _paths(self) -> list[str]:
        paths = json.loads((await self.client.get("/v1/openapi.json")).content)["paths"]
        readable = [path for path, how in paths.items() if "get" in how and "event-stream" not in str(how["get"])]
        named = [re.sub(r"\{id\}", place, path) for path in readable for place in ("square", "nook", "city")]
        return sorted({re.sub(r"\{\w+\}", "1", path) for path in named})

    async def _follow(self) -> None:
        async def send(message: Any) -> None:
            self.told.sent.append((self.clock.now_ms(), message.get("body", b"")))

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            return {}

        scope = {"type": "http", "method": "GET", "path": "/v1/stream", "query_string": b"", "headers": []}
        await self.nexus.asgi(scope, receive, send)


_WRONG = [
    {"key": "x", "cell": 1, "audience": "city"},
    {"key": "a" * 22, "cell": 64, "audience": "city"},
    {"key": "a" * 22, "cell": 1, "audience": "moon"},
    {"key": "a" * 22, "cell": 1, "audience": "city", "words": ["nosuchword"]},
]


def without_the_wall_clock(answer: httpx.Response) -> bytes:
    """Return status, headers and body; what the machine's own clock says (never the city's) is blotted out."""
    head = sorted((name, value) for name, value in answer.headers.items() if name not in ("date", "last-modified"))
    text = f"{answer.status_code} {head}\n".encode() + answer.content
    text = re.sub(rb'"(at|real_at|since|until|checked_at|age_s|seen)":\s*("[^"]*"|[\d.]+)', rb'"\1":0', text)
    return b"\n".join(line for line in text.splitlines() if not re.match(rb"(process|python)_", line))


def _frames(wire: Listening) -> list[bytes]:
    return [frame.codes.tobytes() for frame in wire.sent]


@dataclass(frozen=True)
class Founded:
    """A folder to copy, with the token of a bystander and the cookies of the architect."""

    folder: Path
    token: str
    cookies: httpx.Cookies


@contextlib.asynccontextmanager
async def founded(folder: Path, city: str = SMALL_CITY) -> AsyncIterator[Founded]:
    """Found the city of which the twins are copies."""
    folder.mkdir()
    town = Town(folder, city=city)
    ada = {"name": "Ada", "password": "four quiet grey stones"}
    made = await town.client.post("/v1/setup", json={"code": town.nexus.accounts.setup_code(), **ada})
    assert made.status_code < 300, made.text
    phone = await town.phone()
    cookies = town.client.cookies
    await town.close()
    yield Founded(folder, phone.headers["authorization"].removeprefix("Bearer "), cookies)


async def lived(origin: Founded, name: str, crowd: list[Said], tape: bytes, plant: Plant | None = None) -> Told:
    """Live a day as a copy of `origin`, and return all that was told."""
    folder = origin.folder.parent / name
    shutil.copytree(origin.folder, folder)
    with logged() as log, pytest.MonkeyPatch.context() as patch:
        if plant:
            plant(patch)
        twin = Twin(folder, tape, origin.token, origin.cookies)
        await twin.listen()
        await twin.pass_time(0)
        for said in crowd:
            answer = await (await twin.phone()).give(said.place, said.cell, said.audience, words=list(said.words))
            assert answer.status_code in (202, 403), answer.text  # one place asks for presence
        await twin.ask("before the window ends")
        await twin.pass_time(1.2 * HOUR_S)
        await twin.ask("after its tick")
        await twin.pass_time(NIGHT_S)
        await twin.ask("on the next day")
        told = await twin.finish()
    told.log = log.getvalue()
    shutil.rmtree(folder)
    return told


async def tapes(origin: Founded, crowds: dict[str, list[Said]]) -> dict[str, bytes]:
    """Return for each crowd the tape on which its day is released as the same numbers as that of the others."""
    truths = {}
    for name, crowd in crowds.items():
        with watching() as truths[name]:
            await lived(origin, f"{name}-first", crowd, ZERO_NOISE)
    first = next(iter(truths.values()))
    drawn = zip(first.counts, first.mechanisms, strict=True)
    wanted = [_wanted(number, counts, mechanism) for number, (counts, mechanism) in enumerate(drawn)]
    return {name: tape_for(truth, wanted) for name, truth in truths.items()}


def _wanted(number: int, counts: Ints, mechanism: DiscreteLaplace | Continual) -> Ints:
    """Return ordinary numbers: some places speak, some words stand out; of live places, such as noise lets follow."""
    low, high = (-5, 120) if isinstance(mechanism, DiscreteLaplace) else (40, 60)
    return np.random.default_rng(number).integers(low, high, counts.size)


@contextlib.contextmanager
def logged() -> Iterator[io.StringIO]:
    """Write down all that is logged, by us and by the libraries, down to the last detail."""
    book = io.StringIO()
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.PrintLoggerFactory(book),
        cache_logger_on_first_use=False,
    )
    handler, root = logging.StreamHandler(book), logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    for ours in ("httpx", "httpcore", "asyncio"):  # the attacker's own client, which may say what it asked
        logging.getLogger(ours).setLevel(logging.WARNING)
    try:
        yield book
    finally:
        root.removeHandler(handler)
        root.setLevel(logging.WARNING)
        structlog.reset_defaults()
