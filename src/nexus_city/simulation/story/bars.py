"""What each act must show, as numbers: a bar is met by a figure of the story or it is not, and it says why it is there.

Figures are of released facts unless their name says *felt*: then they are what only a simulation knows, and the bar
makes sure that a figure did not come out right for a wrong reason.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.judging import Found
from nexus_city.simulation.story.telling import Act, Story

FIVE = 5
PULSE, DISTORTION, RALLY, CHARTERS, BALANCE = range(FIVE)
"""Acts by their number, from 0."""
_SLACK = {"at least": operator.ge, "at most": operator.le}


@dataclass(frozen=True)
class Bar:
    """One number that an act must reach."""

    act: int
    name: str
    figure: Callable[[Story], float]
    relation: Literal["at least", "at most"]
    bound: float
    reason: str


@dataclass(frozen=True)
class Judged:
    """A bar, and what the story shows of it."""

    bar: Bar
    value: float
    met: bool


def judge(story: Story) -> list[Judged]:
    """Hold a story of five acts to all bars; raises `SettingsError` when it has another number of acts."""
    if len(story.acts) != FIVE:
        raise SettingsError(
            f"The bars are for a story of {FIVE} acts, and this one has {len(story.acts)}.",
            f"Give the scenario {FIVE} chapters.",
            field="scenario",
        )
    return [_judged(bar, bar.figure(story)) for bar in BARS]


def _judged(bar: Bar, value: float) -> Judged:
    return Judged(bar, value, bool(_SLACK[bar.relation](value, bar.bound)))


def _echo(act: int) -> Callable[[Story], float]:
    return lambda story: story.acts[act].figures.echo


def _harmony(act: int) -> Callable[[Story], float]:
    return lambda story: story.acts[act].harmony


def _over(figure: Callable[[Act], float], act: int, than: int | None = None) -> Callable[[Story], float]:
    """Return how many times a figure of one act is that of another; None: what is usual."""
    return lambda story: figure(story.acts[act]) / figure(story.usual if than is None else story.acts[than])


def _fragmentation(act: Act) -> float:
    return act.figures.spread.fragmentation


def _diversity(act: Act) -> float:
    return act.figures.spread.within


def _voice(act: Act) -> float:
    return act.figures.voice


def _felt_apart(act: Act) -> float:
    return act.truth.apart


def _felt_within(act: Act) -> float:
    return act.truth.within


def _what_is_left(story: Story) -> float:
    """Return the fragmentation of the rally's last day over that of the distortion's last day."""
    return _last_day(story, RALLY) / _last_day(story, DISTORTION)


def _last_day(story: Story, act: int) -> float:
    last, day = story.acts[act].last, 24 * 3600 // story.run.window_s
    return float(np.nanmean(story.course.fragmentation[last - day : last]))


def _first_named(story: Story) -> Found | None:
    """Return the first finding of the cause of the first fault."""
    return next((found for found in story.named if found.cause == story.faults[0].cause), None)


def _named_late(story: Story) -> float:
    """Return the hours from the first fault until its cause was named; infinite: never."""
    found = _first_named(story)
    return (found.start - story.faults[0].start) * story.run.window_s / 3600 if found else float("inf")


def _named_there(story: Story) -> float:
    """Return of the places that were broken or named so, the share that were both, 0..1."""
    found, broken = _first_named(story), set(story.faults[0].places)
    return len(broken.intersection(found.places)) / len(broken.union(found.places)) if found else 0.0


def _named_before(story: Story) -> float:
    """Return how many causes were named before anything was broken: false alarms."""
    return float(sum(found.start < story.faults[0].start for found in story.named))


BARS = (
    Bar(PULSE, "displays in step", _echo(PULSE), "at least", 0.99, "a healthy city's mirror is whole"),
    Bar(PULSE, "Harmony", _harmony(PULSE), "at least", 0.9, "measured against itself, only the weather is missing"),
    Bar(PULSE, "false alarms", _named_before, "at most", 0, "nothing is broken"),
    Bar(DISTORTION, "displays in step", _echo(DISTORTION), "at most", 0.6, "two communities see only themselves"),
    Bar(
        DISTORTION, "hours until vitals name the cause", _named_late, "at most", 2,
        "a display that shows what was never released gives itself away in one window",
    ),
    Bar(
        DISTORTION, "places rightly named", _named_there, "at least", 0.9,
        "who is isolated is known, and few others are said to be",
    ),
    Bar(
        DISTORTION, "fragmentation, times the usual", _over(_fragmentation, DISTORTION), "at least", 1.3,
        "feedback without the others pulls communities apart",
    ),
    Bar(
        DISTORTION, "felt apart, times the usual", _over(_felt_apart, DISTORTION), "at least", 1.05,
        "they are apart in what they feel, not in what is told",
    ),
    Bar(DISTORTION, "Harmony", _harmony(DISTORTION), "at most", 0.7, "the collective side is broken"),
    Bar(
        DISTORTION, "voice, times the usual", _over(_voice, DISTORTION), "at least", 0.95,
        "those who are cut off are heard as ever: their check-ins are counted",
    ),
    Bar(
        RALLY, "fragmentation of its last day, times the distortion's", _what_is_left, "at most", 0.85,
        "repair and rally bring communities together, and that outlasts the rally",
    ),
    Bar(
        RALLY, "felt apart, times the distortion's", _over(_felt_apart, RALLY, DISTORTION), "at most", 0.9,
        "they are nearer to each other in what they feel",
    ),
    Bar(
        RALLY, "diversity, times the usual", _over(_diversity, RALLY), "at least", 0.9,
        "a rally brings people nearer without making them alike",
    ),
    Bar(
        CHARTERS, "diversity, times the rally's", _over(_diversity, CHARTERS, RALLY), "at least", 1.05,
        "charters leave people room, and some who were silent speak",
    ),
    Bar(
        CHARTERS, "felt diversity, times the rally's", _over(_felt_within, CHARTERS, RALLY), "at least", 1.05,
        "people are more themselves, and not only those who are heard more manifold",
    ),
    Bar(
        CHARTERS, "fragmentation, times the usual", _over(_fragmentation, CHARTERS), "at most", 1.1,
        "individuality rises with cohesion, not at its cost",
    ),
    Bar(BALANCE, "displays in step", _echo(BALANCE), "at least", 0.99, "what was repaired stays whole"),
    Bar(
        BALANCE, "Harmony, times the usual", lambda story: story.acts[BALANCE].harmony / story.usual.harmony,
        "at least", 0.97, "Harmony is back; a few hundredths are weather",
    ),
    Bar(
        BALANCE, "fragmentation, times the usual", _over(_fragmentation, BALANCE), "at most", 1.1,
        "communities are as near to each other as before anything broke",
    ),
    Bar(
        BALANCE, "diversity, times the usual", _over(_diversity, BALANCE), "at least", 1.03,
        "the new balance is richer than the old one",
    ),
    Bar(
        BALANCE, "felt diversity, times the usual", _over(_felt_within, BALANCE), "at least", 1.03,
        "and so are the people",
    ),
)  # fmt: skip
"""In the order of the acts."""
