"""Audiences: what is given to one circle of listeners, or to none, changes nothing outside of it.

Goal: to see from anywhere in the city that somebody gave something that was not for us, or that somebody wants no
part.
Method: on one noise tape the same morning is lived with and without an act, and everything that is released is
compared byte by byte, and everything that a visitor can ask while the act is fresh. Acts: a check-in for each
audience, at a place that speaks and at one that rests; one of a device that has opted out, one with `Sec-GPC: 1`, one
under a charter that was not seen, one on a full day, one that was refused.
Failure: a byte outside the audience; for those who take no part, a byte anywhere.
Planted: a place that carries everything onward, a door that counts those who opted out.
Not failure: the receipt, which goes to the person's own phone.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nexus_city.climate import plan
from nexus_city.climate.intake import Intake
from tests.attacks.mornings import Act, both
from tests.conftest import Phone, Town

WORDED = {"words": ["proud"]}
WITHIN = {"place": ("square",), "district": ("square", "east"), "city": ("square", "east", "city")}


def gives(place: str, audience: str, **more: Any) -> Act:
    async def act(_: Town, phone: Phone) -> None:
        answer = await phone.give(place, 63, audience, **WORDED, **more)
        assert answer.status_code == 202, answer.text

    return act


@pytest.mark.parametrize("audience", WITHIN)
async def test_nothing_outside_the_audience_changes(audience: str, tmp_path: Path) -> None:
    with_it, without = await both(tmp_path, gives("square", audience), 19.5)
    assert with_it.released != without.released
    assert with_it.pages == without.pages
    if audience != "city":
        assert with_it.beyond(*WITHIN[audience]) == without.beyond(*WITHIN[audience])


async def test_where_nobody_may_speak_of_it_it_leaves_no_trace(tmp_path: Path) -> None:
    with_it, without = await both(tmp_path, gives("nook", "place"), 19.5)
    assert with_it == without


async def opted_out(town: Town, phone: Phone) -> Any:
    assert (await town.client.put("/v1/me/opt-out", headers=phone.headers)).status_code == 204
    return await phone.give("square", 63, **WORDED)


async def controlled(_: Town, phone: Phone) -> Any:
    phone.headers |= {"sec-gpc": "1"}
    return await phone.give("square", 63, **WORDED)


async def under_a_charter_not_seen(_: Town, phone: Phone) -> Any:
    return await phone.give("square", 63, charter=9, **WORDED)


@pytest.mark.parametrize(
    ("apart", "reason"),
    [(opted_out, "opted-out"), (controlled, "opted-out"), (under_a_charter_not_seen, "charter-unseen")],
)
async def test_who_takes_no_part_is_seen_by_nobody(apart: Callable[..., Any], reason: str, tmp_path: Path) -> None:
    async def act(town: Town, phone: Phone) -> None:
        answer = await apart(town, phone)
        assert answer.status_code == 202, answer.text
        assert (answer.json()["state"], answer.json()["reason"]) == ("kept", reason)
        held = (await town.client.get("/v1/me/check-ins", headers=phone.headers)).json()
        assert held["check_ins"] == []

    with_it, without = await both(tmp_path, act, 19.5)
    assert with_it == without


async def test_what_was_refused_leaves_no_trace(tmp_path: Path) -> None:
    async def act(_: Town, phone: Phone) -> None:
        assert (await phone.give("gallery", 63)).status_code == 403
        assert (await phone.give("square", 64)).status_code == 422
        assert (await phone.give("square", 63, words=["nosuchword"])).status_code == 422

    with_it, without = await both(tmp_path, act)
    assert with_it == without


async def test_a_place_that_carries_everything_onward_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan.DayPlan, "strand", lambda self, _city, speaker, _: max(self.strands[speaker.id]))
    monkeypatch.setattr("nexus_city.climate.release.heard_by", lambda _: (0, 1, 2))
    with_it, without = await both(tmp_path, gives("square", "place"))
    assert with_it.beyond("square") != without.beyond("square")


async def test_a_door_that_counts_whom_it_should_not_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Intake.submit

    def anyway(self: Intake, order: Any) -> None:
        order.keep = None
        honest(self, order)

    monkeypatch.setattr(Intake, "submit", anyway)
    with_it, without = await both(tmp_path, opted_out)
    assert with_it != without
