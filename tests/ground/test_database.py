"""The database: what is acknowledged is kept, what is undone is undone alone, what is deleted is gone."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nexus_city.ground import Database
from nexus_city.ground.errors import FolderBusy, NotFound, SettingsError, Unavailable

STEPS = ("create table word(id integer primary key, text text not null unique)",)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database(tmp_path)
    found.migrate("test", STEPS)
    yield found
    found.close()


def add(text: str) -> Any:
    return lambda connection: connection.execute("insert into word(text) values(?)", (text,))


def words(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("select text from word order by id")]


def seen_from_outside(folder: Path) -> list[str]:
    """Return the words as another program finds them in the file."""
    with contextlib.closing(sqlite3.connect(folder / "nexus.sqlite3")) as connection:
        return words(connection)


class Gate:
    """A job that holds the writer thread, so that those who come meanwhile share the next commit."""

    def __init__(self) -> None:
        self.holds = threading.Event()
        self.open = threading.Event()

    def __call__(self, _: sqlite3.Connection) -> None:
        self.holds.set()
        assert self.open.wait(10)


@contextlib.asynccontextmanager
async def one_commit(database: Database) -> AsyncIterator[None]:
    """Whatever is asked for inside shares one commit."""
    gate = Gate()
    first = asyncio.ensure_future(database.write(gate))
    await asyncio.to_thread(gate.holds.wait, 10)
    yield
    gate.open.set()
    await first


async def together(database: Database, *jobs: Any) -> list[Any]:
    """Let jobs share one commit; return their results or errors."""
    async with one_commit(database):
        asked = [asyncio.ensure_future(database.write(job)) for job in jobs]
        await asyncio.sleep(0)  # all have been put into the queue
    return await asyncio.gather(*asked, return_exceptions=True)


async def test_what_is_acknowledged_is_in_the_file(database: Database, tmp_path: Path) -> None:
    await database.write(add("calm"))
    assert seen_from_outside(tmp_path) == ["calm"]
    assert await database.read(words) == ["calm"]


async def test_nobody_is_answered_before_the_commit(database: Database, tmp_path: Path) -> None:
    """The first of two that share a commit waits for the second."""
    second = Gate()
    async with one_commit(database):
        first_asked = asyncio.ensure_future(database.write(add("calm")))
        second_asked = asyncio.ensure_future(database.write(second))
        await asyncio.sleep(0)
    await asyncio.to_thread(second.holds.wait, 10)
    await asyncio.sleep(0)
    assert not first_asked.done()
    assert seen_from_outside(tmp_path) == []
    second.open.set()
    await asyncio.gather(first_asked, second_asked)
    assert seen_from_outside(tmp_path) == ["calm"]


async def test_jobs_that_wait_share_one_commit(database: Database) -> None:
    before = commits(database)
    await together(database, *(add(str(number)) for number in range(100)))
    assert await database.read(words) == [str(number) for number in range(100)]
    assert commits(database) - before == 1


def commits(database: Database) -> int:
    """Count the commits in the write-ahead log: frames whose header tells the size of the database after a commit."""
    log = (database.folder / "nexus.sqlite3-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    frames = [log[at : at + 24] for at in range(32, len(log), page + 24)]
    return sum(int.from_bytes(frame[4:8], "big") > 0 for frame in frames if frame[8:16] == log[16:24])


async def test_a_job_that_raises_is_undone_alone(database: Database) -> None:
    def half_done(connection: sqlite3.Connection) -> None:
        add("half")(connection)
        raise NotFound("There is no such word.", "Choose another.")

    before, failed, doubled, after = await together(database, add("calm"), half_done, add("calm"), add("proud"))
    assert isinstance(failed, NotFound)
    assert isinstance(doubled, sqlite3.IntegrityError)
    assert not isinstance(before, Exception)
    assert not isinstance(after, Exception)
    assert await database.read(words) == ["calm", "proud"]


async def test_a_commit_that_fails_tells_everybody_and_keeps_nothing(database: Database) -> None:
    def disk_full(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    answers = await together(database, add("calm"), disk_full, add("proud"))
    assert {type(each) for each in answers} == {Unavailable}
    assert "disk is full" in str(answers[0])
    assert answers[0].remedy
    assert await database.read(words) == []
    await database.write(add("calm"))  # and the next commit is its own
    assert await database.read(words) == ["calm"]


async def test_a_failed_commit_is_known_to_the_jobs_after_it(database: Database) -> None:
    """What a job remembers outside the file was undone with it; the count is how a later job finds out."""

    def disk_full(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    before = database.failures
    with pytest.raises(Unavailable):
        await database.write(disk_full)
    assert await database.write(lambda _: database.failures) == before + 1
    with pytest.raises(NotFound):
        await database.write(lambda _: (_ for _ in ()).throw(NotFound("", "")))
    assert database.failures == before + 1  # a job that raised is no failed commit


async def test_an_asker_who_leaves_does_not_disturb_the_others(database: Database) -> None:
    async with one_commit(database):
        leaves = asyncio.ensure_future(database.write(add("calm")))
        stays = asyncio.ensure_future(database.write(add("proud")))
        await asyncio.sleep(0)
        leaves.cancel()
    await stays
    assert await database.read(words) == ["calm", "proud"]  # what was handed over is done, whoever still listens


async def test_readers_see_a_snapshot_and_no_half_commit(database: Database) -> None:
    gate = Gate()

    def half(connection: sqlite3.Connection) -> None:
        add("calm")(connection)
        gate(connection)
        add("proud")(connection)

    writing = asyncio.ensure_future(database.write(half))
    await asyncio.to_thread(gate.holds.wait, 10)
    assert await database.read(words) == []
    gate.open.set()
    await writing
    assert await database.read(words) == ["calm", "proud"]


async def test_what_is_written_survives_closing_and_opening(tmp_path: Path) -> None:
    first = Database(tmp_path)
    first.migrate("test", STEPS)
    await first.write(add("calm"))
    first.close()
    again = Database(tmp_path)
    again.migrate("test", STEPS)
    assert await again.read(words) == ["calm"]
    again.close()


async def test_closing_finishes_what_was_asked_for(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.migrate("test", STEPS)
    gate = Gate()
    asked = [asyncio.ensure_future(database.write(job)) for job in (gate, *(add(str(each)) for each in range(300)))]
    await asyncio.to_thread(gate.holds.wait, 10)
    closing = asyncio.create_task(asyncio.to_thread(database.close))
    gate.open.set()
    await closing
    await asyncio.gather(*asked)
    assert len(seen_from_outside(tmp_path)) == 300


# --- forgetting ------------------------------------------------------------------------------------------------------

SECRET = "a-feeling-nobody-shall-find-"


def on_disk(folder: Path) -> bytes:
    """Return every byte of the database: the file, and what lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("nexus.sqlite3*")))


