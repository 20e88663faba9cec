"""When noise is drawn, when climates appear, and in which window a check-in at the edge lands.

All of it must be the same whatever people said, however many they were: the number of random bytes, their moment, and
the moment of publication.
"""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from nexus_city.climate.book import Book
from nexus_city.climate.store import last_climate_id
from tests.conftest import Town
from tests.robustness.knock import knock

HOUR_S = 3600
TAPE = secrets.token_bytes(4096)


@pytest.mark.parametrize("people", [1, 1000])
async def test_how_much_noise_is_drawn_does_not_depend_on_people(people: int, tmp_path: Path) -> None:
    """A whole day, with its hourly tables, its words, and the plan of the next day."""
    assert await drawn_in_a_day(tmp_path / "some", people) == await drawn_in_a_day(tmp_path / "none", 0)


async def drawn_in_a_day(folder: Path, people: int) -> list[tuple[int, int]]:
    """Live a day with `people` in its first hour; return moment and bytes of each draw."""
    folder.mkdir()
    town = Town(folder, TAPE)
    with drawing(town) as draws:
        for number in range(people):
            given = await (await town.phone()).give(cell=number % 64, words=["calm"])
            assert given.status_code == 202
        await town.pass_time(24 * HOUR_S)
    await town.close()
    assert len(draws) > 24
    return draws


@contextlib.contextmanager
def drawing(town: Town) -> Iterator[list[tuple[int, int]]]:
    """Write down city time and size of every draw of noise."""
    draws: list[tuple[int, int]] = []
    honest = town.tape.draw

    def draw(count: int) -> bytes:
        draws.append((town.clock.now_ms(), count))
        return honest(count)

    town.tape.draw = draw  # type: ignore[method-assign]
    yield draws


async def test_noise_is_drawn_before_its_window_ends_and_before_anything_in_it_is_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, int]] = []
    draw, window = town.tape.draw, Book.window

    def drawn(count: int) -> bytes:
        events.append(("draw", town.clock.now_ms()))
        return draw(count)

    def read(book: Book, speaker: int, start_s: int) -> Any:
        events.append(("read", town.clock.now_ms()))
        return window(book, speaker, start_s)

    monkeypatch.setattr(town.tape, "draw", drawn)
    monkeypatch.setattr(Book, "window", read)
    await town.pass_time(0)
    await (await town.phone()).give()
    ends_ms = town.nexus.room.acts_at_ms
    await town.pass_time(HOUR_S + 10)

    reads = [index for index, event in enumerate(events) if event == ("read", ends_ms)]
    before = events[: reads[0]]
    tables = len(town.released()) - len([row for row in town.released() if len(row) == 5])
    assert [name for name, _ in before] == ["draw"] * tables
    assert all(at_ms < ends_ms for _, at_ms in before)


async def test_a_climate_is_seen_on_its_tick_and_not_when_it_was_made(town: Town) -> None:
    """The fold may take as long as it likes, up to the tick: nobody can tell how long it took."""
    await town.pass_time(0)
    room = town.nexus.room
    for number in range(80):
        await (await town.phone()).give(cell=number % 64)
    ends_ms = room.acts_at_ms
    await closed_but_not_seen(town, ends_ms)

    tick_ms = ends_ms + room.settle_ms
    assert room.acts_at_ms == tick_ms > ends_ms
    assert await history(town) == []
    assert "nexus_climates_published 0.0" in (await town.client.get("/metrics")).text
    town.clock.advance((tick_ms - 1 - town.clock.now_ms()) / 1000)
    await asyncio.sleep(0.05)
    assert await history(town) == []
    await town.pass_time(0.001)
    assert room.published_at_s * 1000 == tick_ms
    assert [climate["people"] for climate in await history(town)] == [80]


async def test_who_opens_a_stream_between_the_making_of_a_climate_and_its_tick_misses_nothing(tmp_path: Path) -> None:
    """They get what is published, after a restart too, when the hub has published nothing yet in this life."""
    town = Town(tmp_path)
    for _ in range(80):
        await (await town.phone()).give()
    await town.pass_time(HOUR_S + 10)
    now_ms = town.clock.now_ms()
    await town.close()
    town = Town(tmp_path, at_ms=now_ms)
    await town.pass_time(0)
    published = town.nexus.room.published
    ends_ms = town.nexus.room.acts_at_ms
    await closed_but_not_seen(town, ends_ms)

    made = await town.nexus.database.read(last_climate_id)
    assert made > published == town.nexus.room.published > 0
    assert await streamed(town, "/v1/stream") == [*range(1, published + 1)]
    assert await streamed(town, f"/v1/stream?after={published - 1}") == [published]
    assert await streamed(town, f"/v1/stream?after={published}") == []
    await town.close()


async def streamed(town: Town, path: str) -> list[int]:
    """Return the ids of the climates that a stream begins with."""
    answer = await knock(town.nexus.asgi, "GET", path, hangs_up=True)
    return [int(line[4:]) for line in answer.body.splitlines() if line.startswith(b"id: ")]


