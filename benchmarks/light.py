"""How long a frame of light takes, and how long it is from a hand, or a climate, to the bytes on a wire.

Goal: the output stage and the channel codes together take at most 0.5 ms for 10,000 pixels.

Method: 10,000 pixels in rows of 170 on 59 sACN universes, of one zone. Each step is repeated in this process, in turn,
and the median counts; the floor is copying the same two arrays. The stage is asked for another random picture every 30
frames, so that it moves all the time. Painting is measured for each look with a climate of 16 moods.

Latency is that of a rig at work: its own thread at 44 Hz, 16 zones with a universe of 170 pixels each, sACN to a
loopback socket. *A cue* is what a hand does: take a scene, and cut to it; the clock stops when the first changed byte
of the zone's universe is received. Cuts are a second apart, as the stage demands. *A climate* is a new voice of a
place; it fades in over 5 s, and the clock stops at its first changed byte. The 16 zones hear theirs in turn, each when
it stands still. Both begin at a random moment of a frame, so half a frame of waiting (11 ms) is in the median by
itself.

What counts as failure: a cue or a climate that does not arrive within 5 s.
What does not count: the light's own time. A lamp changes no faster than the stage allows, and that is on purpose.
"""

import argparse
import random
import socket
import statistics
import struct
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

import numpy as np
from measuring import at_most, machine, percentile, report

from nexus_city.climate import Climate, Voice
from nexus_city.climate.model import Cost, Span
from nexus_city.environment.desk import Desk
from nexus_city.environment.looks import bands, paint
from nexus_city.environment.palettes.palette import NEXUS_PALETTE
from nexus_city.environment.patch import Luminaire, Patch, Rigging, Wire, Zone, rig
from nexus_city.environment.rig import RATE_HZ, Rig
from nexus_city.environment.scene import House, Look, Scene
from nexus_city.environment.stage import Limits, OutputStage
from nexus_city.environment.wires.codes import Fixtures
from nexus_city.environment.wires.sacn import SacnWire

PIXELS = 10_000
A_ROW = 170
"""RGB pixels of a universe."""
ZONES = 16
A_NEW_PICTURE = 30
"""Frames between two pictures that the stage is asked for."""
STILL_S = 7.0
"""Seconds after which a place's last climate has faded in."""
_LATEST_S = 5.0


def rows(pixels: int, zones: int) -> Patch:
    """Return pixels in rows, a universe each, dealt out to zones; each zone is at a place of its own name."""
    sizes = [min(A_ROW, pixels - at) for at in range(0, pixels, A_ROW)]
    return Patch(
        (Wire("w", "sacn", "127.0.0.1"),),
        tuple(Zone(f"z{number}", f"Zone {number}", f"z{number}") for number in range(zones)),
        tuple(
            Luminaire(f"row-{at}", f"z{at % zones}", "w", pixels=size, universe=at + 1, start=(0, at / 60), end=(1, 1))
            for at, size in enumerate(sizes)
        ),
    )


def ms(job: Callable[[], object], times: int) -> tuple[float, float]:
    """Return the median and the 99th percentile of how long `job` takes, in ms."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        job()
        took.append((time.perf_counter() - start) * 1000)
    took.sort()
    return statistics.median(took), percentile(took, 0.99)


def stage_and_codes(rigging: Rigging) -> dict[str, Callable[[], object]]:
    """Return the steps of a frame after painting, and their floor."""
    stage = OutputStage(Limits(np.ones(PIXELS, np.float32), np.full((3, PIXELS), 0.05, np.float32)))
    fixtures = Fixtures(rigging)
    pictures = np.random.default_rng(1).random((2, 3, PIXELS)).astype(np.float32)
    codes = fixtures.frames["w"].codes
    frames = 0

    def step() -> None:
        nonlocal frames
        frames += 1
        stage.step(frames / RATE_HZ, pictures[frames // A_NEW_PICTURE % 2])

    def both() -> None:
        step()
        fixtures.encode(stage.out)

    return {
        "stage and codes": both,
        "output stage": step,
        "channel codes": lambda: fixtures.encode(stage.out),
        "floor: copying both arrays": lambda: (pictures[0].copy(), codes.copy()),
    }


def painting(rigging: Rigging) -> dict[str, Callable[[], object]]:
    """Return painting by each look."""
    mixture = np.random.default_rng(2).dirichlet(np.ones(16)).tolist()
    found: dict[str, Callable[[], object]] = {}
    for look in get_args(Look):
        scene = Scene("s", "Scene", ("z0",), look=look)
        mixed = bands(mixture, 4, NEXUS_PALETTE, scene)
        found[f"painting, {look}"] = lambda scene=scene, mixed=mixed: paint(  # type: ignore[misc]
            rigging.at, mixed, scene, 0.05, time.monotonic()
        )
    return found


class Lit:
    """A rig at work, and a socket that hears it."""

    def __init__(self) -> None:
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.ear.bind(("127.0.0.1", 0))
        self.ear.settimeout(_LATEST_S)
        port = self.ear.getsockname()[1]
        patch = rows(ZONES * A_ROW, ZONES)
        zones = tuple(zone.id for zone in patch.zones)
        house = House(
            patch=Patch((Wire("w", "sacn", "127.0.0.1", port),), patch.zones, patch.luminaires),
            scenes=(
                Scene("echo", "Echo", zones, speed=0, fade_s=0),
                Scene("answer", "Answer", zones, policy="complement", speed=0, fade_s=0, level=0.5, priority=0),
            ),
        )
        self.voices = {zone: a_voice(zone, 1) for zone in zones}
        cid = uuid.uuid4()
        self.rig = Rig(
            Desk(house),
            lambda place: self.voices[place],
            lambda: zones,
            lambda wire: SacnWire(wire, "Nexus City", cid, "127.0.0.1"),
        )

    def changed_after_ms(self, zone: int, act: Callable[[], None]) -> float:
        """Act at a random moment, and return after how many ms the bytes of a zone's universe are others."""
        self._drain()
        before = self._heard(zone)
        time.sleep(random.random() / RATE_HZ)  # noqa: S311 - a moment, not a secret
        start = time.monotonic()
        act()
        while self._heard(zone) == before:
            if time.monotonic() - start > _LATEST_S:
                raise SystemExit("What was done did not arrive.")
        return (time.monotonic() - start) * 1000

    def _heard(self, zone: int) -> bytes:
        while True:
            packet = self.ear.recv(1500)
            if struct.unpack_from("!H", packet, 113)[0] == zone + 1:
                return packet[126:]

    def _drain(self) -> None:
        self.ear.setblocking(False)
        try:
            while self.ear.recv(1500):
                pass
        except BlockingIOError:
            self.ear.settimeout(_LATEST_S)


