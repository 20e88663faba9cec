"""A cause is named with its evidence, machines before people, or not at all."""

import itertools

import pytest

from nexus_city.vitals.causes import CAUSES, KIND, SIGNS, SURE, Cause, Sign, diagnose

TYPICAL: dict[Cause, set[Sign]] = {
    "sensor-silent": {"volume-gone", "volume-down", "heartbeat-late", "floor"},
    "sensor-stuck": {"repeat", "floor"},
    "double-count": {"volume-up", "volume-doubled"},
    "hub-down": {"volume-gone", "volume-down", "many-at-once", "heartbeat-late", "echo-stale"},
    "echo-broken": {"echo-stale", "communities-parted"},
    "mapping-bug": {"mirrored", "deploy", "mood-moved", "cells"},
    "flood": {"volume-up", "cells", "young-tokens", "rejects-up", "mood-moved"},
    "opt-out-wave": {"volume-down", "opt-outs-up"},
    "distress": {"mood-moved", "distressed-quadrant"},
    "divergence": {"communities-parted", "mood-moved"},
}


def looked_at(present: set[Sign]) -> dict[Sign, bool]:
    return {sign: sign in present for sign in SIGNS}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_each_cause_looks_like_is_recognised(cause: Cause) -> None:
    found = diagnose(looked_at(TYPICAL[cause]))
    assert found.cause == cause
    assert found.posterior[cause] >= SURE
    assert sum(found.posterior.values()) < 1
    assert any(each.present and each.ratio > 1 for each in found.evidence)


def test_people_are_never_named_while_a_machine_explains_it() -> None:
    """Whatever else is seen: with a broken echo, a stuck counter or a missing heartbeat no feeling is the answer."""
    machine: tuple[Sign, ...] = ("echo-wrong", "echo-stale", "repeat", "floor", "heartbeat-late")
    human: tuple[Sign, ...] = ("mood-moved", "distressed-quadrant", "communities-parted", "volume-down")
    for fault in machine:
        for some in itertools.chain.from_iterable(itertools.combinations(human, n) for n in range(len(human) + 1)):
            found = diagnose(looked_at({fault, *some})).cause
            assert found == "unknown" or KIND[found] != "people"


def test_people_are_not_named_where_a_broken_mirror_elsewhere_may_have_moved_them() -> None:
    seen = looked_at(TYPICAL["distress"])
    assert diagnose(seen).cause == "distress"
    assert diagnose(seen, people=False).cause == "unknown"


def test_an_echo_is_not_broken_where_displays_are_in_step() -> None:
    """Moods that part are drawn by what is shown, but what is shown here was released."""
    parted: dict[Sign, bool] = {"communities-parted": True, "mood-moved": False}
    assert diagnose(parted | {"echo-wrong": False, "echo-stale": False}).posterior["echo-broken"] == 0
    assert diagnose(parted).posterior["echo-broken"] > 0


def test_a_mirrored_plane_without_a_new_version_is_no_bug_of_ours() -> None:
    assert diagnose(looked_at({"mirrored", "mood-moved"})).cause == "unknown"


def test_nothing_seen_is_nothing_known() -> None:
    assert diagnose(looked_at(set())).cause == "unknown"
    assert diagnose({}).cause == "unknown"


def test_a_sign_that_was_not_looked_at_says_nothing() -> None:
    silent = diagnose({"volume-gone": True, "many-at-once": False})
    asked = diagnose({"volume-gone": True, "many-at-once": False, "heartbeat-late": True})
    assert asked.posterior["sensor-silent"] > silent.posterior["sensor-silent"]
    assert all(each.sign != "heartbeat-late" for each in silent.evidence)


def test_contradictory_signs_are_unknown() -> None:
    assert diagnose(looked_at({"volume-gone", "volume-up"})).cause == "unknown"
