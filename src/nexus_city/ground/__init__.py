"""Ground: what every room stands on.

Time, randomness and storage are passed in, never reached for. Each comes with the twin that tests use, and the
twin is a real implementation: a clock that a demo can speed up and a test can hold, randomness from the operating
system or from a recorded tape, a database with one writer thread.

What is kept is copied (`backup`), erased for good (`erasures`) and forgotten in time (`retention`) here as well, by
what the rooms declare.

Invariants
* Nothing here knows what a feeling is.
* Times are integers: `_ms` is Unix milliseconds of *city time*, `_s` a length or an instant in whole seconds.
* A write is acknowledged only after its transaction is on disk.
* Every error that can reach a person says what to do next.
"""

from nexus_city.ground.clock import Clock, HandClock, SystemClock, iso
from nexus_city.ground.database import Database
from nexus_city.ground.errors import NexusError
from nexus_city.ground.randomness import OsRandomness, Randomness, Tape
from nexus_city.ground.settings import Settings, load_settings

__all__ = [
    "Clock",
    "Database",
    "HandClock",
    "NexusError",
    "OsRandomness",
    "Randomness",
    "Settings",
    "SystemClock",
    "Tape",
    "iso",
    "load_settings",
]
