"""A city under fire: its lives and deaths, the phones that keep asking, and a wall that keeps coming back."""

import asyncio
import contextlib
import gc
import json
import multiprocessing
import random
import secrets
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from tests.robustness.oracle import WINDOW_S, Oracle, Person, Said, word_index
from tests.robustness.runner import CITY, RATE, Life, Mutant, live, word_noise

BORN_MS = int(datetime.fromisoformat("2026-11-25T02:30:00+00:00").timestamp() * 1000)
"""An hour and a half before a person-day ends: even a short test lives through that."""
HANDS = 24
"""Phones that are in use at the same time."""
ACTS = 12
"""What one phone does before somebody comes with another."""
SPEAKERS = {"harbour": "harbour", "market": "market", "bench": "city"}
NOISES = range(-6, 7)
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pytest", "tests.robustness.runner"])


class Broken(Exception):
    """The city died before it answered."""


class Line:
    """One kept-alive HTTP connection, which tells when an answer was lost; a library would repeat some by itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, token: str = "", body: Any = None) -> tuple[int, Any]:
        """Return status and JSON of an answer; raises `Broken`."""
        content = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nhost: city.test\r\nauthorization: Bearer {token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        )
        try:
            if self._ends is None:
                self._ends = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._ends
            writer.write(head.encode() + content)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next((line[15:] for line in answer.split("\r\n") if line.startswith("content-length:")), "0")
            text = await reader.readexactly(int(length))
        except (OSError, EOFError) as error:
            self.close()
            raise Broken from error
        return int(answer.split(" ", 2)[1]), json.loads(text) if text else None

    def close(self) -> None:
        """Hang up."""
        if self._ends:
            self._ends[1].close()
            self._ends = None


@dataclass
class Act:
    """One thing that a phone wants, and how it went."""

    kind: str
    answer: Any
    status: int
    lost: bool
    """Whether it was asked more than once."""
    first_s: float
    last_s: float
    """City time of the first attempt and of the answer."""


class Fire:
    """Lights and kills a city, and lets `judge` say whether it kept its word."""

    def __init__(self, folder: Path, mutant: Mutant | None = None) -> None:
        self.oracle = Oracle()
        self.kept = self.counted = self.lost = self.spoken = 0
        """Answers by kind; `lost` are acts whose first answer never came."""
        self._folder = folder
        self._mutant = mutant
        self._seed = secrets.randbits(32)
        self._random = random.Random(self._seed)  # noqa: S311 - chooses moments, no secrets
        self._words = sorted(word_index())
        self._lives = 0
        self._born_s = time.time()
        self._calm = False
        self._process: Any = None
        (folder / "city.toml").write_text(CITY)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]

    async def burn(self, kills: int) -> None:
        """Live and die `kills` times under load, then come to rest and be judged."""
        try:
            async with asyncio.TaskGroup() as group:
                await self._live_and_die(group, kills)
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            if self._process:
                self._process.kill()
            gc.collect()  # what a cancelled connection left open is found here, and not in somebody else's test
        assert "Traceback" not in self._log(), self._log()
        with contextlib.closing(sqlite3.connect(self._folder / "data" / "nexus.sqlite3")) as connection:
            self.oracle.judge(connection, NOISES, {noise: word_noise(noise) for noise in NOISES})

    async def _live_and_die(self, group: asyncio.TaskGroup, kills: int) -> None:
        wall = group.create_task(self._watch())
        hands = [group.create_task(self._hand()) for _ in range(HANDS)]
        for _ in range(kills):
            await self._die(self._light())
        last = self._light()
        await self._answering(last)
        self._calm = True
        await asyncio.gather(*hands)
        await asyncio.sleep(3 * WINDOW_S / RATE)
        wall.cancel()
        last.terminate()
        await asyncio.to_thread(last.join, 10)
        assert last.exitcode == 0, f"asked to stop, it ended with {last.exitcode}\n{self._log()}"

    # --- lives and deaths -------------------------------------------------------------------------------------------

    def _light(self) -> Any:
        noise = NOISES[self._lives % len(NOISES)]
        self._lives += 1
        folder = self._folder
        life = Life(
            folder / "data",
            folder / "city.toml",
            folder / "log",
            self._port,
            self._born_s,
            BORN_MS,
            noise,
            self._mutant,
        )
        self._process = _FORKS.Process(target=live, args=(life,), daemon=True)
        self._process.start()
        return self._process

    async def _die(self, process: Any) -> None:
        """Kill a life at a random moment: one in five while it starts, the others 20 to 400 ms after it answers.

        Mutants are killed at work only: that is where their fault is.
        """
        if self._random.random() < 0.2 and not self._mutant:
            await asyncio.sleep(self._random.uniform(0, 0.3))
        else:
            await self._answering(process)
            await asyncio.sleep(self._random.uniform(0.02, 0.4))
        assert process.is_alive(), f"it died by itself (seed {self._seed})\n{self._log()}"
        process.kill()
        await asyncio.to_thread(process.join)
        with self._remains() as connection:
            self.oracle.see(connection)

    async def _answering(self, process: Any) -> None:
        with contextlib.closing(Line(self._port)) as line:
            async with asyncio.timeout(30):
                await self._knock(line, process)

    async def _knock(self, line: Line, process: Any) -> None:
        while True:
            with contextlib.suppress(Broken):
                await line.ask("GET", "/health")
                return
            assert process.is_alive(), f"it cannot start any more (seed {self._seed})\n{self._log()}"
            await asyncio.sleep(0.005)

    @contextlib.contextmanager
    def _remains(self) -> Iterator[sqlite3.Connection]:
        """Open a copy of the dead city's file: looking at the file itself would already repair it."""
        copy = self._folder / "remains"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("nexus.sqlite3", "nexus.sqlite3-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(self._folder / "data" / name, copy / name)
        with contextlib.closing(sqlite3.connect(copy / "nexus.sqlite3")) as connection:
            yield connection

    def _log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self._folder / "log").read_text()
        return ""

    def _now_s(self) -> float:
        return BORN_MS / 1000 + (time.time() - self._born_s) * RATE

    # --- the wall ---------------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Follow the stream through all lives, as a browser does: come back with the last id."""
        last, id_, body = 0, 0, b""
        async with aiohttp.ClientSession(f"http://127.0.0.1:{self._port}", read_bufsize=2**20) as client:
            while True:
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    async with client.get("/v1/stream", headers={"last-event-id": str(last)}) as answer:
                        async for line in answer.content:
                            if line.startswith(b"id: "):
                                id_ = int(line[4:])
                                assert id_ > last, "a wall heard a climate twice, or an older one"
                            elif line.startswith(b"data: "):
                                body = line[6:].rstrip()
                            elif line == b"\n" and id_ > last:  # only now has the event arrived whole
                                self.oracle.heard[id_], last = body, id_
                await asyncio.sleep(0.01)

    # --- the phones ---------------------------------------------------------------------------------------------------

    async def _hand(self) -> None:
        with contextlib.closing(Line(self._port)) as line:
            while not self._calm:
                person = Person()
                self.oracle.people.append(person)
                token = (await self._insist(line, "device", "POST", "/v1/devices")).answer["token"]
                await self._use(line, token, person)

    async def _use(self, line: Line, token: str, person: Person) -> None:
        last: tuple[str, str, tuple[str, int]] | None = None
        for _ in range(ACTS):
            await asyncio.sleep(self._random.uniform(0, 0.02))
            if self._calm or person.doubted:
                return
            choice = self._random.random()
            if last and choice < 0.15:
                await self._take_back(line, token, person, *last)
                last = None
            elif last and choice < 0.3:
                await self._change(line, token, person, *last)
            elif last and choice < 0.36:
                await self._take_all_back(line, token, person)
                last = None
            else:
                last = await self._give(line, token, person)

    async def _give(self, line: Line, token: str, person: Person) -> tuple[str, str, tuple[str, int]] | None:
        place = self._random.choice(list(SPEAKERS))
        key = secrets.token_urlsafe(18)
        body = {"key": key, **self._report()}
        act = await self._insist(line, "give", "POST", f"/v1/places/{place}/check-ins", token, body)
        said = person.said(body["cell"], body["audience"] == "city", tuple(body["words"]))
        if act.status == 409 and act.lost and act.answer["type"] == "/problems/already-spoken":
            # A day that is closed late takes what comes meanwhile into its last window: hence the two hours.
            person.stray(place, SPEAKERS[place], said, int(act.first_s) - 7200, int(act.last_s))
            return None
        assert act.status == 202, act
        if act.answer["state"] == "kept":
            self.kept += 1
            self._check_kept(person, place, body["audience"], act)
            return None
        self.counted += 1
        start_s = int(datetime.fromisoformat(act.answer["window"]["start"]).timestamp())
        assert start_s <= act.last_s, act
        seat = (place, start_s)
        person.speakers[seat] = act.answer["speaker"]
        person.seats[seat] = [(*person.seats.get(seat, [()])[0], said)]
        return place, key, seat

    def _check_kept(self, person: Person, place: str, audience: str, act: Act) -> None:
        """Check that a check-in stayed on the phone for a good reason."""
        if (place, audience) == ("bench", "place"):
            assert act.answer["reason"] == "nobody-speaks", act
        else:
            assert act.answer["reason"] == "day-full", act
            assert len(person.seats) >= 4, f"refused as the fifth of {len(person.seats)}: {act}"

    async def _change(
        self, line: Line, token: str, person: Person, place: str, key: str, seat: tuple[str, int]
    ) -> None:
        body = self._report()
        if place == "bench":
            body["audience"] = "city"
        act = await self._insist(line, "change", "PUT", f"/v1/places/{place}/check-ins/{key}", token, body)
        said = person.said(body["cell"], body["audience"] == "city", tuple(body["words"]))
        self._settle(person, seat, act, (said,))

    async def _take_back(
        self, line: Line, token: str, person: Person, place: str, key: str, seat: tuple[str, int]
    ) -> None:
        act = await self._insist(line, "take back", "DELETE", f"/v1/places/{place}/check-ins/{key}", token)
        self._settle(person, seat, act, ())

    async def _take_all_back(self, line: Line, token: str, person: Person) -> None:
        act = await self._insist(line, "take all back", "DELETE", "/v1/me/check-ins", token)
        assert act.status == 200, act
        person.take_all_back(act.first_s, act.last_s)

    def _settle(self, person: Person, seat: tuple[str, int], act: Act, pile: tuple[Said, ...]) -> None:
        if act.status in (202, 204):
            person.seats[seat] = [pile]
        else:
            self.spoken += 1
            assert act.status in (404, 409), act
            if act.lost:
                person.seats[seat].append(pile)

    def _report(self) -> dict[str, Any]:
        onward = self._random.random() < 0.6
        words = self._random.sample(self._words, self._random.randrange(4)) if onward else []
        cell = self._random.choice([None, *range(64)])
        said = {"cell": cell, "audience": "city" if onward else "place"}
        return {**said, "words": words if cell is not None else []}

    async def _insist(self, line: Line, kind: str, method: str, path: str, token: str = "", body: Any = None) -> Act:
        """Ask until there is an answer, as the outbox of a phone does."""
        first_s, lost = self._now_s(), False
        while True:
            try:
                status, answer = await line.ask(method, path, token, body)
            except Broken:
                lost = True
                await asyncio.sleep(0.01)
            else:
                self.lost += lost
                return Act(kind, answer, status, lost, first_s, self._now_s())
