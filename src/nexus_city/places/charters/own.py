"""What of a device can still be recognised in open proposals, told to that device and taken away when it asks.

A closed proposal has nothing left: its votes and its key are destroyed. Comments can be recognised on the day on which
they were made.
"""

import hmac
import secrets
import sqlite3

import msgspec

from nexus_city.ground import Clock, Database
from nexus_city.places.charters import store
from nexus_city.places.charters.model import Choice, Proposal
from nexus_city.places.charters.proposals import fingerprint_of, name_of_day
from nexus_city.places.model import DAY_S

BY_ITS_AUTHOR = "Taken back by who wrote it."


class OwnProposal(msgspec.Struct, frozen=True):
    """One open proposal in which a device took part."""

    place: str
    proposal: str
    made: bool
    """Whether this device made it."""
    vote: Choice | None
    comments: list[str]
    """What it said there today."""


class OwnVoice:
    """Finds and erases a device's part in the proposals of a city."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        database.now(self._renew)

    async def held(self, device: bytes) -> list[OwnProposal]:
        """Return the open proposals in which `device` can be recognised."""

        def job(connection: sqlite3.Connection) -> list[OwnProposal]:
            all_ = (_part(connection, each, device) for each in store.open_proposals(connection))
            return [part for part, _ in all_ if part.made or part.vote or part.comments]

        return await self._database.read(job)

    async def rows(self, device: bytes) -> list[tuple[str, str]]:
        """Return table and key of each row of `device` that may lie in a copy of the file: its comments of today."""

        def job(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            found: list[tuple[str, str]] = []
            for each in store.open_proposals(connection):
                part, numbers = _part(connection, each, device)
                found += [("comment", f"{part.proposal}/{number}") for number in numbers]
            return found

        return await self._database.read(job)

    async def erase(self, device: bytes) -> int:
        """Take back votes and today's comments, and forget who made proposals; return in how many `device` was."""

        def job(connection: sqlite3.Connection) -> int:
            touched = 0
            for proposal, key, author in store.open_proposals(connection):
                part, numbers = _part(connection, (proposal, key, author), device)
                if key is not None and part.vote:
                    store.put_vote(connection, proposal.id, fingerprint_of(key, device), None)
                if part.made:
                    store.disown(connection, proposal.id)
                for number in numbers:
                    store.hide_comment(connection, proposal.id, number, BY_ITS_AUTHOR)
                touched += bool(part.made or part.vote or numbers)
            return touched

        return await self._database.write(job)

    def _renew(self, connection: sqlite3.Connection) -> None:
        """In a city that was restored, open proposals begin anew: their votes were not in the copy."""
        now_s = self._clock.now_ms() // 1000
        for proposal, key, _ in store.open_proposals(connection):
            if key is None:
                anew = msgspec.structs.replace(proposal, closes_s=now_s + proposal.rule.days * DAY_S)
                store.renew(connection, anew, secrets.token_bytes(32))


def _part(
    connection: sqlite3.Connection, found: tuple[Proposal, bytes | None, bytes | None], device: bytes
) -> tuple[OwnProposal, list[int]]:
    """Return the part of a device in a proposal, and the numbers of its comments."""
    proposal, key, author = found
    mark = fingerprint_of(key, device) if key is not None else b""
    said = [
        comment
        for day, day_key in store.names_of(connection, proposal.id)
        for comment in store.said_by(connection, proposal.id, day, name_of_day(day_key, device))
    ]
    part = OwnProposal(
        place=proposal.place,
        proposal=proposal.id,
        made=author is not None and hmac.compare_digest(author, mark),
        vote=store.vote_of(connection, proposal.id, mark),
        comments=[comment.text or "" for comment in said],
    )
    return part, [comment.number for comment in said]
