"""What Home Assistant asks of MQTT discovery, written out by hand from its documentation of MQTT, its light and sensor.

Stricter than the original: a key that we do not mean to send is refused, where Home Assistant would drop it silently.
A real Home Assistant core was not run: the newest that starts on Python 3.11 is years old, and slow to install.
"""

import re
from typing import Any

import jinja2
import voluptuous as vol

COLOUR_MODES = frozenset({"onoff", "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white"})
ALONE = frozenset({"onoff", "brightness"})
"""Colour modes that a light has alone or not at all."""
STATE_CLASSES = ("measurement", "measurement_angle", "total", "total_increasing")

TEXT = vol.All(str, vol.Length(min=1))


def publish_topic(topic: Any) -> str:
    """A topic that can be published to: no wildcards, no null, not empty, at most 65,535 bytes of UTF-8."""
    if not isinstance(topic, str) or not 0 < len(topic.encode()) <= 65_535 or re.search(r"[+#\0]", topic):
        raise vol.Invalid(f"not a topic to publish to: {topic!r}")
    return topic


def template(text: Any) -> str:
    """A Jinja template that can be compiled."""
    try:
        jinja2.Environment(autoescape=False).parse(text)  # noqa: S701 - as Home Assistant does; it makes no HTML
    except (jinja2.TemplateError, TypeError) as error:
        raise vol.Invalid(f"not a template: {error}") from error
    return str(text)


def colour_modes(modes: Any) -> list[str]:
    """Known, each once, and `onoff` and `brightness` only alone."""
    if not isinstance(modes, list) or not modes or not set(modes) <= COLOUR_MODES or len(set(modes)) != len(modes):
        raise vol.Invalid(f"not colour modes: {modes!r}")
    if set(modes) & ALONE and len(modes) > 1:
        raise vol.Invalid(f"{modes!r}: onoff and brightness stand alone")
    if modes == ["white"]:
        raise vol.Invalid("white needs a colour mode beside it")
    return modes


def identified(device: dict[str, Any]) -> dict[str, Any]:
    """A device has an identifier or a connection."""
    if not device.get("identifiers") and not device.get("connections"):
        raise vol.Invalid("a device needs identifiers or connections")
    return device


DEVICE = vol.All(
    vol.Schema(
        {
            "identifiers": vol.All([TEXT], vol.Length(min=1)),
            "connections": [vol.All([TEXT], vol.Length(min=2, max=2))],
            "name": TEXT,
            "manufacturer": TEXT,
            "model": TEXT,
            "sw_version": TEXT,
            "configuration_url": vol.Url(),
        }
    ),
    identified,
)
ENTITY = {
    vol.Required("unique_id"): TEXT,
    vol.Required("name"): TEXT,
    vol.Required("device"): DEVICE,
    vol.Optional("origin"): {vol.Required("name"): TEXT, "sw_version": TEXT, "support_url": vol.Url()},
    # Never together with the list `availability`, which is therefore not among the keys.
    vol.Required("availability_topic"): publish_topic,
    "payload_available": TEXT,
    "payload_not_available": TEXT,
    "icon": vol.Match(r"^mdi:[a-z0-9-]+$"),
    "qos": vol.In([0, 1, 2]),
    "retain": bool,
}


def lit(light: dict[str, Any]) -> dict[str, Any]:
    """What belongs together: effects and their list, dimming and a colour mode that can be dimmed."""
    if light.get("effect", False) != bool(light.get("effect_list")):
        raise vol.Invalid("effect and effect_list go together")
    if light.get("brightness", False) and light["supported_color_modes"] == ["onoff"]:
        raise vol.Invalid("a light that can only be on or off has no brightness")
    return light


LIGHT = vol.All(
    vol.Schema(
        {
            **ENTITY,
            vol.Required("schema"): "json",
            vol.Required("command_topic"): publish_topic,
            vol.Required("state_topic"): publish_topic,
            vol.Required("supported_color_modes"): colour_modes,
            "brightness": bool,
            "brightness_scale": vol.All(int, vol.Range(min=1)),
            "effect": bool,
            "effect_list": vol.All([TEXT], vol.Unique()),
        }
    ),
    lit,
)
SENSOR = vol.Schema(
    {
        **ENTITY,
        vol.Required("state_topic"): publish_topic,
        vol.Required("value_template"): template,
        "state_class": vol.In(STATE_CLASSES),
        "unit_of_measurement": TEXT,
        "expire_after": vol.All(int, vol.Range(min=0)),
    }
)
LIGHT_STATE = vol.Schema(
    {
        vol.Required("state"): vol.In(["ON", "OFF"]),
        "brightness": vol.All(int, vol.Range(min=0, max=255)),
        "color_mode": vol.In(COLOUR_MODES),
        "effect": TEXT,
    }
)
_KINDS = {"light": LIGHT, "sensor": SENSOR}


def discovered(topic: str, document: dict[str, Any], prefix: str = "homeassistant") -> dict[str, Any]:
    """Check a discovery message as Home Assistant would. Raises `voluptuous.Invalid`; `AssertionError` for a topic."""
    found = re.fullmatch(rf"{prefix}/(\w+)/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config", topic)
    assert found, f"no entity is discovered on {topic}"
    checked: dict[str, Any] = _KINDS[found.group(1)](document)
    return checked


def read(value_template: str, document: Any) -> str:
    """Return the state that a sensor takes from a payload; the string `None` makes it unknown."""
    environment = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)  # noqa: S701 - as above
    return environment.from_string(value_template).render(value_json=document)
