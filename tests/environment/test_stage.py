"""The output stage's promise: no show, however made, flashes more than three times a second, and none is ever red.

Goal: the claim in the docstring of `environment.stage`, for every pixel, every mean and the whole room at once.
Method: hostile shows, made by Hypothesis and by an adversary that watches the output and turns round the moment it has
moved far enough; frames come irregularly, stall, and jump in time; what leaves is rounded to 8 bits as fixtures do.
The oracle (`flashes`) knows nothing of the stage. Planted mutants show that it would notice.
Failure: 4 transitions in a second without cuts, 6 with; a red state; what is not a number; a value out of range.
Not failure: slowness. Black to white takes three seconds, by design.
"""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_city.environment import stage as stage_module
from nexus_city.environment.stage import CUT_GAP_S, HOLD_S, LUMINANCE, Light, Limits, OutputStage
from tests.environment.flashes import is_red, worst_second

PIXELS = 8
Show = Callable[[float, Light], Light]


def a_stage(cap: float = 1.0, safe: float = 0.05) -> OutputStage:
    return OutputStage(Limits(np.full(PIXELS, cap, np.float32), np.full((3, PIXELS), safe, np.float32)))


def rounded(light: Light) -> Light:
    """Round as a fixture of 8 bits and an exponent of 2.2 does."""
    return (np.round(np.clip(light, 0, 1) ** (1 / 2.2) * 255) / 255) ** 2.2


def frames(rate_hz: float, seconds: float, jitter: float = 0.0, seed: int = 1) -> Iterator[float]:
    """Yield the times of frames, each a little early or late, with a stall now and then."""
    rng = np.random.default_rng(seed)
    at = 0.0
    while at < seconds:
        yield at
        at += 1 / rate_hz * (1 + jitter * rng.uniform(-0.9, 0.9)) + (0.25 if jitter and rng.random() < 0.02 else 0.0)


def signals(stage: OutputStage, times: list[float], show: Show, cut: bool = False) -> dict[str, list[float]]:
    """Play a show and return the luminance of pixels, groups and the room, as the fixtures show it."""
    told: dict[str, list[float]] = {name: [] for name in ("first", "mean", "half", "brightest", "darkest")}
    everything = np.ones(PIXELS, bool)
    for at in times:
        out = rounded(stage.step(at, show(at, stage.out), everything if cut else None))
        assert np.isfinite(out).all()
        assert out.min() >= 0
        assert out.max() <= 1
        assert not any(is_red(*pixel) for pixel in out.T.tolist())
        bright = LUMINANCE @ out
        told["first"].append(float(bright[0]))
        told["mean"].append(float(bright.mean()))
        told["half"].append(float(bright[: PIXELS // 2].mean()))
        told["brightest"].append(float(bright.max()))
        told["darkest"].append(float(bright.min()))
    return told


def worst(stage: OutputStage, times: list[float], show: Show, cut: bool = False) -> int:
    return max(worst_second(times, signal) for signal in signals(stage, times, show, cut).values())


def strobe(hz: float, colour: tuple[float, float, float] = (1, 1, 1), spread: float = 0.0) -> Show:
    """Return a square wave; with `spread` each pixel has a phase of its own."""

    def show(at: float, _: Light) -> Light:
        phase = at * hz + spread * np.arange(PIXELS) / PIXELS
        return (np.array(colour)[:, None] * (phase % 1 < 0.5)).astype(np.float32)

    return show


def adversary() -> Show:
    """Return a show that turns round as soon as the mean has moved by a visible step: the worst that can be asked."""
    memory = {"up": True, "turned": 0.0}

    def show(_: float, out: Light) -> Light:
        mean = float((LUMINANCE @ rounded(out)).mean())
        if memory["up"] and mean >= memory["turned"] + 0.1:
            memory.update(up=False, turned=mean)
        elif not memory["up"] and mean <= memory["turned"] - 0.1:
            memory.update(up=True, turned=mean)
        return np.full((3, PIXELS), 0.79 if memory["up"] else 0.0, np.float32)

    return show


@pytest.mark.parametrize("rate_hz", [20, 25, 30, 44, 60, 90, 120])
def test_the_greedy_adversary_gets_three_transitions_and_no_more(rate_hz: int) -> None:
    assert worst(a_stage(), list(frames(rate_hz, 12)), adversary()) <= 3


@pytest.mark.parametrize("hz", [1, 2, 3, 5, 8, 12, 20])
@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0])
def test_strobes_and_groups_that_take_turns_come_out_calm(hz: float, spread: float) -> None:
    """Four groups that flash legally one after the other would make a room flash illegally."""
    assert worst(a_stage(), list(frames(44, 4, jitter=1.0)), strobe(hz, spread=spread)) <= 3


@pytest.mark.parametrize("hz", [2, 5, 10])
def test_a_red_strobe_is_neither_red_nor_a_strobe(hz: float) -> None:
    assert worst(a_stage(), list(frames(44, 4)), strobe(hz, (1, 0, 0))) <= 3


@pytest.mark.parametrize("rate_hz", [20, 44, 120])
def test_cuts_at_every_frame_stay_within_the_promise(rate_hz: int) -> None:
    """An operator leans on the cut button through a strobe: at most one jump a second, and five transitions."""
    assert worst(a_stage(), list(frames(rate_hz, 8)), strobe(7), cut=True) <= 5


@settings(max_examples=60, deadline=None)
@given(
    blocks=st.lists(
        st.tuples(st.integers(1, 12), st.lists(st.floats(0, 1), min_size=3 * PIXELS, max_size=3 * PIXELS)),
        min_size=2,
        max_size=25,
    ),
    rate_hz=st.sampled_from([20.0, 30.0, 44.0, 60.0]),
    jitter=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 1000),
)
def test_no_show_of_any_kind_flashes(
    blocks: list[tuple[int, list[float]]], rate_hz: float, jitter: float, seed: int
) -> None:
    wanted = [np.array(values, np.float32).reshape(3, PIXELS) for length, values in blocks for _ in range(length)]
    times = list(frames(rate_hz, 60, jitter, seed))[: len(wanted)]
    played = iter(wanted)
    assert worst(a_stage(), times, lambda _, __: next(played)) <= 3


