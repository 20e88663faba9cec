"""From light to bytes: the right byte in the right place, for every kind of luminaire and every offset."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.environment.patch import CHANNELS, Luminaire, Patch, Wire, Zone, rig, spans
from nexus_city.environment.stage import Light
from nexus_city.environment.wires.codes import Fixtures
from tests.environment.rigs import a_patch


def codes_of(light: Light, *lamps: Luminaire, kind: str = "sacn") -> np.ndarray:
    return Fixtures(rig(a_patch(*lamps, kind=kind))).encode(light)["w"].codes


def one(red: float, green: float, blue: float) -> Light:
    return np.array([[red], [green], [blue]], np.float32)


@pytest.mark.parametrize(
    ("lamp", "light", "expected"),
    [
        ("rgb", (1, 0, 0), [255, 0, 0]),
        ("grb", (1, 0.5, 0), [128, 255, 0]),
        ("rgbw", (1, 0.5, 0.5), [128, 0, 0, 128]),
        ("rgbw", (1, 1, 1), [0, 0, 0, 255]),
        ("dimmer", (1, 1, 1), [255]),
        ("dimmer", (0, 1, 0), [182]),
        ("cct", (1, 1, 1), [255, 128]),
        ("cct", (1, 0.6, 0.2), [168, 255]),
    ],
)
def test_each_kind_of_lamp_gets_its_channels(lamp: str, light: tuple[float, ...], expected: list[int]) -> None:
    codes = codes_of(one(*light), Luminaire("l", "z", "w", lamp, gamma=1.0))  # type: ignore[arg-type]
    assert np.abs(codes[0, : len(expected)].astype(int) - expected).max() <= 1
    assert not codes[0, len(expected) :].any()


def test_the_exponent_is_applied_once() -> None:
    assert codes_of(one(0.5, 0.5, 0.5), Luminaire("l", "z", "w", gamma=2.2))[0, 0] == round(255 * 0.5 ** (1 / 2.2))


def test_the_white_point_scales_each_channel() -> None:
    codes = codes_of(one(1, 1, 1), Luminaire("l", "z", "w", gamma=1.0, white=(1.0, 0.8, 0.5)))
    assert np.abs(codes[0, :3].astype(int) - [255, 204, 128]).max() <= 1


def test_what_is_lit_at_all_is_not_dark_and_what_is_dark_is() -> None:
    assert codes_of(one(0.0001, 0, 0), Luminaire("l", "z", "w", gamma=1.0))[0, :3].tolist() == [1, 0, 0]


def test_a_row_is_dithered_in_space_and_keeps_its_mean() -> None:
    light = np.full((3, 500), 0.1234, np.float32)
    codes = codes_of(light, Luminaire("l", "z", "w", pixels=500, gamma=1.0), kind="ddp")[0]
    assert len(np.unique(codes)) == 2
    assert codes.mean() == pytest.approx(255 * 0.1234, abs=0.02)


def test_a_single_lamp_is_not_dithered() -> None:
    lamp = Luminaire("l", "z", "w", gamma=1.0)
    assert codes_of(one(0.1234, 0.1234, 0.1234), lamp)[0, :3].tolist() == [31, 31, 31]


@settings(max_examples=60, deadline=None)
@given(
    lamps=st.lists(
        st.tuples(st.sampled_from(["rgb", "rgbw", "dimmer", "cct"]), st.integers(1, 400), st.integers(0, 511)),
        min_size=1,
        max_size=4,
    ),
    seed=st.integers(0, 99),
)
def test_each_byte_comes_from_its_own_pixel_whatever_the_offset(lamps: list[tuple[str, int, int]], seed: int) -> None:
    """Read back every pixel from the universes by the patch's own arithmetic, one by one."""
    patched = [
        Luminaire(f"l{number}", "z", "w", kind, pixels, universe=1 + 10 * number, channel=channel + 1, gamma=1.0)  # type: ignore[arg-type]
        for number, (kind, pixels, channel) in enumerate(lamps)
    ]
    laid = rig(a_patch(*patched))
    light = np.random.default_rng(seed).random((3, laid.pixels)).astype(np.float32)
    fixtures = Fixtures(laid)
    frame = fixtures.encode(light)["w"]
    row_of = {universe: row for row, universe in enumerate(frame.universes)}
    used = 0
    for lamp in patched:
        size, first = CHANNELS[lamp.lamp], laid.first[lamp.id]
        for universe, at, done, count in spans(lamp):
            for pixel in range(count):
                part = light[:, first + done + pixel]
                brightness = float(np.array([0.2126, 0.7152, 0.0722]) @ part)
                value = {"rgb": part[0], "rgbw": part[0] - part.min()}.get(lamp.lamp, brightness)
                code = int(frame.codes[row_of[universe], at + pixel * size])
                assert abs(code - 255 * value) <= 1.01
                used += size
    assert used == sum(CHANNELS[lamp.lamp] * lamp.pixels for lamp in patched)


def test_a_house_with_two_wires_keeps_them_apart() -> None:
    patch = Patch(
        (Wire("dmx", "sacn", "127.0.0.1"), Wire("strip", "ddp", "127.0.0.1")),
        (Zone("z", "Z", "square"),),
        (Luminaire("a", "z", "dmx", gamma=1.0), Luminaire("b", "z", "strip", channel=4, gamma=1.0)),
    )
    frames = Fixtures(rig(patch)).encode(np.array([[1, 0], [0, 1], [0, 0]], np.float32))
    assert frames["dmx"].codes[0, :3].tolist() == [255, 0, 0]
    assert frames["strip"].codes.tolist() == [[0, 0, 0, 0, 255, 0]]
    assert (frames["dmx"].universes, frames["strip"].universes) == ((1,), ())