async def test_asking_again_starting_again_and_other_noise_change_nothing_that_was_released(tmp_path: Path) -> None:
    town = Town(tmp_path, TAPE)
    for number in range(30):
        await (await town.phone()).give(cell=number)
    await town.pass_time(3 * HOUR_S + 10)
    released, drawn = town.released(), town.tape.drawn
    answers = [(await town.client.get(path)).content for path in asked()]
    for _ in range(20):
        assert [(await town.client.get(path)).content for path in asked()] == answers
    assert town.tape.drawn == drawn, "an answer drew noise"
    now_ms = town.clock.now_ms()
    await town.close()

    for _ in range(3):
        town = Town(tmp_path, secrets.token_bytes(4096), at_ms=now_ms)
        assert town.released() == released
        assert town.tape.drawn == 0 or town.tape.drawn < drawn
        assert [(await town.client.get(path)).content for path in asked()] == answers
        await town.close()


def asked() -> list[str]:
    """Every address at which released values can be read."""
    one = "/v1/places/square"
    return [f"{one}/climate", f"{one}/history", "/v1/places/city/history", "/v1/places/city/words", "/v1/ledger"]


async def test_a_city_that_slept_through_windows_releases_them_once(tmp_path: Path) -> None:
    town = Town(tmp_path, TAPE)
    await (await town.phone()).give(cell=1)
    now_ms = town.clock.now_ms()
    await town.close()
    town = Town(tmp_path, TAPE, at_ms=now_ms + 5 * HOUR_S * 1000)
    released = town.released()
    assert len([row for row in released if row[:2] == ("square", 1)]) == 5
    await town.close()
    town = Town(tmp_path, secrets.token_bytes(4096), at_ms=now_ms + 5 * HOUR_S * 1000)
    assert town.released() == released
    await town.close()


@pytest.mark.parametrize("before_ms", [1, 0])
async def test_at_the_edge_of_a_window_a_check_in_lands_in_one_of_two(before_ms: int, town: Town) -> None:
    """At its end exactly, a window is over, even if it has not been closed yet."""
    await town.pass_time(0)
    ends_ms = town.nexus.room.acts_at_ms
    town.clock.advance((ends_ms - before_ms - town.clock.now_ms()) / 1000)
    receipts = await asyncio.gather(*[give(town) for _ in range(50)])
    await town.pass_time(2 * HOUR_S + 10)

    assert {receipt["window"]["end" if before_ms else "start"] for receipt in receipts} == {"2026-11-24T10:00:00Z"}
    assert await people_by_window(town) == counted(receipts)


async def test_between_the_end_of_a_day_and_its_tick_receipts_speak_of_the_new_day(town: Town) -> None:
    await town.pass_time(18.9 * HOUR_S)
    await closed_but_not_seen(town, town.nexus.room.acts_at_ms)
    receipt = await give(town)
    assert receipt["window"]["start"] == "2026-11-25T04:00:00Z"
    assert receipt["deleted_by"] == "2026-11-26T04:00:00Z"
    await town.pass_time(2 * HOUR_S)
    assert await people_by_window(town) == counted([receipt])


async def test_while_a_window_is_being_closed_each_check_in_is_in_the_window_of_its_receipt(town: Town) -> None:
    """People who check in without a pause, across the edge, in the same moment as the closing commits."""
    await town.pass_time(0)

    async def people() -> list[Any]:
        return [await give(town) for _ in range(40)]

    crowd = asyncio.gather(*[people() for _ in range(5)])
    while not crowd.done():
        await asyncio.sleep(0.01)
        await town.pass_time(HOUR_S / 4)
    receipts = [receipt for each in await crowd for receipt in each]
    await town.pass_time(2 * HOUR_S)

    assert len({receipt["window"]["start"] for receipt in receipts}) > 1
    assert await people_by_window(town) == counted(receipts)


async def history(town: Town) -> Any:
    """Return the climates of the square that anybody can see."""
    return (await town.client.get("/v1/places/square/history")).json()["climates"]


async def closed_but_not_seen(town: Town, ends_ms: int) -> None:
    """Go to the end of a window, and wait until it has been closed; its tick is still to come."""
    town.clock.advance((ends_ms - town.clock.now_ms()) / 1000)
    async with asyncio.timeout(30):
        while town.nexus.room.acts_at_ms == ends_ms:
            await asyncio.sleep(0.01)


async def give(town: Town) -> Any:
    """Check in with a phone of its own; return the receipt."""
    answer = await (await town.phone()).give()
    assert answer.status_code == 202
    return answer.json()


def counted(receipts: list[Any]) -> dict[int, int]:
    """Return how many receipts name each window (its start, Unix seconds)."""
    starts = [int(datetime.fromisoformat(receipt["window"]["start"]).timestamp()) for receipt in receipts]
    return dict(Counter(starts))


async def people_by_window(town: Town) -> dict[int, int]:
    """Return how many were released for each window in which there was anybody (the noise is zero)."""
    found: Counter[int] = Counter()
    for table in await town.nexus.database.read(town.tables):
        found[table.start_s] += int(table.released.counts.sum())
    return {start_s: people for start_s, people in found.items() if people}
