"""Environment: how a place answers with light what its people released.

It reads climates and nothing else: whatever is painted here could be painted by anybody from the public feed.

The way of light: `desk` (who decides) → `looks` (paint) → `stage` (safety) → `wires.codes` (bytes) → `wires`. `rig`
makes the frames, `lighting` puts all together; `scene` and `patch` are what an architect composes.

Invariants
* A mixture is painted as a mixture: each mood keeps its colour and its share; colours are never averaged (law 7).
* Every colour can say why: the same climate, policy and palette give the sentence and the parts of `why`.
* A place that rests is not dark by accident: rest has a look of its own.
* The output stage stands after everything that can paint; its promise and the proof are in `stage`.
* A hand on a control beats automation, for a time; a stop stays until a hand releases it.
* A wire never blocks a frame and never raises: what it cannot send is counted and said.
"""

from nexus_city.environment.palettes.colour import Oklch, fitted, hex_of, linear_srgb
from nexus_city.environment.palettes.palette import NEXUS_PALETTE, Anchor, Palette
from nexus_city.environment.why import Part, Why, explain

__all__ = [
    "NEXUS_PALETTE",
    "Anchor",
    "Oklch",
    "Palette",
    "Part",
    "Why",
    "explain",
    "fitted",
    "hex_of",
    "linear_srgb",
]
