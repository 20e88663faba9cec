"""White-box sensitivity: how far one person's day can move everything that is released.

Goal: the claim of `boundaries` is that a person-day moves at most m cells of all released tables, by one each, at most
`word_votes` words and one cell of the table for research by one each; the noise is scaled to that and to nothing more.
Method: a day is lived twice, once with a person and once without, on a tape whose noise is zero; so the tables are the
true counts, made by the true path: HTTP door, intake, book, fold, release. What the person does is drawn by Hypothesis:
many places that speak and that rest, all audiences, presence, words, research, repeats, changes, take-backs, taking
everything back, and moments at which the clock is past the end of a window that has not been closed yet.
Failure: a larger difference than claimed, in any table. Not failure: differences in the plan of the next day, which is
made from released values.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal
from unittest.mock import ANY

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nexus_city.boundaries import Budget
from nexus_city.climate.store import newest_moments, newest_words
from tests.conftest import MORNING_MS, ZERO_NOISE, Phone, Town

DAWN_MS = MORNING_MS - 5 * 3_600_000
"""04:00: the person-day begins."""
DAY_S = 24 * 3600
PLACES = ("square", "arcade", "garden", "nook", "corner", "east", "city", "office")
CITY = """
timezone = "UTC"
research = 0.1
[[place]]
id = "city"
name = "City"
kind = "city"
expected_crowd = 9000
[[place]]
id = "east"
name = "East"
parent = "city"
expected_crowd = 20000
[[place]]
id = "square"
name = "Square, hourly"
parent = "east"
audiences = ["place", "district", "city"]
expected_crowd = 20000
[[place]]
id = "arcade"
name = "Arcade, hourly"
parent = "east"
audiences = ["district", "city"]
expected_crowd = 12000
[[place]]
id = "garden"
name = "Garden, every four hours"
parent = "city"
expected_crowd = 800
[[place]]
id = "nook"
name = "Nook, which rests"
parent = "east"
[[place]]
id = "corner"
name = "Corner, which rests too"
parent = "east"
audiences = ["district", "city"]
words = false
[[place]]
id = "office"
name = "Office, daily"
parent = "city"
setting = "work"
expected_crowd = 900
"""
Counts = dict[tuple[str, int, int], Any]


@dataclass(frozen=True)
class Act:
    """Something that a person does, `after_s` seconds after what they did before."""

    after_s: int
    late: bool
    """Whether the rounds have not yet closed what ended in the meantime."""
    what: Literal["give", "repeat", "change", "take back", "take all back"]
    place: str
    cell: int | None
    audience: Literal["place", "district", "city"]
    words: tuple[str, ...]
    research: bool


acts = st.builds(
    Act,
    after_s=st.sampled_from([0, 0, 1, 60, 900, 3599, 3600, 5400, 14_400]),
    late=st.booleans(),
    what=st.sampled_from(
        ["give"] * 6 + ["repeat", "repeat", "change", "change", "take back", "take back", "take all back"]
    ),
    place=st.sampled_from(PLACES),
    cell=st.sampled_from([0, 0, 9, 27, 63, None]),  # few, so that the same cell is hit twice
    audience=st.sampled_from(["place", "district", "city", "city"]),
    words=st.sampled_from([(), ("calm",), ("calm", "sad"), ("calm", "sad", "proud"), ("calm", "calm", "calm")]),
    research=st.booleans(),
)
days = st.lists(acts, min_size=1, max_size=14)


async def live(town: Town, day: list[Act], devices: list[Phone]) -> int:
    """Let a person live a day with these devices (none: nobody does it); return how many check-ins were counted."""
    given: list[tuple[Phone, dict[str, Any]]] = []
    counted = 0
    for number, act in enumerate(day):
        if act.late:
            town.clock.advance(min(act.after_s, 600))
        else:
            await town.pass_time(act.after_s)
        if not devices:
            continue
        phone = devices[number % len(devices)]
        said = {"cell": act.cell, "audience": act.audience, "words": list(act.words), "research": act.research}
        if act.what == "give" or not given:
            body = {"key": phone.key(), **said}
            answer = await post(phone, act.place, body)
            given.append((phone, {"place": act.place, **body}))
        else:
            phone, before = given[number % len(given)]
            answer = await again(phone, act, before, said)
        undeclared = answer.status_code == 422 and answer.json()["field"] == "audience"
        assert undeclared or answer.status_code in (200, 202, 204, 404, 409), answer.text
        counted += answer.status_code == 202 and answer.json()["state"] == "counted"
    return counted


async def post(phone: Phone, place: str, body: dict[str, Any]) -> Any:
    return await phone.client.post(f"/v1/places/{place}/check-ins", json=body, headers=phone.headers)


async def again(phone: Phone, act: Act, before: dict[str, Any], said: dict[str, Any]) -> Any:
    """Repeat, change or take back what was given before."""
    one = f"/v1/places/{before['place']}/check-ins/{before['key']}"
    match act.what:
        case "repeat":
            body = {name: value for name, value in before.items() if name != "place"}
            return await post(phone, before["place"], body)
        case "change":
            return await phone.client.put(one, json=said, headers=phone.headers)
        case "take all back":
            return await phone.client.delete("/v1/me/check-ins", headers=phone.headers)
        case _:
            return await phone.client.delete(one, headers=phone.headers)


async def released_by_a_day(folder: Path, day: list[Act], devices: int) -> tuple[Counts, Any, Any, int]:
    """Return all grid tables, the word table, the table for research, and how many check-ins were counted."""
    town = Town(folder, ZERO_NOISE, CITY, DAWN_MS)
    for number, place in enumerate(("square", "nook", "garden", "office")):
        await (await town.phone()).give(place, 9 * number, words=["calm"], research=True)
    counted = await live(town, day, [await town.phone() for _ in range(devices)])
    await town.pass_time((DAWN_MS + DAY_S * 1000 - town.clock.now_ms()) / 1000 + 30)
    tables = await town.nexus.database.read(town.tables)
    words = await town.nexus.database.read(newest_words)
    ((_, moments, _),) = await town.nexus.database.read(lambda connection: newest_moments(connection, 9))
    await town.close()
    assert words is not None
    cells = {(table.place, table.strand, table.start_s): table.released.counts for table in tables}
    return cells, words[1].counts, moments.counts, counted


@dataclass(frozen=True)
class Moved:
    """How far everything moves when a person lives a day, and how often they were counted."""

    cells: Any
    words: Any
    moments: Any
    counted: int


async def moved_by(day: list[Act], devices: int = 1) -> Moved:
    """Live a day with and without a person."""
    with two_folders() as (here, gone):
        with_it, *sums_with, counted = await released_by_a_day(here, day, devices)
        without, *sums_without, _ = await released_by_a_day(gone, day, 0)
    assert with_it.keys() == without.keys()
    cells = np.concatenate([with_it[key] - without[key] for key in with_it])
    words, moments = (one - other for one, other in zip(sums_with, sums_without, strict=True))
    return Moved(cells, words, moments, counted)


@contextmanager
def two_folders() -> Iterator[tuple[Path, Path]]:
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        yield Path(one), Path(other)


async def check(day: list[Act], devices: int = 1) -> None:
    budget = Budget()
    moved = await moved_by(day, devices)
    assert np.abs(moved.cells).sum() <= devices * budget.m
    assert np.abs(moved.cells).max() <= devices
    assert moved.cells.min() >= 0
    assert np.abs(moved.words).sum() <= devices * budget.word_votes
    assert np.abs(moved.words).max() <= devices
    assert np.abs(moved.moments).sum() <= devices


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days)
async def test_no_day_of_a_person_moves_more_than_is_claimed(day: list[Act]) -> None:
    await check(day)


@pytest.mark.long
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(day=days, devices=st.integers(1, 2))
async def test_no_day_of_a_person_moves_more_than_is_claimed_at_length(day: list[Act], devices: int) -> None:
    """Two devices count as two people: that is the claim, and why presence codes are bound to a device."""
    await check(day, devices)


def act(
    place: str, cell: int | None = 9, after_s: int = 0, what: Any = "give", audience: Any = "city", *words: str
) -> Act:
    return Act(after_s, False, what, place, cell, audience, words, research=True)


async def test_the_claim_is_reached_so_the_noise_is_not_wider_than_needed() -> None:
    busy = [act("square", after_s=3600) for _ in range(7)]
    moved = await moved_by(busy)
    assert moved.counted == 4
    assert np.abs(moved.cells).sum() == 4
    assert moved.moments.sum() == 1


async def test_two_resting_places_with_one_speaker_are_one_voice_in_its_table() -> None:
    """Else one cell would move by two, which costs more over many days than two cells by one."""
    moved = await moved_by([act("nook"), act("corner"), act("east")])
    assert (np.abs(moved.cells).sum(), np.abs(moved.cells).max()) == (1, 1)


async def test_two_devices_are_two_people() -> None:
    moved = await moved_by([act("square", 9, 0, "give", "city", "calm")] * 2, devices=2)
    assert (moved.cells.max(), moved.words.max(), moved.moments.max()) == (2, 2, 2)


async def test_who_is_only_there_moves_one_cell_as_everybody_does() -> None:
    """And it is the last value that counts: a mood and then only presence is one, not both."""
    moved = await moved_by([act("square", 27), act("square", None)])
    assert (moved.cells.sum(), moved.moments.sum(), moved.moments[-1]) == (1, 1, 1)


async def test_a_new_audience_moves_a_check_in_and_does_not_copy_it() -> None:
    moved = await moved_by([act("square", 9, 0, "give", audience) for audience in ("place", "district", "city")])
    assert np.abs(moved.cells).sum() == 1


async def test_whoever_takes_everything_back_moves_nothing_but_what_was_spoken() -> None:
    day = [act("square", 9, 0, "give", "city", "calm"), act("square", 9, 3600, "give", "city", "proud")]
    moved = await moved_by([*day, act("square", 9, 0, "take all back")])
    assert (moved.cells.sum(), np.abs(moved.words).sum(), np.abs(moved.moments).sum()) == (1, 0, 0)


async def test_words_follow_the_last_thing_that_was_said_in_a_window() -> None:
    """Said first to the city and then anew for the place alone: no word of it goes to the city."""
    narrowed = [act("square", 9, 0, "give", "city", "proud"), act("square", 9, 0, "give", "place")]
    moved = await moved_by(narrowed)
    assert not moved.words.any()
    assert not moved.moments.any()


async def test_of_a_day_only_the_last_words_count() -> None:
    day = [act("square", 9, 900, "give", "city", *some) for some in (("calm", "sad"), ("proud",), ("calm", "proud"))]
    moved = await moved_by(day)
    assert moved.words.sum() == 2
    assert moved.words.max() == 1


async def test_the_method_sees_a_bound_that_is_too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutation: an intake that always admits moves five cells, and the check says so."""
    from nexus_city.boundaries import Admission

    monkeypatch.setattr("nexus_city.climate.intake.admit", lambda *_: Admission.NEW)
    with pytest.raises(AssertionError):
        await check([act("square", after_s=3600) for _ in range(5)])


