"""Colour as eyes order it: OKLCH (Björn Ottosson 2020), and its way to a screen's linear sRGB (IEC 61966-2-1).

Arrays have shape (..., 3): lightness 0..1, chroma >= 0, hue in degrees. All functions are closed forms in NumPy.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TO_CONES = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728], [1.0, -0.0894841775, -1.2914855480]]
)
_TO_SRGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)
_FROM_CONES, _FROM_SRGB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_SRGB)
_HALVINGS = 20  # of the chroma interval: below 1e-6, finer than any screen
_ROOM = 1e-9


class Oklch(msgspec.Struct, frozen=True):
    """A colour: lightness 0..1, chroma, hue in degrees 0..360."""

    l: float  # noqa: E741 - the axis is called so
    c: float
    h: float


def oklch_to_lab(oklch: Floats) -> Floats:
    """Return OKLab (lightness, a, b), same shape."""
    lightness, chroma, hue = np.moveaxis(oklch, -1, 0)
    angle = np.radians(hue)
    return np.stack([lightness, chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)


def lab_to_linear(lab: Floats) -> Floats:
    """Return linear sRGB of OKLab, same shape; components outside 0..1 are colours that a screen does not have."""
    light: Floats = (lab @ _TO_CONES.T) ** 3 @ _TO_SRGB.T
    return light


def linear_to_lab(linear: Floats) -> Floats:
    """Return OKLab of linear sRGB, same shape."""
    lab: Floats = np.cbrt(linear @ _FROM_SRGB.T) @ _FROM_CONES.T
    return lab


def linear_srgb(oklch: Floats) -> Floats:
    """Return linear sRGB of OKLCH, same shape; components outside 0..1 are colours that a screen does not have."""
    return lab_to_linear(oklch_to_lab(oklch))


def fitted(oklch: Floats) -> Floats:
    """Return the colours with their chroma lowered, where needed, until a screen has them; lightness and hue stay."""
    low, high = np.zeros(oklch.shape[:-1]), oklch[..., 1].copy()
    tried = oklch.copy()
    inside = _on_screen(tried)
    for _ in range(_HALVINGS):
        tried[..., 1] = (low + high) / 2
        good = _on_screen(tried)
        low, high = np.where(good, tried[..., 1], low), np.where(good, high, tried[..., 1])
    tried[..., 1] = np.where(inside, oklch[..., 1], low)
    return tried


def hex_of(colour: Oklch) -> str:
    """Return `#rrggbb`, clamped to the screen."""
    return hexes(linear_srgb(np.array([[colour.l, colour.c, colour.h]])))[0]


def encoded(linear: NDArray[np.floating[Any]]) -> Floats:
    """Return sRGB codes 0..1 of linear sRGB, same shape, clamped to the screen."""
    light = np.clip(linear, 0, 1)
    code: Floats = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return code


def hexes(linear: NDArray[np.floating[Any]]) -> list[str]:
    """Return linear sRGB of shape (n, 3) as `#rrggbb` each, clamped to the screen."""
    digits = np.rint(encoded(linear) * 255).astype(np.uint8).tobytes().hex()
    return [f"#{digits[at : at + 6]}" for at in range(0, len(digits), 6)]


def _on_screen(oklch: Floats) -> NDArray[np.bool_]:
    light = linear_srgb(oklch)
    inside: NDArray[np.bool_] = np.all((light >= -_ROOM) & (light <= 1 + _ROOM), axis=-1)
    return inside
