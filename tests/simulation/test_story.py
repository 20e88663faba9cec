"""The five acts come out as they are told, each by a number; and they do not where they should not."""

import dataclasses
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import numpy as np
import pytest

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city import Run, Scenario, load_scenario, simulate
from nexus_city.simulation.city.events import Repair
from nexus_city.simulation.story import BARS, Judged, Story, incidents, judge, picture_of, save_story, tell, truths
from nexus_city.simulation.story.bars import BALANCE, CHARTERS, DISTORTION, PULSE, RALLY
from nexus_city.simulation.story.figures import Reading, exact, released
from tests.simulation.city.conftest import scenario

FEWER = 60_000
SVG = "{http://www.w3.org/2000/svg}"


def five_acts(**changes: object) -> Scenario:
    """Return the story, as it is shipped but for `changes`."""
    return msgspec.structs.replace(load_scenario("story"), **{"residents": FEWER, **changes})


def conforming() -> Scenario:
    """Return the scenario of forced conformity, in the communities of the story."""
    how = load_scenario("conformity")
    return msgspec.structs.replace(how, people=msgspec.structs.replace(how.people, apart=five_acts().people.apart))


def missed(judged: list[Judged]) -> set[tuple[int, str]]:
    return {(each.bar.act, each.bar.name) for each in judged if not each.met}


@pytest.fixture(scope="module")
def lived() -> Run:
    return simulate(five_acts())


@pytest.fixture(scope="module")
def story(lived: Run) -> Story:
    return tell(lived)


@pytest.fixture(scope="module")
def judged(story: Story) -> list[Judged]:
    return judge(story)


@pytest.mark.parametrize("number", range(len(BARS)), ids=[f"{bar.act + 1}: {bar.name}" for bar in BARS])
def test_every_bar_is_met(judged: list[Judged], number: int) -> None:
    each = judged[number]
    assert each.met, f"{each.bar.name} is {each.value:.3f}, not {each.bar.relation} {each.bar.bound}: {each.bar.reason}"


@pytest.mark.long
@pytest.mark.parametrize("seed", [2154, 21, 22])
def test_every_bar_is_met_by_the_story_as_it_is_shipped_whatever_the_chance(seed: int) -> None:
    assert missed(judge(tell(simulate(load_scenario("story"), seed)))) == set()


def test_every_act_has_bars_and_every_bar_a_reason() -> None:
    assert {bar.act for bar in BARS} == set(range(5))
    assert all(bar.reason for bar in BARS)
    assert len({(bar.act, bar.name) for bar in BARS}) == len(BARS)


def test_a_mirror_that_is_never_repaired_does_not_end_in_balance() -> None:
    events = tuple(event for event in five_acts().event if not isinstance(event, Repair))
    left = missed(judge(tell(simulate(five_acts(event=events)))))
    assert not {each for each in left if each[0] < RALLY}  # up to there it is the same story
    assert left >= {
        (RALLY, "fragmentation of its last day, times the distortion's"),
        (RALLY, "felt apart, times the distortion's"),
        (CHARTERS, "fragmentation, times the usual"),
        (BALANCE, "displays in step"),
        (BALANCE, "Harmony, times the usual"),
        (BALANCE, "fragmentation, times the usual"),
    }


def test_forced_conformity_is_not_taken_for_balance(lived: Run) -> None:
    """The same acts, lived by people who are made to be alike, held against what was usual when they were free."""
    how = conforming()
    left = missed(judge(tell(simulate(five_acts(people=how.people, contagion=how.contagion)), lived)))
    assert left >= {
        (PULSE, "Harmony"),
        (RALLY, "diversity, times the usual"),
        (BALANCE, "Harmony, times the usual"),
        (BALANCE, "diversity, times the usual"),
        (BALANCE, "felt diversity, times the usual"),
    }


def test_forced_conformity_lowers_harmony_though_nothing_is_broken_and_nobody_is_apart(
    lived: Run, story: Story
) -> None:
    how = conforming()
    assert not how.event
    first = msgspec.structs.replace(how, residents=FEWER, days=3, chapter=lived.scenario.chapter[:1])
    (act,) = tell(simulate(first), lived).acts
    assert act.figures.echo == 1
    assert act.figures.spread.fragmentation < story.usual.figures.spread.fragmentation
    assert act.figures.spread.within < 0.7 * story.usual.figures.spread.within
    assert act.harmony < story.usual.harmony - 0.15


# --- how it is told --------------------------------------------------------------------------------------------------