async def test_the_method_sees_a_fold_that_counts_every_check_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from nexus_city.climate.folding import fold

    def every(key: Any, person: Any, at: Any, value: Any) -> Any:
        return fold(key, person + at, at, value)

    monkeypatch.setattr("nexus_city.climate.release.fold", every)
    with pytest.raises(AssertionError):
        await check([act("square") for _ in range(5)])


async def test_the_method_sees_a_check_in_that_is_in_every_table_of_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexus_city.climate.plan.DayPlan.strand", lambda *_: ANY)
    with pytest.raises(AssertionError):
        await check([act("square", after_s=3600) for _ in range(4)])


async def test_the_method_sees_words_and_research_of_more_than_the_last_check_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("nexus_city.climate.release._last", lambda rows, *_: rows)
    with pytest.raises(AssertionError):
        await check([act("square", cell, 900) for cell in (0, 63)])


async def test_the_places_of_this_test_speak_in_all_the_ways_there_are(tmp_path: Path) -> None:
    town = Town(tmp_path, ZERO_NOISE, CITY, DAWN_MS)
    rungs = {place: rung.window_s if rung else None for place, rung in town.nexus.room.plan.rungs.items()}
    await town.close()
    assert set(rungs.values()) == {3600, 14_400, 86_400, None}
    assert (rungs["nook"], rungs["corner"]) == (None, None)
