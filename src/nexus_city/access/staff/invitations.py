"""Invitations: a link that works once, for one role, until a certain hour. Nobody else makes accounts."""

import secrets
import sqlite3
import time
from collections.abc import Callable

import msgspec

from nexus_city.access.staff.accounts import Account, Accounts, digest
from nexus_city.access.staff.roles import Role
from nexus_city.access.tokens import encode
from nexus_city.ground import Database
from nexus_city.ground.errors import NotAllowed, NotFound


class Invitation(msgspec.Struct):
    """An invitation that nobody has taken yet."""

    id: str
    role: Role
    host: str
    """Who invites."""
    until_s: int


class Invitations:
    """Who may come. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, accounts: Accounts, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._accounts = accounts
        self._now_s = now_s

    async def make(self, host: str, role: Role, hours: int) -> tuple[str, int]:
        """Return a fresh invitation and its end in Unix seconds; those that are over are forgotten."""
        secret = encode(secrets.token_bytes(24))
        now_s = int(self._now_s())
        until_s = now_s + hours * 3600

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("delete from invitation where until_s <= ?", (now_s,))
            connection.execute("insert into invitation values(?, ?, ?, ?)", (digest(secret), role, host, until_s))

        await self._database.write(job)
        return secret, until_s

    async def open(self) -> list[Invitation]:
        """Return those that can still be taken, the one that ends first before the others."""
        now_s = self._now_s()

        def job(connection: sqlite3.Connection) -> list[Invitation]:
            rows = connection.execute("select * from invitation where until_s > ? order by until_s", (now_s,))
            return [Invitation(row[0][:8].hex(), *row[1:]) for row in rows]

        return await self._database.read(job)

    async def look(self, secret: str) -> Invitation:
        """Return the invitation of a link; raises `NotAllowed` when it is over, taken or none."""

        def job(connection: sqlite3.Connection) -> Invitation:
            row = self._row(connection, secret)
            return Invitation(row[0][:8].hex(), *row[1:])

        return await self._database.read(job)

    async def take(self, secret: str, name: str, password: str) -> Account:
        """Make the account that was invited; raises what `look` and `Accounts.enter` do."""

        def entitled(connection: sqlite3.Connection) -> Role:
            mark, role, _, _ = self._row(connection, secret)
            connection.execute("delete from invitation where digest = ?", (mark,))
            return role

        return await self._accounts.enter(name, password, entitled)

    async def withdraw(self, invitation_id: str) -> None:
        """Take an invitation back; raises `NotFound`."""

        def job(connection: sqlite3.Connection) -> None:
            marks = [mark for (mark,) in connection.execute("select digest from invitation")]
            found = [mark for mark in marks if mark[:8].hex() == invitation_id]
            if not found:
                raise NotFound("There is no such invitation; it may have been taken.", "Look at the list again.")
            connection.execute("delete from invitation where digest = ?", (found[0],))

        await self._database.write(job)

    def _row(self, connection: sqlite3.Connection, secret: str) -> tuple[bytes, Role, str, int]:
        row: tuple[bytes, Role, str, int] | None = connection.execute(
            "select * from invitation where digest = ? and until_s > ?", (digest(secret.strip()), self._now_s())
        ).fetchone()
        if row is None:
            raise NotAllowed(
                "This invitation has been taken, taken back, or is over.",
                "Ask the one who invited you for another.",
                field="invitation",
            )
        return row
