"""Accounts of those who tend the city: argon2id for passwords, and nobody comes in uninvited.

The first account is made with a setup code that is printed once, when a new city starts; after that the code is gone.
Every other one begins with an invitation. All accounts are in memory, as they are few and each request asks for one;
a change is on disk before it holds.
"""

import asyncio
import functools
import hashlib
import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nexus_city.access.staff.roles import Role
from nexus_city.ground import Database
from nexus_city.ground.errors import BadInput, Conflict, NotAllowed, NotFound, SignInNeeded

MIN_PASSWORD = 12
"""Characters that a password needs."""
_STEPS = (
    """create table account(name text primary key, password text not null, role text not null);
       create table session(token blob primary key, name text not null, until_s integer not null);
       create table setup_code(id integer primary key check (id = 1), digest blob not null)""",
    # Roles, second factors, passkeys, invitations and tokens; sessions begin anew with their times.
    """drop table session;
       alter table account add column handle blob not null default x'';
       alter table account add column since_s integer not null default 0;
       alter table account add column totp blob;
       alter table account add column totp_step integer not null default 0;
       alter table account add column refused integer not null default 0;
       alter table account add column opted_out integer not null default 0;
       update account set handle = randomblob(16);
       create unique index account_handle on account(handle);
       create table session(token blob primary key, name text not null references account on delete cascade,
         device text not null, since_s integer not null, seen_s integer not null, proved_s integer not null,
         until_s integer not null);
       create table passkey(id blob primary key, name text not null references account on delete cascade,
         public_key blob not null, counter integer not null, label text not null, since_s integer not null,
         used_day integer not null);
       create table recovery_code(digest blob primary key, name text not null references account on delete cascade);
       create table invitation(digest blob primary key, role text not null, host text not null
         references account on delete cascade, until_s integer not null);
       create table program_token(digest blob primary key, name text not null references account on delete cascade,
         label text not null, scopes text not null, since_s integer not null, until_s integer not null,
         used_day integer not null)""",
)

_COPYING = {"session": "0", "invitation": "0", "setup_code": "0"}
"""None of these may come back with a copy of the file: what was ended or used stays so."""
TABLE = "account"
_ERASING = {TABLE: "handle"}


class Account(msgspec.Struct):
    """Somebody who tends the city."""

    name: str
    role: Role
    handle: bytes
    """16 random bytes: how passkeys and addresses name the account."""
    since_s: int
    second_factor: bool
    opted_out: bool
    """Whether check-ins from a browser in which it is signed in are kept on that device."""


def digest(secret: str) -> bytes:
    """Return what is kept of a random secret: it can be recognised, and not be found out."""
    return hashlib.sha256(secret.encode()).digest()


@functools.cache
def _hash_of_nobody() -> str:
    return PasswordHasher().hash(secrets.token_hex())


