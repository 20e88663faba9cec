"""Simulation: people who are not there, and who enter by the same door as those who are.

Today it replays: `reading` turns answers of real experience sampling into moods, `residents` bootstraps a city's worth
of days from them, `living` lets them live, `replay` reads anybody's file, and `entrance` carries
all of it through the public HTTP door.

Invariants: no shortcut behind the door; a resident has a device token and is bounded, refused and forgotten like
everybody; what is shown in a demo is labelled as replayed.
"""

from nexus_city.simulation.entrance import Entrance, Tally, Visit
from nexus_city.simulation.living import LivingCity
from nexus_city.simulation.reading import load_answers
from nexus_city.simulation.replay import read_file, replay_file
from nexus_city.simulation.residents import DEMO_CITY, DEMO_HOUSE, Residents

__all__ = [
    "DEMO_CITY",
    "DEMO_HOUSE",
    "Entrance",
    "LivingCity",
    "Residents",
    "Tally",
    "Visit",
    "load_answers",
    "read_file",
    "replay_file",
]
