"""The rig: from what people say to the bytes on a wire, frame by frame, and what happens when something fails."""

import time
from typing import Any

import msgspec
import numpy as np
import pytest

from nexus_city.climate import Voice
from nexus_city.environment.patch import Luminaire, Wire
from nexus_city.environment.rig import RATE_HZ
from nexus_city.environment.stage import LUMINANCE
from tests.environment.flashes import worst_second
from tests.environment.rigs import NOON, Listening, a_house, a_patch, a_rig, a_voice, play

ROW = Luminaire("l", "z", "w", pixels=20, end=(1.0, 0.5))


def brightness(wire: Listening) -> list[float]:
    """Return the mean code of each frame, 0..1."""
    return [float(frame.codes[0, :60].mean()) / 255 for frame in wire.sent]


def test_a_climate_becomes_light_on_the_wire() -> None:
    rig, wire = a_rig(a_house(ROW))
    play(rig, 8)
    assert len(wire.sent) == 8 * 44
    assert brightness(wire)[-1] > 0.3
    assert wire.sent[-1].universes == (1,)


def test_a_new_climate_is_faded_to_and_nothing_flashes() -> None:
    voices = {"now": a_voice([1.0, 0, 0, 0], 1)}
    rig, wire = a_rig(a_house(ROW, speed=0.0), lambda _: voices["now"])
    at = play(rig, 8)
    before = wire.sent[-1].codes.copy()
    for number in range(2, 12):
        voices["now"] = a_voice([0, 0, 0, 1.0] if number % 2 == 0 else [1.0, 0, 0, 0], number)
        at = play(rig, 0.5, at)
    voices["now"] = a_voice([0, 0, 0, 1.0], 99)
    at = play(rig, 8, at)
    assert not np.array_equal(wire.sent[-1].codes, before)
    light = [((frame.codes[0, :3] / 255) ** 2.2) @ LUMINANCE for frame in wire.sent]
    assert worst_second([100 + number / 44 for number in range(len(light))], [float(each) for each in light]) <= 3


def test_when_painting_fails_the_last_look_is_held() -> None:
    trouble: dict[str, bool] = {"now": False}

    def voice_of(_: str) -> Voice:
        if trouble["now"]:
            raise RuntimeError("the feed is broken")
        return a_voice([0.25] * 4)

    rig, wire = a_rig(a_house(ROW, speed=0.0), voice_of)
    at = play(rig, 8)
    good = brightness(wire)[-1]
    trouble["now"] = True
    at = play(rig, 8, at)
    assert brightness(wire)[-1] == pytest.approx(good, abs=0.01)
    trouble["now"] = False
    play(rig, 1, at)
    assert brightness(wire)[-1] == pytest.approx(good, abs=0.01)


def test_stop_fades_to_the_safe_look_within_seconds_and_masters_dim() -> None:
    rig, wire = a_rig(a_house(ROW))
    at = play(rig, 8)
    rig.touch(lambda desk: desk.stop("kira", NOON))
    at = play(rig, 8, at)
    assert brightness(wire)[-1] == pytest.approx(0.05 ** (1 / 2.2), abs=0.02)
    rig.touch(lambda desk: desk.release("kira", NOON))
    rig.touch(lambda desk: desk.master(None, 0.0, "kira", NOON))
    play(rig, 8, at)
    assert brightness(wire)[-1] == 0


def test_a_cut_reaches_the_wire_in_the_next_frame() -> None:
    rig, wire = a_rig(a_house(ROW, fade_s=0.0))
    at = play(rig, 3)
    full = brightness(wire)[-1]
    rig.touch(lambda desk: desk.master(None, 0.0, "kira", NOON))
    rig.touch(lambda desk: desk.cut(["z"], "kira", NOON))
    play(rig, 1 / 44, at)
    assert full > 0.3
    assert brightness(wire)[-1] == 0


def test_a_new_patch_keeps_the_light_of_channels_that_stay() -> None:
    house = a_house(ROW, speed=0.0)
    rig, wire = a_rig(house)
    at = play(rig, 8)
    before = wire.sent[-1].codes[0, :60].copy()
    renamed = msgspec.structs.replace(house, patch=a_patch(msgspec.structs.replace(ROW, id="new")))
    rig.touch(lambda desk: desk.compose(renamed, "kira", "renamed a row", NOON))
    play(rig, 2 / 44, at)
    assert np.abs(wire.sent[-1].codes[0, :60].astype(int) - before).max() <= 12


def test_patching_again_and_again_is_no_way_round_the_limit() -> None:
    """An edit in every frame: the stage takes over at most once a second."""
    rig, wire = a_rig(a_house(ROW))
    at = play(rig, 6)
    for number in range(88):
        lamp = msgspec.structs.replace(ROW, channel=1 + 60 * (number % 2))
        edited = msgspec.structs.replace(a_house(), patch=a_patch(lamp))
        rig.touch(lambda desk, edited=edited: desk.compose(edited, "kira", "edit", NOON))  # type: ignore[misc]
        at = play(rig, 1 / 44, at)
    light = [float(((frame.codes[0, :3] / 255) ** 2.2) @ LUMINANCE) for frame in wire.sent[6 * 44 :]]
    assert worst_second([number / 44 for number in range(len(light))], light) <= 5


def test_a_wire_that_waits_for_slower_ones_gets_older_frames() -> None:
    house = a_house(ROW)
    late = msgspec.structs.replace(house.patch.wires[0], latency_ms=round(1000 * 5 / RATE_HZ))
    house = msgspec.structs.replace(house, patch=msgspec.structs.replace(house.patch, wires=(late,)))
    prompt, prompt_wire = a_rig(a_house(ROW))
    delayed, delayed_wire = a_rig(house)
    play(prompt, 1)
    play(delayed, 1)
    assert all(
        np.array_equal(after.codes, before.codes)
        for after, before in zip(delayed_wire.sent[5:], prompt_wire.sent, strict=False)
    )


def test_lamp_wires_are_told_lamps_and_climates_at_their_own_pace() -> None:
    house = a_house(Luminaire("l", "z", "w", name="home/lamp/set"))
    house = msgspec.structs.replace(house, patch=a_patch(*house.patch.luminaires, kind="mqtt"))
    rig, wire = a_rig(house)
    play(rig, 9)
    assert len(wire.shown) == 44
    assert set(wire.shown[-1]) == {"home/lamp/set"}
    assert [voice.place for voice in wire.heard] == ["square"]
    assert wire.sent == []


def test_the_frame_clock_keeps_its_pace_and_says_goodbye() -> None:
    rig, wire = a_rig(a_house(ROW))
    rig.start()
    time.sleep(0.5)
    rig.stop()
    assert wire.closed
    assert rig.frames == len(wire.sent) > 3


def test_a_wire_that_is_no_longer_patched_is_closed() -> None:
    opened: list[tuple[Wire, Listening]] = []

    def open_wire(wire: Wire) -> Any:
        opened.append((wire, Listening()))
        return opened[-1][1]

    house = a_house(ROW)
    rig, _ = a_rig(house, open_wire=open_wire)
    at = play(rig, 2)
    moved = msgspec.structs.replace(house.patch, wires=(Wire("w", "artnet", "127.0.0.2"),))
    rig.touch(lambda desk: desk.compose(msgspec.structs.replace(house, patch=moved), "kira", "moved", NOON))
    play(rig, 2, at)
    assert [wire.kind for wire, _ in opened] == ["sacn", "artnet"]
    assert opened[0][1].closed
    assert opened[1][1].sent
