"""Staff: those who tend the city, what each may do, and what they did.

* `roles` is the one table of who may do what; `guard` stands before every door that asks for a session, checks it by
  that table and notes the act. A room only names the act.
* `accounts`, `invitations`: who there is, and how one comes to be. `passkeys`, `factors`: what one proves oneself with.
* `sessions` are for people in browsers, `programs` for tokens of light nodes and pieces.

Invariants: nobody makes an account but by the printed setup code or an invitation; there is always an architect; of
every random secret only a hash is kept; a grave act needs a proof of the last ten minutes; the token of a session
changes with every proof and every change of a secret; an act that was noted is not edited.
"""

from nexus_city.access.staff.accounts import Accounts
from nexus_city.access.staff.guard import name_of
from nexus_city.access.staff.room import StaffRoom

__all__ = ["Accounts", "StaffRoom", "name_of"]
