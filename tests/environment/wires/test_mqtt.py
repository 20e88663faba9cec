"""MQTT against a real broker: what Home Assistant finds, what its commands do, and a broker that dies and returns."""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from nexus_city.environment.desk import Desk
from nexus_city.environment.hands import Hands
from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.mqtt import (
    MqttWire,
    climate_document,
    lamp_document,
    light_document,
    sensor_documents,
)
from tests.environment.rigs import NOON, a_voice
from tests.environment.test_desk import HOUSE
from tests.environment.wires import home_assistant

PATIENCE_S = 10


def until(done: Callable[[], Any]) -> Any:
    """Wait until `done` returns something."""
    for _ in range(PATIENCE_S * 50):
        if found := done():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come to pass")


class Broker:
    """A Mosquitto of our own, that can die and return."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["mosquitto", "-p", str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._answers)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def _answers(self) -> bool:
        with socket.socket() as asking:
            return asking.connect_ex(("127.0.0.1", self.port)) == 0


class Someone:
    """Another client of the broker: what Home Assistant would see."""

    def __init__(self, broker: Broker) -> None:
        self.heard: dict[str, Any] = {}
        self.client = paho.Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _, __, message: self._hear(message)
        self.client.connect("127.0.0.1", broker.port)
        self.client.subscribe("#", qos=1)
        self.client.loop_start()

    def _hear(self, message: paho.MQTTMessage) -> None:
        text = message.payload.decode()
        try:
            self.heard[message.topic] = json.loads(text)
        except json.JSONDecodeError:
            self.heard[message.topic] = text

    def say(self, topic: str, payload: object) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.client.publish(topic, text, qos=1).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def broker() -> Iterator[Broker]:
    if shutil.which("mosquitto") is None:
        pytest.skip("no mosquitto: run scripts/install-test-tools")
    running = Broker()
    yield running
    running.stop()


@pytest.fixture
def someone(broker: Broker) -> Iterator[Someone]:
    listening = Someone(broker)
    yield listening
    listening.close()


@pytest.fixture
def desk() -> Desk:
    return Desk(HOUSE)


@pytest.fixture
def wire(broker: Broker, desk: Desk) -> Iterator[MqttWire]:
    hands = Hands("home", lambda act: act(desk), lambda _: None, lambda: 0.0)
    opened = MqttWire(Wire("home", "mqtt", "127.0.0.1", broker.port), "", hands, lambda place: place.title())
    yield opened
    opened.close()


def test_zones_are_offered_as_lights_and_places_as_sensors(wire: MqttWire, someone: Someone) -> None:
    until(lambda: wire.state().state == "sending")
    wire.hear(a_voice([0.1, 0.2, 0.3, 0.4]))
    light = until(lambda: someone.heard.get("homeassistant/light/nexus_home/zone_wall/config"))
    assert light["effect_list"] == ["day", "loud", "dusk", "dark"]
    assert light["command_topic"] == "nexus/home/zone/wall/set"
    assert until(lambda: someone.heard.get("nexus/home/zone/wall"))["brightness"] == 255
    said = until(lambda: someone.heard.get("nexus/home/place/square"))
    assert said["people"] == 400
    assert said["quadrants"] == {
        "unpleasant-calm": 10.0,
        "pleasant-calm": 20.0,
        "unpleasant-activated": 30.0,
        "pleasant-activated": 40.0,
    }
    assert someone.heard["nexus/home/availability"] == "online"
    sensors = [topic for topic in someone.heard if topic.startswith("homeassistant/sensor/")]
    assert len(sensors) == 5


def test_all_that_is_said_to_home_assistant_keeps_its_rules(wire: MqttWire, someone: Someone) -> None:
    until(lambda: wire.state().state == "sending")
    wire.hear(a_voice([0.1, 0.2, 0.3, 0.4]))
    someone.say("nexus/home/zone/lamp/set", {"state": "OFF"})
    until(lambda: len([topic for topic in someone.heard if topic.endswith("/config")]) == 7)
    lights = [
        home_assistant.discovered(topic, document)
        for topic, document in someone.heard.items()
        if topic.startswith("homeassistant/") and topic.endswith("/config")
    ]
    for light in (each for each in lights if "command_topic" in each):
        told = home_assistant.LIGHT_STATE(until(lambda topic=light["state_topic"]: someone.heard.get(topic)))
        assert told["color_mode"] in light["supported_color_modes"]


def test_a_zone_that_is_no_more_is_taken_back(wire: MqttWire, someone: Someone, desk: Desk) -> None:
    config = "homeassistant/light/nexus_home/zone_lamp/config"
    until(lambda: someone.heard.get(config))
    wall, _ = HOUSE.patch.zones
    patch = msgspec.structs.replace(HOUSE.patch, zones=(wall,), luminaires=HOUSE.patch.luminaires[:1])
    scenes = tuple(msgspec.structs.replace(scene, zones=("wall",)) for scene in HOUSE.scenes)
    desk.compose(msgspec.structs.replace(HOUSE, patch=patch, scenes=scenes), "ada", "smaller", NOON)
    time.sleep(1.1)
    wire.show({})
    until(lambda: someone.heard[config] == "")
    assert someone.heard["homeassistant/light/nexus_home/zone_wall/config"]


def test_a_command_moves_the_desk_under_the_wires_own_name(wire: MqttWire, someone: Someone, desk: Desk) -> None:
    until(lambda: wire.state().state == "sending")
    someone.say("nexus/home/zone/wall/set", {"state": "ON", "brightness": 51, "effect": "dusk"})
    until(lambda: desk.masters()["wall"] == pytest.approx(0.2))
    assert desk.hands(1.0)["wall"][0] == "dusk"
    assert {change.who for change in desk.changes} == {"home"}
    someone.say("nexus/home/zone/wall/set", {"state": "OFF"})
    until(lambda: desk.masters()["wall"] == 0)
    someone.say("nexus/home/zone/wall/set", {"state": "ON"})
    until(lambda: desk.masters()["wall"] == 1)
    wire.show({})
    assert until(lambda: someone.heard["nexus/home/zone/wall"].get("state") == "ON")


@pytest.mark.parametrize("nonsense", ["", "[]", "{", '{"brightness": "bright"}', '{"effect": "laser"}', '{"state": 7}'])
def test_a_command_that_makes_no_sense_changes_nothing(
    wire: MqttWire, someone: Someone, desk: Desk, nonsense: str
) -> None:
    until(lambda: wire.state().state == "sending")
    someone.say("nexus/home/zone/wall/set", nonsense)
    someone.say("nexus/home/zone/nowhere/set", {"state": "OFF"})
    someone.say("nexus/home/zone/lamp/set", {"state": "OFF"})  # what comes after it is still heard
    until(lambda: desk.masters()["lamp"] == 0)
    assert desk.masters()["wall"] == 1
    assert len(desk.changes) == 1


def test_other_peoples_lamps_get_their_colour_when_it_changes(wire: MqttWire, someone: Someone) -> None:
    until(lambda: wire.state().state == "sending")
    wire.show({"home/hall/set": (0.5, 0.25, 0.0)})
    said = until(lambda: someone.heard.get("home/hall/set"))
    assert said["state"] == "ON"
    assert said["color"] == {"r": 255, "g": 186, "b": 0}
    someone.heard.clear()
    time.sleep(1.1)
    wire.show({"home/hall/set": (0.5, 0.25, 0.001)})
    time.sleep(0.3)
    assert "home/hall/set" not in someone.heard


def test_a_broker_that_dies_and_returns_is_told_everything_again(
    broker: Broker, wire: MqttWire, someone: Someone
) -> None:
    until(lambda: wire.state().state == "sending")
    wire.hear(a_voice([0.25] * 4))
    someone.close()
    broker.stop()
    until(lambda: wire.state().state == "failed")
    assert "gone" in wire.state().detail
    wire.show({"home/hall/set": (0.5, 0.25, 0.0)})  # nothing is raised meanwhile
    broker.start()
    again = Someone(broker)
    until(lambda: "nexus/home/place/square" in again.heard)
    until(lambda: "homeassistant/light/nexus_home/zone_lamp/config" in again.heard)
    until(lambda: wire.state().state == "sending")
    again.close()


def test_a_goodbye_leaves_the_entities_unavailable(broker: Broker, desk: Desk, someone: Someone) -> None:
    hands = Hands("home", lambda act: act(desk), lambda _: None, lambda: 0.0)
    wire = MqttWire(Wire("home", "mqtt", "127.0.0.1", broker.port), "", hands, str)
    until(lambda: wire.state().state == "sending")
    wire.close()
    until(lambda: someone.heard.get("nexus/home/availability") == "offline")


def test_a_broker_that_is_not_there_is_said_and_nothing_is_raised(desk: Desk) -> None:
    hands = Hands("home", lambda act: act(desk), lambda _: None, lambda: 0.0)
    wire = MqttWire(Wire("home", "mqtt", "127.0.0.1", 9), "", hands, str)
    wire.hear(a_voice([0.25] * 4))
    wire.show({"a": (0.1, 0.1, 0.1)})
    assert wire.state().state == "failed"
    wire.close()


def test_discovery_documents_have_what_home_assistant_asks_of_them() -> None:
    """The required keys of MQTT light (JSON schema) and MQTT sensor, and ids that are unique."""
    topic, light = light_document("home", "wall", "Wall", ["day"])
    assert topic.startswith("homeassistant/light/")
    assert topic.endswith("/config")
    assert {"schema", "command_topic", "unique_id", "device"} <= light.keys()
    assert light["schema"] == "json"
    assert light["device"]["identifiers"]
    sensors = sensor_documents("home", "square", "The Square")
    assert len({payload["unique_id"] for _, payload in sensors}) == len(sensors) == 5
    assert all({"state_topic", "value_template", "device"} <= payload.keys() for _, payload in sensors)


def test_a_silent_place_has_no_shares_rather_than_wrong_ones() -> None:
    said = climate_document(a_voice(None))
    assert said["people"] is None
    assert set(said["quadrants"].values()) == {None}


@pytest.mark.parametrize(
    ("light", "expected"),
    [((0, 0, 0), "OFF"), ((0.001, 0.001, 0.001), "OFF"), ((0.5, 0.5, 0.5), "ON"), ((0.0, 0.0, 0.01), "ON")],
)
def test_a_lamp_in_the_dark_is_off(light: tuple[float, float, float], expected: str) -> None:
    assert lamp_document(light)["state"] == expected