def a_voice(place: str, number: int) -> Voice:
    """Return what a place says; odd and even numbers say opposite things."""
    mixture = [0.7, 0.1, 0.1, 0.1] if number % 2 else [0.1, 0.1, 0.1, 0.7]
    span = Span("2026-11-25T11:00:00Z", "2026-11-25T12:00:00Z")
    climate = Climate(number, place, place, "speaks", span, 2, mixture, 400, 9.0, 0.05, Cost(1.0, 8.9), "nexus-1")
    return Voice(place, "speaks", place, "2026-11-25T13:00:00Z", climate)


def cues(lit: Lit, count: int) -> list[float]:
    """Return how long cues take, in ms."""
    now = datetime.now(UTC)
    took = []
    for number in range(count):
        scene = ("answer", "echo")[number % 2]

        def hand(desk: Desk, scene: str = scene) -> None:
            desk.take("z0", scene, "bench", time.monotonic(), now)
            desk.cut(["z0"], "bench", now)

        time.sleep(1.05)
        took.append(lit.changed_after_ms(0, lambda hand=hand: lit.rig.touch(hand)))  # type: ignore[misc]
    lit.rig.touch(lambda desk: desk.give_back("z0", "bench", now))
    return sorted(took)


def climates(lit: Lit, count: int) -> list[float]:
    """Return how long climates take until their first changed byte, in ms."""
    took = []
    for number in range(count):
        zone, again = number % ZONES, number // ZONES + 2

        def speak(name: str = f"z{zone}", again: int = again) -> None:
            lit.voices[name] = a_voice(name, again)

        took.append(lit.changed_after_ms(zone, speak))
        time.sleep(STILL_S / ZONES)
    return sorted(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few repeats, to see that it runs")
    chosen = parser.parse_args()
    times, samples = (20, 30) if chosen.quick else (1000, 200)
    facts, rigging = machine(), rig(rows(PIXELS, 1))
    took = {name: ms(job, times) for name, job in stage_and_codes(rigging).items()}
    took |= {name: ms(job, max(20, times // 10)) for name, job in painting(rigging).items()}
    table = [(name, f"{mid:.3f}", f"{late:.3f}") for name, (mid, late) in took.items()]
    goals = (
        []
        if chosen.quick
        else [at_most(f"ms for stage and codes of {PIXELS:,} pixels", took["stage and codes"][0], 0.5)]
    )
    report(f"A frame of {PIXELS:,} pixels; {facts}", ("step", "ms", "p99 ms"), table, goals)
    facts, lit = machine(), Lit()
    lit.rig.start()
    time.sleep(STILL_S)
    waits = {"a cue, with its cut": cues(lit, samples)}
    time.sleep(STILL_S)
    waits["a released climate, its first byte"] = climates(lit, samples)
    lit.rig.stop()
    table = [
        (name, f"{statistics.median(each):.1f}", f"{percentile(each, 0.99):.1f}", f"{each[-1]:.1f}", f"{len(each)}")
        for name, each in waits.items()
    ]
    title = f"To the bytes of a wire, {lit.rig.late} of {lit.rig.frames:,} frames late; {facts}"
    report(title, ("from", "p50 ms", "p99 ms", "longest ms", "samples"), table, [] if chosen.quick else None)


if __name__ == "__main__":
    main()
