"""Tokens for programs: `nxt_…`, shown once, kept as a hash, for a few scopes and a limited time.

A light node, a piece of an artist, a monitor: each gets its own token, so that one can be ended without the others. It
can never do more than the account that made it, and ends with it.
"""

import contextlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence

import msgspec

from nexus_city.access.limits import DeviceLimit
from nexus_city.access.staff.accounts import Accounts, digest
from nexus_city.access.staff.roles import SCOPES, Scope, scopes_of
from nexus_city.access.tokens import encode
from nexus_city.ground import Database
from nexus_city.ground.errors import Conflict, NotAllowed, NotFound, SignInNeeded, Unavailable

PREFIX = "nxt_"
"""How such a token begins: a scanner of leaked secrets, and we, know it by that."""
TOKENS = 50
"""Tokens that one account may have."""
PER_MINUTE = 300
"""Requests that one token may make in a real minute."""
_DAY_S = 86_400


class Program(msgspec.Struct):
    """A token as its owner sees it."""

    token: bytes
    """The hash of it."""
    name: str
    """Whose it is."""
    label: str
    scopes: tuple[Scope, ...]
    since_s: int
    until_s: int
    used_day: int
    """Day on which it was last used, counted from 1970 in UTC; 0 when it never was."""

    @property
    def id(self) -> str:
        """How its owner addresses it."""
        return self.token[:8].hex()


class Programs:
    """Issues tokens and recognises programs by them. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, accounts: Accounts, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._accounts = accounts
        self._now_s = now_s
        began_s = now_s()  # counted from here, or the floats of a bucket would lose their last digits
        self._limit = DeviceLimit(PER_MINUTE, lambda: now_s() - began_s)
        rows = database.now(lambda connection: connection.execute("select * from program_token").fetchall())
        self._all = {row[0]: _program(*row) for row in rows}

    def of(self, name: str) -> list[Program]:
        """Return the tokens of `name` that are still good, the newest first."""
        now_s = self._now_s()
        mine = [each for each in self._all.values() if each.name == name and each.until_s > now_s]
        return sorted(mine, key=lambda each: (-each.since_s, each.token))

    async def issue(self, name: str, label: str, scopes: Sequence[Scope], days: int) -> tuple[str, Program]:
        """Return a fresh token, which is not kept; raises `NotAllowed` for a scope that the role does not hold."""
        held = scopes_of(self._accounts[name].role)
        if beyond := [scope for scope in scopes if scope not in held]:
            raise NotAllowed(
                f"Your role does not hold '{beyond[0]}'.", f"Choose among: {', '.join(held) or 'none'}.", field="scopes"
            )
        if len(self.of(name)) >= TOKENS:
            raise Conflict(f"You have {TOKENS} tokens.", "End one that is not used any more.")
        token = PREFIX + encode(secrets.token_bytes(32))
        now_s = int(self._now_s())
        ordered = tuple(sorted(set(scopes)))
        made = Program(digest(token), name, label, ordered, now_s, now_s + days * _DAY_S, 0)
        await self._put(made)
        return token, made

    async def recognise(self, token: str, scope: Scope | None) -> Program:
        """Return the program whose token this is, and slow it down.

        Raises `SignInNeeded` for one that is not good any more, `NotAllowed` when it lacks `scope` (all lack None).
        """
        found = self._all.get(digest(token))
        if found is None or found.until_s <= self._now_s():
            raise SignInNeeded(
                "This token is not known, was ended, or is over.", "Make another at /account and put it in its place."
            )
        self._limit.take(found.token)
        if scope is None or scope not in found.scopes or scope not in scopes_of(self._accounts[found.name].role):
            raise NotAllowed(
                "This door is not open to this token.",
                "Make a token with the scope that this door asks for; docs/accounts.md lists them.",
            )
        today = int(self._now_s() // _DAY_S)
        if found.used_day != today:
            found.used_day = today
            with contextlib.suppress(Unavailable):  # nobody is kept from stopping the light because a disk is full
                await self._put(found)
        return found

    async def end(self, name: str, program_id: str) -> str:
        """End a token of `name` and return its label; raises `NotFound`."""
        found = next((each for each in self.of(name) if each.id == program_id), None)
        if found is None:
            raise NotFound("There is no such token; it may be over.", "Look at the list again.")
        del self._all[found.token]
        await self._delete([found.token])
        return found.label

    async def end_all(self, name: str) -> None:
        """End all tokens of `name`, those that are over included."""
        tokens = [each.token for each in self._all.values() if each.name == name]
        for token in tokens:
            del self._all[token]
        await self._delete(tokens)

    async def _put(self, program: Program) -> None:
        row = (
            program.token,
            program.name,
            program.label,
            " ".join(program.scopes),
            program.since_s,
            program.until_s,
            program.used_day,
        )

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into program_token values(?, ?, ?, ?, ?, ?, ?)", row)

        await self._database.write(job)
        self._all[program.token] = program

    async def _delete(self, tokens: Sequence[bytes]) -> None:
        def job(connection: sqlite3.Connection) -> None:
            connection.executemany("delete from program_token where digest = ?", [(token,) for token in tokens])

        await self._database.write(job)


def _program(token: bytes, name: str, label: str, scopes: str, since_s: int, until_s: int, used_day: int) -> Program:
    known = tuple(scope for scope in SCOPES if scope in scopes.split())
    return Program(token, name, label, known, since_s, until_s, used_day)
