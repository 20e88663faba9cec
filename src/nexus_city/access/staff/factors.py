"""The second factor of a password: codes of six digits that change every 30 seconds (RFC 6238), and codes on paper.

code = (31 bits at a moving offset of HMAC-SHA-1(secret, step)) mod 10⁶, step = floor(real time / 30 s). The step
before and the step after are taken as well, for clocks that go wrong. A code works once: its step, and all before it,
are over.
"""

import base64
import hmac
import secrets
import sqlite3
import time
from collections.abc import Callable
from urllib.parse import quote

from nexus_city.access.staff.accounts import Accounts, digest
from nexus_city.ground import Database
from nexus_city.ground.errors import BadInput, CodeNeeded, Conflict, SignInNeeded

STEP_S = 30
RECOVERY_CODES = 8
"""Codes on paper that are given when the second factor is set up; each works once."""
_PENDING_S = 900


def totp(secret: bytes, step: int) -> str:
    """Return the code of a step: RFC 4226, section 5.3, with six digits."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    offset = mac[-1] & 15
    return f"{(int.from_bytes(mac[offset : offset + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


class SecondFactors:
    """Sets up and checks codes. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, accounts: Accounts, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._accounts = accounts
        self._now_s = now_s
        self._pending: dict[str, tuple[bytes, float]] = {}
        """Name → a secret that nobody has confirmed yet, and until when it can be."""

    def propose(self, name: str) -> tuple[str, str]:
        """Return a fresh secret in base 32, and the address by which an authenticator takes it."""
        secret = secrets.token_bytes(20)
        now_s = self._now_s()
        self._pending = {each: kept for each, kept in self._pending.items() if kept[1] > now_s}
        self._pending[name] = (secret, now_s + _PENDING_S)
        text = base64.b32encode(secret).decode()
        label = quote(f"Nexus City:{name}", safe="")
        return text, f"otpauth://totp/{label}?secret={text}&issuer=Nexus%20City"

    async def confirm(self, name: str, code: str) -> list[str]:
        """Turn the proposed factor on, once its code comes back; return the codes for paper.

        Raises `Conflict` when nothing was proposed lately, `BadInput` for a wrong code.
        """
        secret, until_s = self._pending.get(name, (b"", 0.0))
        if until_s <= self._now_s():
            raise Conflict("No second factor is being set up.", "Begin again, and scan the new picture.")
        step = self._match(secret, code, after=0)
        if step is None:
            raise BadInput("This code does not fit.", "Enter the six digits that the app shows now.", field="digits")
        await self._accounts.set_second_factor(name, secret, step)
        del self._pending[name]
        return await self._new_recovery_codes(name)

    async def remove(self, name: str) -> None:
        """Turn the second factor off; its codes on paper are worthless then."""
        await self._accounts.set_second_factor(name, None)
        await self._database.write(
            lambda connection: connection.execute("delete from recovery_code where name = ?", (name,))
        )

    async def recovery_left(self, name: str) -> int:
        """Return how many codes on paper are left."""
        count: int = await self._database.read(
            lambda connection: connection.execute(
                "select count(*) from recovery_code where name = ?", (name,)
            ).fetchone()[0]
        )
        return count

    async def check(self, name: str, code: str | None) -> None:
        """Use up a code of `name`, if the account asks for one.

        Raises `CodeNeeded` when there is none, `SignInNeeded` when it is wrong or was used before.
        """
        if not self._accounts[name].second_factor:
            return
        if not code:
            raise CodeNeeded(
                "This account asks for a code as well.", "Enter the six digits of your app.", field="second"
            )

        def job(connection: sqlite3.Connection) -> bool:
            row = connection.execute("select totp, totp_step from account where name = ?", (name,)).fetchone()
            step = self._match(row[0], code, after=row[1])
            if step is not None:
                connection.execute("update account set totp_step = ? where name = ?", (step, name))
                return True
            used = connection.execute(
                "delete from recovery_code where digest = ? and name = ?", (_recovery_digest(name, code), name)
            )
            return used.rowcount == 1

        if not await self._database.write(job):
            raise SignInNeeded(
                "This code is wrong, over, or was used before.",
                "Wait for the next one, or take one of your codes on paper.",
                field="second",
            )

    def _match(self, secret: bytes, code: str, after: int) -> int | None:
        """Return the step of a code, if it is one that is later than `after`; all are compared, whatever fits."""
        now = int(self._now_s() // STEP_S)
        brought = code.replace(" ", "").encode()
        fits = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp(secret, step).encode(), brought)]
        return next((step for step in fits if step > after), None)

    async def _new_recovery_codes(self, name: str) -> list[str]:
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("delete from recovery_code where name = ?", (name,))
            rows = [(_recovery_digest(name, code), name) for code in codes]
            connection.executemany("insert into recovery_code values(?, ?)", rows)

        await self._database.write(job)
        return codes


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def _recovery_digest(name: str, code: str) -> bytes:
    plain = code.lower().replace("-", "").replace(" ", "")
    return digest(f"{name}\0{plain}")
