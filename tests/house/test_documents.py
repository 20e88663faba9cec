"""What a host or an artist may rely on stands in the documents, and what stands there is true."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from nexus_city.cli import cli
from nexus_city.ground import Settings, errors
from nexus_city.ground.errors import NexusError
from nexus_city.places import parse_city
from nexus_city.simulation import read_file
from tests.conftest import Town
from tests.house.source import ROOT, blocks, documents

HOST_GUIDE = ROOT / "docs" / "host-guide.md"
INTERFACE = ROOT / "docs" / "interface.md"


def missing(words: set[str], document: Path) -> list[str]:
    """Return the words that a document does not have, written as code."""
    coded = " ".join(re.findall(r"`([^`\n]+)`", document.read_text("utf-8"))) + " ".join(
        text for _, text, _ in blocks(document)
    )
    return sorted(word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", coded))


def test_every_setting_is_in_the_host_guide() -> None:
    assert missing(set(Settings.model_fields), HOST_GUIDE) == []


async def test_every_metric_is_in_the_host_guide(town: Town) -> None:
    text = (await town.client.get("/metrics")).text
    names = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    assert names
    assert missing(names, HOST_GUIDE) == []


async def test_every_route_is_in_the_interface(town: Town) -> None:
    paths = (await town.client.get("/v1/openapi.json")).json()["paths"]
    routes = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    text = re.sub(r"\s+", " ", INTERFACE.read_text("utf-8"))
    unnamed = [
        f"{method} {path}" for method, path in sorted(routes) if f"{method} {path}" not in text.replace("` `", " ")
    ]
    assert unnamed == []


def test_every_problem_is_in_the_interface() -> None:
    slugs = {kind.slug for kind in everything_below(NexusError) if kind.__module__ == errors.__name__}
    assert missing(slugs, INTERFACE) == []


def everything_below(root: type[NexusError]) -> list[type[NexusError]]:
    return [root, *(kind for child in root.__subclasses__() for kind in everything_below(child))]


# --- what stands there is true ---------------------------------------------------------------------------------------


def of_kind(*kinds: str) -> Any:
    """Parametrize over all blocks with one of these fences; there is at least one, or the test would be empty."""
    found = [(path, text, line) for path in documents() for said, text, line in blocks(path) if said in kinds]
    return pytest.mark.parametrize(
        ("path", "text", "line"), found, ids=[f"{path.relative_to(ROOT)}:{line}" for path, _, line in found]
    )


@of_kind("python")
def test_every_python_block_runs(
    path: Path, text: str, line: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fence that says `python no-run` needs more than this machine has; it is only compiled."""
    monkeypatch.chdir(tmp_path)
    exec(compile("\n" * (line - 1) + text, str(path), "exec"), {"__name__": "__main__"})  # noqa: S102 - the point


@of_kind("python no-run")
def test_every_other_python_block_compiles(path: Path, text: str, line: int) -> None:
    compile("\n" * (line - 1) + text, str(path), "exec")


@of_kind("toml")
def test_every_toml_block_is_a_city_or_settings(path: Path, text: str, line: int) -> None:
    read = tomllib.loads(text)
    if "place" in read:
        assert parse_city(text, f"{path}:{line}").places
    else:
        assert read.keys() <= Settings.model_fields.keys()


@of_kind("json")
def test_every_json_block_is_json(path: Path, text: str, line: int) -> None:
    assert json.loads(text), f"{path}:{line}"


@of_kind("csv")
def test_every_csv_block_can_be_replayed(path: Path, text: str, line: int, tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text(text)
    columns = text.splitlines()[0].split(",")
    places = [row.split(",")[columns.index("place")] for row in text.splitlines()[1:]] if "place" in columns else []
    assert read_file(tmp_path / "days.csv", None if places else "square", {*places, "square"}), f"{path}:{line}"


def typed_in_blocks() -> list[tuple[str, str]]:
    """Return where, and what, every `nexus …` in a block of a document is."""
    shells = [(path, text) for path in documents() for said, text, _ in blocks(path) if said in ("sh", "bash", "ini")]
    lines = [(path, line) for path, text in shells for line in text.replace("\\\n", " ").splitlines()]
    found = [
        (path, re.search(r"(?:^|=|&& |/)nexus( .*)$", re.sub(r"\s+#.*$", "", line.strip()))) for path, line in lines
    ]
    return [(path.name, typed[1].strip()) for path, typed in found if typed]


def named_in_prose() -> list[tuple[str, str]]:
    """Return where, and which, every `nexus COMMAND` in the text of a document is."""
    return [
        (path.name, command) for path in documents() for command in re.findall(r"`nexus ([a-z]+)", without_blocks(path))
    ]


def without_blocks(path: Path) -> str:
    return re.sub(
        r"^[ \t]*```[^\n`]+\n.*?^[ \t]*```[ \t]*$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize(("where", "typed"), typed_in_blocks())
def test_every_command_that_people_are_told_to_type_is_understood(where: str, typed: str) -> None:
    words = shlex.split(typed.removesuffix("&"))
    known = typer.main.get_command(cli).commands  # type: ignore[attr-defined]
    assert words[0] in known, f"{where}: nexus {typed}"
    known[words[0]].make_context(words[0], words[1:])


@pytest.mark.parametrize(("where", "command"), named_in_prose())
def test_every_command_that_is_named_is_one_that_there_is(where: str, command: str) -> None:
    assert command in typer.main.get_command(cli).commands, where  # type: ignore[attr-defined]


def test_documents_tell_people_what_to_type() -> None:
    assert {typed.split()[0] for _, typed in [*typed_in_blocks(), *named_in_prose()]} >= {"serve", "demo", "replay"}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", without_blocks(path))
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|src=\"([^\"]+)\"", text):
        link = target[0] or target[1]
        if re.match(r"[a-z]+:", link) or link.startswith("//"):
            continue
        file, _, anchor = link.partition("#")
        there = (path.parent / file).resolve() if file else path
        if not there.exists() or (anchor and there.suffix == ".md" and anchor not in anchors(there)):
            broken.append(link)
    assert broken == []


def anchors(path: Path) -> set[str]:
    """Return the anchors that a forge gives to the headings of a document."""
    headings = re.findall(r"^#+\s+(.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}
