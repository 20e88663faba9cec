"""The patch: what hangs where, and how clashes are refused before anything is lit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.environment.patch import CHANNELS, Luminaire, Patch, Wire, Zone, rig, spans
from nexus_city.ground.errors import BadInput
from tests.environment.rigs import a_patch


def test_pixels_are_numbered_in_the_order_of_the_luminaires() -> None:
    laid = rig(a_patch(Luminaire("a", "z", "w", pixels=3), Luminaire("b", "z", "w", channel=10, pixels=2)))
    assert (laid.first, laid.pixels) == ({"a": 0, "b": 3}, 5)


def test_a_row_hangs_between_its_ends() -> None:
    laid = rig(a_patch(Luminaire("a", "z", "w", pixels=3, start=(0.0, 1.0), end=(1.0, 0.0))))
    assert laid.at.tolist() == [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]


@given(
    lamp=st.sampled_from(["rgb", "rgbw", "cct", "dimmer"]),
    pixels=st.integers(1, 2000),
    channel=st.integers(1, 512),
)
def test_every_pixel_lies_whole_in_one_universe(lamp: str, pixels: int, channel: int) -> None:
    luminaire = Luminaire("a", "z", "w", lamp, pixels, channel=channel)  # type: ignore[arg-type]
    size = CHANNELS[lamp]
    pieces = list(spans(luminaire))
    assert sum(count for *_, count in pieces) == pixels
    assert [first for _, _, first, _ in pieces] == [sum(c for *_, c in pieces[:n]) for n in range(len(pieces))]
    for number, (universe, at, _, count) in enumerate(pieces):
        assert at + count * size <= 512
        assert number == 0 or (at == 0 and universe == pieces[number - 1][0] + 1)


def test_an_overlap_names_both_and_the_first_free_channel() -> None:
    with pytest.raises(BadInput, match="'b' overlaps 'a' on w, universe 1: channels 28 to 30") as refusal:
        rig(a_patch(Luminaire("a", "z", "w", pixels=10), Luminaire("b", "z", "w", pixels=10, channel=28)))
    assert "31" in refusal.value.remedy


def test_a_row_that_runs_into_another_universe_is_checked_there_too() -> None:
    with pytest.raises(BadInput, match="universe 2"):
        rig(a_patch(Luminaire("a", "z", "w", pixels=200), Luminaire("b", "z", "w", universe=2)))


@pytest.mark.parametrize(
    ("lamp", "said"),
    [
        (Luminaire("a", "z", "w", channel=513), "channel 1 of universe 2"),
        (Luminaire("a", "z", "w", universe=0), "universe 0; sacn has 1 to 63999"),
        (Luminaire("a", "z", "w", universe=63_999, pixels=171), "universe 64000"),
        (Luminaire("a", "nowhere", "w"), "'nowhere', which is not patched"),
        (Luminaire("a", "z", "nothing"), "'nothing', which is not patched"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(lamp: Luminaire, said: str) -> None:
    with pytest.raises(BadInput) as refusal:
        rig(a_patch(lamp))
    assert said in f"{refusal.value.detail} {refusal.value.remedy}"
    assert refusal.value.remedy


def test_a_wled_takes_three_bytes_a_pixel() -> None:
    with pytest.raises(BadInput, match="'a' is rgbw") as refusal:
        rig(a_patch(Luminaire("a", "z", "w", "rgbw"), kind="wled"))
    assert "as rgb" in refusal.value.remedy
    assert rig(a_patch(Luminaire("a", "z", "w", "grb"), kind="wled")).pixels == 1


def test_multicast_on_two_networks_leads_to_two_nodes() -> None:
    wires = [Wire(name, "sacn", interface=f"10.0.{number}.1") for number, name in enumerate("ab")]
    assert rig(Patch(tuple(wires), (), ())).pixels == 0
    with pytest.raises(BadInput, match="same node"):
        rig(Patch((wires[0], Wire("c", "sacn", interface="10.0.0.1")), (), ()))


def test_two_wires_to_one_node_are_refused() -> None:
    wires = (Wire("a", "sacn", "10.0.0.9"), Wire("b", "sacn", "10.0.0.9"))
    with pytest.raises(BadInput, match="same node"):
        rig(Patch(wires, (Zone("z", "Z", "square"),), ()))


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="Two luminaires are called 'a'"):
        rig(a_patch(Luminaire("a", "z", "w"), Luminaire("a", "z", "w", channel=9)))


def test_lamps_with_names_need_no_channels() -> None:
    lamps = [Luminaire(f"l{number}", "z", "w", name=f"home/lamp/{number}/set") for number in range(3)]
    assert rig(a_patch(*lamps, kind="mqtt")).pixels == 3
