"""What it costs to tell thousands of open walls that a climate has changed.

Goal: for 5,000 viewers at 10 messages of 1 KB a second, at most 1.4 times the CPU a message of nginx's nchan, which is
written in C; every viewer is admitted and gets every message; and one viewer that stops reading costs nobody anything.

Method: both serve the same messages as server-sent events on loopback, one process that serves, and are read by the
same thread of this process (`viewers.py`); they take turns, and the median round counts. CPU is that of the serving
process alone, divided by what its viewers received. The city is the product's whole server with its own settings, its
hub fed from within, as its rounds do; nchan is fed by a process whose CPU is not counted. In a second run of the city
there is one viewer more, who never reads; its hub counts what it skipped for that one.

What counts as failure: a viewer not admitted, hung up on, or short of a message.
What does not count: latency above 100 ms when the machine's two cores are shared with other work; it is shown.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from measuring import Goal, Server, at_least, at_most, free_port, machine, percentile, python, report
from viewers import Seen, Viewers, connect_stuck

RATE = 10
PATH = "/v1/stream"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
CITY, STUCK, PEER = "Nexus City", "Nexus City, one stuck", "nginx nchan"
_NGINX = """
load_module {module};
daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/pid; {user}
events {{ worker_connections 16000; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    location = /publish {{ nchan_publisher; nchan_channel_id city; nchan_message_buffer_length 10; }}
    location = /v1/stream {{
      nchan_subscriber eventsource; nchan_channel_id city; nchan_subscriber_first_message newest;
    }}
  }}
}}
"""


@dataclass(frozen=True)
class Run:
    """One contestant in one round."""

    viewers: Viewers
    seen: Seen
    skipped: int

    @property
    def delivered(self) -> int:
        """Messages that all viewers together received."""
        return len(self.seen.waits_ms)

    @property
    def cpu_us(self) -> float:
        """CPU microseconds of the server a delivered message."""
        return self.seen.server_cpu_s / max(1, self.delivered) * 1e6


@contextmanager
def city(folder: Path, port: int) -> Iterator[Server]:
    with Server(python("publishing_city.py", str(port), str(folder / "data"), str(RATE)), port, folder / "log") as it:
        yield it


@contextmanager
def nchan(folder: Path, port: int) -> Iterator[Server]:
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(module=NCHAN, folder=folder, port=port, user=user))
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "errors"]
    with Server(command, port, folder / "log") as it:
        publisher = subprocess.Popen(python("nchan_publisher.py", str(port), str(RATE)))
        try:
            yield it
        finally:
            publisher.kill()
            publisher.wait()


def measure(contestant: str, count: int, seconds: float) -> Run:
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as name:
        folder, port = Path(name), free_port()
        with (nchan if contestant == PEER else city)(folder, port) as server:
            stuck = connect_stuck(port, PATH) if contestant == STUCK else None
            viewers = Viewers(port, PATH, count)
            viewers.open()
            viewers.watch(10 if stuck else 1)  # until the kernel holds no more for the one who does not read
            seen = viewers.watch(seconds, server.cpu_s)
            viewers.close()
            if not seen.fewest:
                raise SystemExit(f"{contestant} is 10 s behind: this machine is too busy to tell anything. Try later.")
            if stuck:
                stuck.close()
        told = re.search(r"skipped (\d+)", (folder / "log").read_text("utf-8", "replace"))
        return Run(viewers, seen, int(told[1]) if told else 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round of few viewers, to see that it runs")
    parser.add_argument("--viewers", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    count, seconds, rounds = chosen.viewers, chosen.seconds, chosen.rounds
    if chosen.quick:
        count, seconds, rounds = 200, 2.0, 1
    facts = machine()
    present = [CITY, STUCK, *([PEER] if shutil.which("nginx") and NCHAN.exists() else [])]
    runs: dict[str, list[Run]] = {name: [] for name in present}
    for _ in range(rounds):
        for name in present:
            runs[name].append(measure(name, count, seconds))
            time.sleep(0.5)
    say(facts, count, runs, quick=chosen.quick)


def say(facts: str, count: int, runs: dict[str, list[Run]], *, quick: bool) -> None:
    rows = []
    for name, each in runs.items():
        middle = sorted(each, key=lambda run: run.cpu_us)[len(each) // 2]
        waits = middle.seen.waits_ms
        rows.append(
            (
                name,
                f"{min(run.viewers.admitted for run in each):,}",
                f"{middle.delivered / middle.seen.seconds:,.0f}",
                f"{middle.seen.fewest} to {middle.seen.most}",
                f"{middle.cpu_us:.1f}",
                f"{percentile(waits, 0.5):.0f} / {percentile(waits, 0.99):.0f}",
                f"{middle.seen.cpu_s / middle.seen.seconds:.2f}",
            )
        )
    heads = (
        "server",
        "admitted",
        "messages/s",
        "each got",
        "server CPU µs each",
        "p50 / p99 ms",
        "viewers' cores",
    )
    report(f"{count:,} viewers, {RATE} messages/s; {facts}", heads, rows, [] if quick else list(_goals(count, runs)))


def _goals(count: int, runs: dict[str, list[Run]]) -> Iterator[Goal]:
    if PEER in runs:
        pairs = zip(runs[CITY], runs[PEER], strict=True)
        ratio = statistics.median(ours.cpu_us / theirs.cpu_us for ours, theirs in pairs)
        yield at_most(f"times the CPU of {PEER}", ratio, 1.4)
    ours = [*runs[CITY], *runs[STUCK]]
    yield at_least("share of the viewers admitted", min(run.viewers.admitted for run in ours) / count, 1)
    yield at_least("share of the messages that the viewers beside the stuck one got", _share(runs[STUCK]), 1)
    yield at_least("messages skipped for the stuck one", statistics.median(run.skipped for run in runs[STUCK]), 1)


def _share(runs: list[Run]) -> float:
    """Return the fewest messages any viewer got, as a share of the most."""
    return min(run.seen.fewest / max(1, run.seen.most) for run in runs)


if __name__ == "__main__":
    main()
