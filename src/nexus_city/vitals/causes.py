"""Causes: which of them explains what is seen, in the order machine, attack, choice, people.

A table of likelihood ratios, each 1/10, 1/3, 1, 3 or 10: how much more (or less) often a sign is seen under a cause
than at an ordinary time. The posterior is the prior times the ratios of all signs that were looked at, beside an
ordinary time that weighs twice as much as a cause, and it is never shown without them. Four rules keep it honest:

* A sign that could not be looked at says nothing: its ratio is 1 for every cause.
* Distress and divergence, which speak of people, may only be named when no machine and no attack explains the signs:
  while an echo shows something else than what was released, or a counter is stuck, they are off the table.
* A broken echo may only be named where displays were looked at and one was found wrong or late, or none was looked at.
* Below 0.7 the answer is "unknown".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["machine", "attack", "choice", "people"]
Cause = Literal[
    "sensor-silent",
    "sensor-stuck",
    "double-count",
    "hub-down",
    "echo-broken",
    "mapping-bug",
    "flood",
    "opt-out-wave",
    "distress",
    "divergence",
]
Named = Cause | Literal["unknown"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
KIND: Mapping[Cause, Kind] = {
    "sensor-silent": "machine",
    "sensor-stuck": "machine",
    "double-count": "machine",
    "hub-down": "machine",
    "echo-broken": "machine",
    "mapping-bug": "machine",
    "flood": "attack",
    "opt-out-wave": "choice",
    "distress": "people",
    "divergence": "people",
}
SURE = 0.7
"""Posterior from which a cause is named, 0..1."""
ORDINARY = 2.0
"""Prior weight of what no cause here explains, twice that of a cause: the best of bad explanations is none."""

Sign = Literal[
    "volume-gone",
    "volume-up",
    "volume-doubled",
    "volume-down",
    "many-at-once",
    "heartbeat-late",
    "repeat",
    "floor",
    "echo-wrong",
    "echo-stale",
    "cells",
    "mirrored",
    "deploy",
    "young-tokens",
    "rejects-up",
    "opt-outs-up",
    "mood-moved",
    "distressed-quadrant",
    "communities-parted",
]
SIGNS: tuple[Sign, ...] = get_args(Sign)

_A, _B, _C, _D = 10.0, 3.0, 1 / 3, 1 / 10
_PRESENT: Mapping[Sign, Mapping[Cause, float]] = {
    "volume-gone": {"sensor-silent": _A, "hub-down": _A, "opt-out-wave": _D, "flood": _D, "double-count": _D,
                    "distress": _D, "divergence": _D, "mapping-bug": _D, "sensor-stuck": _C},
    "volume-up": {"flood": _A, "double-count": _A, "sensor-silent": _D, "opt-out-wave": _D, "hub-down": _D},
    "volume-doubled": {"double-count": _A, "flood": _C, "distress": _D, "divergence": _D, "echo-broken": _D},
    "volume-down": {"opt-out-wave": _A, "sensor-silent": _B, "hub-down": _B, "flood": _D, "double-count": _D},
    "many-at-once": {"hub-down": _A, "sensor-silent": _D, "sensor-stuck": _C, "distress": _C},
    "heartbeat-late": {"sensor-silent": _A, "hub-down": _A, "sensor-stuck": _C, "flood": _D, "opt-out-wave": _D,
                       "distress": _D, "divergence": _D, "mapping-bug": _C},
    "repeat": {"sensor-stuck": _A, "sensor-silent": _C, "hub-down": _C, "flood": _D, "opt-out-wave": _D,
               "distress": _D, "divergence": _D, "mapping-bug": _D, "double-count": _D, "echo-broken": _D},
    "floor": {"sensor-stuck": _A, "sensor-silent": _B, "hub-down": _B, "flood": _D, "distress": _D, "divergence": _D},
    "echo-wrong": {"echo-broken": _A, "hub-down": _C, "distress": _D, "divergence": _D, "flood": _D,
                   "opt-out-wave": _D, "mapping-bug": _C, "sensor-silent": _D, "sensor-stuck": _D, "double-count": _D},
    "echo-stale": {"echo-broken": _A, "hub-down": _A, "distress": _D, "divergence": _D, "flood": _D,
                   "opt-out-wave": _D, "sensor-silent": _C, "sensor-stuck": _C, "mapping-bug": _D},
    "cells": {"flood": _A, "mapping-bug": _B, "sensor-silent": _D, "hub-down": _D, "opt-out-wave": _D,
              "divergence": _C, "distress": 1.0, "double-count": 1.0},
    "mirrored": {"mapping-bug": _A, "distress": _D, "flood": _D, "divergence": _C, "echo-broken": _C},
    "deploy": {"mapping-bug": _A, "double-count": _B, "distress": _C, "divergence": _C, "flood": _C},
    "young-tokens": {"flood": _A, "distress": _D, "divergence": _D, "mapping-bug": _D, "double-count": _C},
    "rejects-up": {"flood": _B, "distress": _C, "divergence": _C},
    "opt-outs-up": {"opt-out-wave": _A, "sensor-silent": _D, "hub-down": _D, "flood": _D, "distress": _C},
    "mood-moved": {"distress": _B, "mapping-bug": _B, "flood": _B, "divergence": _B, "hub-down": _C},
    "distressed-quadrant": {"distress": _A, "divergence": _C, "mapping-bug": _C, "opt-out-wave": _D},
    "communities-parted": {"divergence": _A, "echo-broken": _B, "distress": _C, "flood": _C},
}  # fmt: skip
_ABSENT: Mapping[Sign, Mapping[Cause, float]] = {
    "volume-gone": {"sensor-silent": _D, "hub-down": _D},
    "volume-up": {"flood": _C, "double-count": _D},
    "volume-doubled": {"double-count": _D},
    "volume-down": {"opt-out-wave": _D},
    "many-at-once": {"hub-down": _D},
    "heartbeat-late": {"sensor-silent": _D, "hub-down": _D},
    "repeat": {},
    "floor": {"sensor-stuck": _D},
    "echo-wrong": {},
    "echo-stale": {},
    "cells": {"flood": _C},
    "mirrored": {"mapping-bug": _D},
    "deploy": {"mapping-bug": _D},
    "young-tokens": {"flood": _D},
    "rejects-up": {},
    "opt-outs-up": {"opt-out-wave": _D},
    "mood-moved": {"distress": _D, "mapping-bug": _D},
    "distressed-quadrant": {"distress": _D},
    "communities-parted": {"divergence": _D},
}
ECHO: frozenset[Sign] = frozenset({"echo-wrong", "echo-stale"})
"""What is looked at of displays."""
_EXCLUDES_PEOPLE: frozenset[Sign] = frozenset({*ECHO, "repeat", "floor", "heartbeat-late"})


@dataclass(frozen=True)
class Evidence:
    """One sign that was looked at, and what it says about one cause."""

    sign: Sign
    present: bool
    ratio: float
    """How much more often the sign is like this under the cause than at an ordinary time."""


@dataclass(frozen=True)
class Diagnosis:
    """What explains the signs, how surely, and why."""

    cause: Named
    posterior: Mapping[Cause, float]
    """Of each cause; what is missing to 1 is that none of them explains it."""
    evidence: tuple[Evidence, ...]
    """For the likeliest cause, what speaks most for or against it first; ratios of 1 are left out."""

    @property
    def sureness(self) -> float:
        """Posterior of the likeliest cause, named or not, 0..1."""
        return max(self.posterior.values())


def diagnose(signs: Mapping[Sign, bool], *, people: bool = True) -> Diagnosis:
    """Return the diagnosis from the signs that could be looked at (present or not); others are left out of `signs`.

    Without `people`, a fault elsewhere may have moved moods here, and no cause among people is named.
    """
    weight = dict.fromkeys(CAUSES, 1.0)
    people_possible = people and not any(signs.get(sign, False) for sign in _EXCLUDES_PEOPLE)
    in_step = {signs.get(sign) for sign in ECHO} == {False}
    for cause in CAUSES:
        if (KIND[cause] == "people" and not people_possible) or (cause == "echo-broken" and in_step):
            weight[cause] = 0.0
        for sign, present in signs.items():
            weight[cause] *= _ratio(sign, cause, present=present)
    total = sum(weight.values()) + ORDINARY
    posterior = {cause: each / total for cause, each in weight.items()}
    best = max(CAUSES, key=lambda cause: posterior[cause])
    evidence = [Evidence(sign, present, _ratio(sign, best, present=present)) for sign, present in signs.items()]
    telling = sorted((each for each in evidence if each.ratio != 1), key=lambda each: -max(each.ratio, 1 / each.ratio))
    return Diagnosis(best if posterior[best] >= SURE else "unknown", posterior, tuple(telling))


def _ratio(sign: Sign, cause: Cause, *, present: bool) -> float:
    return (_PRESENT if present else _ABSENT)[sign].get(cause, 1.0)
