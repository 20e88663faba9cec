"""How many check-ins a second are kept for certain, and what the keeping costs.

Goal: `nexus serve`, which answers 202 only after an fsync'd commit, takes at least 0.7 of what the same server takes
when its intake keeps nothing, and at least 3 times what an idiomatic FastAPI + SQLite service takes that makes the
same promise.

Method: each contestant is a fresh process on a fresh folder on loopback; 64 connections; every check-in has a key of
its own, and every device gives four at four places, so that each is counted and none is a repeat. Contestants take
turns, several rounds; the median round counts. After each run the rows on disk are compared with the answers.

What counts as failure: a status other than 202, or an answered check-in that is not on disk.
What does not count: the floor (`bare no-op`), which knows no device and makes no promise; it is there to be seen.
"""

import argparse
import importlib.util
import itertools
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crowd import Load, press
from measuring import Server, at_least, free_port, machine, percentile, python, report

from nexus_city.access import Tokens, load_secret
from nexus_city.ground import Database

CONNECTIONS = 64
PLACES = ("hall", "garden", "stairs", "roof")
_PLACE = '[[place]]\nid = "{0}"\nname = "{0}"\nexpected_crowd = 100000\n'
CITY = 'timezone = "UTC"\n' + _PLACE.format("museum") + 'kind = "city"\n'
CITY += "".join(_PLACE.format(place) + 'parent = "museum"\n' for place in PLACES)


@dataclass(frozen=True)
class Contestant:
    """A server that takes check-ins, and how many of them it has on disk."""

    name: str
    command: Callable[[Path, int], list[str]]
    kept: Callable[[Path], int] | None


def _city(folder: Path, port: int, *, script: list[str]) -> list[str]:
    (folder / "city.toml").write_text(CITY)
    address = ["--port", str(port), "--data", str(folder / "data"), "--city", str(folder / "city.toml")]
    return [*script, "serve", *address]


def _uvicorn(app: str, port: int) -> list[str]:
    servers = str(Path(__file__).parent / "servers")
    tuned = ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return [sys.executable, "-m", "uvicorn", "--app-dir", servers, app, "--port", str(port), *tuned]


def _rows(path: Path, query: str) -> int:
    connection = sqlite3.connect(path)
    found: int = connection.execute(query).fetchone()[0]
    connection.close()
    return found


CITY_NAME, NOOP_NAME, PEER_NAME = "nexus serve", "the same, keeping nothing", "FastAPI + SQLite"
CONTESTANTS = (
    Contestant(
        CITY_NAME,
        lambda folder, port: _city(folder, port, script=[sys.executable, "-m", "nexus_city"]),
        lambda folder: _rows(folder / "data" / "nexus.sqlite3", "select sum(length(keys)) / 16 from intake_log"),
    ),
    Contestant(NOOP_NAME, lambda folder, port: _city(folder, port, script=python("instant_city.py")), None),
    Contestant(
        PEER_NAME,
        lambda _, port: _uvicorn("fastapi_peer:app", port),
        lambda folder: _rows(folder / "peer.sqlite3", "select count(*) from check_in"),
    ),
    Contestant("bare no-op", lambda _, port: _uvicorn("bare_noop:app", port), None),
)


def tokens(folder: Path, count: int) -> list[str]:
    """Return device tokens as the city at `folder` issues them, signed with its secret before it starts."""
    database = Database(folder / "data")
    try:
        city = Tokens(load_secret(database))
        return [city.issue() for _ in range(count)]
    finally:
        database.close()


def check_ins(devices: list[str]) -> Iterator[bytes]:
    """Yield requests: each device gives once at each place, and then does not come again."""
    keys = itertools.count()
    heads = [
        f"POST /v1/places/{place}/check-ins HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: benchmark\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer "
        for place in PLACES
    ]
    for device in devices:
        for head in heads:
            number = next(keys)
            body = f'{{"key":"benchmark-{number:012d}","cell":{number & 63},"audience":"city","words":["calm"]}}'
            yield f"{head}{device}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@dataclass(frozen=True)
class Run:
    """One contestant in one round."""

    load: Load
    server_cpu_s: float

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of the server a request."""
        return self.server_cpu_s / max(1, self.load.answered) * 1e6


def measure(contestant: Contestant, seconds: float) -> Run:
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as name:
        folder, port = Path(name), free_port()
        requests = check_ins(tokens(folder, int(seconds * 20_000) + 10_000))
        command = contestant.command(folder, port)
        with Server(command, port, folder / "log", PEER_DATABASE=str(folder / "peer.sqlite3")) as server:
            warm = press(port, requests, CONNECTIONS, min(1.0, seconds / 4))
            before = server.cpu_s()
            load = press(port, requests, CONNECTIONS, seconds)
            used = server.cpu_s() - before
        assert not load.refused, f"{contestant.name} refused {load.refused} check-ins"
        if contestant.kept:
            kept, answered = contestant.kept(folder), warm.answered + load.answered
            assert kept >= answered, f"{contestant.name} answered {answered} check-ins and kept {kept}"
        return Run(load, used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of load, a contestant and round")
    chosen = parser.parse_args()
    rounds, seconds = (1, 1.0) if chosen.quick else (chosen.rounds, chosen.seconds)
    facts = machine()
    present = [each for each in CONTESTANTS if each.name != PEER_NAME or importlib.util.find_spec("fastapi")]
    runs: dict[str, list[Run]] = {each.name: [] for each in present}
    for _ in range(rounds):
        for contestant in present:
            runs[contestant.name].append(measure(contestant, seconds))
    say(facts, runs, quick=chosen.quick)


def say(facts: str, runs: dict[str, list[Run]], *, quick: bool) -> None:
    rows = []
    for name, each in runs.items():
        middle = sorted(each, key=lambda run: run.load.per_second)[len(each) // 2]
        spread = [run.load.per_second for run in each]
        rows.append(
            (
                name,
                f"{middle.load.per_second:,.0f} ({min(spread):,.0f}-{max(spread):,.0f})",
                f"{statistics.median(run.cpu_us for run in each):.1f}",
                f"{percentile(middle.load.waits_ms, 0.5):.1f} / {percentile(middle.load.waits_ms, 0.99):.1f}",
                f"{middle.load.cpu_s / middle.load.seconds:.2f}",
            )
        )
    heads = ("server", "check-ins/s (range)", "server CPU µs each", "p50 / p99 ms", "crowd's cores")
    goals = [at_least("of what it takes keeping nothing", _ratio(runs, CITY_NAME, NOOP_NAME), 0.7)]
    if PEER_NAME in runs:
        goals.append(at_least("times the FastAPI peer", _ratio(runs, CITY_NAME, PEER_NAME), 3))
    report(f"Intake, {CONNECTIONS} connections; {facts}", heads, rows, [] if quick else goals)


def _ratio(runs: dict[str, list[Run]], one: str, other: str) -> float:
    """Return the median over the rounds of one contestant's throughput by another's in the same round."""
    pairs = zip(runs[one], runs[other], strict=True)
    return statistics.median(mine.load.per_second / theirs.load.per_second for mine, theirs in pairs)


if __name__ == "__main__":
    main()
