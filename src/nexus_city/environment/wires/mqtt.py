"""MQTT, with Home Assistant in mind: lights that we offer, sensors of the climate, and lamps of theirs that we command.

* Each zone is a light entity (JSON schema): its brightness is the zone's master, its effects are the zone's scenes.
  Whoever dims it has a hand on the control, told in the log as this wire.
* Each place is five sensors: its voices, and the share of each quadrant. A mean mood is not among them: joy and grief
  side by side are not neutral.
* A luminaire on this wire is a lamp of somebody else: its `name` is the topic that it takes JSON commands on. It gets
  its colour at most once a second, with a transition, and only when it has changed.

A command is acknowledged to the broker by hand, after it was done. If the broker goes away, everything is announced
anew when it is back; a retained last will tells Home Assistant that the entities are not available meanwhile.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion

from nexus_city import __version__
from nexus_city.climate import Voice
from nexus_city.environment.hands import Hands
from nexus_city.environment.patch import Wire
from nexus_city.environment.stage import LUMINANCE
from nexus_city.environment.wires.state import Tally, WireState
from nexus_city.feelings import QUADRANTS, coarsen
from nexus_city.ground import NexusError

PORT: Final = 1883
DISCOVERY: Final = "homeassistant"
"""Prefix under which Home Assistant looks for new entities."""
_ROOT: Final = "nexus"
_LAMP_EVERY_S: Final = 1.0
_CHANGED: Final = 0.004
"""Linear light by which a lamp must have changed to be told."""
_RECONNECT_S: Final = (1, 30)

log = structlog.get_logger("nexus.mqtt")


def zone_topic(house: str, zone: str) -> str:
    """Return the topic under which a zone's light says how it is; commands come to it with `/set` behind."""
    return f"{_ROOT}/{house}/zone/{zone}"


def place_topic(house: str, place: str) -> str:
    """Return the topic under which a place's climate is told, retained."""
    return f"{_ROOT}/{house}/place/{place}"


def light_document(house: str, zone: str, name: str, scenes: list[str]) -> tuple[str, dict[str, Any]]:
    """Return topic and payload by which Home Assistant learns of a zone's light."""
    topic = zone_topic(house, zone)
    payload = {
        "schema": "json",
        "name": name,
        "unique_id": f"nexus_{house}_zone_{zone}",
        "state_topic": topic,
        "command_topic": f"{topic}/set",
        "brightness": True,
        "supported_color_modes": ["brightness"],
        "effect": bool(scenes),
        **({"effect_list": scenes} if scenes else {}),
        **_shared(house),
    }
    return f"{DISCOVERY}/light/nexus_{house}/zone_{zone}/config", payload


