"""Roles, and what each may do: the one table that decides, written for people in docs/accounts.md.

Every door that asks for a session names an act of `ACTS`; the guard knows nothing else. A token opens the acts of its
scopes, as long as the role of the account that made it may do them too.
"""

from typing import Literal, get_args

import msgspec

Role = Literal["architect", "steward", "moderator", "facilitator", "artist"]
"""architect: tends everything and invites; steward: watches over charter and records; moderator: keeps the talk fit to
read; facilitator: leads what people do together, with a hand on the light; artist: composes the light."""
ROLES: tuple[Role, ...] = get_args(Role)
Scope = Literal["light:read", "light:write", "health:read"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


class Act(msgspec.Struct, frozen=True):
    """One thing that can be done, and who may."""

    roles: frozenset[Role]
    noted: bool = True
    """Whether the audit log tells it. What is looked at every second and is public anyway is not noted."""
    grave: bool = False
    """Whether who does it must have proved within minutes who they are."""
    public: bool = False
    """Whether the people of a place may read that it was done there."""
    scope: Scope | None = None
    """Scope of the tokens that may do it as well."""


def _of(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


ALL = _of(*ROLES)
_ARCHITECT = _of("architect")
_RECORDS = _of("architect", "steward")
_LIGHT = _of("architect", "artist")
_HANDS = _of("architect", "artist", "facilitator")

ACTS: dict[str, Act] = {
    # a place and its charter
    "place.read": Act(ALL, noted=False),
    "charter.amend": Act(_ARCHITECT, public=True),
    "charter.veto": Act(_RECORDS, public=True),
    "comment.hide": Act(_of("architect", "steward", "moderator"), public=True),
    "display.read": Act(_LIGHT),
    "display.renew": Act(_ARCHITECT, public=True),
    # the light
    "light.read": Act(ALL, noted=False, scope="light:read"),
    "light.export": Act(_LIGHT),
    "light.compose": Act(_LIGHT, public=True),
    "light.hand": Act(_HANDS, public=True, scope="light:write"),
    "light.stop": Act(ALL, public=True, scope="light:write"),
    "light.release": Act(_HANDS, public=True, scope="light:write"),
    # the network's health
    "health.read": Act(_RECORDS, noted=False, scope="health:read"),
    "health.tend": Act(_RECORDS),
    # one's own account
    "account.read": Act(ALL, noted=False),
    "account.set": Act(ALL, noted=False),
    "account.session": Act(ALL),
    "account.prove": Act(ALL),
    "account.begin": Act(ALL, noted=False, grave=True),
    "account.secret": Act(ALL, grave=True),
    "account.token": Act(ALL, grave=True),
    "account.end-token": Act(ALL),
    # people
    "people.read": Act(_RECORDS, noted=False),
    "people.invite": Act(_ARCHITECT, grave=True),
    "people.uninvite": Act(_ARCHITECT),
    "people.role": Act(_ARCHITECT, grave=True),
    "people.remove": Act(_ARCHITECT, grave=True),
    "audit.read": Act(_RECORDS),
}
"""Act → who may do it."""

ENTRY_ACTS = ("city.found", "session.begin", "session.end", "people.join")
"""What is noted at doors that nobody guards, because one comes in by them."""


def scopes_of(role: Role) -> list[Scope]:
    """Return the scopes that an account of `role` may give a token: those of which it may do every act itself."""
    return [scope for scope in SCOPES if all(role in act.roles for act in ACTS.values() if act.scope == scope)]
