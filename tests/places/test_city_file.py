"""The city file: what it gives, and that every refusal names what is wrong and what to do."""

from fractions import Fraction
from pathlib import Path

import pytest

from nexus_city.ground.errors import SettingsError
from nexus_city.places import STARTER, parse_city, read_city

TWO = """
[[place]]
id = "museum"
name = "The Museum"
kind = "city"

[[place]]
id = "hall"
name = "Entrance Hall"
parent = "museum"
"""


def place(**keys: object) -> str:
    """Return the TOML of one place."""
    return "[[place]]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items()) + "\n"


ROOT = place(id='"museum"', name='"The Museum"')


def refused(text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        parse_city(text)
    assert caught.value.remedy
    return caught.value


def test_a_short_file_gives_a_city_with_quiet_defaults() -> None:
    city = parse_city(TWO)
    hall = city["hall"]
    assert [each.id for each in city.places] == ["museum", "hall"]
    assert (hall.presence, hall.policy, hall.setting, hall.expected_crowd) == ("open", "echo", "public", 0)
    assert city.timezone == "UTC"
    assert city.budget.epsilon == 1


def test_the_starter_city_can_be_used_as_it_is() -> None:
    city = parse_city(STARTER)
    assert city.root.id == "city"
    assert [each.id for each in city.children(city.root)] == ["square"]


def test_a_lower_epsilon_is_kept_as_an_exact_fraction() -> None:
    assert parse_city("epsilon = 0.3\n" + TWO).budget.epsilon == Fraction(3, 10)


def test_a_file_is_read_from_disk_and_named_in_its_refusal(tmp_path: Path) -> None:
    path = tmp_path / "town.toml"
    path.write_text(TWO)
    assert read_city(path).root.id == "museum"
    path.write_text("place = 7")
    with pytest.raises(SettingsError, match=r"town\.toml"):
        read_city(path)


def test_a_file_that_is_not_there_is_refused_with_the_option_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        read_city(tmp_path / "nowhere.toml")
    assert "--city" in caught.value.remedy


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "picture.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        read_city(path)


def test_a_file_that_is_not_toml_names_the_line() -> None:
    assert "line 3" in refused('[[place]]\nid = "a"\nname = \n').detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezone = 'UTC'", "place"),
        (ROOT + "presense = 'required'", "presense"),
        ("epsilom = 1\n" + ROOT, "epsilom"),
        ("epsilon = 0\n" + ROOT, "epsilon"),
        ("epsilon = 1.5\n" + ROOT, "epsilon"),
        ("epsilon = nan\n" + ROOT, "epsilon"),
        (ROOT + "presence = 'maybe'", "presence"),
        (ROOT + "policy = 'steer'", "policy"),
        (ROOT + "setting = 'prison'", "setting"),
        (ROOT + "kind = 'village'", "kind"),
        (ROOT + "expected_crowd = -1", "expected_crowd"),
        (ROOT + "expected_crowd = 10000001", "expected_crowd"),
        (ROOT + "position = [0.5, 1.5]", "position"),
        (ROOT + "position = [nan, 0.5]", "position"),
        (ROOT + f"welcome = '{'a' * 201}'", "welcome"),
        (place(id='"Museum"', name='"The Museum"'), "id"),
        (place(id='"a b"', name='"The Museum"'), "id"),
        (place(id='"museum\\n"', name='"The Museum"'), "id"),
        (place(id='""', name='"The Museum"'), "id"),
        (place(id=f'"{"a" * 41}"', name='"The Museum"'), "id"),
        (place(id='"museum"', name='""'), "name"),
        (place(id='"museum"'), "name"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(text: str, said: str) -> None:
    refusal = refused(text)
    assert said in refusal.detail
    assert "host-guide" in refusal.remedy


def test_an_epsilon_that_would_be_rounded_to_nothing_is_refused() -> None:
    assert "epsilon" in refused("epsilon = 0.0001\n" + ROOT).detail
    assert parse_city("epsilon = 0.01\n" + ROOT).budget.epsilon == Fraction(1, 100)


def test_an_unknown_time_zone_is_refused_with_an_example() -> None:
    refusal = refused("timezone = 'Europe/Atlantis'\n" + ROOT)
    assert refusal.field == "timezone"
    assert "Europe/Madrid" in refusal.remedy


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "/etc/localtime", "Europe"])
def test_a_time_zone_that_is_a_path_is_refused(zone: str) -> None:
    assert refused(f"timezone = '{zone}'\n{ROOT}").field == "timezone"


def test_an_id_used_twice_is_named() -> None:
    refusal = refused(TWO + place(id='"hall"', name='"Other Hall"', parent='"museum"'))
    assert "'hall'" in refusal.detail
    assert refusal.field == "id"


def test_a_city_without_a_root_or_with_two_is_refused() -> None:
    refusal = refused(ROOT + place(id='"hall"', name='"Hall"'))
    assert "museum, hall" in refusal.detail
    circle = place(id='"a"', name='"A"', parent='"b"') + place(id='"b"', name='"B"', parent='"a"')
    assert "none" in refused(circle).detail


def test_an_empty_list_of_places_is_refused() -> None:
    assert "exactly one place without a parent" in refused("place = []").detail


def test_a_parent_or_neighbour_that_does_not_exist_is_refused_with_the_known_ones() -> None:
    parent = refused(ROOT + place(id='"hall"', name='"Hall"', parent='"musuem"'))
    assert (parent.field, "museum" in parent.remedy) == ("parent", True)
    neighbour = refused(ROOT + 'adjacent = ["garden"]')
    assert (neighbour.field, "'garden'" in neighbour.detail) == ("adjacent", True)


def test_a_circle_of_parents_beside_the_root_is_refused() -> None:
    circle = place(id='"a"', name='"A"', parent='"b"') + place(id='"b"', name='"B"', parent='"a"')
    assert "its own ancestor" in refused(ROOT + circle).detail
