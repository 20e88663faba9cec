"""Thresholds: found once for places that are watched together, and kept in a file beside the city.

They can be made again at any time from what was released (`nexus calibrate`), and hold nothing else.
"""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import msgspec

from nexus_city.boundaries import DiscreteLaplace
from nexus_city.ground import OsRandomness
from nexus_city.vitals.watch.bank import Chart, Thresholds
from nexus_city.vitals.watch.calibration import calibrate, quiet_city
from nexus_city.vitals.watch.usual import Usual
from nexus_city.vitals.watching.history import Past

FILE = "thresholds.json"
MONTH_S = 30 * 24 * 3600
"""On average so long between two false alarms of all charts of places that are watched together."""
KEPT_S = 30 * 24 * 3600
"""After so long they are found anew: what is usual changes."""
STRETCHES = 32
"""Stretches of quiet windows that are simulated, at least 20; more of them make thresholds surer."""
SIDE_BY_SIDE = 16
"""Quiet cities that are simulated together."""


class _Kept(msgspec.Struct, forbid_unknown_fields=True):
    made_s: float
    values: dict[Chart, float]
    windows: float
    assumption: str


def find(past: Past, usual: Usual, scale: Fraction, stretches: int, progress: Callable[[float], None]) -> Thresholds:
    """Return thresholds for one false alarm a month. `scale` is that of the noise in one table. Takes seconds."""
    middle = usual.expectation(usual.windows // 2, weekend=False)
    tables = max(past.strands)
    quiet = quiet_city(middle, DiscreteLaplace(scale), SIDE_BY_SIDE, OsRandomness(), 1, usual.wandering, tables)
    promise = MONTH_S / past.kind.window_s
    return calibrate(middle, promise, quiet, stretches, usual.wandering, progress, looking_back(usual))


def looking_back(usual: Usual) -> int:
    """Return how many windows back a change is looked for: two days."""
    return 2 * usual.windows


class ThresholdFile:
    """The file in the city's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def load(self, past: Past, now_s: float) -> Thresholds | None:
        """Return what is kept for these places, None if nothing is, or if it is too old."""
        kept = self._read().get(_name(past))
        if kept is None or now_s - kept.made_s > KEPT_S:
            return None
        return Thresholds(dict(kept.values), kept.windows, kept.assumption)

    def keep(self, past: Past, found: Thresholds, now_s: float) -> None:
        """Keep thresholds for these places, and forget those that are too old."""
        all_ = {name: kept for name, kept in self._read().items() if now_s - kept.made_s <= KEPT_S}
        all_[_name(past)] = _Kept(now_s, found.values, found.windows, found.assumption)
        beside = self._path.with_suffix(".part")
        beside.write_bytes(msgspec.json.format(msgspec.json.encode(all_), indent=1))
        beside.replace(self._path)

    def _read(self) -> dict[str, _Kept]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Kept])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}


def _name(past: Past) -> str:
    return f"{past.kind.window_s} s, {past.kind.grid}x{past.kind.grid}: {' '.join(past.places)}"
