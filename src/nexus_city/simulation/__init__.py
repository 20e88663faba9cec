"""Simulation: people who are not there, and who enter by the same door as those who are.

Two kinds. *Replayed* people lived these days once: `replay` reads anybody's file of check-ins. *Simulated* people never
lived: `city` lives a scenario with them, in this process as a test bench, or, by `visiting`, at a real door; `judging`
says what vitals make of a run, and `story` tells the five acts in figures, with bars and a picture. So the
demo's people live (`demo`): `residents` gives them temperaments and habits of real people, which `reading` takes from
real experience sampling, and a `rehearsal` lets a visitor break their mirror. `entrance` carries all of them through
the public HTTP door.

Invariants: no shortcut behind the door; a resident has a device token and is bounded, refused and forgotten like
everybody; what is shown of people who are not there is labelled as replayed, or as a what-if.
"""

from nexus_city.simulation.demo import DEMO_CITY, DEMO_HOUSE, DEMO_PEOPLE
from nexus_city.simulation.entrance import Entrance, Tally, Visit
from nexus_city.simulation.reading import load_answers
from nexus_city.simulation.replay import read_file, replay_file
from nexus_city.simulation.residents import draw_residents
from nexus_city.simulation.visiting import VisitingCity

__all__ = [
    "DEMO_CITY",
    "DEMO_HOUSE",
    "DEMO_PEOPLE",
    "Entrance",
    "Tally",
    "Visit",
    "VisitingCity",
    "draw_residents",
    "load_answers",
    "read_file",
    "replay_file",
]
