"""Fixtures: from light to the bytes that a luminaire understands.

All that depends on the patch is worked out once: for every byte of every wire, which pixel and which part of its light
it carries. A frame is then a few array operations, whatever the patch looks like.

The way of a pixel: linear light → parts (red, green, blue, white or colour temperature) → white point → the exponent of
the fixture, from a table → dither → code 0..255. Rows of pixels are dithered in space with a fixed pattern, so that
slow fades in the dark do not move in steps; single lamps are not, since a lone lamp would flicker. Whatever is lit at
all gets code 1 at least.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nexus_city.environment.patch import CHANNELS, LAMP_WIRES, UNIVERSE_CHANNELS, Luminaire, Rigging, spans
from nexus_city.environment.stage import LUMINANCE, Light

Codes = NDArray[np.uint8]
Whole = NDArray[np.intp]

_ROW: Final = 4
"""Luminaires with this many pixels or more are a row, and are dithered."""
_LEVELS: Final = 2**16
"""Steps of linear light that the exponent's table tells apart."""
_DARK: Final = 1 / _LEVELS
_GOLDEN: Final = 0.6180339887498949
_RED, _GREEN, _BLUE, _WHITE, _BRIGHTNESS, _WARMTH = range(6)
_PARTS: Final[dict[str, tuple[int, ...]]] = {
    "rgb": (_RED, _GREEN, _BLUE),
    "grb": (_GREEN, _RED, _BLUE),
    "rgbw": (_RED, _GREEN, _BLUE, _WHITE),
    "cct": (_BRIGHTNESS, _WARMTH),
    "dimmer": (_BRIGHTNESS,),
}


@dataclass
class WireFrame:
    """The bytes of one wire: a row of 512 for each universe of a DMX wire, a single row for a pixel wire."""

    universes: tuple[int, ...]
    """Numbers of the universes, in the order of the rows; empty for a pixel wire."""
    codes: Codes
    """Shape (rows, bytes); rewritten in place each frame."""


@dataclass
class _Layout:
    """For each byte of a wire, in the order of the luminaires."""

    flat: Codes
    """The bytes of its frame, as one row."""
    spot: Whole
    """Where in `flat` it stands."""
    source: Whole
    """Which part of which pixel it carries: part · pixels + pixel."""
    table: Whole
    """Where the table of its exponent begins."""
    dither: NDArray[np.float32]


class Fixtures:
    """The codes of all wires of one rigging."""

    def __init__(self, rigging: Rigging) -> None:
        self.frames: dict[str, WireFrame] = {}
        """Wire id → its bytes."""
        lamps = rigging.patch.luminaires
        white = [np.tile(np.array(lamp.white, np.float32), (lamp.pixels, 1)) for lamp in lamps]
        self._white = np.concatenate([np.zeros((0, 3), np.float32), *white]).T
        self._mixes_white = np.repeat(
            np.array([lamp.lamp == "rgbw" for lamp in lamps], np.float32), [lamp.pixels for lamp in lamps]
        )
        exponents = sorted({lamp.gamma for lamp in lamps} | {1.0})
        light = np.linspace(0, 1, _LEVELS)
        self._tables = np.concatenate([255 * light ** (1 / gamma) for gamma in exponents]).astype(np.float32)
        self._table_of = {gamma: number * _LEVELS for number, gamma in enumerate(exponents)}
        self._layouts: list[_Layout] = []
        for wire in rigging.patch.wires:
            mine = [lamp for lamp in lamps if lamp.wire == wire.id]
            if mine and wire.kind not in LAMP_WIRES:
                self._lay_out(wire.id, mine, rigging, dmx=wire.kind in ("sacn", "artnet"))

    def encode(self, light: Light) -> dict[str, WireFrame]:
        """Write the codes of `light` (3, pixels) into the frames of all wires, and return them."""
        levels = (self._parted(light) * (_LEVELS - 1)).astype(np.int32).reshape(-1)
        for layout in self._layouts:
            level = levels[layout.source]
            codes = (self._tables[level + layout.table] + layout.dither).astype(np.uint8)
            np.maximum(codes, level > 0, out=codes)
            layout.flat[layout.spot] = codes
        return self.frames

    def _parted(self, light: Light) -> NDArray[np.float32]:
        """Return the six parts of every pixel, each 0..1, shape (6, pixels)."""
        parts = np.empty((6, light.shape[1]), np.float32)
        parts[_WHITE] = light.min(axis=0) * self._mixes_white
        np.multiply(light - parts[_WHITE], self._white, out=parts[:3])
        parts[_BRIGHTNESS] = LUMINANCE @ light
        total = np.maximum(light.sum(axis=0), _DARK)
        parts[_WARMTH] = np.clip(0.5 + 1.5 * (light[0] - light[2]) / total, 0, 1)
        return parts

    def _lay_out(self, wire: str, lamps: list[Luminaire], rigging: Rigging, dmx: bool) -> None:
        rows: dict[int, int] = {}
        columns: list[tuple[Whole, ...]] = []
        dither = []
        for lamp in lamps:
            size, first = CHANNELS[lamp.lamp], rigging.first[lamp.id]
            curve, straight = self._table_of[lamp.gamma], self._table_of[1.0]
            parts = _PARTS[lamp.lamp]
            tables = [straight if part == _WARMTH else curve for part in parts]
            for universe, at, done, count in spans(lamp) if dmx else [(0, lamp.channel - 1, 0, lamp.pixels)]:
                row = rows.setdefault(universe, len(rows))
                pixel = np.repeat(np.arange(first + done, first + done + count), size)
                spot = row * UNIVERSE_CHANNELS * dmx + at + np.arange(count * size)
                columns.append((spot, np.tile(parts, count) * rigging.pixels + pixel, np.tile(tables, count)))
                dither.append(np.repeat(_dither(lamp)[done : done + count], size))
        spot, source, table = (np.concatenate(each) for each in zip(*columns, strict=True))
        shape = (len(rows), UNIVERSE_CHANNELS) if dmx else (1, int(spot.max()) + 1)
        frame = WireFrame(tuple(rows) if dmx else (), np.zeros(shape, np.uint8))
        self.frames[wire] = frame
        self._layouts.append(_Layout(frame.codes.reshape(-1), spot, source, table, np.concatenate(dither)))


def _dither(lamp: Luminaire) -> NDArray[np.float32]:
    """Return what is added before rounding down: one half for a lamp, a low-discrepancy row of 0..1 for pixels."""
    if lamp.pixels < _ROW:
        return np.full(lamp.pixels, 0.5, np.float32)
    return ((np.arange(lamp.pixels) + 0.5) * _GOLDEN % 1).astype(np.float32)
