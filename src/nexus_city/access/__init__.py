"""Access: what a device, a display and those who tend the city must show at the door, and nothing about who they are.

* A **device** has a token: random, signed by this city, stored nowhere here. It makes "one device, one voice" possible
  without an account.
* A **place** that asks for presence shows a code that changes every 15 seconds; a device that brings a fresh code gets
  a pass, good for two hours, for that device and place only.
* A **display** has a key per place, so that codes are shown at the place and not to the whole internet.
* A device that **opts out** is recognised by a mark that names nobody, and nothing of it is taken.
* A **network** brings at most so many new voices a day, a public number, and is forgotten at its end.
* Those who **tend** the city have an account with a role, passkeys or a password, sessions and tokens: `staff`.
* What they do is noted in a log that is never edited: `audit`. Who takes part stands nowhere in it.

Invariants: nothing here is written down when a person checks in; codes, passes and sessions live in real time, not in
city time; every comparison of secrets takes the same time whatever is wrong.
"""

from nexus_city.access.displays import DisplayTurns
from nexus_city.access.limits import DeviceLimit
from nexus_city.access.optouts import OptOuts
from nexus_city.access.presence import CODE_LIFE_S, PASS_LIFE_S, Presences
from nexus_city.access.sources import SourceLimit, Sources
from nexus_city.access.tokens import Tokens, bearer, load_secret

__all__ = [
    "CODE_LIFE_S",
    "PASS_LIFE_S",
    "DeviceLimit",
    "DisplayTurns",
    "OptOuts",
    "Presences",
    "SourceLimit",
    "Sources",
    "Tokens",
    "bearer",
    "load_secret",
]
