"""Multicast: every universe on its own group, the synchronisation and the discovery on theirs, by the chosen cable.

Goal: a node on the lighting network hears what it has joined, and a machine with two networks sends into the right one.
Method: sender and node are two network namespaces of this kernel, joined by a cable (`multicast_room`); the node is a
plain socket for each group. Nothing leaves the machine.
Failure: a packet on the wrong group or the wrong cable, a universe without its sync, a discovery that lists others.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment.wires.multicast_room import FRAMES, LIGHTS, OFFICE, SYNC, UNIVERSES

ROOM = Path(__file__).with_name("multicast_room.py")
DATA, SYNC_BYTES = 638, 49


def play(interface: str) -> dict[str, list[bytes]]:
    """Return what the node heard, by group."""
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not (shutil.which("ip") and shutil.which("unshare")):
        pytest.skip("no ip or unshare: run scripts/install-test-tools")
    if subprocess.run([*as_root, "unshare", "-n", "true"], check=False, capture_output=True, timeout=10).returncode:
        pytest.skip("network namespaces need root")
    command = [*as_root, "unshare", "-n", sys.executable, str(ROOM), interface]
    told = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    heard: dict[str, list[bytes]] = {}
    for group, packet in json.loads(told):
        heard.setdefault(group, []).append(bytes.fromhex(packet))
    return heard


@pytest.fixture(scope="module")
def heard() -> dict[str, list[bytes]]:
    return play(LIGHTS)


@pytest.mark.parametrize(("universe", "group"), [(1, "239.255.0.1"), (2, "239.255.0.2"), (300, "239.255.1.44")])
def test_a_universe_arrives_whole_on_its_own_group(heard: dict[str, list[bytes]], universe: int, group: str) -> None:
    packets = heard[group]
    assert {len(packet) for packet in packets} == {DATA}
    assert {struct.unpack_from("!H", packet, 113)[0] for packet in packets} == {universe}
    assert [packet[111] for packet in packets] == list(range(1, FRAMES + 4))  # and three goodbyes
    assert [packet[126:] for packet in packets[:FRAMES]] == [bytes([number]) * 512 for number in range(1, FRAMES + 1)]
    assert [bool(packet[112] & 0x40) for packet in packets] == [False] * FRAMES + [True] * 3


def test_every_frame_is_synchronised_on_the_sync_universes_own_group(heard: dict[str, list[bytes]]) -> None:
    packets = heard["239.255.27.88"]
    assert {len(packet) for packet in packets} == {SYNC_BYTES}
    assert [struct.unpack_from("!BH", packet, 44) for packet in packets] == [(n, SYNC) for n in range(1, FRAMES + 1)]


def test_the_universes_are_told_on_the_standards_group(heard: dict[str, list[bytes]]) -> None:
    (packet,) = heard["239.255.250.214"]
    assert struct.unpack_from("!IBB", packet, 114) == (1, 0, 0)
    assert struct.unpack_from(f"!{len(UNIVERSES)}H", packet, 120) == UNIVERSES
    assert len(packet) == 120 + 2 * len(UNIVERSES)


@pytest.mark.parametrize("interface", ["", OFFICE])
def test_without_the_interface_the_system_may_choose_the_wrong_cable(interface: str) -> None:
    """The route for multicast leads to the office; only a wire that names the lights' interface reaches the node."""
    assert play(interface) == {}
