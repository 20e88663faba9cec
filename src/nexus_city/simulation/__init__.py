"""Simulation: people who are not there, and who enter by the same door as those who are.

Two kinds. *Replayed* people lived these days once: `reading` turns answers of real experience sampling into moods,
`residents` bootstraps a city's worth of days from them, `living` lets them live, `replay` reads anybody's file.
*Simulated* people never lived: `city` lives a scenario with them, in this process as a test bench, or, by `visiting`,
at a real door. `entrance` carries all of them through the public HTTP door.

Invariants: no shortcut behind the door; a resident has a device token and is bounded, refused and forgotten like
everybody; what is shown of people who are not there is labelled as replayed, or as a what-if.
"""

from nexus_city.simulation.entrance import Entrance, Tally, Visit
from nexus_city.simulation.living import LivingCity
from nexus_city.simulation.reading import load_answers
from nexus_city.simulation.replay import read_file, replay_file
from nexus_city.simulation.residents import DEMO_CITY, DEMO_HOUSE, Residents
from nexus_city.simulation.visiting import VisitingCity

__all__ = [
    "DEMO_CITY",
    "DEMO_HOUSE",
    "Entrance",
    "LivingCity",
    "Residents",
    "Tally",
    "Visit",
    "VisitingCity",
    "load_answers",
    "read_file",
    "replay_file",
]
