"""Charters as rows: versions are only ever appended, votes and the keys that made them go when a proposal closes."""

import sqlite3
from collections import Counter

import msgspec

from nexus_city.places.charters.model import (
    Author,
    Changes,
    Choice,
    Comment,
    Proposal,
    Tally,
    Terms,
    Verdict,
    Version,
)
from nexus_city.places.model import ConsentRule

STEPS = (
    """create table charter(place text not null, number integer not null, at_s integer not null, author text not null,
           why text not null, terms blob not null, proposal text, primary key(place, number));
       create table proposal(id text primary key, place text not null, base integer not null, changes blob not null,
           sentence text not null, rule blob not null, opened_s integer not null, closes_s integer not null,
           verdict text not null, why text, tally blob);
       create table proposal_key(proposal text primary key, key blob not null, author blob not null);
       create table vote(proposal text not null, vote blob not null, choice text not null,
           primary key(proposal, vote)) without rowid;
       create table name_key(proposal text not null, day text not null, key blob not null, primary key(proposal, day));
       create table comment(proposal text not null, number integer not null, day text not null, name text not null,
           text text, hidden text, primary key(proposal, number))""",
)
COPYING = {"proposal_key": "0", "vote": "0", "name_key": "0"}
"""What may go into a copy of the file: no vote outlives its proposal, so none may lie in a copy, and no key either."""
ERASING = {"comment": "proposal || '/' || number"}
Proposed = tuple[str, str, int, bytes, str, bytes, int, int, Verdict, str | None, bytes | None]


# --- versions --------------------------------------------------------------------------------------------------------


def versions(connection: sqlite3.Connection) -> dict[str, list[Version]]:
    """Return all versions of all places, in order."""
    found: dict[str, list[Version]] = {}
    rows = connection.execute("select place, number, at_s, author, why, terms, proposal from charter order by 1, 2")
    for place, number, at_s, author, why, terms, proposal in rows:
        version = Version(number, at_s, author, why, msgspec.json.decode(terms, type=Terms), proposal)
        found.setdefault(place, []).append(version)
    return found


def append_version(connection: sqlite3.Connection, place: str, version: Version) -> None:
    """Write a version down for ever."""
    author: Author = version.author
    terms = msgspec.json.encode(version.terms)
    row = (place, version.number, version.at_s, author, version.why, terms, version.proposal)
    connection.execute("insert into charter values(?, ?, ?, ?, ?, ?, ?)", row)


# --- proposals -------------------------------------------------------------------------------------------------------


def proposals_at(connection: sqlite3.Connection, place: str) -> list[Proposal]:
    """Return all proposals of a place, the newest first."""
    rows = connection.execute("select * from proposal where place = ? order by opened_s desc, id", (place,))
    return [_proposal(row) for row in rows]


def proposal_at(connection: sqlite3.Connection, place: str, proposal: str) -> Proposal | None:
    """Return one proposal of a place."""
    row = connection.execute("select * from proposal where place = ? and id = ?", (place, proposal)).fetchone()
    return _proposal(row) if row else None


def due(connection: sqlite3.Connection, now_s: int) -> list[Proposal]:
    """Return the proposals whose time is over and that were not closed yet, the first to end first."""
    rows = connection.execute(
        "select * from proposal where verdict = 'open' and closes_s <= ? order by closes_s, id", (now_s,)
    )
    return [_proposal(row) for row in rows]


def next_close_s(connection: sqlite3.Connection) -> int | None:
    """Return when the next proposal closes, if any is open."""
    found: int | None = connection.execute("select min(closes_s) from proposal where verdict = 'open'").fetchone()[0]
    return found


def open_proposal(connection: sqlite3.Connection, proposal: Proposal, key: bytes, author: bytes) -> None:
    """Write a new proposal down, with its key and the fingerprint of who made it."""
    encode = msgspec.json.encode
    connection.execute(
        "insert into proposal values(?, ?, ?, ?, ?, ?, ?, ?, ?, null, null)",
        (
            proposal.id,
            proposal.place,
            proposal.base,
            encode(proposal.changes),
            proposal.sentence,
            encode(proposal.rule),
            proposal.opened_s,
            proposal.closes_s,
            proposal.verdict,
        ),
    )
    connection.execute("insert into proposal_key values(?, ?, ?)", (proposal.id, key, author))


def close_proposal(connection: sqlite3.Connection, proposal: Proposal) -> None:
    """Write down what a proposal came to, and forget every vote and every key of it."""
    tally = msgspec.json.encode(proposal.tally) if proposal.tally else None
    connection.execute(
        "update proposal set verdict = ?, why = ?, tally = ? where id = ?",
        (proposal.verdict, proposal.why, tally, proposal.id),
    )
    connection.execute("delete from vote where proposal = ?", (proposal.id,))
    connection.execute("delete from proposal_key where proposal = ?", (proposal.id,))
    connection.execute("delete from name_key where proposal = ?", (proposal.id,))


def open_proposals(connection: sqlite3.Connection) -> list[tuple[Proposal, bytes | None, bytes | None]]:
    """Return each open proposal with its key and the fingerprint of who made it; None in a city that was restored."""
    rows = connection.execute(
        """select p.*, k.key, k.author from proposal p left join proposal_key k on k.proposal = p.id
           where verdict = 'open'"""
    )
    return [(_proposal(row[:-2]), *row[-2:]) for row in rows]


def renew(connection: sqlite3.Connection, proposal: Proposal, key: bytes) -> None:
    """Give a proposal whose votes were lost a new key and the time that its rule gives it; nobody is its author."""
    connection.execute("insert into proposal_key values(?, ?, randomblob(16))", (proposal.id, key))
    connection.execute("update proposal set closes_s = ? where id = ?", (proposal.closes_s, proposal.id))


