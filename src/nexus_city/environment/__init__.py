"""Environment: how a place answers with light what its people released.

It reads climates and nothing else: whatever is painted here could be painted by anybody from the public feed.

Invariants
* A mixture is painted as a mixture: each mood keeps its colour and its share; colours are never averaged (law 7).
* Every colour can say why: the same climate, policy and palette give the sentence and the parts of `why`.
* A place that rests is not dark by accident: rest has a look of its own.
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
