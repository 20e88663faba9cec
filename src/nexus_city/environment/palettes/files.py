"""Palettes as files that other programs read: a mixture's colours with their names and shares.

ase    Adobe Swatch Exchange, binary; Illustrator, Photoshop, Affinity
gpl    GIMP palette; Inkscape, Krita
css    custom properties in oklch()
dtcg   design tokens (Design Tokens format module 2025.10); shares, motion and sound stand in `$extensions`
cube   3-D table for video (Resolve, OBS, Resolume): pulls each colour half way to the palette, lightness kept
wled   a custom palette for WLED: as many of its 16 steps as of the mixture
"""

import json
import re
import struct
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final, Literal, get_args

import msgspec
import numpy as np

from nexus_city.environment.palettes.colour import (
    Floats,
    Oklch,
    encoded,
    fitted,
    hex_of,
    lab_to_linear,
    linear_srgb,
    linear_to_lab,
    oklch_to_lab,
)
from nexus_city.environment.palettes.palette import swell_hz

FileKind = Literal["ase", "gpl", "css", "dtcg", "cube", "wled"]
FILE_KINDS: Final[tuple[FileKind, ...]] = get_args(FileKind)

_CUBE_SIDE: Final = 17
_PULL: Final = 0.5
_WLED_STEPS: Final = 16


class Swatch(msgspec.Struct, frozen=True):
    """A colour of a mixture: its name, its share (0..1), and how it moves and sounds."""

    name: str
    colour: Oklch
    share: float
    valence: float
    arousal: float

    @property
    def motion_hz(self) -> float:
        """How often its light swells: 0.05 (calm) to 0.2 (activated) times a second."""
        return round(float(swell_hz(np.array(self.arousal))), 3)

    @property
    def partial_hz(self) -> float:
        """Its partial of a drone: 110 Hz (calm) to two octaves up, a fifth where pleasant, a minor third where not."""
        root = 110 * 2 ** (self.arousal + 1)
        return round(root * (3 / 2 if self.valence >= 0 else 6 / 5), 2)


class PaletteFile(msgspec.Struct, frozen=True):
    """A palette, ready to be saved."""

    body: bytes
    media: str
    ending: str
    """What its name ends in, without the dot."""


def to_file(swatches: Sequence[Swatch], title: str, kind: FileKind) -> PaletteFile:
    """Return the palette as a file of `kind`; a `title` of several lines becomes one."""
    make, media, ending = _KINDS[kind]
    return PaletteFile(make(swatches, " ".join(title.split())), media, ending)


def _ase(swatches: Sequence[Swatch], title: str) -> bytes:  # noqa: ARG001 - the format has no title
    blocks = []
    for swatch in swatches:
        name = (swatch.name + "\0").encode("utf-16-be")
        body = struct.pack(">H", len(name) // 2) + name + b"RGB " + struct.pack(">3fH", *_rgb(swatch.colour), 2)
        blocks.append(struct.pack(">HI", 1, len(body)) + body)
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def _gpl(swatches: Sequence[Swatch], title: str) -> bytes:
    lines = ["GIMP Palette", f"Name: {title}", "Columns: 4", "#"]
    for swatch in swatches:
        red, green, blue = _codes(swatch.colour)
        lines.append(f"{red:3d} {green:3d} {blue:3d}\t{swatch.name}")
    return ("\n".join(lines) + "\n").encode()


def _css(swatches: Sequence[Swatch], title: str) -> bytes:
    lines = [f"/* {title.replace('*/', '* /')} */", ":root {"]
    for swatch in swatches:
        colour = swatch.colour
        lines.append(f"  --nexus-{_slug(swatch.name)}: oklch({colour.l:.4f} {colour.c:.4f} {colour.h:.2f});")
        lines.append(f"  --nexus-{_slug(swatch.name)}-share: {swatch.share:.4f};")
    return ("\n".join([*lines, "}"]) + "\n").encode()


def _dtcg(swatches: Sequence[Swatch], title: str) -> bytes:
    tokens = {
        _slug(swatch.name): {
            "$value": {
                "colorSpace": "oklch",
                "components": [swatch.colour.l, swatch.colour.c, swatch.colour.h],
                "hex": hex_of(swatch.colour),
            },
            "$description": swatch.name,
            "$extensions": {
                "city.nexus": {"share": swatch.share, "motionHz": swatch.motion_hz, "partialHz": swatch.partial_hz}
            },
        }
        for swatch in swatches
    }
    document = {"nexus": {"$type": "color", "$description": title, **tokens}}
    return json.dumps(document, indent=2, ensure_ascii=False).encode()


def _cube(swatches: Sequence[Swatch], title: str) -> bytes:
    steps = np.linspace(0, 1, _CUBE_SIDE)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")  # red runs fastest
    graded = _graded(np.stack([red, green, blue], axis=-1).reshape(-1, 3), swatches)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in graded.tolist())
    quoted = title.replace('"', "'")
    return f'TITLE "{quoted}"\nLUT_3D_SIZE {_CUBE_SIDE}\n{rows}\n'.encode()


def _graded(codes: Floats, swatches: Sequence[Swatch]) -> Floats:
    """Pull sRGB `codes` (n, 3) half way to the nearest swatch in OKLab's a-b plane, paler where no screen has that."""
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    lab = linear_to_lab(linear)
    targets = oklch_to_lab(np.array([(each.colour.l, each.colour.c, each.colour.h) for each in swatches]))[:, 1:]
    far2 = ((lab[:, None, 1:] - targets[None]) ** 2).sum(axis=-1)
    lab[:, 1:] += _PULL * (targets[far2.argmin(axis=1)] - lab[:, 1:])
    chroma, hue = np.hypot(lab[:, 1], lab[:, 2]), np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    return encoded(linear_srgb(fitted(np.stack([lab[:, 0], chroma, hue], axis=-1))))


def _wled(swatches: Sequence[Swatch], title: str) -> bytes:  # noqa: ARG001 - the format has no title
    """Deal the device's 16 steps by largest remainder; it keeps no more, whatever the file says."""
    total = sum(swatch.share for swatch in swatches) or 1.0
    due = [_WLED_STEPS * swatch.share / total for swatch in swatches]
    dealt = [int(part) for part in due]
    for number in sorted(range(len(due)), key=lambda each: dealt[each] - due[each])[: _WLED_STEPS - sum(dealt)]:
        dealt[number] += 1
    steps = [swatch for swatch, count in zip(swatches, dealt, strict=True) for _ in range(count)]
    stops = [(255 * at // (_WLED_STEPS - 1), *_codes(swatch.colour)) for at, swatch in enumerate(steps)]
    return json.dumps({"palette": [part for stop in stops for part in stop]}).encode()


def _codes(colour: Oklch) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in _rgb(colour))
    return red, green, blue


def _rgb(colour: Oklch) -> tuple[float, float, float]:
    red, green, blue = encoded(lab_to_linear(oklch_to_lab(np.array([[colour.l, colour.c, colour.h]]))))[0]
    return float(red), float(green), float(blue)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "colour"


_KINDS: Final[dict[FileKind, tuple[Callable[[Sequence[Swatch], str], bytes], str, str]]] = {
    "ase": (_ase, "application/octet-stream", "ase"),
    "gpl": (_gpl, "text/plain", "gpl"),
    "css": (_css, "text/css", "css"),
    "dtcg": (_dtcg, "application/json", "tokens.json"),
    "cube": (_cube, "text/plain", "cube"),
    "wled": (_wled, "application/json", "wled.json"),
}
