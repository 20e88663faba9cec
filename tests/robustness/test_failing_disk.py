"""The disk is full, or somebody holds the file: people hear so, and nothing acknowledged is lost or counted twice.

The failures are the engine's own: a file that may not grow, a lock that another process holds, a commit that breaks.
"""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Literal, TypeVar

import pytest

from nexus_city.climate.book import UNWORDED
from nexus_city.climate.intake import Decision, Order
from nexus_city.ground.errors import Unavailable
from tests.conftest import Phone, Town

T = TypeVar("T")
HOUR_S = 3600


async def test_on_a_full_disk_phones_hear_so_and_what_they_repeat_later_is_counted_once(town: Town) -> None:
    phones = [await town.phone() for _ in range(200)]
    keys = [phone.key() for phone in phones]
    early = await give_all(phones[:20], keys[:20])
    await set_room(town, pages=1)
    late = await give_all(phones[20:], keys[20:])
    assert set(early) == {202}
    assert set(late) == {202, 503}, "the disk must fill up while they are asking"
    await set_room(town, pages=10_000)

    assert set(await give_all(phones, keys)) == {202}
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == len(phones)


async def test_a_refusal_of_the_disk_says_what_to_do(town: Town) -> None:
    phone = await town.phone()
    async with locked(town):
        answer = await phone.give()
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (503, "/problems/unavailable")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "not counted" in problem["remedy"]


async def test_when_the_file_is_held_by_another_nobody_waits_for_ever(town: Town) -> None:
    """The transaction cannot even begin; those who waited are answered, and those who come later are served."""
    phones = [await town.phone() for _ in range(10)]
    keys = [phone.key() for phone in phones]
    async with locked(town), asyncio.timeout(30):
        assert set(await asyncio.gather(*(status(phone, key) for phone, key in zip(phones, keys, strict=True)))) == {
            503
        }
    async with asyncio.timeout(30):
        assert set(await give_all(phones, keys)) == {202}
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == len(phones)


async def test_a_window_that_cannot_be_closed_is_closed_later_with_everything_in_it(town: Town) -> None:
    await town.pass_time(0)
    assert (await (await town.phone()).give()).status_code == 202
    async with locked(town):
        town.clock.advance(HOUR_S)
        await asyncio.sleep(0.3)  # the rounds try, and cannot
        assert town.released() == []
    async with asyncio.timeout(30):
        while not town.released():
            await asyncio.sleep(0.05)
    await town.pass_time(10)
    assert await voices(town) == 1


@pytest.mark.parametrize("act", ["give", "take-back"])
async def test_what_a_failed_commit_left_in_memory_answers_nobody(
    act: Literal["give", "take-back"], town: Town
) -> None:
    """The same order again, decided after the failure but before the event loop has heard of it.

    The book in memory already holds what the failed commit should have kept. Who is answered from it would be told
    "counted" about something that is written nowhere.
    """
    device, key = town.nexus.tokens.device(town.nexus.tokens.issue()), "k" * 22
    if act == "take-back":
        await order(town, "give", device, key)
    closed, opened, holding, broken = (threading.Event() for _ in range(4))

    def wait(_: sqlite3.Connection) -> None:
        closed.set()
        opened.wait(10)

    def break_the_commit(_: sqlite3.Connection) -> None:
        holding.set()
        broken.wait(10)
        raise sqlite3.OperationalError("disk I/O error")

    gate = await begun(town.nexus.database.write(wait))
    await asyncio.to_thread(closed.wait, 10)
    first = await begun(order(town, act, device, key))
    failing = await begun(town.nexus.database.write(break_the_commit))
    opened.set()  # the two that wait behind the gate share a commit
    await asyncio.to_thread(holding.wait, 10)
    again = await begun(order(town, act, device, key))
    broken.set()
    time.sleep(0.3)  # noqa: ASYNC251 - the event loop must not hear of the failure before the writer has gone on

    await gate
    for failed in (first, failing):
        with pytest.raises(Unavailable):
            await failed
    await again
    await town.pass_time(HOUR_S + 10)
    assert await voices(town) == {"give": 1, "take-back": 0}[act]


# --- what these tests share ------------------------------------------------------------------------------------------


async def begun(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start `work`, and let the event loop turn until it waits for the writer."""
    task = asyncio.ensure_future(work)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


async def order(town: Town, act: Literal["give", "take-back"], device: bytes, key: str) -> Decision:
    """Hand an order to the intake itself."""
    answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
    town.nexus.room.intake.submit(Order(act, device, "square", key, 9, UNWORDED, False, None, answer))
    return await answer


async def give_all(phones: list[Phone], keys: list[str]) -> list[int]:
    """Check in with one phone after the other; return the status codes."""
    return [await status(phone, key) for phone, key in zip(phones, keys, strict=True)]


async def status(phone: Phone, key: str) -> int:
    """Check in; return the status code."""
    return (await phone.give(key=key)).status_code


async def set_room(town: Town, pages: int) -> None:
    """Let the file grow to `pages` pages at most, or not at all if it has as many."""
    await town.nexus.database.write(lambda writer: writer.execute(f"pragma max_page_count = {pages}").fetchone())


@contextlib.asynccontextmanager
async def locked(town: Town) -> AsyncIterator[None]:
    """Hold the file's write lock, as a careless backup would."""
    await town.nexus.database.write(lambda writer: writer.execute("pragma busy_timeout = 20").fetchone())
    with contextlib.closing(sqlite3.connect(town.folder / "data" / "nexus.sqlite3", isolation_level=None)) as other:
        other.execute("begin immediate")
        yield
        other.execute("rollback")


async def voices(town: Town) -> int:
    """Return how many were counted in all tables (the noise is zero)."""
    return sum(int(table.released.counts.sum()) for table in await town.nexus.database.read(town.tables))
