"""Looks: a mixture stays a mixture, on a wall, on a few lamps, and on a single one."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.environment.looks import bands, paint
from nexus_city.environment.palettes.palette import NEXUS_PALETTE
from nexus_city.environment.scene import Scene

QUARTERS = [0.4, 0.3, 0.2, 0.1]
LOOKS = ("field", "breath", "drift", "ripple", "constellation")


def a_scene(**more: Any) -> Scene:
    return Scene("s", "Scene", ("z",), **{"softness": 0.0, **more})


def a_wall(pixels: int) -> np.ndarray:
    side = int(np.ceil(np.sqrt(pixels)))
    grid = (np.mgrid[0:side, 0:side].reshape(2, -1).T + 0.5) / side
    return grid[:pixels].astype(np.float32)


def hues(mixture: list[float], at: np.ndarray, scene: Scene, t_s: float) -> Counter[int]:
    """Count the pixels of each mood: by the colour that is nearest, whatever its brightness."""
    mixed = bands(mixture, 2, NEXUS_PALETTE, scene)
    pure = np.stack(
        [paint(a_wall(9), bands(one, 2, NEXUS_PALETTE, scene), scene, 0, 0).mean(axis=1) for one in np.eye(4)]
    )
    pure /= pure.sum(axis=1, keepdims=True)
    light = paint(at, mixed, scene, 0.0, t_s).T
    light = light / light.sum(axis=1, keepdims=True)
    return Counter(((light[:, None] - pure[None]) ** 2).sum(axis=-1).argmin(axis=1).tolist())


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("t_s", [0.0, 37.0, 400.0])
def test_on_a_wall_each_mood_has_its_share_of_the_area(look: str, t_s: float) -> None:
    counted = hues(QUARTERS, a_wall(4096), a_scene(look=look), t_s)
    for mood, share in enumerate(QUARTERS):
        assert counted[mood] / 4096 == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("t_s", [0.0, 11.0, 63.0, 200.0])
def test_over_a_few_lamps_each_mood_has_its_share_of_them(t_s: float) -> None:
    counted = hues(QUARTERS, a_wall(5), a_scene(), t_s)
    for mood, share in enumerate(QUARTERS):
        assert abs(counted[mood] - 5 * share) <= 1


def test_no_lamp_owns_a_mood() -> None:
    """Over a turn, each of five lamps has shown every mood."""
    scene, at = a_scene(speed=0.5), a_wall(5)
    mixed = bands(QUARTERS, 2, NEXUS_PALETTE, scene)
    shown = np.array([paint(at, mixed, scene, 0.0, t) for t in np.linspace(0, 240, 200)])
    assert all(len(np.unique(shown[:, :, lamp].round(3), axis=0)) >= 4 for lamp in range(5))


def test_on_a_single_lamp_each_mood_has_its_share_of_the_time() -> None:
    scene, at = a_scene(speed=1.0), a_wall(1)
    turns = [hues(QUARTERS, at, scene, t) for t in np.linspace(0, 240, 400, endpoint=False)]
    counted = sum(turns, Counter())
    for mood, share in enumerate(QUARTERS):
        assert counted[mood] / 400 == pytest.approx(share, abs=0.02)


def test_joy_and_grief_side_by_side_are_never_painted_as_neutral() -> None:
    """Half gladness, half weariness: every pixel is one or the other, none is grey."""
    scene = a_scene()
    mixed = bands([0.5, 0.0, 0.0, 0.5], 2, NEXUS_PALETTE, scene)
    light = paint(a_wall(1024), mixed, scene, 0.0, 5.0)
    spread = (light.max(axis=0) - light.min(axis=0)) / light.max(axis=0)
    assert spread.min() > 0.5


def test_a_minority_stays_visible() -> None:
    counted = hues([0.97, 0.01, 0.01, 0.01], a_wall(1024), a_scene(), 12.0)
    assert all(counted[mood] >= 5 for mood in (1, 2, 3))


def test_a_complement_keeps_valence_and_turns_arousal_round() -> None:
    lively = bands([0, 0, 0, 1.0], 2, NEXUS_PALETTE, a_scene(policy="complement"))
    calm = bands([0, 1.0, 0, 0], 2, NEXUS_PALETTE, a_scene())
    assert np.allclose(lively.lab, calm.lab)


@pytest.mark.parametrize("scene", [a_scene(policy="rest"), a_scene()])
def test_who_rests_or_says_nothing_is_painted_as_rest(scene: Scene) -> None:
    mixture = [0.25] * 4 if scene.policy == "rest" else None
    light = paint(a_wall(64), bands(mixture, 2, NEXUS_PALETTE, scene), scene, 0.0, 3.0)
    assert 0 < light.max() < 0.12


@settings(max_examples=80, deadline=None)
@given(
    mixture=st.lists(st.floats(0, 1), min_size=16, max_size=16).filter(lambda shares: sum(shares) > 0.01),
    look=st.sampled_from(LOOKS),
    pixels=st.sampled_from([1, 2, 7, 8, 300]),
    softness=st.floats(0, 1),
    uncertainty=st.floats(0, 1),
    t_s=st.floats(0, 1e6),
)
def test_light_is_always_a_light(
    mixture: list[float], look: Any, pixels: int, softness: float, uncertainty: float, t_s: float
) -> None:
    scene = a_scene(look=look, softness=softness)
    light = paint(a_wall(pixels), bands(mixture, 4, NEXUS_PALETTE, scene), scene, uncertainty, t_s)
    assert light.shape == (3, pixels)
    assert light.dtype == np.float32
    assert np.isfinite(light).all()
    assert light.min() >= 0
    assert light.max() <= 1


def test_uncertainty_softens_the_edges() -> None:
    scene = a_scene()
    mixed = bands(QUARTERS, 2, NEXUS_PALETTE, scene)
    sharp, soft = (
        len(np.unique(paint(a_wall(1024), mixed, scene, each, 0.0).round(4), axis=1)[0]) for each in (0.0, 0.8)
    )
    assert soft > 3 * sharp


def test_moods_swell_at_a_pace_of_their_own_for_eyes_that_see_no_colours() -> None:
    """Calm and activated moods are told apart by motion alone: their brightness is taken, their colour thrown away."""

    def swells(mixture: list[float]) -> int:
        scene, at = a_scene(speed=1.0, look="breath"), a_wall(1)
        mixed = bands(mixture, 2, NEXUS_PALETTE, scene)
        steady = np.array([paint(at, mixed, scene, 0.0, t).max() for t in np.arange(0, 80, 0.1)])
        own = steady / (0.72 + 0.28 * np.sin(2 * np.pi * np.arange(0, 80, 0.1) / 9))
        turned = np.diff(np.sign(np.diff(own)))
        return int((turned > 0).sum())

    calm, lively = swells([0, 1.0, 0, 0]), swells([0, 0, 0, 1.0])
    assert lively > 1.5 * calm > 0
