"""What all benchmarks share: processes that are measured from outside, the machine's facts, and tables.

A contestant runs in a process of its own on loopback. Its CPU time is read from /proc, so it includes every thread and
the kernel's work on its behalf, and nothing of the load generator. Throughput depends on who else uses the machine;
CPU time per request or message depends on it much less, which is why every table gives it.
"""

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent
_TICKS = os.sysconf("SC_CLK_TCK")
_START_S = 20


def machine() -> str:
    """Return the facts of this machine in one line."""
    cpu = _first("/proc/cpuinfo", "model name").partition(":")[2].strip() or platform.machine()
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return (
        f"{os.cpu_count()} cores ({cpu}), {memory_gib:.0f} GiB, {system}, "
        f"Python {platform.python_version()}, load {load:.1f} before the run"
    )


def _first(path: str, prefix: str) -> str:
    lines = Path(path).read_text("ascii", "replace").splitlines() if Path(path).exists() else []
    return next((line for line in lines if line.startswith(prefix)), "")


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used so far, in all its threads, in user and kernel mode."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Server:
    """A contestant: started, awaited until it listens on `port`, measured, and stopped for certain."""

    def __init__(self, command: Sequence[str | Path], port: int, log: Path, **environment: str) -> None:
        self.port = port
        self._log = log
        self._command = [str(part) for part in command]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes]

    def __enter__(self) -> "Server":
        """Start it."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        try:
            self._await_listening()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, if it must be with force."""
        self._stop()

    def cpu_s(self) -> float:
        """Return the CPU seconds that it and its children have used so far."""
        pids = [self._process.pid]
        for pid in pids:
            listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
            pids += [int(child) for child in listed]
        return sum(cpu_s(pid) for pid in pids)

    def _await_listening(self) -> None:
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit(f"{' '.join(self._command)} does not listen:\n{self._log.read_text('utf-8', 'replace')}")

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def python(script: str, *arguments: str) -> list[str]:
    """Return the command that runs a script of `servers/` with this interpreter."""
    return [sys.executable, str(HERE / "servers" / script), *arguments]


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the `ordered` values lie, 0 when there are none."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


@dataclass(frozen=True)
class Goal:
    """A ratio or figure that was promised, and what was measured."""

    text: str
    measured: float
    met: bool

    def __str__(self) -> str:
        return f"{'met   ' if self.met else 'missed'}  {self.text}: {self.measured:.2f}"


def at_least(text: str, measured: float, goal: float) -> Goal:
    """Return a goal that is met from `goal` upwards."""
    return Goal(f"{text} (goal ≥ {goal:g})", measured, measured >= goal)


def at_most(text: str, measured: float, goal: float) -> Goal:
    """Return a goal that is met up to `goal`."""
    return Goal(f"{text} (goal ≤ {goal:g})", measured, measured <= goal)


def report(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], goals: Sequence[Goal] | None) -> None:
    """Print a Markdown table, as docs/benchmarks.md shows it, and the goals below it.

    No goals: too short to tell; None: nothing was promised.
    """
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    print(f"\n{title}\n")
    for row in [heads, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
    print()
    for goal in goals or ():
        print(goal)
    if goals is not None and not goals:
        print("A quick run shows that it runs; it is too short to compare.")
    print(flush=True)
