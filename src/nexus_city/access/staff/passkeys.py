"""Passkeys (WebAuthn level 2): sign in with the lock of one's own device; what we keep is a public key.

Every ceremony has a fresh challenge, which works once and for two minutes. Keys are discoverable, so that nobody needs
to type a name, and the device must verify its person, so that a passkey counts as both factors. A counter that does not
rise is refused: somebody may have copied the key. Attestation is not asked for; which device it is, is not our
business.
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from nexus_city.access.staff.accounts import Account, Accounts
from nexus_city.ground import Database
from nexus_city.ground.errors import BadInput, Conflict, NotFound, SignInNeeded

CEREMONY_S = 120
"""Real seconds that a ceremony may take."""
PASSKEYS = 20
"""Passkeys that one account may have."""
_DAY_S = 86_400
_MANY = 10_000  # ceremonies at once; beyond that the oldest are forgotten
_GARBLED = (WebAuthnException, ValueError, KeyError, TypeError, IndexError)
"""What the library raises at credentials that are none; the last ones at bytes that are no CBOR or JSON of the kind."""


class Site(msgspec.Struct, frozen=True):
    """Where a ceremony takes place: passkeys belong to a host name, and come from one origin."""

    host: str
    origin: str


class Passkey(msgspec.Struct):
    """A passkey as its owner sees it."""

    id: str
    label: str
    since_s: int
    used_day: int
    """Day on which it was last used, counted from 1970 in UTC."""


class Passkeys:
    """Registers passkeys and recognises people by them. `now_s` is real time in Unix seconds."""

    def __init__(self, database: Database, accounts: Accounts, now_s: Callable[[], float] = time.time) -> None:
        self._database = database
        self._accounts = accounts
        self._now_s = now_s
        self._open: dict[bytes, tuple[str | None, float]] = {}
        """Challenge → who registers with it (None: who comes in with it), and until when."""

    # --- registering -------------------------------------------------------------------------------------------------

    async def registration(self, account: Account, site: Site) -> dict[str, Any]:
        """Return what the browser needs to make a passkey, and which there are: no device makes a second one."""
        known = await self._ids(account.name)
        options = generate_registration_options(
            rp_id=site.host,
            rp_name="Nexus City",
            user_name=account.name,
            user_id=account.handle,
            user_display_name=account.name,
            challenge=self._challenge(account.name),
            timeout=CEREMONY_S * 1000,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
        return options_to_json_dict(options)

    async def register(self, name: str, label: str, credential: dict[str, Any], site: Site) -> None:
        """Keep a passkey of `name`; raises `BadInput` for one that does not answer our challenge."""
        challenge = self._answered(credential, name)
        try:
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        except _GARBLED as error:
            raise _unfit(error) from None
        today = self._today()

        def job(connection: sqlite3.Connection) -> None:
            count = connection.execute("select count(*) from passkey where name = ?", (name,)).fetchone()[0]
            if count >= PASSKEYS:
                raise Conflict(f"This account has {PASSKEYS} passkeys.", "Remove one that you do not use any more.")
            row = (made.credential_id, name, made.credential_public_key, made.sign_count, label)
            if connection.execute("select 1 from passkey where id = ?", (made.credential_id,)).fetchone():
                raise Conflict("This passkey is known here already.", "Sign in with it.")
            connection.execute("insert into passkey values(?, ?, ?, ?, ?, ?, ?)", (*row, int(self._now_s()), today))

        await self._database.write(job)

    # --- coming in ---------------------------------------------------------------------------------------------------

    def authentication(self, site: Site) -> dict[str, Any]:
        """Return what the browser needs to show a passkey of this site, whichever it has."""
        options = generate_authentication_options(
            rp_id=site.host,
            challenge=self._challenge(None),
            timeout=CEREMONY_S * 1000,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    async def recognise(self, credential: dict[str, Any], site: Site) -> Account:
        """Return whose passkey this is; raises `BadInput`, or `SignInNeeded` for one that is unknown or was copied."""
        challenge = self._answered(credential, None)
        try:
            key_id = base64url_to_bytes(str(credential.get("id", "")))
        except _GARBLED as error:
            raise _unfit(error) from None
        row = await self._database.read(
            lambda connection: connection.execute(
                "select name, public_key, counter from passkey where id = ?", (key_id,)
            ).fetchone()
        )
        if row is None:
            raise SignInNeeded(
                "This passkey is not known here; it may have been removed.",
                "Sign in with your password, or ask to be invited.",
            )
        try:
            shown = verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=row[1],
                credential_current_sign_count=row[2],
                require_user_verification=True,
            )
        except _GARBLED as error:
            raise _unfit(error) from None
        await self._used(key_id, row[2], shown.new_sign_count)
        return self._accounts[row[0]]

    async def _used(self, key_id: bytes, before: int, counter: int) -> None:
        """Keep the counter; of two answers with the same one, only the first is taken."""
        today = self._today()

        def job(connection: sqlite3.Connection) -> bool:
            kept = connection.execute(
                "update passkey set counter = ?, used_day = ? where id = ? and counter = ?",
                (counter, today, key_id, before),
            )
            return kept.rowcount == 1

        if not await self._database.write(job):
            raise SignInNeeded("This passkey was used elsewhere at this moment.", "Try again.")

    # --- what there is -----------------------------------------------------------------------------------------------

    async def of(self, name: str) -> list[Passkey]:
        """Return the passkeys of `name`, the oldest first."""

        def job(connection: sqlite3.Connection) -> list[Passkey]:
            rows = connection.execute(
                "select id, label, since_s, used_day from passkey where name = ? order by since_s, id", (name,)
            )
            return [Passkey(_public_id(row[0]), *row[1:]) for row in rows]

        return await self._database.read(job)

    async def remove(self, name: str, passkey_id: str) -> str:
        """Remove a passkey of `name` and return its label; raises `NotFound`."""

        def job(connection: sqlite3.Connection) -> str:
            rows = connection.execute("select id, label from passkey where name = ?", (name,)).fetchall()
            found = [row for row in rows if _public_id(row[0]) == passkey_id]
            if not found:
                raise NotFound("There is no such passkey.", "Look at the list again.")
            connection.execute("delete from passkey where id = ?", (found[0][0],))
            label: str = found[0][1]
            return label

        return await self._database.write(job)

    async def _ids(self, name: str) -> list[bytes]:
        def job(connection: sqlite3.Connection) -> list[bytes]:
            return [row[0] for row in connection.execute("select id from passkey where name = ?", (name,))]

        return await self._database.read(job)

    # --- challenges --------------------------------------------------------------------------------------------------

    def _challenge(self, who: str | None) -> bytes:
        now_s = self._now_s()
        self._open = {each: kept for each, kept in self._open.items() if kept[1] > now_s}
        if len(self._open) >= _MANY:
            del self._open[next(iter(self._open))]
        challenge = secrets.token_bytes(32)
        self._open[challenge] = (who, now_s + CEREMONY_S)
        return challenge

    def _answered(self, credential: dict[str, Any], who: str | None) -> bytes:
        """Return the challenge that a credential answers, and end its ceremony; raises `BadInput` when it is none."""
        try:
            told = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(told["challenge"])
        except _GARBLED as error:
            raise _unfit(error) from None
        kept = self._open.pop(challenge, None)
        if kept is None or kept[0] != who or kept[1] <= self._now_s():
            raise BadInput("This took too long, or was done before.", "Try again.", field="credential")
        return challenge

    def _today(self) -> int:
        return int(self._now_s() // _DAY_S)


def _unfit(error: Exception) -> BadInput:
    where: Literal["here", "elsewhere"] = "elsewhere" if "origin" in str(error) or "RP ID" in str(error) else "here"
    if where == "elsewhere":
        return BadInput(
            "This passkey was shown at another address than that of the city.",
            "Open the city at its own address, the one in its QR codes.",
            field="credential",
        )
    return BadInput("This passkey could not be checked.", "Try again, or use your password.", field="credential")


def _public_id(key_id: bytes) -> str:
    return key_id[:12].hex()