def disown(connection: sqlite3.Connection, proposal: str) -> None:
    """Forget who made a proposal."""
    connection.execute("update proposal_key set author = randomblob(16) where proposal = ?", (proposal,))


def vote_of(connection: sqlite3.Connection, proposal: str, vote: bytes) -> Choice | None:
    """Return the vote that is kept under a fingerprint."""
    found = connection.execute("select choice from vote where proposal = ? and vote = ?", (proposal, vote)).fetchone()
    return found[0] if found else None


def keys_at(connection: sqlite3.Connection, place: str) -> list[tuple[bytes, bytes]]:
    """Return key and author's fingerprint of each open proposal of a place."""
    return connection.execute(
        "select key, author from proposal_key join proposal on id = proposal where place = ? and verdict = 'open'",
        (place,),
    ).fetchall()


def key_of(connection: sqlite3.Connection, proposal: str) -> bytes:
    """Return the key of an open proposal."""
    key: bytes = connection.execute("select key from proposal_key where proposal = ?", (proposal,)).fetchone()[0]
    return key


# --- votes and comments ---------------------------------------------------------------------------------------------


def put_vote(connection: sqlite3.Connection, proposal: str, vote: bytes, choice: Choice | None) -> None:
    """Keep a vote, the last one of a device; None takes it back."""
    if choice is None:
        connection.execute("delete from vote where proposal = ? and vote = ?", (proposal, vote))
    else:
        connection.execute("insert or replace into vote values(?, ?, ?)", (proposal, vote, choice))


def tally_of(connection: sqlite3.Connection, proposal: str) -> Tally:
    """Count the votes of a proposal."""
    rows = connection.execute("select choice, count(*) from vote where proposal = ? group by 1", (proposal,))
    counted = Counter(dict(rows))
    return Tally(counted["consent"], counted["aside"], counted["object"])


def name_key(connection: sqlite3.Connection, proposal: str, day: str, fresh: bytes) -> bytes:
    """Return the key of the day's names at a proposal, `fresh` if there is none; keys of other days go."""
    connection.execute("delete from name_key where proposal = ? and day <> ?", (proposal, day))
    connection.execute("insert or ignore into name_key values(?, ?, ?)", (proposal, day, fresh))
    key: bytes = connection.execute("select key from name_key where proposal = ?", (proposal,)).fetchone()[0]
    return key


def forget_names(connection: sqlite3.Connection, today: str) -> int:
    """Destroy the keys of the names of earlier days; return how many there were."""
    return connection.execute("delete from name_key where day < ?", (today,)).rowcount


def comments_on(connection: sqlite3.Connection, proposal: str) -> list[Comment]:
    """Return the comments on a proposal, in the order in which they came."""
    told = "select number, day, name, text, hidden from comment where proposal = ? order by 1"
    rows = connection.execute(told, (proposal,))
    return [Comment(*row) for row in rows]


def append_comment(connection: sqlite3.Connection, proposal: str, day: str, name: str, text: str) -> Comment:
    """Keep a comment."""
    newest = "select coalesce(max(number), 0) from comment where proposal = ?"
    last = connection.execute(newest, (proposal,)).fetchone()[0]
    comment = Comment(last + 1, day, name, text)
    connection.execute("insert into comment values(?, ?, ?, ?, ?, null)", (proposal, comment.number, day, name, text))
    return comment


def names_of(connection: sqlite3.Connection, proposal: str) -> list[tuple[str, bytes]]:
    """Return day and key of the names at a proposal whose keys are still there."""
    return connection.execute("select day, key from name_key where proposal = ?", (proposal,)).fetchall()


def said_by(connection: sqlite3.Connection, proposal: str, day: str, name: str) -> list[Comment]:
    """Return the comments of one name of a day that are not hidden."""
    rows = connection.execute(
        """select number, day, name, text, hidden from comment
           where proposal = ? and day = ? and name = ? and text is not null order by 1""",
        (proposal, day, name),
    )
    return [Comment(*row) for row in rows]


def forget_comments(connection: sqlite3.Connection, closed_before_s: int) -> int:
    """Forget what was said about proposals that closed before then; return how many comments."""
    old = "select id from proposal where verdict <> 'open' and closes_s < ?"
    return connection.execute(f"delete from comment where proposal in ({old})", (closed_before_s,)).rowcount  # noqa: S608 - ours


def remarks_of(connection: sqlite3.Connection, proposal: str, day: str, name: str) -> int:
    """Return how many comments one name has made on a day."""
    found: int = connection.execute(
        "select count(*) from comment where proposal = ? and day = ? and name = ?", (proposal, day, name)
    ).fetchone()[0]
    return found


def hide_comment(connection: sqlite3.Connection, proposal: str, number: int, why: str) -> bool:
    """Overwrite a comment with the reason for which it is hidden; return whether there was one."""
    done = connection.execute(
        "update comment set text = null, hidden = ? where proposal = ? and number = ? and text is not null",
        (why, proposal, number),
    )
    return done.rowcount == 1


def _proposal(row: Proposed) -> Proposal:
    identity, place, base, changes, sentence, rule, opened_s, closes_s, verdict, why, tally = row
    return Proposal(
        identity,
        place,
        base,
        msgspec.json.decode(changes, type=Changes),
        sentence,
        msgspec.json.decode(rule, type=ConsentRule),
        opened_s,
        closes_s,
        verdict,
        why,
        msgspec.json.decode(tally, type=Tally) if tally else None,
    )
