"""Looks: a mixture painted on the luminaires of a zone, as a mixture.

Every pixel gets a number q in 0..1, and q is read off the mixture laid end to end: the first share takes q up to its
own size, the next goes on from there. So a mood has as much of the zone as of the mixture, whatever the look:

* on a row or a wall, q is the rank of a slowly moving field among all pixels of the zone (its empirical distribution:
  with an assumed one, areas are off by up to 0.15);
* on a few lamps, q is dealt out evenly and rotates slowly, so that no lamp owns a mood (apportionment);
* on a single lamp, q walks to and fro: a mood has as much of the time as of the mixture (dwell).

Neighbouring moods of the plane lie next to each other and may run into each other at their edges, in OKLab; moods that
are far apart never meet in a colour between them, except for the width of an edge.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nexus_city.environment.palettes.colour import Floats, lab_to_linear, oklch_to_lab
from nexus_city.environment.palettes.palette import Palette, swell_hz
from nexus_city.environment.scene import Look, Scene
from nexus_city.environment.stage import Light
from nexus_city.environment.why import answered
from nexus_city.feelings import centre_of

Points = NDArray[np.float32]

_A_ROW: Final = 8
"""From this many pixels on a zone is painted as a field."""
_TURN_S: Final = 240.0
"""Seconds in which q goes once round a few lamps, or to and fro on one, at speed 0.5."""
_WIDEST_EDGE: Final = 0.5
"""Share of a band that its edges may take on each side, at softness 1."""
_RESTING: Final = np.array([0.34, 0.018, 222.0])
"""OKLCH of a zone that rests: foam in the dark, no feeling's colour."""
_SWELL_DEPTH: Final = 0.25
_QUANTILES: Final = np.linspace(0, 1, 65)
_SAMPLE: Final = 2048


@dataclass(frozen=True)
class Bands:
    """A mixture laid end to end: how far each mood reaches, and its colour."""

    ends: Floats
    """Cumulative shares, shape (bands,), the last 1."""
    lab: Floats
    """OKLab of each, shape (bands, 3)."""
    swell_hz: Floats
    """How often the light of each swells: what tells moods apart to eyes that do not tell their colours."""


def bands(mixture: list[float] | None, grid: int, palette: Palette, scene: Scene) -> Bands:
    """Lay out a mixture (grid² shares; None: nobody speaks) by the scene's policy."""
    if mixture is None or scene.policy == "rest":
        return Bands(np.ones(1), oklch_to_lab(_RESTING[None]), np.zeros(1))
    moods = [answered(centre_of(cell, grid), scene.policy) for cell in range(grid * grid)]
    order = sorted(range(len(moods)), key=lambda cell: _round(moods[cell].valence, moods[cell].arousal))
    order = [cell for cell in order if mixture[cell] > 0]
    shares = np.array([mixture[cell] for cell in order])
    points = np.array([(moods[cell].valence, moods[cell].arousal) for cell in order])
    return Bands(np.cumsum(shares / shares.sum()), oklch_to_lab(palette.at(points)), swell_hz(points[:, 1]))


def paint(at: Points, mixed: Bands, scene: Scene, uncertainty: float, t_s: float) -> Light:
    """Return the light of a zone's pixels at `at` (n, 2: 0..1) at the time `t_s`; shape (3, n), within 0..1.

    `uncertainty` (0..1, of the climate) makes edges softer, as `scene.softness` does.
    """
    time = t_s * scene.speed
    q = _ranked(at, scene.look, time) if len(at) >= _A_ROW else _dealt(len(at), time)
    lab = _read(mixed, q, min(1.0, scene.softness + uncertainty))
    glow = scene.level * _GLOWS[scene.look](at, q, time) * _swell(mixed, q, t_s if scene.speed else 0.0)
    light = np.clip(lab_to_linear(lab), 0, 1) * glow[:, None]
    painted: Light = light.T.astype(np.float32)
    return painted


def _swell(mixed: Bands, q: Floats, t_s: float) -> Floats:
    """Return how bright the swell of each pixel's mood is now; a scene that stands still has none."""
    swells = 1 - _SWELL_DEPTH * (0.5 - 0.5 * np.cos(math.tau * mixed.swell_hz * t_s))
    at: Floats = swells[np.minimum(np.searchsorted(mixed.ends, q), len(mixed.ends) - 1)]
    return at


