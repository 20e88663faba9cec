"""Sources: a network brings a bounded share of the new voices, and nothing of it is kept."""

import contextlib
from pathlib import Path

import httpx
import pytest
from tests.conftest import Town

from nexus_city.access.sources import SourceLimit, Sources
from nexus_city.app import Nexus
from nexus_city.boundaries.bounds import influence
from nexus_city.ground import Settings
from nexus_city.ground.errors import SettingsError, TooMany

DAY_S = 86_400


class Gate:
    """A limit with a share of 5 on a clock in the test's hand."""

    def __init__(self, share: int = 5, own: tuple[str, ...] = ()) -> None:
        self.now_s = 1_800_000_000.0
        self.limit = SourceLimit(Sources(own), share, lambda: self.now_s)
        self._voices = iter(range(10**6))

    def bring(self, host: str | None, voices: int, place: str = "square") -> int:
        """Bring new voices from an address; return how many were let in."""
        let_in = 0
        for _ in range(voices):
            with contextlib.suppress(TooMany):
                self.limit.new_voice(place, host, next(self._voices).to_bytes(16, "big"))
                let_in += 1
        return let_in


def test_a_network_brings_its_share() -> None:
    assert Gate().bring("198.51.100.7", 50) == 5


def test_what_others_bring_changes_nothing() -> None:
    """Otherwise a refusal would tell how many they were."""
    gate = Gate()
    for other in range(1, 21):
        gate.bring(f"203.0.{other}.1", 4 if other % 2 else 5)
    assert gate.bring("198.51.100.7", 50) == 5


def test_places_and_days_are_counted_apart() -> None:
    gate = Gate()
    assert gate.bring("198.51.100.7", 50, "square") == 5
    assert gate.bring("198.51.100.7", 50, "gallery") == 5
    gate.now_s += DAY_S
    assert gate.bring("198.51.100.7", 50, "square") == 5


def test_whoever_has_spoken_today_is_never_cut_off() -> None:
    gate = Gate()
    gate.limit.new_voice("square", "198.51.100.7", b"early")
    gate.bring("198.51.100.7", 50)
    for _ in range(10):
        gate.limit.new_voice("square", "198.51.100.7", b"early")
    with pytest.raises(TooMany, match="Your network") as caught:
        gate.limit.new_voice("square", "198.51.100.7", b"late")
    assert 0 < caught.value.retry_after_s <= DAY_S


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.7", "198.51.100.250", True),
        ("198.51.100.7", "198.51.101.7", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:198.51.100.7", "198.51.100.9", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_a_source_is_a_network(one: str, other: str, same: bool) -> None:
    sources = Sources()
    assert (sources.of(one) == sources.of(other)) is same


@pytest.mark.parametrize("host", [None, "", "testclient", "127.0.0.1", "::1", "203.0.113.9", "2001:db8:aaaa::1"])
def test_this_machine_and_the_networks_of_the_house_are_not_capped(host: str | None) -> None:
    assert Gate(own=("203.0.113.9/32", "2001:db8:aaaa::/48")).bring(host, 50) == 50


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="own_networks"):
        Sources(("203.0.113.9/99",))


def test_it_holds_back_forgers_at_one_source() -> None:
    """2,000 people from 20 networks, and 500 forgers from one of these: a fifth of all that knock."""
    gate = Gate(share=120)
    networks = [*(f"203.0.{number}.1" for number in range(19)), "198.51.100.7"]
    honest = sum(gate.bring(network, 1) for _ in range(100) for network in networks)
    forged = gate.bring("198.51.100.7", 500)
    assert honest == 2000
    assert influence(500, honest) == 0.2
    assert influence(forged, honest) <= 0.01


def test_neither_address_nor_voice_can_be_found_in_what_is_held() -> None:
    gate = Gate()
    gate.limit.new_voice("square", "198.51.100.7", b"sixteen bytes id")
    held = repr(vars(gate.limit)).encode()
    for known in (b"198.51", b"\\xc63d", b"sixteen"):
        assert known not in held
    key = gate.limit._key
    gate.now_s += DAY_S
    gate.bring("203.0.1.1", 1)
    assert gate.limit._key != key
    assert sum(sum(each.values()) for each in gate.limit._counts.values()) == 1


async def test_the_doors_ask_for_the_network_and_write_nothing_of_it(town: Town, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "capped", city=town.folder / "city.toml", voices_per_network=3)
    nexus = Nexus(settings, town.clock)
    transport = httpx.ASGITransport(app=nexus.asgi, client=("198.51.100.7", 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://city.test") as client:
        answers = [await client.post("/v1/devices") for _ in range(4)]
    assert [each.status_code for each in answers] == [201, 201, 201, 429]
    rows = await nexus.database.read(lambda connection: list(connection.iterdump()))
    assert "198.51" not in "\n".join(rows)
    assert "C63364" not in "\n".join(rows).upper()
    nexus.close()
