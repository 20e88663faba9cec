"""Sessions: a random token in a cookie, and of it only a hash on disk.

All sessions are in memory, as every request asks for one; a new one, or the end of one, is on disk before it holds.
"Seen" is known to the hour, which is enough to recognise one's own and too coarse to tell a working day by.
"""

import contextlib
import re
import secrets
import sqlite3
import time
from collections.abc import Callable

import msgspec

from nexus_city.access.staff.accounts import digest
from nexus_city.access.tokens import encode
from nexus_city.ground import Database
from nexus_city.ground.errors import NotFound, ProofNeeded, SignInNeeded, Unavailable

SESSION_LIFE_S = 12 * 3600
"""Real seconds after which a session ends by itself."""
PROOF_LIFE_S = 600
"""Real seconds for which a sign-in, or a proof, opens grave acts."""
_HOUR_S = 3600
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class Session(msgspec.Struct):
    """Somebody who is signed in somewhere."""

    token: bytes
    """The hash of it."""
    name: str
    device: str
    """Two words about the browser, such as `Firefox, Windows`."""
    since_s: int
    seen_s: int
    """Last seen, to the hour."""
    proved_s: int
    """When it was last proved who this is."""
    until_s: int

    @property
    def id(self) -> str:
        """How its owner addresses it."""
        return self.token[:8].hex()


class Sessions:
    """Who is signed in. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now_s = now_s
        rows = database.now(lambda connection: connection.execute("select * from session").fetchall())
        self._all = {row[0]: Session(*row) for row in rows}

    def now_s(self) -> int:
        """Return the time by which sessions are judged."""
        return int(self._now_s())

    def holder(self, token: str) -> str | None:
        """Return who is signed in with `token`, if anybody."""
        found = self._all.get(digest(token)) if token else None
        return found.name if found and found.until_s > self._now_s() else None

    def __getitem__(self, token: str) -> Session:
        """Return the session whose token this is; raises `SignInNeeded`."""
        found = self._all.get(digest(token)) if token else None
        if found is None or found.until_s <= self._now_s():
            raise SignInNeeded("There is no session, or it has ended.", "Sign in at /sign-in.")
        return found

    def of(self, name: str) -> list[Session]:
        """Return all sessions of `name`, the newest first."""
        now_s = self._now_s()
        mine = [each for each in self._all.values() if each.name == name and each.until_s > now_s]
        return sorted(mine, key=lambda each: -each.since_s)

    def check_proof(self, session: Session) -> None:
        """Raise `ProofNeeded` unless it was proved a short while ago who this is."""
        if session.proved_s + PROOF_LIFE_S < self._now_s():
            raise ProofNeeded(
                "This act is grave, and you signed in a while ago.",
                "Prove that it is you, with your passkey or your password, and do it again.",
            )

    async def begin(self, name: str, user_agent: str) -> str:
        """Begin a session and return its token; sessions that have ended are forgotten."""
        now_s = int(self._now_s())
        token = encode(secrets.token_bytes(32))
        device, seen_s = device_words(user_agent), now_s - now_s % _HOUR_S
        await self._put(Session(digest(token), name, device, now_s, seen_s, now_s, now_s + SESSION_LIFE_S))
        ended = [each.token for each in self._all.values() if each.until_s <= now_s]
        await self._forget(ended)
        return token

    async def see(self, session: Session) -> None:
        """Remember the hour in which a session was used."""
        now_s = int(self._now_s())
        if now_s - session.seen_s < _HOUR_S:
            return
        session.seen_s = now_s - now_s % _HOUR_S
        with contextlib.suppress(Unavailable):  # nobody is kept from stopping the light because a disk is full
            await self._put(session)

    async def renew(self, session: Session, proved: bool) -> str:
        """Put a fresh token in the place of one, which stops working: whoever had copied it is outside again."""
        token = encode(secrets.token_bytes(32))
        proved_s = int(self._now_s()) if proved else session.proved_s
        await self._put(msgspec.structs.replace(session, token=digest(token), proved_s=proved_s))
        await self._forget([session.token])
        return token

    async def end(self, name: str, session_id: str) -> None:
        """End a session of `name`; raises `NotFound`."""
        found = [each.token for each in self.of(name) if each.id == session_id]
        if not found:
            raise NotFound("There is no such session; it may have ended by itself.", "Look at the list again.")
        await self._forget(found)

    async def end_all(self, name: str, but: bytes | None = None) -> None:
        """End all sessions of `name`, or all but one."""
        await self._forget([each.token for each in self._all.values() if each.name == name and each.token != but])

    async def sign_out(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        await self._forget([digest(token)])

    async def _put(self, session: Session) -> None:
        row = msgspec.structs.astuple(session)

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into session values(?, ?, ?, ?, ?, ?, ?)", row)

        await self._database.write(job)
        self._all[session.token] = session

    async def _forget(self, tokens: list[bytes]) -> None:
        """End sessions: at once here, and then on disk; if the disk refuses, the one who asked is told."""
        if not tokens:
            return
        for token in tokens:
            self._all.pop(token, None)

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany("delete from session where token = ?", [(token,) for token in tokens])

        await self._database.write(job)


def device_words(user_agent: str) -> str:
    """Return two words by which people know their own browser: its name and its system, no version."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"{mark}\w*/", user_agent)), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return ", ".join(filter(None, (browser, system))) or "?"