class Accounts:
    """Who may tend the places of a city. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now_s = now_s
        self._hasher = PasswordHasher()
        self._nobody = _hash_of_nobody()  # checked when a name is unknown: same time, same answer
        database.migrate("access.accounts", _STEPS, _COPYING, _ERASING)
        self._all: dict[str, Account] = database.now(_read_accounts)

    # --- who there is ------------------------------------------------------------------------------------------------

    def founded(self) -> bool:
        """Return whether the city has an architect; until then, whoever has the setup code becomes the first."""
        return bool(self._all)

    def all(self) -> list[Account]:
        """Return all accounts, the oldest first."""
        return sorted(self._all.values(), key=lambda each: (each.since_s, each.name))

    def __getitem__(self, name: str) -> Account:
        """Return the account of `name`; raises `NotFound`."""
        if name not in self._all:
            raise NotFound("There is no such account.", "Look at /console/people for those that there are.")
        return self._all[name]

    def by_handle(self, handle: bytes) -> Account:
        """Return the account that is addressed by `handle`; raises `NotFound`."""
        return self[next((each.name for each in self._all.values() if each.handle == handle), "")]

    # --- coming in ---------------------------------------------------------------------------------------------------

    def setup_code(self) -> str | None:
        """Return a fresh setup code while the city has no account, else None. The previous code stops working."""
        code = secrets.token_hex(6)

        def job(connection: sqlite3.Connection) -> str | None:
            if connection.execute("select 1 from account").fetchone():
                return None
            connection.execute("insert or replace into setup_code values(1, ?)", (digest(code),))
            return code

        return self._database.now(job)

    async def found(self, code: str, name: str, password: str) -> Account:
        """Make the first architect; raises `NotAllowed` for a wrong code, `BadInput` for a short password."""

        def entitled(connection: sqlite3.Connection) -> Role:
            kept = connection.execute("select digest from setup_code").fetchone()
            if kept is None or not hmac.compare_digest(kept[0], digest(code.strip())):
                raise NotAllowed(
                    "This setup code is not valid.",
                    "Use the code that `nexus serve` printed when it last started.",
                    field="code",
                )
            connection.execute("delete from setup_code")
            return "architect"

        return await self.enter(name, password, entitled)

    async def enter(self, name: str, password: str, entitled: Callable[[sqlite3.Connection], Role]) -> Account:
        """Make an account of the role that `entitled` returns; it uses up what entitles, or raises.

        Raises `BadInput` for a short password or an empty name, `Conflict` for a name that is taken.
        """
        hashed = await self._hash(password)
        called = name.strip()
        if not called:
            raise BadInput("The name is empty.", "Enter the name by which the others know you.", field="name")

        def job(connection: sqlite3.Connection) -> Account:
            role = entitled(connection)
            if connection.execute("select 1 from account where name = ?", (called,)).fetchone():
                raise Conflict("Somebody here has this name.", "Take another, or add your surname.", field="name")
            made = Account(called, role, secrets.token_bytes(16), int(self._now_s()), False, False)
            connection.execute(
                "insert into account(name, password, role, handle, since_s) values(?, ?, ?, ?, ?)",
                (made.name, hashed, made.role, made.handle, made.since_s),
            )
            return made

        made = await self._database.write(job)
        self._all[made.name] = made
        return made

    async def check_password(self, name: str, password: str) -> Account:
        """Return the account; raises `SignInNeeded` without saying which of both was wrong."""
        called = name.strip()
        row = await self._database.read(
            lambda connection: connection.execute("select password from account where name = ?", (called,)).fetchone()
        )
        try:
            await asyncio.to_thread(self._hasher.verify, row[0] if row else self._nobody, password)
        except (VerificationError, InvalidHashError):
            if row is not None:
                await self._set(called, "refused = refused + 1")
            row = None
        if row is None or called not in self._all:
            raise SignInNeeded("Name and password do not belong together.", "Check both and try again.")
        return self._all[called]

    async def entered(self, name: str) -> int:
        """Return how often a wrong password was tried for `name` since it last came in, and count anew."""

        def job(connection: sqlite3.Connection) -> int:
            row = connection.execute("select refused from account where name = ?", (name,)).fetchone()
            connection.execute("update account set refused = 0 where name = ?", (name,))
            return int(row[0]) if row else 0

        return await self._database.write(job)

    # --- changing ----------------------------------------------------------------------------------------------------

    async def set_password(self, name: str, password: str) -> None:
        """Give `name` another password; raises `BadInput` for a short one."""
        await self._set(name, "password = ?", await self._hash(password))

    async def set_role(self, name: str, role: Role) -> None:
        """Give `name` another role; raises `Conflict` when no architect would be left."""
        account = self[name]

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("update account set role = ? where name = ?", (role, name))
            _check_architects(connection)

        await self._database.write(job)
        account.role = role

    async def set_second_factor(self, name: str, secret: bytes | None, step: int = 0) -> None:
        """Keep the secret of the second factor of `name`, or none; `step` is that of the code already used."""
        await self._set(name, "totp = ?, totp_step = ?", secret, step)
        self[name].second_factor = secret is not None

    async def set_opted_out(self, name: str, on: bool) -> None:
        """Have nothing taken from browsers in which `name` is signed in, or let it be taken again."""
        await self._set(name, "opted_out = ?", on)
        self[name].opted_out = on

    async def remove(self, name: str) -> None:
        """Remove an account with all that hangs on it; raises `Conflict` when no architect would be left."""
        known = self[name].name

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("delete from account where name = ?", (known,))
            _check_architects(connection)

        await self._database.write(job)
        del self._all[known]

    async def _set(self, name: str, assignments: str, *values: object) -> None:
        known = self[name].name

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(f"update account set {assignments} where name = ?", (*values, known))  # noqa: S608 - ours

        await self._database.write(job)

    async def _hash(self, password: str) -> str:
        if len(password) < MIN_PASSWORD:
            raise BadInput(
                f"The password has fewer than {MIN_PASSWORD} characters.",
                "Take three or four unrelated words.",
                field="password",
            )
        return await asyncio.to_thread(self._hasher.hash, password)


def _check_architects(connection: sqlite3.Connection) -> None:
    if connection.execute("select 1 from account where role = 'architect'").fetchone() is None:
        raise Conflict(
            "This is the last architect, and without one nobody could invite anybody.",
            "Make somebody else an architect first.",
        )


def _read_accounts(connection: sqlite3.Connection) -> dict[str, Account]:
    rows = connection.execute("select name, role, handle, since_s, totp is not null, opted_out from account")
    return {
        name: Account(name, role, handle, since_s, bool(second_factor), bool(opted_out))
        for name, role, handle, since_s, second_factor, opted_out in rows
    }
