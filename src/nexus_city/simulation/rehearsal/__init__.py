"""Rehearsal: in the demo's city, a visitor breaks the mirror, calls circles, repairs, and holds the rally.

`stage` knows what is broken and what runs, and directs the people of the city; `mirrors` stands before the city's doors
and distorts what is broken; `displays` are a display for each place, and say what they show; `routes` are the doors.

Invariants
* Only what readers are *shown* is distorted, and only in a demo. What was counted, released and kept is never touched,
  so the network's own health finds the fault as it would find a real one.
* Nothing of a rehearsal outlives its process: a demo that is started again has whole mirrors.
"""

from nexus_city.simulation.rehearsal.displays import Displays
from nexus_city.simulation.rehearsal.mirrors import Mirrors
from nexus_city.simulation.rehearsal.routes import RehearsalRoutes
from nexus_city.simulation.rehearsal.stage import Rehearsal

__all__ = ["Displays", "Mirrors", "Rehearsal", "RehearsalRoutes"]
