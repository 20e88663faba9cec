"""A simulated city: a what-if and a test bench, and no forecast.

People with temperaments, friends and places to be are drawn by each other and by what displays show them, and check in
as people do; the machine between them may break. From a scenario to arrays for charts:

`scenario`, `events` (what shall happen) → `streets`, `people` (who and where) → `world`, `engine` (moods and check-ins,
tick by tick) ⇄ `network` (counted, released, drawn and displayed, with the product's own code) → `run` → `folder`,
`picture`. `docs/simulation.md` says where the model comes from, and what it cannot tell.

Invariants
* The same scenario and seed are the same bytes on any engine and number of threads (with one NumPy on one machine).
* Climates are released values: bounded, counted and noised by `boundaries`, folded and mixed by `climate`. What nobody
  could know is in `Run.truth`, and apart on disk.
* Whoever opted out is in no count: their days could be any others, and every released byte would be the same.
"""

from nexus_city.simulation.city.folder import save_run
from nexus_city.simulation.city.run import Run, Summary, map_of, simulate, summaries
from nexus_city.simulation.city.scenario import Scenario, load_scenario, parse_scenario, scenarios

__all__ = [
    "Run",
    "Scenario",
    "Summary",
    "load_scenario",
    "map_of",
    "parse_scenario",
    "save_run",
    "scenarios",
    "simulate",
    "summaries",
]
