"""The city file: a TOML text that lists the places of a city, read once when its data folder is new.

timezone = "Europe/Madrid"

[operator]
name = "Friends of the Museum"
contact = "hello@museum.example"

[[place]]
id = "museum"
name = "The Museum"
kind = "city"

[[place]]
id = "hall"
name = "Entrance Hall"
parent = "museum"
expected_crowd = 600
"""

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import msgspec

from nexus_city.ground.errors import SettingsError
from nexus_city.places.model import City, Operator, Place

STARTER = """
timezone = "UTC"

[[place]]
id = "city"
name = "Our City"
kind = "city"
welcome = "Tell this place how you feel. Nobody will know it was you."
expected_crowd = 600

[[place]]
id = "square"
name = "The Square"
parent = "city"
welcome = "Sit down for a moment. How is it, being here?"
expected_crowd = 600
"""
"""A city of one square, for hosts who start without a city file."""


class _CityFile(msgspec.Struct, forbid_unknown_fields=True):
    place: list[Place]
    timezone: str = "UTC"
    epsilon: Annotated[float, msgspec.Meta(ge=0.01, le=1)] = 1.0
    """Of a person-day; below the least, noise would bury every crowd."""
    research: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0
    """Share of ε that pays for the day's table for research, and that the grid has the less; 0: there is no table."""
    operator: Operator = Operator()
    """Who answers for the city; named in charters and consent receipts."""


def parse_city(text: str, source: str = "the city file") -> City:
    """Read a city from TOML `text`; raises `SettingsError` naming the place, the key and the remedy."""
    try:
        file = msgspec.convert(tomllib.loads(text), _CityFile)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}.", "Mend that line and start again.") from error
    except msgspec.ValidationError as error:
        raise SettingsError(
            f"{source} cannot be used: {error}.", "See docs/host-guide.md for the keys of a place."
        ) from error
    epsilon, research = (Fraction(each).limit_denominator(1000) for each in (file.epsilon, file.research))
    return City(tuple(file.place), file.timezone, epsilon, file.operator, research)


def read_city(path: Path) -> City:
    """Read a city from the TOML file at `path`."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"The city file {path} cannot be read ({error.strerror}).", "Check --city.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"The city file {path} cannot be read (it is not UTF-8 text).", "Check --city, or save it as UTF-8."
        ) from error
    return parse_city(text, str(path))