@pytest.mark.parametrize("factor", [1.6, 3.0, 6.0])
def test_a_mutant_that_moves_faster_is_caught(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    monkeypatch.setattr(stage_module, "SLEW", stage_module.SLEW * factor)
    monkeypatch.setattr(stage_module, "RED_SLEW", 99.0)
    assert worst(a_stage(), list(frames(44, 12)), adversary()) > 3


def test_a_mutant_that_banks_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the limit on a frame's length, a stall would be followed by a jump."""
    monkeypatch.setattr(stage_module, "LONGEST_FRAME_S", 1e9)
    times = [at + 0.4 * (number // 5) for number, at in enumerate(frames(44, 3))]
    assert worst(a_stage(), times, strobe(4)) > 0
    stage = a_stage()
    stage.step(0.0, np.zeros((3, PIXELS), np.float32))
    jumped = stage.step(5.0, np.ones((3, PIXELS), np.float32))
    assert float((LUMINANCE @ jumped).max()) > 0.1


def test_a_mutant_without_the_red_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage_module, "RED_SHARE", 1.0)
    with pytest.raises(AssertionError):
        worst(a_stage(), list(frames(44, 6)), strobe(0.1, (1, 0, 0)))


def test_a_clock_that_jumps_moves_nothing() -> None:
    stage = a_stage()
    white = np.ones((3, PIXELS), np.float32)
    for at in frames(44, 2):
        before = stage.step(at, white)
    back = stage.step(-1e6, np.zeros((3, PIXELS), np.float32))
    assert np.array_equal(back, before)
    ahead = stage.step(1e6, np.zeros((3, PIXELS), np.float32))
    assert float(np.abs(LUMINANCE @ (ahead - back)).max()) <= stage_module.SLEW * stage_module.LONGEST_FRAME_S + 1e-6


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf, -5.0, 7.0])
def test_nonsense_is_shown_as_something_sane(nonsense: float) -> None:
    stage = a_stage()
    for at in frames(44, 1):
        out = stage.step(at, np.full((3, PIXELS), nonsense, np.float32))
    assert np.isfinite(out).all()
    assert (out >= 0).all()
    assert (out <= 1).all()


def test_the_last_look_is_held_and_then_fades_to_the_safe_one() -> None:
    stage = a_stage(safe=0.05)
    look = np.full((3, PIXELS), 0.6, np.float32)
    times = list(frames(44, 4))
    for at in times:
        stage.step(at, look)
    held = [stage.step(times[-1] + 0.02 * number, None) for number in range(round((HOLD_S - 1) / 0.02))]
    assert all(np.allclose(each, look, atol=1e-4) for each in held)
    for number in range(600):
        out = stage.step(times[-1] + HOLD_S + 0.02 * number, None)
    assert np.allclose(out, 0.05, atol=1e-3)


def test_a_cap_is_kept_and_a_lower_one_is_glided_to() -> None:
    stage = a_stage(cap=0.5)
    white = np.ones((3, PIXELS), np.float32)
    for at in frames(44, 4):
        out = stage.step(at, white)
    assert float((LUMINANCE @ out).max()) == pytest.approx(0.5, abs=1e-3)
    stage.limits = Limits(np.full(PIXELS, 0.2, np.float32), stage.limits.safe)
    first = stage.step(4.03, None)
    assert float((LUMINANCE @ first).max()) > 0.45
    for at in frames(44, 3):
        out = stage.step(4.05 + at, None)
    assert float((LUMINANCE @ out).max()) == pytest.approx(0.2, abs=1e-3)


def test_a_cut_jumps_once_and_then_waits() -> None:
    stage = a_stage()
    white, black, all_ = np.ones((3, PIXELS), np.float32), np.zeros((3, PIXELS), np.float32), np.ones(PIXELS, bool)
    stage.step(0.0, black)
    assert np.allclose(stage.step(0.02, white, all_), 1)
    assert not np.allclose(stage.step(0.04, black, all_), 0)
    assert np.allclose(stage.step(0.02 + CUT_GAP_S, black, all_), 0)


def test_a_stage_that_takes_over_counts_as_a_cut() -> None:
    """Patching fixtures anew must not be a way round the limit."""
    shown = np.full((3, PIXELS), 0.5, np.float32)
    limits = Limits(np.ones(PIXELS, np.float32), np.zeros((3, PIXELS), np.float32))
    stage = OutputStage(limits, shown, cut_s=10.0)
    assert np.allclose(stage.step(10.0, np.zeros((3, PIXELS), np.float32), np.ones(PIXELS, bool)), shown)
    assert not stage.may_cut(10.5)
    assert stage.may_cut(11.0)


def test_a_frame_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="has shape"):
        a_stage().step(0.0, np.zeros((3, PIXELS + 1), np.float32))
