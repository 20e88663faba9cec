"""How many DMX universes leave one process as sACN, 44 times a second.

Goal: at least 5 times what the Python library `sacn` sends in the same run; at least 1,600 universes paced at 44 Hz
without a late frame; no late frame at 403, which is all that a line of 100 Mb/s carries.

Method: each contestant is a process of its own that sends to one address of loopback, where another process counts what
arrives (`ear.py`). All channels of all universes change with every frame, and are at hand as bytes before the clock
starts. Flat out, frames follow each other at once; what was sent in a second, divided by 44, is the number of
universes. Paced, frames have absolute deadlines, as in the rig, and one that begins more than a frame late is counted
as such; from few universes to many, the largest number is looked for that passes without one, up to five tries each. On
a shared machine the clock itself is late at times; one that sends nothing runs beside, for comparison. CPU is that of
the sending process, all threads and the kernel included. Contestants take turns; the median round counts. `sacn` is
flushed by hand, with its synchronisation packet, so that its frames do not tear; ours sends one too.

What counts as failure: a late frame at 403; datagrams that our wire says it could not send.
What does not count: datagrams that the ear misses when it gets no time on a shared machine; their share is shown.
"""

import argparse
import importlib.util
import multiprocessing
import statistics
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ear import EAR, Ear
from measuring import at_least, at_most, machine, report

from nexus_city.environment.patch import Wire
from nexus_city.environment.rig import RATE_HZ
from nexus_city.environment.wires import datagrams
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.sacn import PORT, SacnWire

OURS, PORTABLE, PEER = "Nexus City, sendmmsg", "Nexus City, sendto", "sacn library"
IDLE = "the clock alone"
FULL_LINE = 403
"""Universes of a 100 Mb/s line at 44 Hz: 704 bytes each with all headers."""
SYNC = 7_999
FLAT_OUT = {OURS: 512, PORTABLE: 512, PEER: 128}
"""Universes of a frame when sent flat out."""
RUNGS = {
    OURS: (FULL_LINE, 800, 1200, 1600, 2000, 2400, 2800),
    PORTABLE: (FULL_LINE, 800, 1200, 1600, 2000, 2400),
    PEER: (32, 64, 96, 128, 192, 256, FULL_LINE),
}
_PICTURES = 4
_TRIES = 5


@dataclass(frozen=True)
class Run:
    """What one process sent."""

    universes: int
    frames: int
    late: int
    refused: int
    wall_s: float
    cpu_s: float
    heard: int = 0

    @property
    def packets(self) -> int:
        """Return how many data packets were sent."""
        return self.frames * self.universes


def ours(universes: int) -> tuple[Callable[[int], None], Callable[[], int]]:
    """Return what sends the numbered frame by our wire, and what counts the packets it could not send."""
    generator = np.random.default_rng(1)
    numbers = tuple(range(1, universes + 1))
    frames = [
        WireFrame(numbers, generator.integers(0, 256, (universes, 512)).astype(np.uint8)) for _ in range(_PICTURES)
    ]
    wire = SacnWire(Wire("w", "sacn", EAR, sync_universe=SYNC), "Nexus City", uuid.uuid4(), "127.0.0.1")
    return lambda number: wire.send(frames[number % _PICTURES]), lambda: wire.state().dropped


def portable(universes: int) -> tuple[Callable[[int], None], Callable[[], int]]:
    """Return the same on a system without `sendmmsg`."""
    vars(datagrams)["_sendmmsg"] = None
    return ours(universes)


def library(universes: int) -> tuple[Callable[[int], None], Callable[[], int]]:
    """Return what sends the numbered frame by the library `sacn`."""
    import sacn

    sender = sacn.sACNsender("127.0.0.1", 0, fps=RATE_HZ, universeDiscovery=False, sync_universe=SYNC)
    sender.manual_flush = True
    sender.start()
    generator = np.random.default_rng(1)
    pictures = [[generator.bytes(512) for _ in range(universes)] for _ in range(_PICTURES)]
    outputs = []
    for universe in range(1, universes + 1):
        sender.activate_output(universe)
        outputs.append(sender[universe])
        outputs[-1].destination = EAR

    def send(number: int) -> None:
        for output, channels in zip(outputs, pictures[number % _PICTURES], strict=True):
            output.dmx_data = channels
        sender.flush()

    return send, lambda: 0


def idle(universes: int) -> tuple[Callable[[int], None], Callable[[], int]]:  # noqa: ARG001 - all have one shape
    """Return what sends nothing: only the clock is left."""
    return lambda _: None, lambda: 0


CONTESTANTS = {OURS: ours, PORTABLE: portable, PEER: library, IDLE: idle}


