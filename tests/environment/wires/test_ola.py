"""A receiver that is not ours: OLA takes our sACN and Art-Net frame by frame.

Goal: values, order, completeness over four universes, priority hand-over and termination, as a venue's node sees them.
Method: `olad` from Debian, as a user of its own (it refuses root), on loopback; its own client prints each frame.
Failure: a frame that is missing, torn between universes, or out of order; a source that does not win or give back.
"""

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.artnet import ArtNetWire
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.sacn import SacnWire

LISTENER = Path(__file__).with_name("ola_listener.py")
PLUGINS_OFF = (
    *("dummy", "dmx4linux", "espnet", "ftdidmx", "gpio", "karate", "kinet", "milinst", "nanoleaf", "opendmx", "osc"),
    *("openpixelcontrol", "pathport", "renard", "sandnet", "shownet", "spi", "spinet", "stageprofi", "uartdmx"),
    *("usbdmx", "usbpro", "usbserial"),
)
FRAMES = 100
SACN, ARTNET = (4001, 4002, 4003, 4004), (5, 6, 7, 8)


class Ola:
    """A running `olad` with sACN on OLA universes 4001 to 4004 and Art-Net on 5 to 8."""

    def __init__(self, folder: Path) -> None:
        self._write_settings(folder)
        self._folder = folder
        self._listeners = 0
        as_olad = ["runuser", "-u", "olad", "--"] if os.geteuid() == 0 else []
        self._daemon = subprocess.Popen(
            [*as_olad, "olad", "-c", str(folder), "--no-http", "-l", "1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        devices = self._devices()
        for port, universe in enumerate(SACN):
            self._patch(devices["E1.31"], port, universe)
        for port, universe in enumerate(ARTNET):
            self._patch(devices["ArtNet"], port, universe)

    def listen(self, universes: tuple[int, ...]) -> "Frames":
        """Return what prints the frames of `universes` from now on."""
        self._listeners += 1
        return Frames(universes, self._folder / f"heard-{self._listeners}.txt")

    def close(self) -> None:
        self._daemon.terminate()
        self._daemon.wait(10)

    @staticmethod
    def _write_settings(folder: Path) -> None:
        shared = "enabled = true\ninput_ports = 4\noutput_ports = 1\nip = 127.0.0.1\n"
        (folder / "ola-e131.conf").write_text(shared)
        (folder / "ola-artnet.conf").write_text(shared + "use_loopback = true\n")
        for plugin in PLUGINS_OFF:
            (folder / f"ola-{plugin}.conf").write_text("enabled = false\n")
        if os.geteuid() == 0:
            for each in (folder, *folder.iterdir()):
                shutil.chown(each, "olad")
            folder.parent.chmod(0o755)

    def _devices(self) -> dict[str, str]:
        for _ in range(100):
            told = subprocess.run(["ola_dev_info"], capture_output=True, text=True, check=False, timeout=10).stdout
            found = [line.split(": ", 1) for line in told.splitlines() if line.startswith("Device ")]
            if len(found) >= 2:
                return {name.split(" ")[0]: number.removeprefix("Device ") for number, name in found}
            time.sleep(0.1)
        raise AssertionError("olad did not start")

    @staticmethod
    def _patch(device: str, port: int, universe: int) -> None:
        subprocess.run(["ola_patch", "-d", device, "-p", str(port), "-i", "-u", str(universe)], check=True, timeout=10)


class Frames:
    """Frames as OLA's client heard them."""

    def __init__(self, universes: tuple[int, ...], told: Path) -> None:
        self._told = told
        command = ["/usr/bin/python3", str(LISTENER), *map(str, universes)]
        with told.open("w") as into:
            self._client = subprocess.Popen(command, stdout=into)
        self._wait_until(lambda: "ready" in told.read_text())
        time.sleep(0.3)

    def all(self) -> list[tuple[int, bytes]]:
        """End listening once nothing more comes; return (universe, channels) in the order of arrival."""
        sizes: list[int] = []

        def quiet() -> bool:
            sizes.append(self._told.stat().st_size)
            return len(sizes) > 10 and sizes[-1] == sizes[-10]

        self._wait_until(quiet)
        self._client.terminate()
        self._client.wait(10)
        lines = [line.split() for line in self._told.read_text().splitlines()]
        return [(int(line[0]), bytes.fromhex(line[1])) for line in lines if len(line) == 2]

    @staticmethod
    def _wait_until(done: Callable[[], bool]) -> None:
        for _ in range(300):
            if done():
                return
            time.sleep(0.1)
        raise AssertionError("OLA's client did not come to an end")


@pytest.fixture(scope="module")
def ola(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ola]:
    if shutil.which("olad") is None:
        pytest.skip("no olad: run scripts/install-test-tools")
    running = Ola(tmp_path_factory.mktemp("ola"))
    yield running
    running.close()


def numbered(universes: tuple[int, ...], number: int) -> WireFrame:
    """Return a frame whose universes all carry its number, and each its own row."""
    codes = np.zeros((len(universes), 512), np.uint8)
    codes[:, 0], codes[:, 1] = number >> 8, number & 0xFF
    codes[:, 2] = np.arange(len(universes))
    codes[:, 511] = 255 - number % 256
    return WireFrame(universes, codes)


def check_every_frame(heard: list[tuple[int, bytes]], universes: tuple[int, ...]) -> None:
    """Every frame, on every universe, once, whole and in order; no universe is a frame ahead of another."""
    numbers: dict[int, list[int]] = {universe: [] for universe in universes}
    for universe, data in heard:
        if len(data) == 512 and data[511] == 255 - data[1]:
            numbers[universe].append(data[0] << 8 | data[1])
            assert data[2] == universes.index(universe)
            ahead = {each: told[-1] for each, told in numbers.items() if told}
            assert max(ahead.values()) - min(ahead.values()) <= 1
    assert numbers == {universe: list(range(1, FRAMES + 1)) for universe in universes}


def test_ola_receives_every_sacn_frame_of_four_universes(ola: Ola) -> None:
    heard = ola.listen(SACN)
    wire = SacnWire(Wire("w", "sacn", "127.0.0.1", sync_universe=77), "Nexus City", uuid.uuid4())
    for number in range(1, FRAMES + 1):
        wire.send(numbered(SACN, number))
        time.sleep(1 / 44)
    wire.close()
    check_every_frame(heard.all()[: len(SACN) * FRAMES], SACN)


def test_ola_receives_every_art_net_frame_of_four_universes(ola: Ola) -> None:
    heard = ola.listen(ARTNET)
    wire = ArtNetWire(Wire("w", "artnet", "127.0.0.1"))
    for number in range(1, FRAMES + 1):
        wire.send(numbered(ARTNET, number))
        time.sleep(1 / 44)
    wire.close()
    check_every_frame(heard.all(), ARTNET)


def test_the_higher_priority_wins_and_its_goodbye_gives_back_at_once(ola: Ola) -> None:
    """A console at 150 takes over from us at 100; when it terminates, we are seen again within a frame or two."""
    heard = ola.listen(SACN[:1])
    ours = SacnWire(Wire("a", "sacn", "127.0.0.1", priority=100), "Nexus City", uuid.uuid4())
    theirs = SacnWire(Wire("b", "sacn", "127.0.0.1", priority=150), "A console", uuid.uuid4())
    low, high = np.full((1, 512), 10, np.uint8), np.full((1, 512), 200, np.uint8)
    for _ in range(10):
        ours.send(WireFrame(SACN[:1], low))
        time.sleep(1 / 44)
    for _ in range(20):
        ours.send(WireFrame(SACN[:1], low))
        theirs.send(WireFrame(SACN[:1], high))
        time.sleep(1 / 44)
    theirs.close()
    for _ in range(10):
        ours.send(WireFrame(SACN[:1], low))
        time.sleep(1 / 44)
    levels = [data[0] for _, data in heard.all()]
    ours.close()
    assert levels.count(200) >= 18
    last_high = len(levels) - 1 - levels[::-1].index(200)
    assert levels[:8] == [10] * 8
    assert levels[last_high + 1 :] == [10] * (len(levels) - last_high - 1)
    assert len(levels) - last_high - 1 >= 8
