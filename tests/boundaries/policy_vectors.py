"""Questions to a boundary with the reference's answers; the phone's twin must answer the same.

`python -m tests.boundaries.policy_vectors` writes the file that both read, after the reference has changed.
"""

import json
import random
from pathlib import Path
from typing import Any, get_args

import msgspec

from nexus_city.boundaries.policy import (
    RESOLUTIONS,
    Audience,
    Boundary,
    Limited,
    Limits,
    Reach,
    Rule,
    Situation,
    Terms,
    Unsaid,
    allowed,
    says,
    tightened,
    widest,
)

FILE = Path(__file__).parents[2] / "web" / "src" / "boundaries" / "mine" / "policy.vectors.json"
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
LIMITED: tuple[Limited, ...] = get_args(Limited)
REACHES: tuple[Reach, ...] = get_args(Reach)
CHAINS = (("city",), ("east", "city"), ("square", "east", "city"), ("gallery", "east", "city"), ("west", "city"))
PLACES = ("city", "east", "square", "gallery", "west")
TOPICS = ("low", "calm", "tense", "lively")
MINUTES = (0, 1, 359, 360, 720, 1319, 1320, 1439)


def vectors() -> dict[str, Any]:
    """Return the questions and answers, the same at every call."""
    draw = random.Random(17)  # noqa: S311 - a fixed sequence is the point
    return {
        "questions": [_answered(_boundary(draw), _situation(draw)) for _ in range(90)],
        "changes": [_compared(*_two(draw)) for _ in range(60)],
    }


def text() -> str:
    """Return the file, one question a line."""
    parts = [f' "{name}": [\n' + ",\n".join(map(_line, rows)) + "\n ]" for name, rows in vectors().items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(row: Any) -> str:
    return "  " + json.dumps(row, separators=(",", ":"))


def _answered(boundary: Boundary, situation: Situation) -> dict[str, Any]:
    return {
        "boundary": msgspec.to_builtins(boundary),
        "situation": msgspec.to_builtins(situation),
        "allowed": {each: allowed(boundary, situation, each) for each in AUDIENCES},
        "widest": widest(boundary, situation),
        "says": {
            each: [topic for topic in (*TOPICS, None) if says(boundary, situation, each, topic)] for each in AUDIENCES
        },
    }


def _compared(old: Boundary, new: Boundary) -> dict[str, Any]:
    return {"old": msgspec.to_builtins(old), "new": msgspec.to_builtins(new), "tightened": tightened(old, new)}


def _two(draw: random.Random) -> tuple[Boundary, Boundary]:
    """Return two boundaries that often differ in one thing only."""
    old = _boundary(draw)
    match draw.randrange(4):
        case 0:
            return old, msgspec.structs.replace(old, rules=(*old.rules, _rule(draw)))
        case 1:
            return old, msgspec.structs.replace(old, rules=old.rules[1:], unsaid=old.unsaid[1:])
        case 2:
            return old, msgspec.structs.replace(old, unsaid=(*old.unsaid, _unsaid(draw)))
        case _:
            return old, _boundary(draw)


def _boundary(draw: random.Random) -> Boundary:
    return Boundary(
        Limits(**{each: draw.choice((*RESOLUTIONS, "cell", "cell")) for each in LIMITED}),
        tuple(_rule(draw) for _ in range(draw.randrange(4))),
        tuple(_unsaid(draw) for _ in range(draw.randrange(3))),
    )


def _rule(draw: random.Random) -> Rule:
    hours = (draw.choice(MINUTES), draw.choice(MINUTES)) if draw.random() < 0.6 else None
    return Rule(draw.choice(LIMITED), draw.choice(RESOLUTIONS), draw.choice((None, *PLACES)), hours)


def _unsaid(draw: random.Random) -> Unsaid:
    return Unsaid(draw.choice(("words", *TOPICS)), draw.choice(LIMITED))


def _situation(draw: random.Random) -> Situation:
    declared = tuple(each for each in REACHES if draw.random() < 0.7) or ("place",)
    terms = Terms(declared, draw.choice((2, 4, 8, 8)), draw.random() < 0.8)
    return Situation(draw.choice(CHAINS), draw.choice(MINUTES), terms)


if __name__ == "__main__":
    FILE.write_text(text())
