"""The files of the demo: its city, its lights, and what its people live."""

from importlib.resources import files
from pathlib import Path

DEMO_CITY = Path(str(files("nexus_city.simulation.data") / "nexus-city.toml"))
"""City file: one city, three districts, twelve places."""
DEMO_HOUSE = DEMO_CITY.with_name("nexus-house.json")
"""House file: a wall, lanterns and shelves, sent to this machine only."""
DEMO_PEOPLE = DEMO_CITY.with_name("nexus-people.toml")
"""Scenario: ordinary days of people whose temperaments are real ones (`residents`)."""
