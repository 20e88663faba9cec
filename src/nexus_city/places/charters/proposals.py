"""Proposals: a community talks about a change to its charter, and decides by the rule that the charter declares.

Who may take part is whoever can show a device token and, where the place asks for presence, a fresh pass: that proves
a phone that is here, and nothing about whose it is. Each device has one vote, the last it gave. Votes are kept under
a fingerprint (HMAC-SHA-256 of the device with a key of this proposal), so two proposals cannot be laid side by side;
key and votes are destroyed when the city's clock closes the proposal. Then the tally is told, and not before.

Comments stand under a name of one day, made in the same way with a key of that proposal and day.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Callable

import msgspec

from nexus_city.ground import Clock, Database
from nexus_city.ground.errors import BadInput, Conflict, NexusError, NotFound, TooMany
from nexus_city.places.charters import store
from nexus_city.places.charters.charters import Charters
from nexus_city.places.charters.model import Changes, Choice, Comment, Proposal, Version, decide
from nexus_city.places.day import person_day
from nexus_city.places.model import DAY_S, City

OPEN_AT_ONCE = 5
"""Proposals that may be open at a place together; one of a device."""
REMARKS_A_DAY = 6
"""Comments of a device on a proposal in one person-day."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NAME_BITS = 25


class Proposals:
    """The proposals of a city. All times are the city's."""

    def __init__(self, database: Database, clock: Clock, city: Callable[[], City], charters: Charters) -> None:
        self._database = database
        self._clock = clock
        self._city = city
        self._charters = charters

    async def at(self, place_id: str) -> list[Proposal]:
        """Return all proposals of a place, the newest first."""
        place = self._city()[place_id]
        return await self._database.read(lambda connection: store.proposals_at(connection, place.id))

    async def one(self, place_id: str, proposal: str) -> tuple[Proposal, list[Comment]]:
        """Return a proposal and what was said about it; raises `NotFound`."""
        place = self._city()[place_id]

        def job(connection: sqlite3.Connection) -> tuple[Proposal, list[Comment]]:
            return _found(connection, place.id, proposal), store.comments_on(connection, proposal)

        return await self._database.read(job)

    # --- what a device may do ----------------------------------------------------------------------------------------

    async def open(self, place_id: str, device: bytes, changes: Changes, sentence: str) -> Proposal:
        """Make a proposal. Raises `BadInput` for a change that changes nothing, `TooMany` while others are open."""
        version = self._charters.version(place_id)
        if self._charters.draft(place_id, changes, "community", sentence) is None:
            raise BadInput("This place declares that already.", "Name a term that shall change.", field="changes")
        rule, now_s = version.terms.consent, self._now_s()
        proposal = Proposal(
            secrets.token_hex(8),
            self._city()[place_id].id,
            version.number,
            changes,
            sentence.strip(),
            rule,
            now_s,
            now_s + rule.days * DAY_S,
        )

        def job(connection: sqlite3.Connection) -> None:
            waiting = store.keys_at(connection, proposal.place)
            own = any(hmac.compare_digest(author, fingerprint_of(key, device)) for key, author in waiting)
            if own or len(waiting) >= OPEN_AT_ONCE:
                raise TooMany(
                    "You have a proposal open here." if own else f"{len(waiting)} proposals are open here already.",
                    "Wait until one is closed; until then you can take part in what is open.",
                    retry_after_s=3600,
                )
            key = secrets.token_bytes(32)
            store.open_proposal(connection, proposal, key, fingerprint_of(key, device))

        await self._database.write(job)
        return proposal

    async def comment(self, place_id: str, proposal: str, device: bytes, text: str) -> Comment:
        """Say something about an open proposal; raises `NotFound`, `Conflict` when it is closed, or `TooMany`."""
        place, now_s = self._city()[place_id], self._now_s()
        day = person_day(now_s, self._city().zone).date

        def job(connection: sqlite3.Connection) -> Comment:
            _open(_found(connection, place.id, proposal), now_s)
            name = name_of_day(store.name_key(connection, proposal, day, secrets.token_bytes(32)), device)
            if store.remarks_of(connection, proposal, day, name) >= REMARKS_A_DAY:
                raise TooMany(
                    f"You have said {REMARKS_A_DAY} things about this today.", "Go on tomorrow.", retry_after_s=DAY_S
                )
            return store.append_comment(connection, proposal, day, name, text.strip())

        return await self._database.write(job)

    async def vote(self, place_id: str, proposal: str, device: bytes, choice: Choice | None) -> None:
        """Give a vote, change it, or take it back (None), until the proposal is closed."""
        place, now_s = self._city()[place_id], self._now_s()

        def job(connection: sqlite3.Connection) -> None:
            _open(_found(connection, place.id, proposal), now_s)
            store.put_vote(connection, proposal, fingerprint_of(store.key_of(connection, proposal), device), choice)

        await self._database.write(job)

    # --- what an architect may do ------------------------------------------------------------------------------------

    async def veto(self, place_id: str, proposal: str, why: str) -> Proposal:
        """End an open proposal with a reason that stays to be read; its votes are destroyed uncounted."""
        place, now_s = self._city()[place_id], self._now_s()

        def job(connection: sqlite3.Connection) -> Proposal:
            found = _open(_found(connection, place.id, proposal), now_s)
            vetoed = msgspec.structs.replace(found, verdict="vetoed", why=why.strip())
            store.close_proposal(connection, vetoed)
            return vetoed

        closed = await self._database.write(job)
        await self._database.forget()
        return closed

    async def hide(self, place_id: str, proposal: str, number: int, why: str) -> None:
        """Take a comment away, with a reason that stays to be read in its place."""
        place = self._city()[place_id]

        def job(connection: sqlite3.Connection) -> None:
            _found(connection, place.id, proposal)
            if not store.hide_comment(connection, proposal, number, why.strip()):
                raise NotFound("There is no such comment, or it is hidden already.", "Read the proposal again.")

        await self._database.write(job)
        await self._database.forget()

    # --- what the clock does -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Close proposals when their time is over, until cancelled. None is open for less than a day."""
        while True:
            await self.close_due()
            now_s = self._now_s()
            close_s = await self._database.read(store.next_close_s)
            wakes_s = min(close_s or now_s + DAY_S, person_day(now_s, self._city().zone).end_s, now_s + DAY_S)
            await self._clock.sleep_until(wakes_s * 1000)

    async def close_due(self) -> None:
        """Count and close every proposal whose time is over; destroy the keys of names of earlier days."""
        now_s = self._now_s()
        today = person_day(now_s, self._city().zone).date
        waiting = await self._database.read(lambda connection: store.due(connection, now_s))
        for proposal in waiting:
            await self._close(proposal)
        if await self._database.write(lambda connection: store.forget_names(connection, today)) or waiting:
            await self._database.forget()

    async def _close(self, proposal: Proposal) -> None:
        async with self._charters.one_at_a_time:
            drafted = self._drafted(proposal)

            def job(connection: sqlite3.Connection) -> Version | None:
                if _found(connection, proposal.place, proposal.id).verdict != "open":
                    return None  # somebody else has closed it meanwhile, and its votes are gone
                tally = store.tally_of(connection, proposal.id)
                verdict = decide(proposal.rule, tally)
                if verdict == "adopted" and drafted is None:
                    verdict = "lapsed"
                store.close_proposal(connection, msgspec.structs.replace(proposal, verdict=verdict, tally=tally))
                if verdict != "adopted" or drafted is None:
                    return None
                self._charters.write(connection, proposal.place, drafted)
                return drafted

            adopted = await self._database.write(job)
            if adopted is not None:
                self._charters.hold(proposal.place, adopted)

    def _drafted(self, proposal: Proposal) -> Version | None:
        """Return the version that a proposal would make now, or None when the charter has changed meanwhile."""
        try:
            return self._charters.draft(proposal.place, proposal.changes, "community", proposal.sentence, proposal.id)
        except NexusError:
            return None

    def _now_s(self) -> int:
        return self._clock.now_ms() // 1000


def _found(connection: sqlite3.Connection, place: str, proposal: str) -> Proposal:
    found = store.proposal_at(connection, place, proposal)
    if found is None:
        raise NotFound("This place knows no such proposal.", "Open the page of its charter.", field="proposal")
    return found


def _open(proposal: Proposal, now_s: int) -> Proposal:
    """Return the proposal while it is open; raises `Conflict` once the city's clock has passed its end."""
    if proposal.verdict != "open" or proposal.closes_s <= now_s:
        raise Conflict("This proposal is closed.", "Read what it came to; you can make a new one.", field="proposal")
    return proposal


def fingerprint_of(key: bytes, device: bytes) -> bytes:
    """Return the fingerprint of a device under the key of a proposal."""
    return hmac.digest(key, device, "sha256")[:16]


def name_of_day(key: bytes, device: bytes) -> str:
    """Return the name of a device under the key of a proposal and a day."""
    number = int.from_bytes(hmac.digest(key, device, "sha256")[:4], "big") >> (32 - _NAME_BITS)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(_NAME_BITS - 5, -1, -5))