def test_what_is_released_is_near_what_was_told_and_says_how_near(story: Story) -> None:
    off = (story.course.fragmentation - story.true.fragmentation)[~np.isnan(story.course.error)]
    assert np.abs(off).mean() < 0.02
    assert 0.5 * np.abs(off).mean() < np.nanmean(story.course.error) < 5 * np.abs(off).mean()


def test_released_tables_are_those_of_the_run_and_the_exact_ones_have_no_noise(lived: Run) -> None:
    assert released(lived).counts.sum() == lived.counts.sum()
    assert exact(lived).counts.sum() == lived.truth.counts[..., :-1].sum()
    assert exact(lived).noise.max() == 0
    assert released(lived).noise[0] == pytest.approx(
        [2 * lived.variance * np.sum(lived.community == each) * 16 for each in range(len(lived.communities))]
    )


def test_a_display_that_has_nothing_to_show_is_neither_in_step_nor_out_of_it(story: Story, lived: Run) -> None:
    distortion = story.acts[DISTORTION]
    shown = slice(distortion.first, distortion.last)
    wrong = (lived.displays.digest_shown != lived.displays.digest_due)[shown].sum()
    due = (lived.displays.digest_due[shown] != "").sum()
    assert distortion.figures.echo == pytest.approx(1 - wrong / due)


def test_harmony_is_compared_with_the_same_time_of_day(lived: Run) -> None:
    usual = Reading(lived, released(lived)).usual(slice(0, 72))
    assert usual.at(30) == usual.at(54)
    assert usual.at(30) != usual.at(40)


def test_the_first_act_is_what_is_usual_and_its_harmony_is_high(story: Story) -> None:
    assert story.usual is story.acts[PULSE]


def test_incidents_and_truths_are_told_in_words(story: Story) -> None:
    said, (truth,) = list(incidents(story)), truths(story)
    assert said[0].startswith("day 4 09:00")
    assert "echo-broken" in said[0]
    assert truth.endswith("53 h  echo-broken in harbour and heights (8 places)")


def test_a_run_without_chapters_has_no_acts_and_another_number_of_acts_no_bars(story: Story) -> None:
    with pytest.raises(SettingsError, match="no chapters"):
        tell(simulate(scenario(days=1)))
    with pytest.raises(SettingsError, match="5 acts, and this one has 4"):
        judge(dataclasses.replace(story, acts=story.acts[:4]))


def test_what_is_usual_is_learned_from_whole_days() -> None:
    with pytest.raises(SettingsError, match="too short"):
        tell(simulate(five_acts(days=2, residents=100, event=(), chapter=five_acts().chapter[:1])))


def test_a_city_of_few_says_that_it_is_too_small() -> None:
    few = msgspec.structs.replace(
        load_scenario("story"), residents=300, days=4, event=(), chapter=five_acts().chapter[:1]
    )
    with pytest.raises(SettingsError, match="Too few people"):
        tell(simulate(few))


# --- what comes of it ------------------------------------------------------------------------------------------------


def test_the_picture_is_whole_and_says_what_it_shows(story: Story) -> None:
    picture = ET.fromstring(picture_of(story))  # noqa: S314 - our own
    said = " ".join("".join(each.itertext()) for each in picture.iter())
    assert all(word in said for act in story.acts for word in act.title.split())
    assert all(word in said for word in ("what-if", "Harmony", "Fragmentation", "Diversity", "circles", "repair"))
    _, _, wide, high = (float(each) for each in picture.attrib["viewBox"].split())
    for dot in picture.iter(f"{SVG}circle"):
        assert 0 < float(dot.attrib["cx"]) < wide
        assert 0 < float(dot.attrib["cy"]) < high
    assert not list(picture.iter(f"{SVG}image")), "it asks nobody for anything"


def test_the_folder_has_the_figures_and_the_truth_apart(story: Story, judged: list[Judged], tmp_path: Path) -> None:
    save_story(story, judged, tmp_path / "five")
    facts = json.loads((tmp_path / "five" / "acts.json").read_text("utf-8"))
    assert facts["label"] == "what-if"
    assert len(facts["acts"]) == len(facts["truth"]["acts"]) == 5
    assert "truth" not in facts["acts"][0]
    assert len(facts["bars"]) == len(BARS)
    assert (tmp_path / "five" / "five-acts.svg").read_text("utf-8") == picture_of(story)


def test_a_folder_that_cannot_be_made_is_said(story: Story, judged: list[Judged], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be made"):
        save_story(story, judged, tmp_path / "file" / "below")
