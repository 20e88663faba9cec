"""Discovery documents keep Home Assistant's rules (`home_assistant`), and its templates find what they look for."""

import json
from typing import Any

import pytest
import voluptuous as vol
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.environment.wires.mqtt import climate_document, light_document, sensor_documents
from nexus_city.feelings import QUADRANTS
from tests.environment.rigs import a_voice
from tests.environment.wires.home_assistant import LIGHT, SENSOR, discovered, read

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80)


@given(house=SLUGS, zone=SLUGS, name=NAMES, scenes=st.lists(SLUGS, unique=True, max_size=5))
def test_a_zone_is_discovered_as_a_light_whatever_it_is_called(
    house: str, zone: str, name: str, scenes: list[str]
) -> None:
    topic, document = light_document(house, zone, name, scenes)
    light = discovered(topic, json.loads(json.dumps(document)))
    assert light["command_topic"] == f"{light['state_topic']}/set"
    assert light.get("effect_list", []) == scenes


@given(house=SLUGS, place=SLUGS, name=NAMES)
def test_a_place_is_discovered_as_five_sensors_whatever_it_is_called(house: str, place: str, name: str) -> None:
    found = [discovered(topic, document) for topic, document in sensor_documents(house, place, name)]
    assert len({each["unique_id"] for each in found}) == 5
    assert len({each["name"] for each in found}) == 5


def test_all_entities_of_a_house_are_one_device_and_go_away_together() -> None:
    documents = [light_document("home", "wall", "Wall", [])[1]]
    documents += [document for _, document in sensor_documents("home", "square", "The Square")]
    assert len({json.dumps(each["device"]) for each in documents}) == 1
    assert {each["availability_topic"] for each in documents} == {"nexus/home/availability"}


def test_the_sensors_read_voices_and_shares_from_the_climate() -> None:
    said = json.loads(json.dumps(climate_document(a_voice([0.1, 0.2, 0.3, 0.4]))))
    values = [read(each["value_template"], said) for _, each in sensor_documents("home", "square", "The Square")]
    assert [float(value) for value in values] == [400, 10.0, 20.0, 30.0, 40.0]  # numbers, as `measurement` asks


def test_the_sensors_of_a_silent_place_are_unknown() -> None:
    said = json.loads(json.dumps(climate_document(a_voice(None))))
    values = {read(each["value_template"], said) for _, each in sensor_documents("home", "square", "The Square")}
    assert values == {"None"}
    assert len(QUADRANTS) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": "basic"},
        {"supported_color_modes": ["brightness", "rgb"]},
        {"supported_color_modes": ["sparkle"]},
        {"supported_color_modes": []},
        {"supported_color_modes": ["onoff"]},
        {"command_topic": "nexus/+/set"},
        {"command_topic": ""},
        {"effect_list": []},
        {"effect": False},
        {"brightness": "yes"},
        {"device": {"name": "nobody"}},
        {"availability": [{"topic": "a"}]},
        {"color_mode": True},
        {"rgb": True},
    ],
)
def test_the_rules_would_notice_a_wrong_light(wrong: dict[str, Any]) -> None:
    _, right = light_document("home", "wall", "Wall", ["day"])
    assert LIGHT(right)
    with pytest.raises(vol.Invalid):
        LIGHT({**right, **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"value_template": "{{ value_json.people"},
        {"state_class": "average"},
        {"unit_of_measurement": 5},
        {"icon": "waves"},
        {"command_topic": "a/set"},
    ],
)
def test_the_rules_would_notice_a_wrong_sensor(wrong: dict[str, Any]) -> None:
    _, right = sensor_documents("home", "square", "The Square")[1]
    assert SENSOR(right)
    with pytest.raises(vol.Invalid):
        SENSOR({**right, **wrong})
