"""Which of two charters is stricter.

Each term is read as the set of what it permits: a grid of 4 permits the pictures of 2 and 4, a fastest window of an
hour permits every longer one, an audience list permits its audiences. One version is *no looser* than another when
each of its sets lies within the other's. That is the product of partial orders, so it is one itself: reflexive,
transitive, and two versions that are no looser than each other permit the same. Sets that do not lie within each other
(the place alone, the city alone) are looser both ways: something becomes possible that was not.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from nexus_city.places.charters.model import TERMS, Change, Direction, Terms
from nexus_city.places.model import ConsentRule

_SETTINGS = {"work": 0, "school": 0, "care": 1, "public": 2}
"""How much a setting permits: work and school only the day, care nothing that is not care, public everything."""


def _among(nothing: str) -> Callable[[Any, Any], bool]:
    """Return the order of a choice in which only `nothing` is stricter than the rest."""
    return lambda before, after: after in (nothing, before)


def _rule_within(before: ConsentRule, after: ConsentRule) -> bool:
    """Whether everything that `after` would adopt, `before` would have adopted as well, and no sooner."""
    objections = (math.inf if rule.objections is None else rule.objections for rule in (before, after))
    most_before, most_after = objections
    return (
        after.share >= before.share
        and after.quorum >= before.quorum
        and after.days >= before.days
        and most_after <= most_before
    )


def _always(_: Any, __: Any) -> bool:
    """Say that a term permits nothing, such as a greeting."""
    return True


_WITHIN: Mapping[str, Callable[[Any, Any], bool]] = {
    "setting": lambda before, after: _SETTINGS[after] <= _SETTINGS[before],
    "presence": _among("required"),
    "audiences": lambda before, after: set(after) <= set(before),
    "finest_grid": lambda before, after: after <= before,
    "fastest_s": lambda before, after: after >= before,
    "live": _among("no"),
    "words": lambda before, after: after <= before,
    "policy": _among("rest"),
    "expected_crowd": _always,
    "welcome": _always,
    "consent": _rule_within,
}
"""Term → whether its second value permits nothing that the first did not."""


def compare(before: Terms, after: Terms) -> Direction:
    """Return whether `after` is as strict as `before`, stricter, or looser (any loosened term makes it so)."""
    if not _all_within(before, after):
        return "looser"
    return "same" if _all_within(after, before) else "stricter"


def differences(before: Terms, after: Terms) -> tuple[Change, ...]:
    """Return the terms that differ, each with its own direction."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in TERMS)
    return tuple(Change(name, old, new, _direction(name, old, new)) for name, old, new in pairs if old != new)


def _direction(name: str, before: Any, after: Any) -> Direction:
    within = _WITHIN[name]
    if not within(before, after):
        return "looser"
    return "same" if within(after, before) else "stricter"


def _all_within(before: Terms, after: Terms) -> bool:
    return all(within(getattr(before, name), getattr(after, name)) for name, within in _WITHIN.items())
