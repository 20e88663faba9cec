"""Sending: what leaves a socket arrives whole, in order, and says goodbye; trouble is counted, never raised."""

import socket
import struct
import uuid
from collections.abc import Iterator

import numpy as np
import pytest

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires import datagrams
from nexus_city.environment.wires.artnet import ArtNetWire, PollAnswerer
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.datagrams import Batch, open_socket
from nexus_city.environment.wires.ddp import DdpWire
from nexus_city.environment.wires.sacn import SacnWire

CID = uuid.UUID(int=5)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """A socket that hears what is sent to it on loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(5)
        yield listener


def port_of(ear: socket.socket) -> int:
    port: int = ear.getsockname()[1]
    return port


def a_frame(universes: tuple[int, ...], seed: int = 1) -> WireFrame:
    codes = np.random.default_rng(seed).integers(0, 256, (len(universes), 512)).astype(np.uint8)
    return WireFrame(universes, codes)


@pytest.mark.parametrize("by", ["sendmmsg", "sendto"])
def test_a_batch_arrives_whole_by_either_way(by: str, ear: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    if by == "sendto":
        monkeypatch.setattr(datagrams, "_sendmmsg", None)
    packets = np.random.default_rng(2).integers(0, 256, (100, 638)).astype(np.uint8)
    with open_socket() as sender:
        batch = Batch(sender, packets, [("127.0.0.1", port_of(ear))] * 100)
        assert batch.send() == 100
        assert [ear.recv(2000) for _ in range(100)] == [row.tobytes() for row in packets]
        packets[:] = 7  # rewritten in place: the next send carries it
        batch.send()
        assert ear.recv(2000) == bytes([7]) * 638


def test_sacn_counts_its_sequence_by_universe_and_ends_with_three_goodbyes(ear: socket.socket) -> None:
    wire = SacnWire(Wire("w", "sacn", "127.0.0.1", port_of(ear)), "Nexus City", CID)
    for seed in (1, 2, 3):
        frame = a_frame((4, 5), seed)
        wire.send(frame)
        for row in range(2):
            packet = ear.recv(2000)
            assert (packet[111], struct.unpack_from("!H", packet, 113)[0]) == (seed, 4 + row)
            assert packet[126:] == frame.codes[row].tobytes()
    assert wire.state().state == "sending"
    wire.close()
    goodbyes = [ear.recv(2000) for _ in range(6)]
    assert all(packet[112] & 0x40 for packet in goodbyes)
    assert [packet[111] for packet in goodbyes] == [4, 4, 5, 5, 6, 6]


def test_sacn_counts_on_when_the_patch_changes_and_ends_what_is_no_more(ear: socket.socket) -> None:
    """A universe whose count began anew would be dropped as old (E1.31 6.7.2), one that just ceased would be held."""
    wire = SacnWire(Wire("w", "sacn", "127.0.0.1", port_of(ear)), "Nexus City", CID)
    for universes in ((4, 5), (4, 5), (9, 5)):
        wire.send(a_frame(universes))
    packets = [ear.recv(2000) for _ in range(9)]
    told = [(struct.unpack_from("!H", each, 113)[0], each[111], bool(each[112] & 0x40)) for each in packets]
    ended = [(4, 3, True), (4, 4, True), (4, 5, True)]
    assert told == [(4, 1, False), (5, 1, False), (4, 2, False), (5, 2, False), *ended, (9, 1, False), (5, 3, False)]
    wire.close()


def test_sacn_synchronises_after_all_universes_of_a_frame(ear: socket.socket) -> None:
    wire = SacnWire(Wire("w", "sacn", "127.0.0.1", port_of(ear), sync_universe=99), "Nexus City", CID)
    wire.send(a_frame((1, 2, 3)))
    packets = [ear.recv(2000) for _ in range(4)]
    assert [len(packet) for packet in packets] == [638, 638, 638, 49]
    assert all(struct.unpack_from("!H", packet, 109)[0] == 99 for packet in packets[:3])
    wire.close()


def test_art_net_sequences_run_from_1_to_255_and_a_sync_follows(ear: socket.socket) -> None:
    wire = ArtNetWire(Wire("w", "artnet", "127.0.0.1", port_of(ear)))
    sequences = []
    for seed in range(257):
        wire.send(a_frame((0, 17), seed))
        first, second, sync = (ear.recv(2000) for _ in range(3))
        assert first[12] == second[12]
        assert (len(first), len(sync)) == (530, 14)
        sequences.append(first[12])
    assert sequences[:2] == [1, 2]
    assert sequences[253:] == [254, 255, 1, 2]
    wire.close()


def test_art_net_polls_are_answered(ear: socket.socket) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answerer = PollAnswerer("Nexus City", port)
    ear.sendto(b"nonsense", ("127.0.0.1", port))
    ear.sendto(b"Art-Net\0\x00\x20\x00\x0e\x00\x00", ("127.0.0.1", port))
    assert ear.recv(500)[10:14] == socket.inet_aton("127.0.0.1")
    answerer.close()


@pytest.mark.parametrize("size", [3, 1440, 1441, 4500])
def test_ddp_carries_every_byte_and_pushes_last(ear: socket.socket, size: int) -> None:
    wire = DdpWire(Wire("w", "ddp", "127.0.0.1", port_of(ear)))
    codes = np.random.default_rng(3).integers(0, 256, (1, size)).astype(np.uint8)
    for number in range(17):
        wire.send(WireFrame((), codes))
        got = bytearray(size)
        while True:
            packet = ear.recv(2000)
            offset, length = struct.unpack_from("!IH", packet, 4)
            got[offset : offset + length] = packet[10:]
            assert packet[1] == number % 15 + 1
            if packet[0] & 1:
                break
        assert bytes(got) == codes.tobytes()
    wire.close()


def test_a_host_that_nobody_knows_is_said_and_nothing_is_raised() -> None:
    for wire in (
        SacnWire(Wire("w", "sacn", "no-such-host.invalid"), "Nexus City", CID),
        ArtNetWire(Wire("w", "artnet", "no-such-host.invalid")),
        DdpWire(Wire("w", "ddp", "no-such-host.invalid")),
    ):
        wire.send(a_frame((1,)))
        state = wire.state()
        assert state.state == "failed"
        assert "no-such-host.invalid" in state.detail
        wire.close()


def test_a_network_that_cannot_be_reached_is_said_and_the_wire_recovers() -> None:
    now = [0.0]
    wire = SacnWire(Wire("w", "sacn", "127.0.0.1", 9), "Nexus City", CID, now_s=lambda: now[0])
    wire.send(a_frame((1,)))
    wire._tally.failed("Network is unreachable")
    assert wire.state().state == "failed"
    now[0] += 10
    wire.send(a_frame((1,)))
    assert wire.state().state == "sending"
    wire.close()
