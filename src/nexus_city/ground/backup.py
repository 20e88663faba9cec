"""Copies of a city that are safe to keep, and safe to come back from.

A copy is made while the server runs, on one snapshot of its file, table by table, so that what must not be in it never
touches its disk: rooms declare beside their tables which rows may be copied (`Database.migrate`). What lives for a day
stays at home: raw contributions and the keys of their pseudonyms, votes and their keys, sessions. The running day is
not in a copy at all. Copying the file and deleting afterwards would leave them in free pages of the medium.

Coming back is an act of its own, because a copy does not know what happened after it:
* *Windows are released once.* The restored city does not hear the rest of the running person-day: `take_restored` tells
  the room that closes windows, once. What was released after the copy is gone here, and is never drawn again.
* *Erased stays erased.* What was erased after the copy is taken out of it by the list (`erasures`). A copy knows which
  of its lines were done when it was made, so what somebody made anew after an erasure is not taken from them.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nexus_city.ground.database import FILE, has_table, open_file
from nexus_city.ground.erasures import LIST, append_lines, done_lines, read_lines, replay
from nexus_city.ground.errors import BackupRefused


@dataclass(frozen=True)
class Restored:
    """What came of a restore."""

    made_s: int
    """When the copy was made, Unix seconds of real time."""
    erased: int
    """Rows that were taken out of it, because they were erased after that."""


def make_copy(data: Path, file: Path, now_s: int) -> int:
    """Copy the city in the folder `data` into the new `file`; return its size in bytes. The server may be running.

    `now_s` is real time in Unix seconds. Raises `BackupRefused`.
    """
    source = data / FILE
    if not source.exists():
        raise BackupRefused(f"There is no city in {data}.", "Name the data folder of the city with --data DIR.")
    if file.exists():
        raise BackupRefused(f"{file} exists already.", "Choose another name: a copy never replaces another.")
    begun = file.with_name(f"{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        begun.unlink(missing_ok=True)  # of a copy that was killed
        with _cleared(begun):
            begun.touch(0o600)
            with contextlib.closing(open_file(begun, "delete")) as connection:
                connection.execute("pragma foreign_keys=off")  # tables are copied in any order
                connection.execute("attach ? as city", (f"{source.absolute().as_uri()}?mode=ro",))
                _copy_tables(connection, now_s)
            _move(begun, file)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"The copy could not be made ({error}).", "Check space and permissions there.") from error
    return file.stat().st_size


def restore_copy(file: Path, data: Path, erased: Path | None, now_s: int) -> Restored:
    """Bring a copy back into the empty folder `data`, without what the list `erased` says was erased since.

    Raises `BackupRefused`, and then leaves nothing behind in the folder but what was there.
    """
    if not file.exists():
        raise BackupRefused(f"There is no file {file}.", "Check the path of the copy.")
    if erased is not None and not erased.exists():
        raise BackupRefused(f"There is no list {erased}.", f"It is called {LIST}, beside the database of the city.")
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise BackupRefused(f"{data} is not empty.", "Restore into a new folder, and serve that one with --data.")
    try:
        data.mkdir(parents=True, exist_ok=True)
        begun = data / f"{FILE}.part"
        with _cleared(begun, data / LIST):
            begun.touch(0o600)
            shutil.copyfile(file, begun)
            restored, lines = _mend(begun, [] if erased is None else read_lines(erased), now_s)
            append_lines(data / LIST, lines)
            _move(begun, data / FILE)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(
            f"{file} could not be brought back ({error}).", "Check the file, or take an older copy; see space, too."
        ) from error
    return restored


def take_restored(connection: sqlite3.Connection) -> bool:
    """Return whether this is the first look at a restored city; it is not any more once the transaction is kept."""
    if not has_table(connection, "restored"):
        return False
    connection.execute("drop table restored")
    return True


def _copy_tables(connection: sqlite3.Connection, now_s: int) -> None:
    connection.execute("begin")  # one snapshot of the city for all that is read of it
    made = connection.execute("select type, name, sql from city.sqlite_master where sql is not null").fetchall()
    tables = {name: sql for kind, name, sql in made if kind == "table" and not name.startswith("sqlite_")}
    if "copying" not in tables:
        raise BackupRefused(
            "This city was last served by an older version, which did not say what may be copied.",
            "Start the city once with this version, then make the copy.",
        )
    conditions = dict(connection.execute("select tab, rows from city.copying"))
    for name, sql in tables.items():
        connection.execute(sql)
        columns = ", ".join(f'"{row[1]}"' for row in connection.execute(f"pragma city.table_info({name})"))
        which = conditions.get(name, "1")
        connection.execute(
            f"insert into main.{name}({columns}) select {columns} from city.{name} where {which}"  # noqa: S608 - ours
        )
    for sql in (sql for kind, _, sql in made if kind == "index"):
        connection.execute(sql)
    connection.execute("create table copied(made_s integer not null)")
    connection.execute("insert into copied values(?)", (now_s,))
    connection.execute("commit")


def _mend(begun: Path, since: list[str], now_s: int) -> tuple[Restored, list[str]]:
    """Take out of a copy what was erased since, and mark it as restored; return that, and the lines of its list."""
    with contextlib.closing(open_file(begun, "delete")) as connection:
        if not has_table(connection, "copied"):
            raise BackupRefused(
                "This is no copy that was made by `nexus backup`.",
                "A plain copy of the file would draw its day's windows a second time: take one that is made for it.",
            )
        if (sound := connection.execute("pragma integrity_check").fetchone()[0]) != "ok":
            raise BackupRefused(f"The copy is damaged ({sound}).", "Take an older one.")
        connection.execute("begin immediate")
        (made_s,) = connection.execute("select made_s from copied").fetchone()
        lines = list(dict.fromkeys([*done_lines(connection), *since]))
        gone = replay(connection, lines)
        connection.execute("drop table copied")
        connection.execute("create table restored(at_s integer not null)")
        connection.execute("insert into restored values(?)", (now_s,))
        connection.execute("commit")
    return Restored(made_s, gone), lines


@contextlib.contextmanager
def _cleared(*files: Path) -> Iterator[None]:
    """Remove what a restore that failed has left: a folder that is half a city must not look like one."""
    try:
        yield
    except BaseException:
        for each in files:
            each.unlink(missing_ok=True)
        raise


def _move(begun: Path, file: Path) -> None:
    """Give a finished file its name, and wait until the disk has it."""
    begun.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
