"""OKLCH, its way to a screen, and what happens to colours that no screen has."""

import coloraide
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.environment import Oklch, fitted, hex_of, linear_srgb
from nexus_city.environment.palettes.colour import linear_to_lab

# As CSS Color 4 gives them for the named colours.
KNOWN = [
    ("#ffffff", 1.0, 0.0, 0.0),
    ("#000000", 0.0, 0.0, 0.0),
    ("#808080", 0.59987, 0.0, 0.0),
    ("#ff0000", 0.62796, 0.25768, 29.234),
    ("#00ff00", 0.86644, 0.29483, 142.495),
    ("#0000ff", 0.45201, 0.31321, 264.052),
    ("#ffff00", 0.96798, 0.21101, 109.769),
    ("#00ffff", 0.90540, 0.15455, 194.769),
    ("#663399", 0.44027, 0.16030, 303.373),
]


@pytest.mark.parametrize(("code", "l", "c", "h"), KNOWN)
def test_a_colour_is_the_one_that_css_knows(code: str, l: float, c: float, h: float) -> None:  # noqa: E741
    assert hex_of(Oklch(l, c, h)) == code


@settings(deadline=None)
@given(st.floats(0.05, 0.98), st.floats(0, 0.5), st.floats(0, 360))
def test_a_colour_that_no_screen_has_keeps_its_lightness_and_hue(l: float, c: float, h: float) -> None:  # noqa: E741
    given_, found = np.array([l, c, h]), fitted(np.array([l, c, h]))
    light = linear_srgb(found)
    assert found[[0, 2]].tolist() == given_[[0, 2]].tolist()
    assert 0 <= found[1] <= c
    assert light.min() >= -1e-6
    assert light.max() <= 1 + 1e-6


def test_a_colour_that_a_screen_has_is_left_alone() -> None:
    colour = np.array([0.7, 0.1, 200.0])
    assert fitted(colour).tolist() == colour.tolist()


def test_a_fitted_colour_is_as_vivid_as_the_screen_allows() -> None:
    found = fitted(np.array([0.6, 0.4, 30.0]))
    beyond = linear_srgb(found + np.array([0, 0.001, 0]))
    assert beyond.min() < 0 or beyond.max() > 1


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 360, exclude_max=True))
def test_coloraide_gives_the_same_hex(l: float, c: float, h: float) -> None:  # noqa: E741
    """A second implementation of the whole way, matrices and transfer included; it may round a half the other way."""
    lightness, chroma, hue = fitted(np.array([l, c, h])).tolist()
    theirs = coloraide.Color("oklch", [lightness, chroma, hue]).convert("srgb").clip().coords()
    ours = hex_of(Oklch(lightness, chroma, hue))
    codes = [int(ours[at : at + 2], 16) for at in (1, 3, 5)]
    assert codes == pytest.approx([255 * part for part in theirs], abs=0.51)


@settings(deadline=None)
@given(st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_coloraide_reads_a_hex_as_the_same_lab(codes: list[int]) -> None:
    colour = coloraide.Color("srgb", [code / 255 for code in codes])
    ours = linear_to_lab(np.array([colour.convert("srgb-linear").coords()]))[0]
    assert ours.tolist() == pytest.approx(colour.convert("oklab").coords(), abs=1e-5)
