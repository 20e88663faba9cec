"""Every benchmark still runs: what is measured by hand, and seldom, breaks unseen otherwise.

Only that it runs, that its contestants agree, and that nothing stays behind; a figure is never asserted here.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2] / "benchmarks"
EXPECTED = {
    "intake": ["nexus serve", "the same, keeping nothing", "bare no-op"],
    "fold": ["Nexus City, NumPy"],
    "noise": ["Nexus City", "NumPy laplace"],
    "continual": ["four buffers", "binary tree", "tree, from below", "square root"],
    "accuracy": ["8×8", "4×4", "2×2", "nested, evenly", "6 waves", "shrunk", "prior"],
    "fanout": ["Nexus City", "Nexus City, one stuck"],
    "light": ["stage and codes", "painting, field", "a cue, with its cut", "a released climate, its first byte"],
    "vitals": ["a3 one place"],
    "causes": ["sensor-silent", "divergence"],
    "simulator": ["Nexus City, 1 thread", "Nexus City, 2 threads", "Nexus City, NumPy"],
    "wires": ["Nexus City, sendmmsg", "Nexus City, sendto"],
}


@pytest.mark.long
@pytest.mark.parametrize("name", EXPECTED)
def test_a_benchmark_runs_and_tells_of_every_contestant(name: str) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / f"{name}.py"), "--quick"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = {line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("| ")}
    assert all(any(row.startswith(contestant) for row in told) for contestant in EXPECTED[name]), done.stdout


@pytest.mark.long
def test_a_benchmark_leaves_nothing_behind(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "intake.py"), "--quick"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())
    assert not any(str(tmp_path) in command for command in running())


def running() -> list[str]:
    """Return the command lines of all processes."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended since it was listed
            found.append(command.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    return found
