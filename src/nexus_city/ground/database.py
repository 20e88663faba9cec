"""One SQLite file, one writer thread, and commits that many share.

Claim: when `await write(job)` returns, what `job` wrote survives a crash and a power cut.
How: WAL with `synchronous=FULL` fsyncs on commit. All jobs that arrived while the previous commit ran share the
next one, so the price of an fsync is paid once for a crowd. A job that raises is rolled back alone.

Deleted means deleted: `secure_delete` overwrites freed pages in the file, and `forget()` truncates the WAL, which
otherwise keeps old page images until it is reused.

A room says beside its tables what of them may go into a copy of the file, and by what a row is known when it has to be
taken out of an older copy. Both are written into the file itself: so a copy can be made and mended by whoever has the
file, without knowing what a feeling is (`backup`, `erasures`).
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
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

_TIMEOUT_S = 30  # how long a connection waits for another
_PATIENCE_MS = 250  # how long the log waits for readers before it is truncated another time
_SHARE = 256  # jobs that may share one commit
FILE = "nexus.sqlite3"
"""The database within a data folder."""
_OWN_STEPS = (
    """create table copying(tab text primary key, rows text not null) without rowid;
       create table erasing(tab text primary key, known_by text not null) without rowid""",
)


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
        self._path = folder / FILE
        self.failures = 0
        """Commits that failed; counted on the writer thread before any other job runs, so that a job can see that what
        an earlier one remembers outside the file was undone."""
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="nexus-read")
        self._connection = self._connect()
        if has_table(self._connection, "copied"):
            self._connection.close()
            self._claim.close()
            raise _by_hand(folder)
        self.migrate("ground", _OWN_STEPS)
        self._thread = threading.Thread(target=self._serve_writes, name="nexus-write", daemon=True)
        self._thread.start()

    def migrate(
        self,
        room: str,
        steps: Sequence[str],
        copying: Mapping[str, str] | None = None,
        erasing: Mapping[str, str] | None = None,
    ) -> None:
        """Bring the tables of `room` up to date: run those of its SQL `steps` that this file has not seen.

        Steps are append-only: a step that was shipped is never edited. Call before serving. `copying` names the tables
        of which not all may go into a copy, with the condition for a row that may (`0`: none); `erasing` names those
        from which a person can have a row erased, with the SQL expression by which that row is known. A condition calls
        the tables of the city `city.day`.
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
        connection.executemany("insert or replace into copying values(?, ?)", (copying or {}).items())
        connection.executemany("insert or replace into erasing values(?, ?)", (erasing or {}).items())

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

    async def forget(self) -> bool:
        """Truncate the write-ahead log, so that deleted rows are gone from the disk as well.

        Returns False when a long reader, such as a copy that is being made, holds it: then the next call will do it.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._checkpoint)
        except sqlite3.OperationalError:
            return False

    def close(self) -> None:
        """Finish the queue, close all connections and give the folder back."""
        self._orders.put(None)
        self._thread.join()
        self._readers.shutdown()
        self._connection.close()
        self._claim.close()

    def _checkpoint(self) -> bool:
        connection = self._reader()
        connection.execute(f"pragma busy_timeout = {_PATIENCE_MS}")  # it holds up writers while it waits for readers
        try:
            busy: int = connection.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
        finally:
            connection.execute(f"pragma busy_timeout = {_TIMEOUT_S * 1000}")
        return not busy

    def _reader(self) -> sqlite3.Connection:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        return open_file(self._path)

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


def open_file(path: Path, journal: str = "wal") -> sqlite3.Connection:
    """Open a file of a city as all of them are opened: nothing is lost, and what is deleted is overwritten."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_TIMEOUT_S, uri=True)
    for pragma in (f"journal_mode={journal}", "synchronous=full", "secure_delete=on", "foreign_keys=on"):
        connection.execute(f"pragma {pragma}")
    return connection


@contextlib.contextmanager
def looking_into(folder: Path) -> Iterator[sqlite3.Connection]:
    """Open the file of a city in `folder` for reading alone, without disturbing its server."""
    address = f"{(folder / FILE).absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(address, timeout=_TIMEOUT_S, uri=True)) as connection:
        yield connection


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether the file has a table of that name."""
    found = connection.execute("select 1 from main.sqlite_master where type = 'table' and name = ?", (name,))
    return found.fetchone() is not None


def _by_hand(folder: Path) -> SettingsError:
    return SettingsError(
        f"{folder / FILE} is a copy made by `nexus backup`, and was put there by hand.",
        "Take it out of the folder, and bring it back with `nexus restore FILE --data DIR`.",
    )


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
