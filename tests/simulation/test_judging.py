"""Vitals name the causes of a simulated city's faults from released tables and machines alone.

Failure: a fault of a machine is taken for what people feel; a fault is not named at all; a quiet day is explained.
How often each cause is found, over hundreds of faults, is measured by `benchmarks/causes.py`.
"""

import functools

import numpy as np
import pytest

from nexus_city.simulation.city import Run, parse_scenario, simulate
from nexus_city.simulation.judging import LEARNED_DAYS, Found, named
from nexus_city.vitals.causes import KIND

HEAD = """
title = "Faults"
says = "Three ordinary days, then one fault a day."
days = {days}
residents = 60000
"""
FAULTS = {
    "echo-broken": 'mode = "wrong"\ncommunities = ["harbour", "heights"]',
    "sensor-silent": 'places = ["library"]',
    "hub-down": 'communities = ["heights"]',
    "double-count": 'places = ["valen-square"]',
    "mapping-bug": "phones = 0.6",
    "flood": 'share = 0.15\ncommunities = ["harbour"]',
    "opt-out-wave": 'share = 0.45\ncommunities = ["old-town"]',
    "distress": 'share = 0.4\ncommunities = ["heights"]',
}


@functools.cache
def lived() -> tuple[Run, tuple[Found, ...]]:
    events = [
        f'[[event]]\nkind = "{kind}"\nfrom = "day {day} 09:00"\nuntil = "day {day} 16:00"\n{where}\n'
        for day, (kind, where) in enumerate(FAULTS.items(), LEARNED_DAYS + 1)
    ]
    run = simulate(parse_scenario(HEAD.format(days=LEARNED_DAYS + len(FAULTS)) + "\n".join(events)), seed=7)
    return run, tuple(named(run))


def while_it_lasts(kind: str) -> list[Found]:
    run, found = lived()
    label = next(label for label in run.truth.labels if label.cause == kind)
    return [
        each
        for each in found
        if each.start < label.end + 2 and each.end > label.start and set(each.places) & set(label.places)
    ]


@pytest.mark.long
@pytest.mark.parametrize("kind", FAULTS)
def test_the_first_cause_that_is_named_is_the_right_one(kind: str) -> None:
    sure = [each for each in while_it_lasts(kind) if each.cause != "unknown"]
    assert sure, while_it_lasts(kind)
    assert sure[0].cause == kind, sure[0]
    assert sure[0].posterior >= 0.7
    assert sure[0].signs


@pytest.mark.long
@pytest.mark.parametrize("kind", [kind for kind in FAULTS if KIND[kind] == "machine"])  # type: ignore[index]
def test_no_feeling_is_named_anywhere_while_a_machine_explains_it(kind: str) -> None:
    run, found = lived()
    label = next(label for label in run.truth.labels if label.cause == kind)
    meanwhile = [each for each in found if label.start <= each.start < label.end]
    assert [each for each in meanwhile if each.cause in ("distress", "divergence")] == []


@pytest.mark.long
def test_a_quiet_city_is_not_explained() -> None:
    run = simulate(parse_scenario(HEAD.format(days=LEARNED_DAYS + 3)), seed=11)
    assert [each for each in named(run) if each.cause != "unknown"] == []


@pytest.mark.long
def test_what_is_named_is_a_function_of_what_was_released() -> None:
    """The same released values with another truth behind them are named the same."""
    run, found = lived()
    blind = Run(**{**vars(run), "truth": None})
    assert tuple(named(blind)) == found
    counts = run.released.copy()
    counts[-1] += np.int64(1)
    assert isinstance(named(Run(**{**vars(run), "released": counts})), list)
