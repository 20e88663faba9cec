"""Scenario files: those that are shipped, and what is said about those that cannot be lived."""

from pathlib import Path

import pytest

from nexus_city.ground.errors import SettingsError
from nexus_city.simulation.city import load_scenario, parse_scenario, scenarios, simulate
from nexus_city.simulation.city.scenario import minute_of, time_of
from nexus_city.vitals.causes import CAUSES
from tests.simulation.city.conftest import scenario

PLAIN = 'title = "x"\nsays = "y"\n'
EVENT = f'{PLAIN}[[event]]\nkind = "distress"\nfrom = "day 1 12:00"\n'


def test_the_story_and_ten_scenarios_in_all_are_shipped() -> None:
    assert len(scenarios()) == 10
    assert len(scenarios()["story"].chapter) == 5


def test_shipped_scenarios_have_all_faults_by_the_names_that_vitals_give_them() -> None:
    named = {type(event).__struct_config__.tag for each in scenarios().values() for event in each.event}
    assert named - set(CAUSES) == {"repair", "circle", "rally", "charter-change"}
    assert set(CAUSES) - named == {"double-count"}  # a program's mistake, and in no story


def test_times_are_person_days_that_begin_at_four() -> None:
    assert minute_of("day 1 04:00") == 0
    assert minute_of("day 2 03:59") == 2 * 1440 - 1
    assert all(minute_of(time_of(minute)) == minute for minute in range(0, 3 * 1440, 7))


def test_a_file_can_be_named_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(PLAIN)
    assert load_scenario(str(file)).title == "x"
    with pytest.raises(SettingsError, match=r"Shipped are: broken-echo.*story"):
        load_scenario("no-such-scenario")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = ", "not valid TOML"),
        (f"{PLAIN}dayz = 3", "dayz"),
        (f"{PLAIN}tick_minutes = 20\nwindow_minutes = 15", "not made of ticks"),
        (f"{PLAIN}people = {{silent = 0.6, quadrant_only = 0.6}}", "more than everybody"),
        (f"{PLAIN}streets = {{communities = 4, places = 3}}", "fewer places than communities"),
        (f"{EVENT}strenght = 0.5", "strenght"),
        (f"{EVENT}share = 2", r"event\[0\]\.share|event\[...\]\.share"),
        (EVENT.replace("day 1 12:00", "noon"), "from"),
        (EVENT.replace("distress", "boredom"), "boredom"),
        (f'{EVENT}until = "day 1 11:00"', "event 1 is from day 1 12:00 until day 1 11:00"),
        (f'{EVENT}until = "day 9 11:00"', "in a run of 2 days"),
        (
            f'{PLAIN}chapter = [{{from = "day 2 04:00", title = "b"}}, {{from = "day 1 04:00", title = "a"}}]',
            "chapters",
        ),
    ],
)
def test_what_is_wrong_with_a_scenario_is_said(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        parse_scenario(text)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ('kind = "distress"\nplaces = ["atlantis"]', "the place 'atlantis'"),
        ('kind = "distress"\ncommunities = ["atlantis"]', "the community 'atlantis'"),
        ('kind = "hub-down"\nplaces = ["place-1"]', "Name communities"),
        ('kind = "rally"', "not at one place"),
    ],
)
def test_an_event_must_be_where_there_is_something(event: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        simulate(scenario(f'[[event]]\n{event}\nfrom = "day 1 12:00"'))
