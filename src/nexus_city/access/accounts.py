"""Architects' accounts: argon2id for the password, random tokens for sessions, only their hashes on disk.

The first account is made with a setup code that is printed once, when a new city starts. After that the code is gone.
"""

import asyncio
import functools
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nexus_city.access.tokens import encode
from nexus_city.ground import Database
from nexus_city.ground.errors import BadInput, NotAllowed, SignInNeeded

SESSION_LIFE_S = 12 * 3600
"""Real seconds after which a session ends by itself."""
MIN_PASSWORD = 12
"""Characters that a password needs."""
_STEPS = (
    """create table account(name text primary key, password text not null, role text not null);
       create table session(token blob primary key, name text not null, until_s integer not null);
       create table setup_code(id integer primary key check (id = 1), digest blob not null)""",
)
_ROLE = "architect"


@functools.cache
def _hash_of_nobody() -> str:
    return PasswordHasher().hash(secrets.token_hex())


class Accounts:
    """Who may tend the places of a city."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now_s = now_s
        self._hasher = PasswordHasher()
        self._nobody = _hash_of_nobody()  # checked when a name is unknown: same time, same answer
        database.migrate("access.accounts", _STEPS)

    def setup_code(self) -> str | None:
        """Return a fresh setup code while the city has no account, else None. The previous code stops working."""
        code = secrets.token_hex(6)

        def job(connection: sqlite3.Connection) -> str | None:
            if connection.execute("select 1 from account").fetchone():
                return None
            connection.execute("insert or replace into setup_code values(1, ?)", (_digest(code),))
            return code

        return self._database.now(job)

    async def founded(self) -> bool:
        """Return whether the city has an architect; until then, whoever has the setup code becomes the first."""
        return await self._database.read(
            lambda connection: connection.execute("select 1 from account").fetchone() is not None
        )

    async def found(self, code: str, name: str, password: str) -> None:
        """Make the first architect; raises `NotAllowed` for a wrong code, `BadInput` for a short password."""
        if len(password) < MIN_PASSWORD:
            raise BadInput(
                f"The password has fewer than {MIN_PASSWORD} characters.",
                "Take three or four unrelated words.",
                field="password",
            )
        hashed = await asyncio.to_thread(self._hasher.hash, password)

        def job(connection: sqlite3.Connection) -> None:
            kept = connection.execute("select digest from setup_code").fetchone()
            if kept is None or not hmac.compare_digest(kept[0], _digest(code.strip())):
                raise NotAllowed(
                    "This setup code is not valid.",
                    "Use the code that `nexus serve` printed when it last started.",
                    field="code",
                )
            connection.execute("insert into account values(?, ?, ?)", (name.strip(), hashed, _ROLE))
            connection.execute("delete from setup_code")

        await self._database.write(job)

    async def sign_in(self, name: str, password: str) -> tuple[str, int]:
        """Return a session token and its life in seconds; raises `SignInNeeded` without saying what was wrong."""
        row = await self._database.read(
            lambda connection: connection.execute(
                "select password from account where name = ?", (name.strip(),)
            ).fetchone()
        )
        try:
            await asyncio.to_thread(self._hasher.verify, row[0] if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            row = None
        if row is None:
            raise SignInNeeded("Name and password do not belong together.", "Check both and try again.")
        token = encode(secrets.token_bytes(32))
        until_s = int(self._now_s()) + SESSION_LIFE_S
        await self._database.write(
            lambda connection: connection.execute(
                "insert into session values(?, ?, ?)", (_digest(token), name, until_s)
            )
        )
        return token, SESSION_LIFE_S

    async def architect(self, token: str) -> str:
        """Return the name of the architect whose session `token` is; raises `SignInNeeded`."""
        row = await self._database.read(
            lambda connection: connection.execute(
                "select name from session join account using(name) where token = ? and until_s > ? and role = ?",
                (_digest(token), self._now_s(), _ROLE),
            ).fetchone()
        )
        if row is None:
            raise SignInNeeded("There is no session, or it has ended.", "Sign in at /sign-in.")
        name: str = row[0]
        return name

    async def sign_out(self, token: str) -> None:
        """End a session, and forget those that ended by themselves."""
        await self._database.write(
            lambda connection: connection.execute(
                "delete from session where token = ? or until_s <= ?", (_digest(token), self._now_s())
            )
        )


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