def sensor_documents(house: str, place: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Return topics and payloads by which Home Assistant learns of a place's sensors."""
    topic = place_topic(house, place)
    voices = {"name": f"{name}: voices", "value_template": "{{ value_json.people }}", "icon": "mdi:account-voice"}
    shares = {
        quadrant: {
            "name": f"{name}: {quadrant.replace('-', ' and ')}",
            "value_template": f"{{{{ value_json.quadrants['{quadrant}'] }}}}",
            "unit_of_measurement": "%",
            "icon": "mdi:waves",
        }
        for quadrant in QUADRANTS
    }
    return [
        (
            f"{DISCOVERY}/sensor/nexus_{house}/place_{place}_{key}/config",
            {
                "unique_id": f"nexus_{house}_place_{place}_{key}",
                "state_topic": topic,
                "state_class": "measurement",
                **said,
                **_shared(house),
            },
        )
        for key, said in {"voices": voices, **shares}.items()
    ]


def climate_document(voice: Voice) -> dict[str, Any]:
    """Return what a place says, as its sensors read it; a silent place has no shares rather than wrong ones."""
    climate = voice.climate
    quadrants: dict[str, float | None] = dict.fromkeys(QUADRANTS)
    if climate is not None and climate.mixture is not None:
        shares = [0.0] * 4
        for cell, share in enumerate(climate.mixture):
            shares[coarsen(cell, climate.grid, 2)] += share
        quadrants = {name: round(100 * share, 1) for name, share in zip(QUADRANTS, shares, strict=True)}
    return {
        "state": voice.state,
        "speaker": voice.speaker,
        "people": climate.people if climate else None,
        "uncertainty": climate.uncertainty if climate else None,
        "epsilon_day": climate.epsilon.day if climate else None,
        "quadrants": quadrants,
    }


def lamp_document(light: tuple[float, float, float]) -> dict[str, Any]:
    """Return the JSON command that gives a lamp linear light: colour at full value, and brightness by luminance."""
    high = max(light)
    if high < _CHANGED:
        return {"state": "OFF", "transition": 2}
    luminance = float(sum(share * part for share, part in zip(LUMINANCE.tolist(), light, strict=True)))
    red, green, blue = (round(255 * (part / high) ** (1 / 2.2)) for part in light)
    brightness = max(1, round(255 * luminance ** (1 / 2.2)))
    return {"state": "ON", "brightness": brightness, "color": {"r": red, "g": green, "b": blue}, "transition": 2}


def _shared(house: str) -> dict[str, Any]:
    return {
        "availability_topic": f"{_ROOT}/{house}/availability",
        "device": {"identifiers": [f"nexus_{house}"], "name": "Nexus City", "manufacturer": "Nexus City"},
        "origin": {"name": "Nexus City", "sw_version": __version__},
    }


class MqttWire:
    """One broker. `secret` is `user:password`, or empty. `place_name` names a place, for its sensors."""

    def __init__(
        self,
        wire: Wire,
        secret: str,
        hands: Hands,
        place_name: Callable[[str], str],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._house = wire.id
        self._hands = hands
        self._place_name = place_name
        self._now_s = now_s
        self._tally = Tally(now_s)
        self._voices: dict[str, Voice] = {}
        self._shown: dict[str, tuple[float, float, float]] = {}
        self._lamps_s = float("-inf")
        self._announced: list[tuple[str, float, list[str]]] = []
        self._client = self._prepared(wire, secret)
        self._tally.failed(f"{wire.host}: connecting.")
        self._client.connect_async(wire.host or "127.0.0.1", wire.port or PORT, keepalive=30)
        self._client.loop_start()  # last: what it calls back uses all of the above

    def _prepared(self, wire: Wire, secret: str) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, f"nexus-{wire.id}", clean_session=False, manual_ack=True)
        if secret:
            client.username_pw_set(*secret.split(":", 1))
        client.will_set(f"{_ROOT}/{self._house}/availability", "offline", qos=1, retain=True)
        client.reconnect_delay_set(*_RECONNECT_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    # --- out ----------------------------------------------------------------------------------------------------------

    def show(self, lights: dict[str, tuple[float, float, float]]) -> None:
        """Command other people's lamps, and keep the announced zones true."""
        if not self._client.is_connected():
            return
        if self._now_s() - self._lamps_s >= _LAMP_EVERY_S:
            self._lamps_s = self._now_s()
            for topic, light in lights.items():
                before = self._shown.get(topic)
                if before is None or max(abs(a - b) for a, b in zip(light, before, strict=True)) > _CHANGED:
                    self._shown[topic] = light
                    self._client.publish(topic, json.dumps(lamp_document(light)))
            self._announce_zones()
        self._tally.sent()

    def hear(self, voice: Voice) -> None:
        """Tell what a place says, announcing its sensors when it is new."""
        new = voice.place not in self._voices
        self._voices[voice.place] = voice
        if self._client.is_connected():
            self._tell(voice, announce=new)

    def state(self) -> WireState:
        """Return how it goes."""
        return self._tally.state()

    def close(self) -> None:
        """Say that the entities are gone, and hang up."""
        if self._client.is_connected():
            self._client.publish(f"{_ROOT}/{self._house}/availability", "offline", qos=1, retain=True).wait_for_publish(
                2
            )
        self._client.disconnect()
        self._client.loop_stop()

    def _tell(self, voice: Voice, announce: bool) -> None:
        if announce:
            for topic, payload in sensor_documents(self._house, voice.place, self._place_name(voice.place)):
                self._client.publish(topic, json.dumps(payload), qos=1, retain=True)
        said = json.dumps(climate_document(voice))
        self._client.publish(place_topic(self._house, voice.place), said, qos=1, retain=True)

    def _announce_zones(self, anew: bool = False) -> None:
        """Announce zones, and take them back, when the house has changed; tell their masters when those have."""
        zones = [(zone.id, level, scenes) for zone, level, scenes in self._hands.zones()]
        if zones == self._announced and not anew:
            return
        known = {zone: scenes for zone, _, scenes in self._announced}
        for zone, level, scenes in self._hands.zones():
            if anew or known.get(zone.id) != scenes:
                topic, payload = light_document(self._house, zone.id, zone.name, scenes)
                self._client.publish(topic, json.dumps(payload), qos=1, retain=True)
            told = {"state": "ON" if level > 0 else "OFF", "brightness": round(level * 255), "color_mode": "brightness"}
            self._client.publish(zone_topic(self._house, zone.id), json.dumps(told), qos=1, retain=True)
        for gone in known.keys() - {zone for zone, _, _ in zones}:
            topic, _ = light_document(self._house, gone, "", [])
            self._client.publish(topic, "", qos=1, retain=True)  # by which Home Assistant forgets it
        self._announced = zones

    # --- the broker ---------------------------------------------------------------------------------------------------

    def _on_connect(self, client: paho.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            name = f"NEXUS_WIRE_{self._house.upper().replace('-', '_')}"
            self._tally.failed(f"The broker refuses us: {reason}. Check {name}.")
            return
        client.subscribe(f"{_ROOT}/{self._house}/zone/+/set", qos=1)
        client.publish(f"{_ROOT}/{self._house}/availability", "online", qos=1, retain=True)
        self._shown.clear()
        self._announce_zones(anew=True)
        for voice in list(self._voices.values()):
            self._tell(voice, announce=True)
        self._tally.recovered()
        self._tally.sent()

    def _on_disconnect(self, _: paho.Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self._tally.failed(f"The broker is gone ({reason}); trying again.")

    def _on_message(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        zone = message.topic.split("/")[-2]
        try:
            self._obey(zone, json.loads(message.payload))
        except NexusError as refusal:
            log.warning("an MQTT command was refused", detail=refusal.detail)
        except (ValueError, TypeError, AttributeError, KeyError):
            log.warning("an MQTT command could not be read", zone=zone)
        client.ack(message.mid, message.qos)

    def _obey(self, zone: str, wish: dict[str, Any]) -> None:
        if wish.get("state") == "OFF":
            self._hands.master(zone, 0.0)
            return
        if "effect" in wish:
            self._hands.take(zone, str(wish["effect"]))
        if "brightness" in wish:
            self._hands.master(zone, min(1.0, max(0.0, float(wish["brightness"]) / 255)))
        elif wish.get("state") == "ON":
            level = next((level for each, level, _ in self._hands.zones() if each.id == zone), 1.0)
            if level == 0:
                self._hands.master(zone, 1.0)
