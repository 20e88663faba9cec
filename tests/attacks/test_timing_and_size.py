"""Timing and size: when something is told, and how long it is, says nothing of how much there was to tell.

Goal: to learn how many gave something from the moment of a release, from the bytes that are sent, or from what can
already be seen between the end of a window and its tick: the time that the fold took.
Method: on a held clock. Between the end and the tick everything that can be asked without a sign-in is asked, before
and after the close commits, and must not have changed. Bytes and moments of the stream are compared in
`test_side_outputs` (two crowds, one tape); here an empty city and a full one are compared over a day for what is left:
how many numbers, rows, bytes of noise and frames there are.
Failure: an answer that changes before the tick; a number of draws, rows or frames that depends on people.
Planted: a city that publishes when it is done, one that draws noise only for cells in which somebody is.
Not failure: how fast the door answers under load. It depends on how busy the city is, and docs/privacy.md says so. The
long test measures it all the same.
"""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from nexus_city.boundaries import Budget, DiscreteLaplace, draw_noise
from nexus_city.climate import ClimateRoom
from nexus_city.climate import release as desk
from nexus_city.ground import Tape
from tests.attacks.truth import watching
from tests.conftest import ZERO_NOISE, Town

HOUR_S = 3600
CROWD = 150


async def asked(town: Town) -> dict[str, bytes]:
    """Ask everything that a visitor can ask, but for what tells the time."""
    document = json.loads((await town.client.get("/v1/openapi.json")).content)["paths"]
    paths = [
        path.replace("{id}", "square")
        for path, how in document.items()
        if "get" in how and "security" not in how["get"] and "event-stream" not in str(how["get"])
    ]
    silent = [path for path in paths if "{" not in path and path not in ("/v1/clock", "/health", "/metrics")]
    return {path: (await town.client.get(path)).content for path in silent}


async def changed_before_the_tick(town: Town) -> set[str]:
    """Return the addresses that say something else between the end of a window and its tick."""
    await town.pass_time(0)
    for number in range(CROWD):
        await (await town.phone()).give(cell=number % 64, words=["calm"])
    room = town.nexus.room
    await town.pass_time(room.plan.day.end_s - town.clock.now_ms() / 1000 - HOUR_S / 2)
    ends_ms = room.acts_at_ms
    assert ends_ms == room.plan.day.end_s * 1000
    town.clock.advance((ends_ms - 1 - town.clock.now_ms()) / 1000)
    before = await asked(town)
    town.clock.advance(0.001)
    async with asyncio.timeout(30):
        while room.acts_at_ms == ends_ms:
            await asyncio.sleep(0.005)
    after = await asked(town)
    return {path for path in before if before[path] != after[path]}


async def test_nothing_is_told_before_the_tick(town: Town) -> None:
    """At the end of a day, when there is most to tell: tables, words, the ledger and a new plan."""
    assert await changed_before_the_tick(town) == set()


async def test_a_city_that_publishes_when_it_is_done_is_found(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = ClimateRoom._close

    async def at_once(self: ClimateRoom, prepared: Any) -> Any:
        closed = await honest(self, prepared)
        self._publish(closed, prepared.end_s * 1000 + self.settle_ms)
        return type(closed)([], closed.next_book)

    monkeypatch.setattr(ClimateRoom, "_close", at_once)
    assert "/v1/places/square/history" in await changed_before_the_tick(town)


async def shape_of_a_day(folder: Path, people: int) -> list[Any]:
    """Return what is left of a day when all numbers in it are taken out."""
    folder.mkdir()
    with watching() as truth:
        town = Town(folder, ZERO_NOISE)
        for number in range(people):
            await (await town.phone()).give(("square", "nook", "east")[number % 3], number % 64, words=["calm"])
        await town.pass_time(24 * HOUR_S)
        rows = [[len(each) if isinstance(each, bytes) else None for each in row[:-1]] for row in town.released()]
        ids = [row[0] for row in town.released() if isinstance(row[0], int)]
        drawn = town.tape.drawn
        await town.close()
    return [drawn, ids, len(rows), [noise.scale for noise in truth.noises], [counts.size for counts in truth.counts]]


async def test_an_empty_day_and_a_full_one_have_the_same_shape(tmp_path: Path) -> None:
    assert await shape_of_a_day(tmp_path / "full", CROWD) == await shape_of_a_day(tmp_path / "empty", 0)


async def test_noise_only_where_somebody_is_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: tables that nobody is in are not released; a sparse table is a list of who was where."""
    honest = desk.ReleaseDesk._release_tables

    def if_somebody(self: Any, connection: Any, city: Any, book: Any, place: Any, rung: Any, prepared: Any) -> None:
        if any(speaker == city.index[place.id] for speaker, _ in book.open):
            honest(self, connection, city, book, place, rung, prepared)

    monkeypatch.setattr(desk.ReleaseDesk, "_release_tables", if_somebody)
    monkeypatch.setattr(desk.ReleaseDesk, "_climate", _nothing_to_draw(desk.ReleaseDesk._climate))
    assert await shape_of_a_day(tmp_path / "full", CROWD) != await shape_of_a_day(tmp_path / "empty", 0)


def _nothing_to_draw(honest: Callable[..., Any]) -> Callable[..., Any]:
    def climate(self: Any, connection: Any, *more: Any) -> Any:
        try:
            return honest(self, connection, *more)
        except ValueError:  # of no tables at all
            return {}

    return climate


@pytest.mark.long
async def test_the_wall_clock_tells_an_empty_place_from_a_full_one_hardly_at_all(tmp_path: Path) -> None:
    """How long an answer takes, 1,000 times each in turn; a generous bound, since the machine is shared."""
    towns = []
    for name, people in (("empty", 0), ("full", 400)):
        (tmp_path / name).mkdir()
        town = Town(tmp_path / name)
        for number in range(people):
            await (await town.phone()).give(cell=number % 64)
        await town.pass_time(HOUR_S + 10)
        towns.append(town)
    took: list[list[float]] = [[], []]
    for _ in range(1000):
        for town, times in zip(towns, took, strict=True):
            start = time.perf_counter()
            await town.client.get("/v1/places/nook/climate")
            times.append(time.perf_counter() - start)
    for town in towns:
        await town.close()
    assert ks_2samp(*took).statistic < 0.2
    assert abs(np.median(took[0]) / np.median(took[1]) - 1) < 0.2


@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_a_draw_takes_as_many_bytes_whatever_comes(byte: int) -> None:
    """The sampler reads eight bytes a cell, and no rejection loop asks for more."""
    tape = Tape(bytes([byte]))
    draw_noise(DiscreteLaplace(Budget().grid_scale), tape, 65)
    assert tape.drawn == 8 * 65
