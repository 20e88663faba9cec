"""The list of what people had erased: kept beside the database, so that an older copy of it can be brought up to date.

Whoever has something erased means copies, too, and a copy cannot be reached when they ask. So a line is written down by
which the row is recognised when the copy comes back:

    line = HMAC-SHA-256(key, table ‖ 0 ‖ what the row is known by ‖ 0 ‖ turn), the first 16 bytes, hexadecimal

`turn` is the number of lines that the list has of that row already: what was erased, made anew and erased again has
two. The key is in the database. A line names nobody and nothing: without the row that it was made of it is a random
number. Lines of one erasure stand beside each other, so who has the key *and* an old copy can tell which of its rows
went together.

Order: the list, then the rows, then a mark in the database that the line is done. So a line without a mark is an
erasure that this database has not seen, be it for a crash or because it is an older copy; it is done when the city
starts. Lines are appended and never taken out. One that a crash cut short is ignored; its erasure was not acknowledged.
"""

import asyncio
import contextlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from pathlib import Path

from nexus_city.ground.database import Database
from nexus_city.ground.errors import Unavailable

LIST = "erased.txt"
"""The list within a data folder."""
_LINE = 32
_STEPS = (
    """create table erasure_key(id integer primary key check (id = 1), key blob not null);
       create table erasure_done(line text primary key) without rowid""",
)

Row = tuple[str, bytes | str]
"""A table, and what one of its rows is known by."""


class Erasures:
    """The list of one city. What stands on it and was not done yet is done here, so make it before the rooms."""

    def __init__(self, database: Database) -> None:
        database.migrate("ground.erasures", _STEPS)
        self._database = database
        self._file = database.folder / LIST
        self._key: bytes = database.now(_load_key)
        database.now(lambda connection: replay(connection, read_lines(self._file)))
        self._lines = set(database.now(done_lines))
        self._one_at_a_time = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def noted(self, rows: Iterable[Row]) -> AsyncIterator[None]:
        """Put rows on the list, and mark them as done when the block that erases them has ended well.

        Raises `Unavailable` when the list cannot be written: then nothing may be erased, or a copy would bring it back.
        """
        lines = await self._note(rows)
        yield
        await self._database.write(lambda connection: _mark_done(connection, lines))
        await self._database.forget()

    async def _note(self, rows: Iterable[Row]) -> list[str]:
        async with self._one_at_a_time:
            lines: list[str] = []
            known = set(self._lines)
            for row in rows:
                lines.append(_next_line(self._key, row, known))
                known.add(lines[-1])
            try:
                await asyncio.to_thread(append_lines, self._file, lines)
            except OSError as error:
                raise Unavailable(
                    f"The list of what was erased cannot be written ({error.strerror}).",
                    "Nothing was erased. Check free space and permissions of the data folder, then try again.",
                ) from error
            self._lines = known
            return lines


def replay(connection: sqlite3.Connection, lines: Sequence[str]) -> int:
    """Do what stands on the list and was not done in this database; return how many rows that took out."""
    done = set(done_lines(connection))
    newer = set(lines) - done
    if not newer:
        return 0
    key, known, gone = _load_key(connection), done.union(newer), 0
    for table, known_by in connection.execute("select tab, known_by from erasing").fetchall():
        rows = connection.execute(f"select {known_by} from {table}").fetchall()  # noqa: S608 - rooms declare them
        for (value,) in rows:
            if not newer.isdisjoint(_lines_of(key, (table, value), known)):
                statement = f"delete from {table} where {known_by} = ?"  # noqa: S608 - rooms declare them
                gone += connection.execute(statement, (value,)).rowcount
    _mark_done(connection, newer)
    return gone


def read_lines(file: Path) -> list[str]:
    """Return the lines of a list; none where there is no list."""
    try:
        text = file.read_text("ascii", errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.split("\n") if len(line) == _LINE and not set(line) - set("0123456789abcdef")]


def append_lines(file: Path, lines: Iterable[str]) -> None:
    """Append lines to a list and wait for the disk; whatever a crash left before them is ended first."""
    text = "".join(f"\n{line}\n" for line in lines).encode()
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        while text:
            text = text[os.write(descriptor, text) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def done_lines(connection: sqlite3.Connection) -> list[str]:
    """Return the lines that were done in this database."""
    return [line for (line,) in connection.execute("select line from erasure_done")]


def _mark_done(connection: sqlite3.Connection, lines: Iterable[str]) -> None:
    connection.executemany("insert or ignore into erasure_done values(?)", [(line,) for line in lines])


def _next_line(key: bytes, row: Row, known: Collection[str]) -> str:
    return _line(key, row, len(_lines_of(key, row, known)))


def _lines_of(key: bytes, row: Row, known: Collection[str]) -> list[str]:
    """Return the lines that a list has of a row, by their turns."""
    found: list[str] = []
    while (line := _line(key, row, len(found))) in known:
        found.append(line)
    return found


def _line(key: bytes, row: Row, turn: int) -> str:
    table, value = row
    known_by = value.encode() if isinstance(value, str) else value
    return hmac.digest(key, b"%s\0%s\0%d" % (table.encode(), known_by, turn), "sha256")[:16].hex()


def _load_key(connection: sqlite3.Connection) -> bytes:
    connection.execute("insert or ignore into erasure_key values(1, ?)", (secrets.token_bytes(32),))
    key: bytes = connection.execute("select key from erasure_key").fetchone()[0]
    return key