def send_frames(name: str, universes: int, seconds: float, paced: bool, told: Any) -> None:
    """Send for a while, in a process of its own, and tell how it went."""
    send, refused = CONTESTANTS[name](universes)
    send(0)  # lays out packets and addresses
    late = frames = 0
    start, start_cpu = time.perf_counter(), time.process_time()
    due = start
    while time.perf_counter() - start < seconds:
        if paced:
            time.sleep(max(0.0, due - time.perf_counter()))
            behind = time.perf_counter() - due
            due += 1 / RATE_HZ
            if behind > 1 / RATE_HZ:
                late += 1
                due += behind
        send(frames + 1)
        frames += 1
    wall, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    told.send((frames, late, refused(), wall, cpu))


def run(name: str, universes: int, seconds: float, paced: bool, ear: Ear) -> Run:
    """Let a contestant send in a process of its own."""
    spawning = multiprocessing.get_context("spawn")
    ours_end, its_end = spawning.Pipe()
    before = ear.heard()
    sender = spawning.Process(target=send_frames, args=(name, universes, seconds, paced, its_end), daemon=True)
    sender.start()
    try:
        if not ours_end.poll(seconds + 60):
            raise SystemExit(f"{name} did not come to an end.")
        frames, late, refused, wall, cpu = ours_end.recv()
    finally:
        sender.kill()  # the library's own thread would go on
        sender.join()
    time.sleep(0.2)  # what is still in the ear's buffer
    return Run(universes, frames, late, refused, wall, cpu, ear.heard() - before)


def largest(name: str, seconds: float, ear: Ear, rungs: tuple[int, ...]) -> tuple[Run | None, int | None]:
    """Return the run with the most universes and no late frame, and the late frames of the full line's best try.

    Two rungs in a row that fail in every try are the end.
    """
    best, at_full_line, failed = None, None, 0
    for universes in rungs:
        tries = []
        while len(tries) < _TRIES and not (tries and tries[-1].late == 0):
            tries.append(run(name, universes, seconds, True, ear))
        if universes == FULL_LINE:
            at_full_line = min(each.late for each in tries)
        best, failed = (best, failed + 1) if tries[-1].late else (tries[-1], 0)
        if failed == 2:
            break
    return best, at_full_line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    chosen = parser.parse_args()
    rounds, seconds = (1, 0.5) if chosen.quick else (chosen.rounds, chosen.seconds)
    names = [OURS, PORTABLE, *([PEER] if importlib.util.find_spec("sacn") else [])]
    facts = machine()
    with Ear(PORT) as ear:
        flat = {name: [] for name in names}
        for _ in range(rounds):
            for name in names:
                flat[name].append(run(name, FLAT_OUT[name], seconds, False, ear))
        paced = {name: largest(name, seconds, ear, RUNGS[name][:1] if chosen.quick else RUNGS[name]) for name in names}
        alone = [run(IDLE, 0, seconds, True, ear) for _ in range(rounds)]
    rows = [row(name, flat[name], *paced[name]) for name in names]
    goals = [] if chosen.quick or PEER not in names else promised(flat, paced)
    heads = (
        "sender",
        "universes flat out (range)",
        "CPU µs a packet",
        "arrived",
        "paced, none late",
        "its CPU",
        "at 403",
    )
    missed = f"{IDLE} was late {sum(each.late for each in alone)} times in {sum(each.frames for each in alone)}"
    report(f"sACN at {RATE_HZ} Hz, {rounds} rounds of {seconds:g} s; {missed}; {facts}", heads, rows, goals)


def row(name: str, flat: list[Run], best: Run | None, at_full_line: int | None) -> tuple[str, ...]:
    """Return a contestant's line of the table."""
    rates = sorted(each.packets / each.wall_s / RATE_HZ for each in flat)
    cost = statistics.median(each.cpu_s / each.packets for each in flat) * 1e6
    arrived = sum(each.heard for each in flat) / sum(each.packets + each.universes for each in flat)
    return (
        name,
        f"{statistics.median(rates):,.0f} ({rates[0]:,.0f}-{rates[-1]:,.0f})",
        f"{cost:.1f}",
        f"{min(1, arrived):.0%}",
        f"{best.universes:,}" if best else "none",
        f"{best.cpu_s / best.wall_s:.0%}" if best else "",
        "not reached" if at_full_line is None else f"{at_full_line} late",
    )


def promised(flat: dict[str, list[Run]], paced: dict[str, tuple[Run | None, int | None]]) -> list[Any]:
    """Return the goals, with what was measured."""
    pairs = list(zip(flat[OURS], flat[PEER], strict=True))
    by_time = statistics.median(a.packets / a.wall_s / (b.packets / b.wall_s) for a, b in pairs)
    by_cpu = statistics.median(a.packets / a.cpu_s / (b.packets / b.cpu_s) for a, b in pairs)
    best, at_full_line = paced[OURS]
    return [
        at_least("universes flat out, times the sacn library", by_time, 5),
        at_least("the same by CPU", by_cpu, 5),
        at_least("universes paced without a late frame", best.universes if best else 0, 1600),
        at_most(f"late frames at {FULL_LINE} universes", RATE_HZ if at_full_line is None else at_full_line, 0),
        at_most("packets that our wire could not send", sum(each.refused for each in flat[OURS]), 0),
    ]


if __name__ == "__main__":
    main()
