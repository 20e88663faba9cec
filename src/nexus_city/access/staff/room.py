"""Everything about those who tend the city, put together; the composition root hands it what it needs."""

import sqlite3
import time
from collections.abc import Callable, Sequence

from starlette.requests import cookie_parser

from nexus_city.access.audit import Audit
from nexus_city.access.staff.account_routes import AccountRoutes
from nexus_city.access.staff.accounts import Accounts
from nexus_city.access.staff.entry_routes import EntryRoutes
from nexus_city.access.staff.factors import SecondFactors
from nexus_city.access.staff.guard import COOKIE, Guard
from nexus_city.access.staff.invitations import Invitations
from nexus_city.access.staff.passkeys import Passkeys
from nexus_city.access.staff.people_routes import PeopleRoutes, PlaceActRoutes
from nexus_city.access.staff.programs import Programs
from nexus_city.access.staff.sessions import Sessions
from nexus_city.ground import Database
from nexus_city.ground.erasures import Erasures
from nexus_city.ground.retention import Rule
from nexus_city.ground.web import Endpoint


class StaffRoom:
    """Accounts, sessions, tokens and the log of one city. `now_s` is real time in Unix seconds."""

    def __init__(
        self,
        database: Database,
        erasures: Erasures,
        public_url: str | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._now_s = now_s
        self.accounts = Accounts(database, now_s)
        self.sessions = Sessions(database, now_s)
        self.audit = Audit(database, now_s)
        self._programs = Programs(database, self.accounts, now_s)
        passkeys = Passkeys(database, self.accounts, now_s)
        factors = SecondFactors(database, self.accounts, now_s)
        invitations = Invitations(database, self.accounts, now_s)
        entry = EntryRoutes(self.accounts, self.sessions, passkeys, factors, invitations, self.audit, public_url)
        account = AccountRoutes(self.accounts, self.sessions, passkeys, factors, self._programs, self.audit, entry)
        people = PeopleRoutes(
            self.accounts, self.sessions, passkeys, self._programs, invitations, self.audit, erasures, public_url
        )
        self._endpoints = [*entry.endpoints(), *account.endpoints(), *people.endpoints()]

    def rules(self, audit_days: int) -> list[Rule]:
        """List what is forgotten when: entries of the log, and what lets nobody in any more."""

        def over(connection: sqlite3.Connection) -> int:
            now_s = int(self._now_s())
            tables = ("session", "invitation", "program_token")
            gone = (connection.execute(f"delete from {each} where until_s <= ?", (now_s,)) for each in tables)  # noqa: S608 - ours
            return sum(each.rowcount for each in gone)

        log = Rule("log", f"P{audit_days}D", lambda each: self.audit.forget(each, audit_days), told=True)
        return [log, Rule("sign-in", "P366D", over, told=True)]

    def guarded(
        self, endpoints: Sequence[Endpoint], known: Callable[[str], object], place_of: Callable[[str], str | None]
    ) -> list[Endpoint]:
        """Return all doors of the city, this room's included, with the guard before each that asks for a session.

        `known` raises `NotFound` for a place that does not exist; `place_of` returns the place of a zone, or None.
        """
        guard = Guard(self.sessions, self.accounts, self._programs, self.audit, place_of)
        return guard.doors([*endpoints, *self._endpoints, *PlaceActRoutes(self.audit, known).endpoints()])

    def opted_out_by_account(self, cookies: str) -> bool:
        """Whether a request with this `Cookie` header comes from a browser of somebody who has opted out."""
        if COOKIE not in cookies:
            return False
        name = self.sessions.holder(cookie_parser(cookies).get(COOKIE, ""))
        return name is not None and self.accounts[name].opted_out
