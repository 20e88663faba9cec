"""The house file: what is written can be read, and what cannot be read says which key and what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from nexus_city.environment.scene import open_house, read_house, write_house
from nexus_city.ground.errors import BadInput, SettingsError
from nexus_city.simulation import DEMO_HOUSE
from tests.environment.rigs import a_house
from tests.environment.test_desk import HOUSE


def test_a_house_that_was_written_is_read_back_the_same() -> None:
    assert read_house(write_house(HOUSE)) == HOUSE


def test_the_demos_house_is_whole() -> None:
    house = read_house(DEMO_HOUSE.read_bytes())
    assert len(house.patch.zones) >= 4
    assert read_house(write_house(house)) == house


def broken(**changes: Any) -> bytes:
    return json.dumps({**json.loads(write_house(a_house())), **changes}).encode()


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"{", "not a house file"),
        (b"[]", "the file"),
        (broken(lasers=True), "lasers"),
        (broken(format="nexus-house-9"), "format"),
        (broken(scenes=[{"id": "s", "name": "S", "zones": ["z"], "sparkle": 1}]), "sparkle"),
        (broken(scenes=[{"id": "s", "name": "S", "zones": ["z"], "look": "strobe"}]), "look"),
        (broken(scenes=[{"id": "s", "name": "S", "zones": ["z"], "level": 3}]), "level"),
        (broken(scenes=[{"id": "s", "name": "S", "zones": ["attic"]}]), "attic"),
        (broken(schedules=[{"id": "x", "show": "nothing"}]), "nothing"),
        (broken(schedules=[{"id": "x", "show": "s", "from": "25:00"}]), "from"),
        (broken(schedules=[{"id": "x", "show": "s", "from": "07:00\n"}]), "from"),
        (broken(scenes=[{"id": "s\n", "name": "S", "zones": ["z"]}]), "id"),
        (broken(patch={"wires": [{"id": "w\n", "kind": "sacn"}]}), "id"),
        (broken(patch={"wires": [{"id": "w", "kind": "sacn", "interface": "eth0"}]}), "interface"),
        (broken(sequences=[{"id": "q", "name": "Q", "cues": []}]), "cues"),
        (broken(scenes=[{"id": "s", "name": "S", "zones": ["z"]}] * 2), "'s' is used twice"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_key_and_the_remedy(text: bytes, field: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_house(text)
    assert field in f"{refusal.value.field} {refusal.value.detail}"
    assert refusal.value.remedy


def test_a_zone_at_a_place_that_the_city_has_not_is_refused() -> None:
    with pytest.raises(BadInput, match="'square', which is not there"):
        read_house(write_house(a_house()), {"harbour"})


def test_a_file_given_at_the_start_is_refused_while_starting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        open_house(tmp_path / "none.json", {"square"})
    (tmp_path / "house.json").write_bytes(broken(lasers=True))
    with pytest.raises(SettingsError, match="lasers"):
        open_house(tmp_path / "house.json", {"square"})


def test_a_place_may_have_hues_of_its_own_if_all_eyes_can_tell_its_moods_apart() -> None:
    hues = [{"name": "joy", "valence": 0.6, "arousal": 0.6, "hue": 70.0}]
    hues += [{"name": "calm", "valence": 0.6, "arousal": -0.6, "hue": 170.0}]
    hues += [{"name": "grief", "valence": -0.6, "arousal": -0.6, "hue": 280.0}]
    hues += [{"name": "anger", "valence": -0.6, "arousal": 0.6, "hue": 10.0}]
    house = read_house(broken(hues=hues))
    assert house.palette.colours(2) != a_house().palette.colours(2)
    with pytest.raises(BadInput, match="look alike") as refusal:
        read_house(broken(hues=[{**anchor, "hue": 30.0} for anchor in hues]))
    assert refusal.value.field == "hues"
