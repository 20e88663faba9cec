"""Packing: the bytes of sACN, Art-Net and DDP, against the standards' own tables and for every size."""

import struct
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus_city.environment.wires import artnet, ddp, sacn

CID = uuid.UUID("9c5f4a3e-1d2b-4c6a-8e7f-0123456789ab").bytes


def test_an_sacn_data_packet_reads_as_the_standard_says() -> None:
    """ANSI E1.31-2018, table 4-1: offsets and values of every field."""
    packet = sacn.data_packets([7962], "Nexus City", CID, 120, 7000)[0].tobytes()
    assert len(packet) == 638
    assert packet[:16] == b"\x00\x10\x00\x00ASC-E1.17\x00\x00\x00"
    assert packet[16:22] == struct.pack("!HI", 0x7000 | 622, 4)
    assert packet[22:38] == CID
    assert packet[38:44] == struct.pack("!HI", 0x7000 | 600, 2)
    assert packet[44:108] == b"Nexus City".ljust(64, b"\0")
    assert packet[108:115] == struct.pack("!BHBBH", 120, 7000, 0, 0, 7962)
    assert packet[115:126] == struct.pack("!HBBHHHB", 0x7000 | 523, 2, 0xA1, 0, 1, 513, 0)
    assert not any(packet[126:])


def test_a_long_source_name_is_cut_at_a_whole_character() -> None:
    packet = sacn.data_packets([1], "ü" * 40, CID, 100)[0].tobytes()
    assert packet[44:108].rstrip(b"\0").decode() == "ü" * 31
    assert packet[107] == 0


def test_an_sacn_sync_packet_reads_as_the_standard_says() -> None:
    packet = sacn.sync_packet(CID, 7000, 9)
    assert len(packet) == 49
    assert packet[16:22] == struct.pack("!HI", 0x7000 | 33, 8)
    assert packet[38:44] == struct.pack("!HI", 0x7000 | 11, 1)
    assert packet[44:49] == struct.pack("!BH2x", 9, 7000)


@given(universes=st.sets(st.integers(1, 63_999), max_size=1500))
def test_discovery_lists_every_universe_once_in_order_and_in_pages(universes: set[int]) -> None:
    found: list[int] = []
    packets = sacn.discovery_packets(sorted(universes, reverse=True), "Nexus City", CID)
    for number, packet in enumerate(packets):
        length = struct.unpack_from("!H", packet, 112)[0] & 0x0FFF
        assert length == len(packet) - 112
        assert struct.unpack_from("!IBB", packet, 114) == (1, number, len(packets) - 1)
        found += struct.unpack_from(f"!{(len(packet) - 120) // 2}H", packet, 120)
    assert found == sorted(universes)


@pytest.mark.parametrize(("universe", "group"), [(1, "239.255.0.1"), (256, "239.255.1.0"), (63_999, "239.255.249.255")])
def test_a_universe_has_its_own_group(universe: int, group: str) -> None:
    assert sacn.multicast_address(universe) == group


def test_an_art_net_packet_reads_as_the_standard_says() -> None:
    packet = artnet.dmx_packets([0x1234])[0].tobytes()
    assert packet[:18] == b"Art-Net\0\x00\x50\x00\x0e\x00\x00\x34\x12\x02\x00"
    assert len(packet) == 530
    assert artnet.sync_packet() == b"Art-Net\0\x00\x52\x00\x0e\x00\x00"


def test_a_poll_is_known_and_answered_with_239_bytes() -> None:
    assert artnet.is_poll(b"Art-Net\0\x00\x20\x00\x0e\x00\x00")
    assert not artnet.is_poll(artnet.sync_packet())
    reply = artnet.poll_reply("10.1.2.3", "Nexus City")
    assert len(reply) == 239
    assert reply[8:14] == b"\x00\x21\x0a\x01\x02\x03"
    assert reply[26:44].rstrip(b"\0") == b"Nexus City"
    assert reply[200] == 1  # a controller


@given(size=st.integers(1, 20_000))
def test_ddp_packets_cover_every_byte_once_and_only_the_last_pushes(size: int) -> None:
    covered = np.zeros(size, int)
    pushes = []
    for packets in ddp.data_packets(size):
        for row in packets:
            flags, _, kind, target, offset, length = struct.unpack("!BBBBIH", row[:10].tobytes())
            assert (flags & 0xFE, kind, target) == (0x40, 0x0B, 1)
            assert length == len(row) - 10 <= 1440
            covered[offset : offset + length] += 1
            pushes.append(flags & 1)
    assert (covered == 1).all()
    assert pushes == [0] * (len(pushes) - 1) + [1]
