"""The house as text: its modules, rooms and documents."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "nexus_city"
ROOMS = sorted(path.parent.name for path in HOUSE.glob("*/__init__.py") if path.parent.name != "static")


@functools.cache
def modules() -> dict[str, Path]:
    """Return all modules of the package by their dotted name."""
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the syntax of a module."""
    return ast.parse(path.read_text("utf-8"))


def documents() -> list[Path]:
    """Return all texts in Markdown that are kept with the code."""
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md"), *ROOT.glob(".ci/*.md")]
    return sorted(texts)


def blocks(path: Path) -> Iterator[tuple[str, str, int]]:
    """Yield the fenced blocks of a document: what the fence says, the text, and the line on which it begins."""
    text = path.read_text("utf-8")
    for found in re.finditer(r"^([ \t]*)```([^\n`]+)\n(.*?)^\1```[ \t]*$", text, re.MULTILINE | re.DOTALL):
        yield found[2].strip(), found[3], text[: found.start()].count("\n") + 2


def imported_by(path: Path) -> set[str]:
    """Return the dotted names that a module imports, those of single things included."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found
