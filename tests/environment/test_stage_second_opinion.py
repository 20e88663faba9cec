"""A second opinion on the output stage: EA's IRIS, the detector that game studios use, looks at the same shows.

Goal: what a detector that is not ours calls a failure passes once it has gone through the stage.
Method: a room of 8 pixels as a picture of 8 stripes, 44 frames a second for six seconds; IRIS (its published port,
with its own thresholds) is shown the frames as they were wanted, and as the stage let them out.
Failure: a flash or a red flash that IRIS finds in what was let out; and that it finds none in what was wanted, for then
its opinion would be worth nothing.
Not failure: what it cannot see. It averages over the picture, so groups that flash in turns look calm to it: those are
`test_stage`'s, whose oracle takes every pixel and every group for itself.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from iris_pse_detection.configuration import Configuration
from iris_pse_detection.flash_detection import FlashDetection
from iris_pse_detection.result import FlashResult

from nexus_city.environment.stage import Light
from tests.environment.test_stage import PIXELS, Show, a_stage, strobe

RATE_HZ = 44
SECONDS = 6
HEIGHT, STRIPE = 16, 8
WHITE, RED, ORANGE = (1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (1.0, 0.2, 0.0)


@dataclass
class Opinion:
    """The worst that IRIS says of any frame."""

    luminance: FlashResult = FlashResult.Pass
    red: FlashResult = FlashResult.Pass
    transitions: int = 0
    """Most in a second."""


def picture(light: Light) -> np.ndarray:
    """Return a BGR picture in sRGB, a stripe for each pixel."""
    light = np.clip(light, 0, 1)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    stripes = np.repeat(np.rint(255 * code).astype(np.uint8)[::-1].T, STRIPE, axis=0)
    return np.broadcast_to(stripes, (HEIGHT, *stripes.shape)).copy()


def opinion_on(frames: list[Light]) -> Opinion:
    """Show IRIS the frames."""
    iris = FlashDetection(RATE_HZ, (HEIGHT, PIXELS * STRIPE), Configuration())
    worst = Opinion()
    for number, light in enumerate(frames):
        iris.set_current_frame(picture(light))
        told = iris.analyse_frame(number)
        worst.luminance = max(worst.luminance, told.luminance_frame_result)
        worst.red = max(worst.red, told.red_frame_result)
        worst.transitions = max(worst.transitions, told.luminance_transitions, told.red_transitions)
    return worst


def raw_and_limited(show: Show, cut: bool = False) -> tuple[Opinion, Opinion]:
    """Return what IRIS says of a show as it was wanted, and as the stage let it out."""
    stage, everything = a_stage(), np.ones(PIXELS, bool)
    wanted, shown = [], []
    for number in range(RATE_HZ * SECONDS):
        at = number / RATE_HZ
        wanted.append(show(at, stage.out))
        shown.append(stage.step(at, wanted[-1], everything if cut else None))
    return opinion_on(wanted), opinion_on(shown)


@pytest.mark.parametrize("hz", [4, 5, 10, 15, 20])
@pytest.mark.parametrize("colour", [WHITE, RED, ORANGE])
def test_a_strobe_fails_as_it_was_wanted_and_passes_as_it_is_shown(hz: float, colour: tuple[float, ...]) -> None:
    raw, limited = raw_and_limited(strobe(hz, colour))  # type: ignore[arg-type]
    assert raw.luminance == FlashResult.FlashFail
    assert raw.transitions > 6
    assert (limited.luminance, limited.red) == (FlashResult.Pass, FlashResult.Pass)
    assert limited.transitions <= 3


def test_a_red_strobe_fails_for_its_red_too_and_what_is_shown_has_no_red_flash() -> None:
    raw, limited = raw_and_limited(strobe(10, RED))
    assert raw.red == FlashResult.FlashFail
    assert limited.red == FlashResult.Pass


@pytest.mark.parametrize("hz", [2, 2.5, 3])
def test_slow_flashing_that_goes_on_for_long_fails_extended_and_passes_as_it_is_shown(hz: float) -> None:
    raw, limited = raw_and_limited(strobe(hz))
    assert raw.luminance == FlashResult.ExtendedFail
    assert limited.luminance == FlashResult.Pass


def test_an_operator_who_leans_on_the_cut_button_makes_no_flash_failure() -> None:
    raw, limited = raw_and_limited(strobe(7), cut=True)
    assert raw.luminance == FlashResult.FlashFail
    assert limited.luminance < FlashResult.FlashFail
    assert limited.transitions <= 5
