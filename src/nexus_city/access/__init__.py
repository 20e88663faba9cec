"""Access: what a device, a display and an architect must show at the door, and nothing about who they are.

* A **device** has a token: random, signed by this city, stored nowhere here. It makes "one device, one voice" possible
  without an account.
* A **place** that asks for presence shows a code that changes every 15 seconds; a device that brings a fresh code gets
  a pass, good for two hours, for that device and place only.
* A **display** has a key per place, so that codes are shown at the place and not to the whole internet.
* An **architect** has a name, a password (argon2id) and sessions that can be ended.

Invariants: nothing here is written down when a person checks in; codes, passes and sessions live in real time, not in
city time; every comparison of secrets takes the same time whatever is wrong.
"""

from nexus_city.access.accounts import Accounts
from nexus_city.access.limits import DeviceLimit
from nexus_city.access.presence import CODE_LIFE_S, PASS_LIFE_S, Presences
from nexus_city.access.tokens import Tokens, bearer, load_secret

__all__ = [
    "CODE_LIFE_S",
    "PASS_LIFE_S",
    "Accounts",
    "DeviceLimit",
    "Presences",
    "Tokens",
    "bearer",
    "load_secret",
]
