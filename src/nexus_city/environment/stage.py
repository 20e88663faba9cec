"""The output stage: after everything that can paint, before every wire, and not to be bypassed.

The claim. Let f be any figure that moves by at most δ when no pixel's relative luminance moves by more than δ: a pixel,
the mean of a zone, its brightest spot, a whole room. Then, whatever is asked of this stage and however irregular its
frames come, f makes at most 3 transitions of 0.1 or more in any second without an operator's cut and at most 5 with
cuts: 1.5 and 2.5 flashes, where WCAG 2.2 (SC 2.3.1) and ITU-R BT.1702 allow 3. No red state (R / (R + G + B) >= 0.8)
is ever shown, so there is no red flash by either definition.

The proof. A frame moves each pixel along the straight line to its target by the largest share that keeps its
luminance within SLEW · dt and its redness R - G - B within RED_SLEW · dt. dt is cut to LONGEST_FRAME_S and is never
negative: a stall banks no credit, a clock that jumps back moves nothing. So the movement of f adds up to at most
SLEW · (1 + LONGEST_FRAME_S) over a closed second. What a fixture shows differs from `out` by rounding of at most
ROUNDING in luminance, so a visible transition of 0.1 needs at least 0.1 - 2 · ROUNDING of movement:
floor(0.34 · 1.05 / 0.09) = 3. A cut is one jump of all that is cut, and cuts are at least 1 s apart over the whole
stage, so a closed second holds at most two, each one transition more. The red guard and the range 0..1 are convex sets:
a straight line between two members stays inside.

What it does not cover: another console on the same fixtures, effects that run inside a device, the fixtures' own pulse
width, and patterns such as stripes. It is a promise about rate, not medical advice.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Light = NDArray[np.float32]
"""Linear light, planar: shape (3, pixels), red, green and blue in 0..1."""

LUMINANCE: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Relative luminance of linear sRGB (IEC 61966-2-1)."""
SLEW: Final = 0.34
"""Luminance a pixel may move in a second; black to white takes 3 s, which is also the calm that we want."""
RED_SLEW: Final = 0.30
"""R - G - B that a pixel may move in a second."""
RED_SHARE: Final = 0.78
"""Largest R / (R + G + B); 0.8 is a saturated red, the rest is room for rounding."""
LONGEST_FRAME_S: Final = 0.05
ROUNDING: Final = 0.005
"""Luminance by which an 8-bit fixture may differ from what it was sent."""
CUT_GAP_S: Final = 1.0
HOLD_S: Final = 10.0
"""Seconds for which the last look is held when nobody paints any more."""


@dataclass(frozen=True)
class Limits:
    """What a stage must keep within, a value for each pixel."""

    cap: Light
    """Highest luminance, 0..1, shape (pixels,)."""
    safe: Light
    """The look to fade to when nobody paints: dim and steady, shape (3, pixels)."""


class OutputStage:
    """Turns what is wanted into what is shown; `limits` may change at any time, and act at the same slow pace.

    `start` is what the fixtures show already (default: dark). A stage that takes over from another, because fixtures
    were patched anew, is told with `cut_s` when that was: it counts as a cut.
    """

    def __init__(self, limits: Limits, start: Light | None = None, cut_s: float = -np.inf) -> None:
        self.limits = limits
        self.out: Light = np.zeros_like(limits.safe) if start is None else self._allowed(start)
        """What is shown now: read it, send it, never write it."""
        self._wanted: Light = limits.safe
        self._frame_s: float | None = None
        self._painted_s = -np.inf
        self._cut_s = cut_s

    def step(self, now_s: float, wanted: Light | None, cut: NDArray[np.bool_] | None = None) -> Light:
        """Move towards `wanted` for a frame at `now_s` (monotonic seconds) and return what is shown.

        `wanted` None says that nobody paints: the last look is held for HOLD_S, then fades to the safe one. Values that
        are not numbers count as dark. `cut` marks the pixels (bool, shape (pixels,)) that shall jump; it is honoured
        only if the last cut is CUT_GAP_S ago, else they move as all others do.
        """
        last_s = now_s if self._frame_s is None else self._frame_s
        dt = min(max(now_s - last_s, 0.0), LONGEST_FRAME_S)
        self._frame_s = max(now_s, last_s)
        target = self._target(self._frame_s, wanted)
        moved = self._slewed(target, dt)
        if cut is not None and self.may_cut(self._frame_s):
            moved[:, cut] = target[:, cut]
            self._cut_s = self._frame_s
        moved.flags.writeable = False
        self.out = moved
        return moved

    def may_cut(self, now_s: float) -> bool:
        """Whether a cut would be honoured at `now_s`."""
        return now_s - self._cut_s >= CUT_GAP_S

    def _target(self, now_s: float, wanted: Light | None) -> Light:
        if wanted is not None:
            if wanted.shape != self.out.shape:
                raise ValueError(f"a frame of this stage has shape {self.out.shape}, not {wanted.shape}")
            self._painted_s = now_s
            self._wanted = wanted.copy()
        elif now_s - self._painted_s > HOLD_S:
            self._wanted = self.limits.safe
        return self._allowed(self._wanted)

    def _allowed(self, light: Light) -> Light:
        """Return the light without what is never shown: no numbers, saturated reds, more than the cap."""
        allowed = np.clip(np.nan_to_num(light, nan=0.0, posinf=1.0, neginf=0.0), 0, 1).astype(np.float32)
        missing = allowed[0] * np.float32(1 / RED_SHARE - 1) - allowed[1] - allowed[2]
        allowed[1:] += np.maximum(missing, 0) / 2
        bright = LUMINANCE @ allowed
        allowed *= np.minimum(1, self.limits.cap / np.maximum(bright, 1e-6))
        return allowed

    def _slewed(self, target: Light, dt: float) -> Light:
        way = target - self.out
        brighter = np.abs(LUMINANCE @ way)
        redder = np.abs(way[0] - way[1] - way[2])
        share = np.minimum(
            np.float32(SLEW * dt) / np.maximum(brighter, 1e-9), np.float32(RED_SLEW * dt) / np.maximum(redder, 1e-9)
        )
        moved: Light = self.out + np.minimum(share, 1) * way
        return moved
