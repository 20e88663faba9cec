"""How a palette looks to eyes with a colour-vision deficiency, and whether its moods can still be told apart.

Simulation in linear sRGB after Machado, Oliveira & Fernandes (2009), "A Physiologically-based Model for Simulation of
Color Vision Deficiency", table 1, severity 1.0.
"""

from itertools import combinations
from typing import Final

import numpy as np

from nexus_city.environment.palettes.colour import Floats, lab_to_linear, linear_to_lab, oklch_to_lab
from nexus_city.environment.palettes.palette import Palette

NEEDED: Final = 0.10
"""OKLab distance at which two colours are told apart at a glance, next to each other."""
SIMULATED: Final[dict[str, Floats]] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def nearest_quadrants(palette: Palette) -> tuple[float, str]:
    """Return the smallest OKLab distance between two quadrants' colours to any of these eyes, and to which."""
    colours = np.array([(colour.l, colour.c, colour.h) for colour in palette.colours(2)])
    linear = lab_to_linear(oklch_to_lab(colours))
    return min(
        (float(np.linalg.norm(one - other)), name)
        for name, seen in SIMULATED.items()
        for one, other in combinations(linear_to_lab(np.clip(linear @ seen.T, 0, 1)), 2)
    )
