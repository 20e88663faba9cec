"""Climate: from check-ins to what a place may know about itself.

The way of a check-in: `door` (HTTP, one decode, one signature) → `intake` (admitted, counted at most m times a day,
durable, then 202) → `book` (the open windows) → `release` (folded, noised once, appended) → `Climate` → `hub` (feed).

Invariants
* A check-in is acknowledged after its commit, and counted once, whatever crashes in between.
* The book is a function of the log: after a crash it is read again from what was committed.
* A window is released once: one noise draw, one transaction for tables, climates and ledger; the same bytes for ever.
* Whatever leaves this room was made from `Released` values; `intake` and `book` are open to this room's own release
  and door only, and the import contract says so.
* A live place (`live`) is told at every step of its day instead; its noise goes on from what was kept with the last.
* Contributions and the day's key are destroyed when their person-day has been released.
"""

from nexus_city.climate.model import Climate, Receipt, Voice
from nexus_city.climate.room import ClimateRoom

__all__ = ["Climate", "ClimateRoom", "Receipt", "Voice"]
