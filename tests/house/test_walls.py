"""The walls that privacy leans on: who makes released values, who sees raw ones, and who speaks to whom."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT, imported_by, modules, tree

RELEASE = "nexus_city.boundaries.release"
WHAT_IF = "nexus_city.simulation.city.network.mirror"
"""Releases tables of simulated people in the product's own way; it knows no real ones."""
RAW = {
    "nexus_city.climate.intake": {"climate.room", "climate.door"},
    "nexus_city.climate.book": {"climate.intake", "climate.store", "climate.release", "climate.room", "climate.door"},
    "nexus_city.climate.release": {"climate.room"},
    "nexus_city.climate.live.standing": {"climate.release"},
}
"""A module that holds raw feelings → the only modules that may import it."""


def calls(path: Path) -> set[str]:
    """Return the names that a module calls, bare or as an attribute."""
    functions = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return {each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in functions}


def test_only_boundaries_release_makes_released_values() -> None:
    makers = {name for name, path in modules().items() if "Released" in calls(path)}
    assert makers == {RELEASE}


def test_nobody_else_can_reach_the_seal() -> None:
    users = {name for name, path in modules().items() if "_SEAL" in path.read_text("utf-8")}
    assert users == {RELEASE}
    reaching = {
        name
        for name, path in modules().items()
        if {"__new__", "__setattr__"} & calls(path) and "Released" in path.read_text("utf-8")
    }
    assert reaching == set()


def test_noise_is_taken_and_drawn_in_one_place_each() -> None:
    assert {name for name, path in modules().items() if "take" in calls(path) and "Noise" in path.read_text()} == {
        RELEASE
    }
    drawing = {name for name, path in modules().items() if "draw_noise" in calls(path)}
    assert drawing == {"nexus_city.climate.release", WHAT_IF}
    remembering = {
        name for name, path in modules().items() if "Continual" in path.read_text() and "resume" in calls(path)
    }
    assert remembering == {"nexus_city.climate.release"}
    releasing = {name for name, path in modules().items() if "nexus_city.boundaries.release" in imported_by(path)}
    makers = {"nexus_city.boundaries", "nexus_city.boundaries.continual"}  # the room's door, and its other noise
    assert releasing == {*makers, "nexus_city.climate.release", WHAT_IF}


def test_only_the_store_reads_released_values_back() -> None:
    reading = {name for name, path in modules().items() if "reload" in calls(path)}
    assert reading == {"nexus_city.climate.store", "nexus_city.climate.live.store"}


@pytest.mark.parametrize("raw", sorted(RAW))
def test_raw_feelings_have_one_reader(raw: str) -> None:
    importers = {name.removeprefix("nexus_city.") for name, path in modules().items() if raw in imported_by(path)}
    importers.discard(raw.removeprefix("nexus_city."))
    assert importers <= RAW[raw]


def test_the_raw_tables_are_read_by_their_store_alone() -> None:
    """SQL is text, so an import contract does not see it."""
    readers = {name for name, path in modules().items() if "intake_log" in path.read_text("utf-8")}
    assert readers == {"nexus_city.climate.store"}
    secret = {name for name, path in modules().items() if "live_noise" in path.read_text("utf-8")}
    assert secret == {"nexus_city.climate.live.store"}


def test_randomness_of_noise_comes_from_the_ground_alone() -> None:
    """Nobody in the way of a release uses a generator that could be guessed."""
    for name, path in modules().items():
        if name.split(".")[1:2] and name.split(".")[1] in ("boundaries", "climate", "access", "places"):
            assert not {"random", "numpy.random"} & imported_by(path), name
            assert "default_rng" not in calls(path), name


def test_rooms_reach_the_database_through_the_ground_alone() -> None:
    connecting = {name for name, path in modules().items() if "sqlite3.connect" in path.read_text("utf-8")}
    assert connecting == {"nexus_city.ground.database"}


def test_windows_know_the_time_from_the_citys_clock_alone() -> None:
    """Real time is passed in where it guards a door; nobody on the way of a feeling asks the machine."""
    asking = [
        f"{name}: {each}"
        for name, path in modules().items()
        if name.split(".")[1:2] and name.split(".")[1] in ("boundaries", "feelings", "places", "climate", "access")
        for each in ("time.time()", "datetime.now(", "utcnow(", "time.monotonic_ns(")
        if each in path.read_text("utf-8")
    ]
    assert asking == []


