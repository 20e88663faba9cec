"""What a charter is: terms, versions, proposals and comments, as values."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import msgspec

from nexus_city.boundaries.policy import Reach
from nexus_city.ground.errors import BadInput
from nexus_city.places.model import (
    DAY_S,
    Audiences,
    ConsentRule,
    Crowd,
    Grid,
    Live,
    Place,
    Policy,
    Presence,
    Setting,
    Welcome,
    WindowS,
)

Author = Literal["founder", "architect", "community"]
"""Who made a version: the host with the city file, an architect, or the community by a proposal."""
Direction = Literal["same", "stricter", "looser"]
Verdict = Literal["open", "adopted", "declined", "vetoed", "lapsed"]
"""`lapsed`: the charter had changed meanwhile, so that nothing was left to adopt."""
Choice = Literal["consent", "aside", "object"]
"""`aside`: I have looked at it and leave it to the others. It counts for the quorum and for neither side."""

_LINE = r"^[^\x00-\x1f\x7f\u2028\u2029]*\S[^\x00-\x1f\x7f\u2028\u2029]*$(?!\n)"
Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_LINE)]
"""One line of plain text, as a person would say it."""
Why = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029]*$(?!\n)")]
"""The same, or nothing."""
Remark = Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern=_LINE)]


class Terms(msgspec.Struct, frozen=True):
    """All that a version of a charter declares, as it is in force: what law 13 forces is done."""

    setting: Setting
    presence: Presence
    audiences: Audiences
    finest_grid: Grid
    fastest_s: WindowS
    live: Live
    words: bool
    policy: Policy
    expected_crowd: Crowd
    welcome: Welcome
    consent: ConsentRule

    @property
    def daily(self) -> bool:
        """Whether it is a place of work or a school."""
        return self.setting in ("work", "school")

    def forced(self) -> "Terms":
        """Return these terms with what their setting may have at most: live in public only, work and school daily."""
        audiences = tuple(each for each in get_args(Reach) if each in self.audiences)  # each once, the nearest first
        return msgspec.structs.replace(
            self,
            audiences=audiences,
            fastest_s=DAY_S if self.daily else self.fastest_s,
            live=self.live if self.setting == "public" else "no",
        )


TERMS: tuple[str, ...] = Terms.__struct_fields__
"""Names of the terms, in the order in which they are told."""


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Terms that shall change; what is left out stays."""

    setting: Setting | msgspec.UnsetType = msgspec.UNSET
    presence: Presence | msgspec.UnsetType = msgspec.UNSET
    audiences: Audiences | msgspec.UnsetType = msgspec.UNSET
    finest_grid: Grid | msgspec.UnsetType = msgspec.UNSET
    fastest_s: WindowS | msgspec.UnsetType = msgspec.UNSET
    live: Live | msgspec.UnsetType = msgspec.UNSET
    words: bool | msgspec.UnsetType = msgspec.UNSET
    policy: Policy | msgspec.UnsetType = msgspec.UNSET
    expected_crowd: Crowd | msgspec.UnsetType = msgspec.UNSET
    welcome: Welcome | msgspec.UnsetType = msgspec.UNSET
    consent: ConsentRule | msgspec.UnsetType = msgspec.UNSET

    def wished(self) -> dict[str, Any]:
        """Return the terms that are named, by name."""
        return {name: value for name in TERMS if (value := getattr(self, name)) is not msgspec.UNSET}


class Change(msgspec.Struct, frozen=True):
    """One term that differs between two versions."""

    term: str
    before: Any
    after: Any
    direction: Direction


class Version(msgspec.Struct, frozen=True):
    """One version of a place's charter."""

    number: int
    at_s: int
    """City time from which it is in force, Unix seconds."""
    author: Author
    why: str
    """What was said about it, in one sentence; empty for the first."""
    terms: Terms
    proposal: str | None = None
    """The proposal by which the community made it."""


class Tally(msgspec.Struct, frozen=True):
    """Votes of a closed proposal."""

    consent: int
    aside: int
    object: int

    @property
    def votes(self) -> int:
        """All votes."""
        return self.consent + self.aside + self.object


class Proposal(msgspec.Struct, frozen=True):
    """A change that the community talks about."""

    id: str
    place: str
    base: int
    """Version in force when it was made."""
    changes: Changes
    sentence: str
    rule: ConsentRule
    """By which it is decided: the rule of the version in force when it was made."""
    opened_s: int
    closes_s: int
    verdict: Verdict = "open"
    why: str | None = None
    """Why an architect vetoed it."""
    tally: Tally | None = None
    """None while it is open, and for one that was vetoed: nobody is told how the votes stood."""


class Comment(msgspec.Struct, frozen=True):
    """A remark under the name of one day: the same person has another name tomorrow, and at another proposal."""

    number: int
    day: str
    """ISO date of the person-day; no time, so that it cannot be laid beside a check-in."""
    name: str
    """Five characters."""
    text: str | None
    """None when it was hidden; then the text is gone."""
    hidden_because: str | None = None


_NEVER = {"fastest_s": "more than once a day", "live": "live"}


def terms_of(place: Place) -> Terms:
    """Return what `place` declares, with what its setting forces; all that is given at the city itself is for it."""
    terms = Terms(**{name: getattr(place, name) for name in TERMS}).forced()
    return terms if place.parent is not None else msgspec.structs.replace(terms, audiences=("city",))


def place_under(place: Place, terms: Terms) -> Place:
    """Return `place` with these terms."""
    return msgspec.structs.replace(place, **{name: getattr(terms, name) for name in TERMS})


def amended(terms: Terms, changes: Changes) -> Terms:
    """Return `terms` after `changes`; raises `BadInput` for a wish that the setting forbids."""
    wished = changes.wished()
    whole: Mapping[str, Any] = {**msgspec.structs.asdict(terms), **wished}
    asked = Terms(**whole)
    forced = asked.forced()
    for name in wished:
        if name in _NEVER and getattr(asked, name) != getattr(forced, name):
            raise BadInput(
                f"A place of {asked.setting} never speaks {_NEVER[name]}, so '{name}' cannot be that.",
                f"Leave '{name}' out.",
                field=name,
            )
    return forced


def decide(rule: ConsentRule, tally: Tally) -> Verdict:
    """Return what a proposal has come to by `rule`."""
    sides = tally.consent + tally.object
    if tally.votes < rule.quorum or sides == 0:
        return "declined"
    if rule.objections is not None and tally.object > rule.objections:
        return "declined"
    return "adopted" if tally.consent >= rule.share * sides else "declined"