@pytest.mark.parametrize("how", ["delete from word where id > 1", "update word set text = id"])
async def test_what_is_forgotten_is_gone_from_every_byte_of_the_disk(
    database: Database, tmp_path: Path, how: str
) -> None:
    secrets = [f"{SECRET}{number}-{'x' * (number * 97 % 5000)}" for number in range(60)]  # some overflow their page
    await database.write(lambda c: [add(text)(c) for text in ("stays", *secrets)])
    assert on_disk(tmp_path).count(SECRET.encode()) >= 60
    await database.write(lambda c: c.execute(how))
    await database.forget()
    assert SECRET.encode() not in on_disk(tmp_path)
    assert await database.read(lambda c: c.execute("select count(*) from word").fetchone()) in ((1,), (61,))


async def test_without_forgetting_the_log_would_still_tell(database: Database, tmp_path: Path) -> None:
    """The check above can fail: deleting alone is not enough."""
    await database.write(add(SECRET))
    await database.write(lambda c: c.execute("delete from word"))
    assert SECRET.encode() in on_disk(tmp_path)


async def test_forgetting_while_somebody_reads_does_no_harm_and_works_the_next_time(
    database: Database, tmp_path: Path
) -> None:
    await database.write(add(SECRET))
    reading, done = threading.Event(), threading.Event()

    def long_read(connection: sqlite3.Connection) -> int:
        connection.execute("begin")
        found = len(words(connection))
        reading.set()
        assert done.wait(10)
        connection.execute("commit")
        return found

    reader = asyncio.ensure_future(database.read(long_read))
    await asyncio.to_thread(reading.wait, 10)
    await database.write(lambda c: c.execute("delete from word"))
    forgetting = asyncio.ensure_future(database.forget())
    done.set()
    assert await reader == 1
    await forgetting
    await database.forget()
    assert SECRET.encode() not in on_disk(tmp_path)


# --- migrations and the folder ---------------------------------------------------------------------------------------


def test_new_steps_run_once_on_old_data(tmp_path: Path) -> None:
    first = Database(tmp_path)
    first.migrate("test", STEPS)
    first.now(add("calm"))
    first.close()
    grown = (*STEPS, "alter table word add column given integer not null default 7; create table more(id integer)")
    for _ in range(2):
        again = Database(tmp_path)
        again.migrate("test", grown)
        assert again.now(lambda c: c.execute("select text, given from word").fetchall()) == [("calm", 7)]
        again.close()


def test_rooms_count_their_steps_apart(tmp_path: Path) -> None:
    database = Database(tmp_path)
    database.migrate("one", STEPS)
    database.migrate("other", ("create table other(id integer)",))
    assert database.now(lambda c: c.execute("select room, step from schema_step order by room").fetchall()) == [
        ("ground", 0),
        ("one", 0),
        ("other", 0),
    ]
    database.close()


def test_data_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    newer = Database(tmp_path)
    newer.migrate("test", (*STEPS, "create table later(id integer)"))
    with pytest.raises(SettingsError, match="newer version") as refused:
        newer.migrate("test", STEPS)
    assert "--data" in refused.value.remedy
    assert newer.now(lambda c: c.execute("select count(*) from later").fetchone()) == (0,)
    newer.close()


def test_a_step_that_fails_leaves_the_data_as_it_was(tmp_path: Path) -> None:
    first = Database(tmp_path)
    first.migrate("test", STEPS)
    first.now(add("calm"))
    with pytest.raises(sqlite3.OperationalError):
        first.migrate("test", (*STEPS, "create table half(id integer); alter table nowhere rename to elsewhere"))
    first.close()
    again = Database(tmp_path)
    again.migrate("test", STEPS)
    assert again.now(words) == ["calm"]
    assert again.now(lambda c: c.execute("select name from sqlite_master where name = 'half'").fetchall()) == []
    again.close()


def test_a_folder_serves_one_city_at_a_time(tmp_path: Path) -> None:
    first = Database(tmp_path)
    with pytest.raises(FolderBusy, match="already serving"):
        Database(tmp_path)
    first.close()
    Database(tmp_path).close()


def test_a_folder_that_cannot_be_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written") as refused:
        Database(tmp_path / "file" / "data")
    assert "--data" in refused.value.remedy