# --- what is imported, and what that does ----------------------------------------------------------------------------

PROBE = """
import importlib, sys
for name in {others!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # an extra that is not installed; whoever imports it does so when it is asked for
touched = []
def watch(event, args):
    if event in {events!r} or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
                               and "__pycache__" not in str(args[0])):
        touched.append((event, str(args[:1])))
sys.addaudithook(watch)
for name in {names!r}:
    importlib.import_module(name)
print(touched)
"""
EVENTS = (
    "socket.connect",
    "socket.bind",
    "sqlite3.connect",
    "subprocess.Popen",
    "os.mkdir",
    "os.remove",
    "_thread.start_new_thread",
)


def test_importing_the_house_touches_nothing(tmp_path: Path) -> None:
    """No file is written, no socket opened, no thread or process started, no database made.

    What other people's libraries do when they are imported is theirs: they are imported before anybody watches.
    """
    names = [name for name in modules() if not name.endswith("__main__")]
    imported = {name for path in modules().values() for name in imported_by(path)}
    others = sorted(name for name in imported if not name.startswith("nexus_city"))
    probe = PROBE.format(names=names, others=others, events=EVENTS)
    ran = subprocess.run(
        [sys.executable, "-c", probe], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"
    assert list(tmp_path.iterdir()) == []


# --- what is fetched, and from where ---------------------------------------------------------------------------------

TRACKED = [
    path
    for pattern in (
        "src/**/*",
        "web/*",
        "web/src/**/*",
        "web/public/**/*",
        "tests/**/*",
        "docs/**/*",
        "benchmarks/**/*",
        "requirements/*",
        "scripts/*",
        ".ci/*",
        "*",
    )
    for path in ROOT.glob(pattern)
    if path.is_file()
    and not {"node_modules", "static", "__pycache__", ".git"} & set(path.parts)
    and path.suffix not in (".png", ".woff2", ".jpg", ".ico", ".pyc")
    and path != Path(__file__)
]


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda path: path.name)
def test_every_pinned_requirement_has_hashes(lock: Path) -> None:
    text = lock.read_text("utf-8").replace("\\\n", " ")
    pinned = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert pinned
    for line in pinned:
        assert "==" in line.split("--hash")[0], line[:80]
        assert "--hash=sha256:" in line, line[:80]


def test_no_lock_names_a_host() -> None:
    locks = [
        *ROOT.glob("requirements/*"),
        *ROOT.glob("web/package*.json"),
        *ROOT.glob("web/.npmrc"),
        ROOT / "pyproject.toml",
        ROOT / "Makefile",
        *ROOT.glob("scripts/*"),
        *ROOT.glob(".ci/*"),
    ]
    wrong = []
    for path in locks:
        text = path.read_text("utf-8")
        wrong += [
            f"{path.name}: {word}" for word in ("--index-url", "--extra-index-url", "--trusted-host") if word in text
        ]
        wrong += [f"{path.name}: resolved" for line in text.splitlines() if '"resolved"' in line]
        wrong += [f"{path.name}: {url}" for url in registries(text)]
    assert wrong == []


def registries(text: str) -> list[str]:
    """Return addresses from which packages are fetched; those of people who ask for support are not."""
    found = re.findall(r"https?://[^\s\"']*(?:registry|pypi|npmjs|/simple)[^\s\"']*", text)
    return [url for url in found if "/funding/" not in url]


def test_nothing_refers_to_what_lies_beside_the_repository() -> None:
    """What is needed was copied in, with attribution."""
    beside = ("../shared", "/work/", "shared/research", "shared/data")
    wrong = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in TRACKED
        for word in beside
        if word in path.read_text("utf-8", errors="replace")
    ]
    assert wrong == []


def test_pages_ask_nobody_else() -> None:
    """No page, script or style of ours names another server: fonts, maps and figures are our own."""
    allowed = {"www.w3.org", "localhost", "127.0.0.1", "city.test"}
    foreign = []
    for path in TRACKED:
        if path.suffix in (".ts", ".svelte", ".css", ".html") and "web" in path.parts and ".test." not in path.name:
            hosts = re.findall(r"(?:https?:|wss?:)?//([a-z0-9.-]+\.[a-z]{2,})", path.read_text("utf-8"))
            foreign += [f"{path.relative_to(ROOT)}: {host}" for host in hosts if host not in allowed]
    assert foreign == []
