"""Why here? In which of its circumstances a place differs from the others of the city. Pure functions of plain values.

What others call a bubble-up: take what is odd about one place and rank it by how rare it is elsewhere. The values are
of machines and charters, so there is no noise in them and nothing to protect; nothing about people is among them.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

Name = Literal[
    "displays",
    "wires",
    "late",
    "window",
    "grid",
    "charter",
    "audiences",
    "presence",
    "setting",
    "policy",
    "live",
]
NAMES: tuple[Name, ...] = get_args(Name)
Value = str | int | None
_IN_ORDER: Mapping[Name, frozenset[Value]] = {
    "displays": frozenset({"in-step", None}),
    "wires": frozenset({"sending", "waiting", None}),
    "late": frozenset({0, None}),
}
"""Dimensions of which some values say that something is not in order → those that do not."""
Circumstances = Mapping[Name, Value]


class Dimension(msgspec.Struct, frozen=True):
    """One circumstance of a place beside the usual one."""

    name: Name
    value: Value
    usual: Value
    """What is most common among the other places of its kind; the place's own value where that is as common."""
    share: float | None
    """Share of them whose value is the place's own, 0..1; None where there are no others."""
    differs: bool


def compare(place: Circumstances, others: list[Circumstances]) -> list[Dimension]:
    """Return all dimensions of `place` beside those of `others`.

    First what differs and is not in order, then what differs otherwise, each the rarest first; then the rest.
    """
    compared = [_dimension(name, place[name], [other[name] for other in others]) for name in NAMES]
    return sorted(compared, key=_rank)


def _rank(each: Dimension) -> tuple[bool, bool, float]:
    if not each.differs:
        return True, False, 0.0
    in_order = each.value in _IN_ORDER[each.name] if each.name in _IN_ORDER else True
    return False, in_order, each.share or 0.0


def _dimension(name: Name, value: Value, others: list[Value]) -> Dimension:
    counts = Counter(others)
    if not counts:
        return Dimension(name, value, value, None, differs=False)
    most = max(counts.values())
    usual = value if counts[value] == most else next(each for each in others if counts[each] == most)
    return Dimension(name, value, usual, round(counts[value] / len(others), 4), differs=value != usual)