def _round(valence: float, arousal: float) -> tuple[float, float]:
    """Order moods round the middle of the plane, from weary over calm and glad to tense; inner ones first."""
    return math.atan2(valence, -arousal) % math.tau, math.hypot(valence, arousal)


def _read(mixed: Bands, q: Floats, softness: float) -> Floats:
    """Return OKLab at each q: flat inside a band, running into the next at its edges."""
    starts = np.concatenate([[0.0], mixed.ends[:-1]])
    edge = (mixed.ends - starts) * _WIDEST_EDGE * softness
    knots = np.stack([starts + edge, mixed.ends - edge], axis=1).reshape(-1)
    colours = np.repeat(mixed.lab, 2, axis=0)
    return np.stack([np.interp(q, knots, colours[:, part]) for part in range(3)], axis=1)


def _ranked(at: Points, look: Look, time: float) -> Floats:
    field = _FIELDS[look](at[:, 0].astype(float), at[:, 1].astype(float), time)
    step = max(1, len(field) // _SAMPLE)
    levels = np.quantile(field[::step], _QUANTILES)
    levels += np.arange(len(levels)) * 1e-9  # a flat field still has ranks
    ranked: Floats = np.interp(field, levels, _QUANTILES)
    return ranked


def _dealt(count: int, time: float) -> Floats:
    turn = 2 * time / _TURN_S
    if count == 1:
        return np.array([1 - abs(1 - turn % 2)])
    return ((np.arange(count) + 0.5) / count + turn) % 1


# --- fields: which mood goes where ---------------------------------------------------------------------------------


def _membranes(x: Floats, y: Floats, time: float) -> Floats:
    warp = np.sin(5.1 * y + 0.23 * time) + 0.6 * np.sin(7.3 * x - 0.17 * time)
    field: Floats = np.sin(6.1 * x + 1.3 * warp + 0.19 * time) + np.sin(5.3 * y - 1.1 * warp + 2.1 * x - 0.13 * time)
    return field


def _still(x: Floats, y: Floats, time: float) -> Floats:  # noqa: ARG001 - all fields have one shape
    return _membranes(x, y, 0.0)


def _drifting(x: Floats, y: Floats, time: float) -> Floats:
    return _membranes(x - 0.06 * time, y, 0.3 * time)


def _rippling(x: Floats, y: Floats, time: float) -> Floats:
    far = np.hypot(x - 0.5, y - 0.5)
    field: Floats = np.sin(18 * far - 0.8 * time) + 0.35 * np.sin(6 * x + 4 * y)
    return field


def _scattered(x: Floats, y: Floats, time: float) -> Floats:  # noqa: ARG001 - as above
    field: Floats = np.sin(127.1 * x + 311.7 * y) * 43758.5453 % 1
    return field


_FIELDS: Final[dict[Look, Callable[[Floats, Floats, float], Floats]]] = {
    "field": _membranes,
    "breath": _still,
    "drift": _drifting,
    "ripple": _rippling,
    "constellation": _scattered,
}

# --- glows: how bright it is there ---------------------------------------------------------------------------------


def _even(at: Points, q: Floats, time: float) -> Floats:  # noqa: ARG001 - all glows have one shape
    return np.ones(len(at))


def _breathing(at: Points, q: Floats, time: float) -> Floats:  # noqa: ARG001 - as above
    return np.full(len(at), 0.72 + 0.28 * math.sin(math.tau * time / 9))


def _waves(at: Points, q: Floats, time: float) -> Floats:  # noqa: ARG001 - as above
    far = np.hypot(at[:, 0] - 0.5, at[:, 1] - 0.5)
    glow: Floats = 0.75 + 0.25 * np.sin(12 * far - 0.9 * time)
    return glow


def _stars(at: Points, q: Floats, time: float) -> Floats:  # noqa: ARG001 - as above
    phase = (at[:, 0] * 12.9898 + at[:, 1] * 78.233) * 437.5 % math.tau
    glow: Floats = 0.12 + 0.88 * np.maximum(0, np.sin(phase + 0.35 * time)) ** 3
    return glow


_GLOWS: Final[dict[Look, Callable[[Points, Floats, float], Floats]]] = {
    "field": _even,
    "breath": _breathing,
    "drift": _even,
    "ripple": _waves,
    "constellation": _stars,
}
