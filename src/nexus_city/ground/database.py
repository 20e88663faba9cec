"""One SQLite file, one writer thread, and commits that many share.

Claim: when `await write(job)` returns, what `job` wrote survives a crash and a power cut.
How: WAL with `synchronous=FULL` fsyncs on commit. All jobs that arrived while the previous commit ran share the
next one, so the price of an fsync is paid once for a crowd. A job that raises is rolled back alone.

Deleted means deleted: `secure_delete` overwrites freed pages in the file, and `forget()` truncates the WAL, which
otherwise keeps old page images until it is reused.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, TypeVar

from nexus_city.ground.errors import FolderBusy, SettingsError, Unavailable

try:
    import fcntl
except ImportError:  # Windows has no flock; there the SQLite file's own lock is the only guard
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

_SHARE = 256  # jobs that may share one commit


class _Order:
    """A job on its way to the writer, and where its answer goes."""

    __slots__ = ("answer", "job", "loop", "outcome")

    def __init__(self, job: Job[Any], loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any]) -> None:
        self.job = job
        self.loop = loop
        self.answer = answer
        self.outcome: Any = None


class Database:
    """The city's memory: `write` for durable changes, `read` for everything else.

    Jobs are plain functions of a `sqlite3.Connection`; they run outside the event loop and must not await.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._claim = _claim_folder(folder)
        self._path = folder / "nexus.sqlite3"
        self.failures = 0
        """Commits that failed; counted on the writer thread before any other job runs, so that a job can see that what
        an earlier one remembers outside the file was undone."""
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="nexus-read")
        self._connection = self._connect()
        self._thread = threading.Thread(target=self._serve_writes, name="nexus-write", daemon=True)
        self._thread.start()

    def migrate(self, room: str, steps: Sequence[str]) -> None:
        """Bring the tables of `room` up to date: run those of its SQL `steps` that this file has not seen.

        Steps are append-only: a step that was shipped is never edited. Call before serving.
        """
        connection = self._connection
        connection.execute("create table if not exists schema_step(room text, step integer, primary key(room, step))")
        seen = connection.execute("select count(*) from schema_step where room = ?", (room,)).fetchone()[0]
        if seen > len(steps):
            raise SettingsError(
                f"The data in {self.folder} was written by a newer version (room {room} is at step {seen}).",
                "Start the newer version again, or choose another folder with --data.",
            )
        for step in range(seen, len(steps)):
            connection.executescript(f"begin; {steps[step]}; insert into schema_step values('{room}', {step}); commit;")

    async def write(self, job: Job[T]) -> T:
        """Run `job` on the writer thread; return its result once the commit is on disk.

        Raises what `job` raised (its changes are undone), or `Unavailable` if the commit failed.
        """
        loop = asyncio.get_running_loop()
        order = _Order(job, loop, loop.create_future())
        self._orders.put(order)
        answer: T = await order.answer
        return answer

    async def read(self, job: Job[T]) -> T:
        """Run `job` on a reader thread, on a snapshot that no writer disturbs."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: job(self._reader()))

    def now(self, job: Job[T]) -> T:
        """Run `job` at once and commit. Only while starting, before anything is served."""
        with self._connection:
            self._connection.execute("begin immediate")
            return job(self._connection)

    async def forget(self) -> None:
        """Truncate the write-ahead log, so that deleted rows are gone from the disk as well."""
        with contextlib.suppress(sqlite3.OperationalError):  # a long reader may hold it: the next call will do it
            await asyncio.get_running_loop().run_in_executor(self._readers, self._checkpoint)

    def close(self) -> None:
        """Finish the queue, close all connections and give the folder back."""
        self._orders.put(None)
        self._thread.join()
        self._readers.shutdown()
        self._connection.close()
        self._claim.close()

    def _checkpoint(self) -> None:
        self._reader().execute("pragma wal_checkpoint(truncate)")

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        for pragma in ("journal_mode=wal", "synchronous=full", "secure_delete=on", "foreign_keys=on"):
            connection.execute(f"pragma {pragma}")
        return connection

    def _serve_writes(self) -> None:
        while (first := self._orders.get()) is not None:
            orders = [first, *self._waiting()]
            self._commit(orders)
            # One wake-up of the event loop answers everybody who shared this commit.
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits for the answer any more
                first.loop.call_soon_threadsafe(_answer, orders)

    def _waiting(self) -> list[_Order]:
        waiting: list[_Order] = []
        with contextlib.suppress(queue.Empty):
            while len(waiting) < _SHARE:
                order = self._orders.get_nowait()
                if order is None:  # close() was called: finish this commit first
                    self._orders.put(None)
                    break
                waiting.append(order)
        return waiting

    def _commit(self, orders: list[_Order]) -> None:
        connection = self._connection
        try:
            connection.execute("begin immediate")
            for order in orders:
                order.outcome = _attempt(connection, order.job)
            connection.execute("commit")
        except sqlite3.Error as error:
            self.failures += 1
            with contextlib.suppress(sqlite3.Error):  # the engine may have rolled back by itself
                connection.execute("rollback")
            refusal = Unavailable(
                f"The database refused the write ({error}).",
                "Nothing was acknowledged. Check free space and permissions of the data folder, then try again.",
            )
            for order in orders:
                order.outcome = refusal


def _attempt(connection: sqlite3.Connection, job: Job[Any]) -> Any:
    connection.execute("savepoint job")
    try:
        result = job(connection)
    except sqlite3.OperationalError:
        raise  # the engine itself is in trouble: everybody in this commit must know
    except Exception as error:  # noqa: BLE001 - handed to the one who asked, in _answer
        connection.execute("rollback to job")
        result = error
    connection.execute("release job")
    return result


def _answer(orders: list[_Order]) -> None:
    for order in orders:
        if order.answer.done():
            continue
        if isinstance(order.outcome, Exception):
            order.answer.set_exception(order.outcome)
        else:
            order.answer.set_result(order.outcome)


def _claim_folder(folder: Path) -> IO[bytes]:
    """Make `folder` and lock it: two servers on one folder would each draw noise for the same window."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        claim = (folder / "nexus.lock").open("wb")
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be written ({error.strerror}).",
            "Choose another with --data DIR, or mend its permissions.",
        ) from error
    if fcntl is not None:
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            claim.close()
            raise FolderBusy(
                f"Another nexus is already serving {folder}.",
                "Stop it first, or choose another folder with --data DIR.",
            ) from error
    return claim
