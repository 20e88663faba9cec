"""The palette keeps what was measured about people, and what eyes of every kind need."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from nexus_city.environment import NEXUS_PALETTE, Oklch, linear_srgb
from nexus_city.feelings import QUADRANTS, SIDES

Floats = NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
# Machado, Oliveira & Fernandes 2009, severity 1.0, for linear sRGB.
EYES = {
    "all cones": np.eye(3),
    "no long cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no middle cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no short cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def numbers(colours: list[Oklch]) -> Floats:
    """Return the colours as an array (n, 3)."""
    return np.array([(colour.l, colour.c, colour.h) for colour in colours])


def lab(light: Floats) -> Floats:
    """Return OKLab of linear sRGB: written here once more, from Ottosson's matrices of the other direction."""
    found: Floats = np.cbrt(np.clip(light, 0, 1) @ _TO_CONES.T) @ _TO_LAB.T
    return found


@pytest.mark.parametrize("side", SIDES)
def test_a_screen_has_every_colour(side: int) -> None:
    light = linear_srgb(numbers(NEXUS_PALETTE.colours(side)))
    assert light.min() > -0.002  # colours are published with four digits
    assert light.max() < 1.002


@pytest.mark.parametrize("side", SIDES)
def test_the_more_pleasant_a_mood_the_lighter_its_colour(side: int) -> None:
    lightness = numbers(NEXUS_PALETTE.colours(side))[:, 0].reshape(side, side)
    assert (np.diff(lightness, axis=1) > 0).all()
    assert np.ptp(lightness, axis=0).max() < 1e-9


@pytest.mark.parametrize("valence", [-0.75, -0.6])
def test_where_people_agree_on_a_hue_an_activated_mood_is_more_vivid_than_a_calm_one(valence: float) -> None:
    activated, calm = NEXUS_PALETTE.at(np.array([(valence, 0.75), (valence, -0.75)]))
    assert activated[1] > calm[1] + 0.03


def test_joy_is_more_vivid_than_contentment() -> None:
    joy, contentment = NEXUS_PALETTE.at(np.array([(0.75, 0.6), (0.6, -0.65)]))
    assert joy[1] > contentment[1] + 0.03


def test_moods_have_the_hues_that_people_picked_most_alike() -> None:
    moods = np.array([(-0.75, 0.75), (-0.8, -0.6), (0.6, -0.65), (0.8, 0.45)])
    apart = (NEXUS_PALETTE.at(moods)[:, 2] - [30, 266, 204, 99] + 180) % 360 - 180
    assert np.abs(apart).max() < 15


@pytest.mark.parametrize("eyes", EYES)
def test_the_four_quadrants_are_told_apart_by_every_kind_of_eye(eyes: str) -> None:
    light = linear_srgb(numbers(NEXUS_PALETTE.colours(2)))
    seen = lab(np.clip(light, 0, 1) @ EYES[eyes].T)
    for (first, one), (second, other) in itertools.combinations(zip(QUADRANTS, seen, strict=True), 2):
        assert np.linalg.norm(one - other) >= 0.10, f"{first} and {second}"


@pytest.mark.parametrize("side", [2, 4])
def test_no_two_neighbouring_moods_share_a_colour(side: int) -> None:
    seen = lab(linear_srgb(numbers(NEXUS_PALETTE.colours(side)))).reshape(side, side, 3)
    assert np.linalg.norm(np.diff(seen, axis=0), axis=-1).min() > 0.015
    assert np.linalg.norm(np.diff(seen, axis=1), axis=-1).min() > 0.05
