"""The boundary that a person sets: what each audience may learn of a check-in, at most.

A boundary is a table of limits by audience, and rules that make it stricter at a place (and everything below it), at
some hours, or for some words. Several that hold at once do not argue: the strictest wins. A place adds its own terms,
which can only be stricter still (law 3).

Audiences are nested. What the city learns, the district and the place learn too, and what research gets is a table of
the city's; so a limit holds for everybody further out, and nobody far away ever learns more than somebody near. A
circle is apart from them: its members see each other by name, and give nothing on.

    place ⊂ district ⊂ city ⊂ research        circle        me

The phone decides, before anything leaves it; `web/src/boundaries/mine/policy.ts` is the twin that it runs. This module
is the reference, and both must answer the same to `web/src/boundaries/mine/policy.vectors.json`.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Annotated, Final, Literal

import msgspec

Audience = Literal["me", "circle", "place", "district", "city", "research"]
Reach = Literal["place", "district", "city"]
"""How far a check-in may travel: its place alone, everything above but the city itself, or the city as well."""
Resolution = Literal["nothing", "presence", "quadrant", "cell"]

RESOLUTIONS: Final[tuple[Resolution, ...]] = ("nothing", "presence", "quadrant", "cell")
"""From the strictest to the most open: nothing leaves; counted, in no mood; one of 4 moods; one of 64."""
OUTWARD: Final[tuple[Audience, ...]] = ("place", "district", "city", "research")
"""Audiences that lie within each other, the nearest first."""
WORDS: Final = "words"
"""The topic that holds every word."""

Limited = Literal["circle", "place", "district", "city", "research"]
Minute = Annotated[int, msgspec.Meta(ge=0, lt=24 * 60)]
Topic = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each audience may learn where no rule says less. `me` needs no limit: the journal is one's own."""

    circle: Resolution
    place: Resolution
    district: Resolution
    city: Resolution
    research: Resolution


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stricter limit for an audience, and so for everybody further out, while all its conditions hold."""

    audience: Limited
    at_most: Resolution
    place: str | None = None
    """There, and at every place below it; None for everywhere."""
    hours: tuple[Minute, Minute] | None = None
    """Local minutes of the day, start included and end excluded; may cross midnight, and all day if they are equal."""


class Unsaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that never travel to an audience, nor further out."""

    topic: Topic
    """A family of the vocabulary, or `words` for all of them."""
    audience: Limited


class Boundary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a person has set."""

    limits: Limits
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(max_length=64)] = ()
    unsaid: Annotated[tuple[Unsaid, ...], msgspec.Meta(max_length=64)] = ()


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a place declares about a single check-in; see `places.model.Place`."""

    audiences: tuple[Reach, ...] = ("place", "district", "city")
    finest_grid: Literal[2, 4, 8] = 8
    words: bool = True


class Situation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where and when a check-in is made."""

    chain: tuple[str, ...]
    """The place, its parent, and so on up to the city."""
    minute: Minute
    """Local minute of the day."""
    terms: Terms = Terms()


def strictest(resolutions: Iterable[Resolution]) -> Resolution:
    """Return the strictest of `resolutions`; `cell` when there are none."""
    return min(resolutions, key=RESOLUTIONS.index, default="cell")


def allowed(boundary: Boundary, situation: Situation, audience: Audience) -> Resolution:
    """Return the most that `audience` may learn of a check-in that is made in `situation`."""
    if audience == "me":
        return "cell"
    own = strictest(_limit(boundary, situation, each) for each in _inward(audience))
    return own if audience == "circle" else strictest((own, _ceiling(situation.terms, audience)))


def widest(boundary: Boundary, situation: Situation) -> tuple[Audience, Resolution]:
    """Return the furthest audience that a check-in may be for and how exactly; `me` where nobody may learn of it.

    Only what the place declares is offered, since a check-in is for a declared audience.
    """
    offered = sorted(situation.terms.audiences, key=OUTWARD.index, reverse=True)
    open_to = ((reach, allowed(boundary, situation, reach)) for reach in offered)
    return next((each for each in open_to if each[1] != "nothing"), ("me", "cell"))


def says(boundary: Boundary, situation: Situation, audience: Audience, topic: str | None) -> bool:
    """Whether a word of `topic` (None where its family is not known) may travel to `audience`.

    A word says more than a quadrant does, so words go only where the cell goes.
    """
    if audience == "me":
        return True
    if allowed(boundary, situation, audience) != "cell" or not situation.terms.words:
        return False
    return not _hushed(boundary, audience, topic)


def tightened(old: Boundary, new: Boundary) -> bool:
    """Whether there is a situation in which `new` lets an audience learn less than `old` did.

    A limit is always that of one rule, or of none, and others can only lower it. So the situations to look at are those
    in which as few rules hold as possible: nowhere, or at the place of one rule, when the hours of one begin or end.
    """
    places = {rule.place for rule in new.rules if rule.place is not None}
    minutes = {0, *(minute for rule in (*old.rules, *new.rules) for minute in rule.hours or ())}
    situations = [
        Situation(chain, minute)
        for chain, minute in product(((), *((place,) for place in sorted(places))), sorted(minutes))
    ]
    for situation, audience in product(situations, ("circle", *OUTWARD)):
        before, after = (allowed(each, situation, audience) for each in (old, new))
        if RESOLUTIONS.index(after) < RESOLUTIONS.index(before):
            return True
    return any(
        _hushed(new, audience, each.topic) and not _hushed(old, audience, each.topic)
        for each in new.unsaid
        for audience in _outward(each.audience)
    )


def _limit(boundary: Boundary, situation: Situation, audience: Audience) -> Resolution:
    """Return the limit of one audience alone."""
    default: Resolution = getattr(boundary.limits, audience)
    holding = (rule.at_most for rule in boundary.rules if rule.audience == audience and _holds(rule, situation))
    return strictest((default, *holding))


def _holds(rule: Rule, situation: Situation) -> bool:
    if rule.place is not None and rule.place not in situation.chain:
        return False
    if rule.hours is None:
        return True
    start, end = rule.hours
    minute = situation.minute
    return start <= minute < end if start < end else minute >= start or minute < end


def _ceiling(terms: Terms, audience: Audience) -> Resolution:
    """Return the most that a place gives on to `audience`: nothing, where no audience it declares reaches so far."""
    needed = "city" if audience == "research" else audience
    if not any(OUTWARD.index(reach) >= OUTWARD.index(needed) for reach in terms.audiences):
        return "nothing"
    return "quadrant" if terms.finest_grid == 2 else "cell"


def _hushed(boundary: Boundary, audience: Audience, topic: str | None) -> bool:
    return any(
        each.audience in _inward(audience) and (topic is None or each.topic in (topic, WORDS))
        for each in boundary.unsaid
    )


def _inward(audience: Audience) -> Sequence[Audience]:
    """Return `audience` and those that lie within it."""
    return OUTWARD[: OUTWARD.index(audience) + 1] if audience in OUTWARD else (audience,)


def _outward(audience: Audience) -> Sequence[Audience]:
    """Return `audience` and those that it lies within."""
    return OUTWARD[OUTWARD.index(audience) :] if audience in OUTWARD else (audience,)
