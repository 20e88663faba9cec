"""The command `nexus`, as people start it: what it prints, how it stops, and how it fails."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import typer
from typer.testing import CliRunner

from nexus_city.cli import cli, main
from nexus_city.ground import Database

Here = Callable[..., tuple[Any, str]]
PATIENCE_S = 60
HEADER = "person,time,valence,arousal"


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "nexus_city", *words]


def quiet_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        command(*words),
        check=False,
        cwd=folder,
        env=quiet_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Here]:
    """Run a command that ends by itself in this process, which is sooner; return its exit code and what it said."""
    monkeypatch.chdir(tmp_path)
    for name in set(os.environ) - set(quiet_environment()):
        monkeypatch.delenv(name)

    def ran(*words: str) -> tuple[Any, str]:
        monkeypatch.setattr(sys, "argv", ["nexus", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    yield ran
    structlog.reset_defaults()


class Served:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def said(self) -> str:
        return self._log.read_text("utf-8")

    def until(self, words: str) -> str:
        """Wait until it has printed these words."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.said:
            assert self.process.poll() is None, f"it ended: {self.said}"
            assert time.monotonic() < deadline, f"it never said '{words}': {self.said}"
            time.sleep(0.05)
        return self.said

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE_S)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    log = folder / "said.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command(*words), cwd=folder, env=quiet_environment(), stdout=output, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield Served(process, log)
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def ask(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return json.load(answer)


def test_help_names_the_three_commands() -> None:
    said = CliRunner().invoke(cli, ["--help"]).output
    assert all(name in said for name in ("serve", "demo", "replay"))


@pytest.mark.parametrize("name", ["serve", "demo", "replay", "simulate", "story"])
def test_every_option_of_a_command_is_explained(name: str) -> None:
    options = typer.main.get_command(cli).commands[name].params  # type: ignore[attr-defined]
    assert options
    assert all(option.help for option in options)


def test_serving_prints_the_addresses_and_the_setup_code_and_ctrl_c_is_clean(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, "serve", "--port", str(port), "--data", "city") as city:
        said = city.until("setup code")
        assert f"http://127.0.0.1:{port}/wall/city" in said
        assert f"http://127.0.0.1:{port}/p/square/feel" in said
        assert ask(port, "/health")["status"] == "ok"
        assert city.stop() == 0
        assert "Traceback" not in city.said


@pytest.mark.long
def test_a_second_start_goes_on_with_the_same_city(tmp_path: Path) -> None:
    port = free_port()
    starts = []
    for how in (signal.SIGTERM, signal.SIGINT):
        with serving(tmp_path, "serve", "--port", str(port), "--data", "city") as city:
            city.until("setup code")
            starts.append(ask(port, "/v1/places/square/privacy"))
            assert city.stop(how) == 0
    assert starts[0] == starts[1]


def test_a_folder_that_is_in_use_is_refused_in_two_lines(here: Here, tmp_path: Path) -> None:
    served = Database(tmp_path / "city")
    code, said = here("serve", "--data", "city")
    served.close()
    assert code == 2
    assert len(said.strip().splitlines()) == 2
    assert "--data" in said


def test_a_port_that_is_in_use_is_refused_in_two_lines(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = run("serve", "--port", str(taken.getsockname()[1]), "--data", "city", folder=tmp_path)
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 2
    assert "--port" in refused.stderr


@pytest.mark.parametrize(
    ("words", "file", "says"),
    [
        (["--settings", "nowhere.toml"], None, "does not exist"),
        ([], ("nexus.toml", "porrt = 5"), "porrt"),
        (["--city", "city.toml"], ("city.toml", "[[place]]\nid = 'A B'\nname = 'x'"), "city.toml"),
        (["--city", "nowhere.toml"], None, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_in_two_lines_and_not_in_a_traceback(
    here: Here, tmp_path: Path, words: list[str], file: tuple[str, str] | None, says: str
) -> None:
    if file:
        (tmp_path / file[0]).write_text(file[1])
    code, said = here("serve", *words, "--data", "city")
    assert code == 2
    assert says in said
    assert len(said.strip().splitlines()) == 2


def test_the_demo_lives_and_a_second_start_continues(tmp_path: Path) -> None:
    port = free_port()
    where = ("--host", "127.0.0.1", "--port", str(port), "--data", "demo")
    words = ("demo", *where, "--residents", "2000", "--rate", "3600")
    with serving(tmp_path, *words) as city:
        said = city.until(" check-ins")
        assert f"http://127.0.0.1:{port}/p/valen-square/feel" in said
        before = ask(port, "/v1/clock")["now"]
        assert city.stop() == 0
    people = json.loads((tmp_path / "demo" / "residents.json").read_text())
    with serving(tmp_path, *words) as city:
        city.until(" check-ins")
        assert ask(port, "/v1/clock")["now"] > before
        assert city.stop() == 0
        assert "Traceback" not in city.said
    again = json.loads((tmp_path / "demo" / "residents.json").read_text())
    assert people.items() <= again.items()


def test_a_file_is_replayed_into_a_running_city(tmp_path: Path) -> None:
    port = free_port()
    rows = "\n".join(f"p{number},2026-11-24T09:{number:02d}Z,0.5,0.1" for number in range(20))
    (tmp_path / "days.csv").write_text(f"{HEADER}\n{rows}\n")
    with serving(tmp_path, "serve", "--port", str(port), "--data", "city") as city:
        city.until("setup code")
        url = f"http://127.0.0.1:{port}"
        done = run("replay", "days.csv", "--url", url, "--place", "square", "--speed", "100000", folder=tmp_path)
        wrong = run("replay", "days.csv", "--url", url, "--place", "atlantis", folder=tmp_path)
    assert (done.returncode, "20 counted, 0 kept" in done.stdout) == (0, True), done
    assert "0 refused" in done.stdout
    assert (wrong.returncode, "Line 2, column 'place'" in wrong.stderr) == (2, True), wrong


def test_a_replay_without_a_city_says_so(here: Here) -> None:
    code, said = here("replay", "days.csv", "--url", f"http://127.0.0.1:{free_port()}")
    assert code == 2
    assert "nexus serve" in said


def test_a_display_key_without_its_place_is_refused(here: Here) -> None:
    code, said = here("replay", "days.csv", "--display-key", "nonsense")
    assert code == 2
    assert "--display-key PLACE=KEY" in said


@pytest.mark.long
def test_the_five_acts_are_told_in_figures_and_drawn(tmp_path: Path) -> None:
    told = subprocess.run(
        command("story", "--out", "acts"),
        check=True,
        cwd=tmp_path,
        env=quiet_environment(),
        capture_output=True,
        text=True,
        timeout=10 * PATIENCE_S,
    ).stdout
    assert all(act in told for act in ("Pulse", "Distortion", "Repair and rally", "Charters", "Balance"))
    assert "echo-broken in" in told
    assert "NOT MET" not in told
    assert {path.name for path in (tmp_path / "acts").iterdir()} == {"acts.json", "five-acts.svg"}


def test_the_module_and_the_command_are_the_same(here: Here, tmp_path: Path) -> None:
    assert here("--help")[0] == 0
    assert run("--help", folder=tmp_path).returncode == 0
