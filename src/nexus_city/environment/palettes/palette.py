"""The palette: mood → colour, for every cell of every grid.

Lightness follows valence and chroma follows arousal, as 73 people picked them for 25 emotions on a screen (OKLCH fit
L = 0.711 + 0.203 V, R² 0.79; C = 0.165 + 0.071 A + 0.013 V, R² 0.73; Bottini lab colour-wheel data, refitted). Hue
is a habit of a culture, not a law: it is drawn from anchors that a place may change, blended as directions on the hue
circle. Where the anchors disagree, as people do about "curious" or "uncertain", the blend is short and the colour is
pale.
"""

from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
import numpy as np

from nexus_city.environment.palettes.colour import Floats, Oklch, fitted
from nexus_city.feelings import SIDES, centre_of

_REACH = 0.42
"""Standard deviation of an anchor's reach on the mood plane."""
_PALE = 0.25
"""Share of its chroma that a colour keeps where the anchors cancel each other out."""


Coordinate = Annotated[float, msgspec.Meta(ge=-1, le=1)]


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mood whose hue people agree on: a point of the plane and a hue in degrees (OKLCH)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    valence: Coordinate
    arousal: Coordinate
    hue: Annotated[float, msgspec.Meta(ge=0, lt=360)]


class Palette(msgspec.Struct, frozen=True):
    """Colours for a framework, from hue anchors."""

    framework: str
    anchors: tuple[Anchor, ...]

    def colours(self, side: int) -> list[Oklch]:
        """Return the colour of each cell of the grid of `side` (2, 4 or 8), in the order of the cells."""
        moods = [centre_of(cell, side) for cell in range(side * side)]
        found = self.at(np.array([(mood.valence, mood.arousal) for mood in moods]))
        return [Oklch(round(l, 4), round(c, 4), round(h, 2)) for l, c, h in found.tolist()]  # noqa: E741

    def at(self, moods: Floats) -> Floats:
        """Return OKLCH of `moods` (n, 2: valence, arousal), within the gamut of sRGB; shape (n, 3)."""
        valence, arousal = moods[:, 0], moods[:, 1]
        hue, agreement = self._hue(moods)
        lightness = 0.711 + 0.203 * valence
        chroma = (0.165 + 0.071 * arousal + 0.013 * valence) * (_PALE + (1 - _PALE) * agreement)
        return fitted(np.stack([lightness, chroma, hue], axis=-1))

    def _hue(self, moods: Floats) -> tuple[Floats, Floats]:
        """Blend the anchors' directions by nearness; return hue and how far the anchors agree, 0..1."""
        at = np.array([(anchor.valence, anchor.arousal) for anchor in self.anchors])
        angle = np.radians([anchor.hue for anchor in self.anchors])
        far2 = ((moods[:, None, :] - at[None]) ** 2).sum(axis=-1)
        weight = np.exp(-far2 / (2 * _REACH**2))
        blend = (weight * np.exp(1j * angle)).sum(axis=1) / weight.sum(axis=1)
        return np.degrees(np.angle(blend)) % 360, np.abs(blend)


NEXUS_PALETTE: Final = Palette(
    framework="nexus-1",
    anchors=(
        Anchor("angry", -0.75, 0.75, 30.0),
        Anchor("frustrated", -0.55, 0.3, 32.0),
        Anchor("alarmed", -0.3, 0.85, 30.0),
        Anchor("sad", -0.75, -0.35, 266.0),
        Anchor("depressed", -0.8, -0.7, 264.0),
        Anchor("sleepy", -0.05, -0.9, 273.0),
        Anchor("calm", 0.6, -0.65, 204.0),
        Anchor("happy", 0.8, 0.45, 99.0),
    ),
)
"""Hues that those 73 people agreed on; the places of the moods are our reading of the norms."""


def swell_hz(arousal: Floats) -> Floats:
    """Return how often the light of moods swells: 0.05 times a second where calm, 0.2 where activated."""
    return 0.125 + 0.075 * arousal


def published(palette: Palette, sides: Sequence[int] = SIDES) -> dict[str, list[Oklch]]:
    """Return the palette of each grid, by the grid's side."""
    return {str(side): palette.colours(side) for side in sides}
