"""Our measure, as a ratchet: it may get better, and this file is then made stricter."""

import ast
import importlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

import pytest

from tests.house.source import HOUSE, ROOMS, ROOT, modules, tree

BODY = 60
"""Lines that the body of a function may have."""
MODULE = 400
"""Lines that a module may have."""
ROOM = 12
"""Modules that a room may have, folders inside it apart."""
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}
OURS = sorted([*modules().values(), *ROOT.glob("tests/**/*.py"), *ROOT.glob("benchmarks/**/*.py")])


def places(offends: Callable[[Path], Iterable[object]]) -> list[str]:
    """Return where in our code something offends."""
    return [f"{path.relative_to(ROOT)}: {found}" for path in OURS for found in offends(path)]


def lines_with(pattern: str) -> Callable[[Path], Iterable[int]]:
    """Return the numbers of the lines of a module in which a pattern is found."""

    def found(path: Path) -> Iterable[int]:
        lines = path.read_text("utf-8").splitlines()
        return (number for number, line in enumerate(lines, 1) if re.search(pattern, line))

    return found


def test_no_function_is_longer_than_a_screen() -> None:
    def long(path: Path) -> Iterable[str]:
        functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        return (f"{each.name} has {body_lines(each)} lines" for each in functions if body_lines(each) > BODY)

    assert places(long) == []


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a body, without the docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_module_is_longer_than_a_sitting() -> None:
    lines = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in OURS}
    assert {name: count for name, count in lines.items() if count > MODULE} == {}


def test_names_say_what_a_thing_is() -> None:
    assert places(lambda path: FORBIDDEN & set(path.relative_to(ROOT).with_suffix("").parts)) == []


def test_nothing_is_left_to_do() -> None:
    assert places(lines_with(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")) == []


def test_every_ignored_rule_has_a_reason() -> None:
    """E741 needs none: l is what a lightness is called."""
    assert places(lines_with(r"#\x20noqa(?!: [A-Z]+\d+(, [A-Z]+\d+)* - \w|: E741\b)")) == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_can_be_seen_at_a_glance(room: str) -> None:
    folders = [HOUSE / room, *(path.parent for path in (HOUSE / room).glob("*/__init__.py"))]
    for folder in folders:
        assert len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) <= ROOM, folder


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_at_its_door_what_it_is(room: str) -> None:
    doc = ast.get_docstring(tree(HOUSE / room / "__init__.py"))
    assert doc
    assert len(doc) > 100
    assert "Invariant" in doc


# --- doors of rooms --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_exports_what_it_says(room: str) -> None:
    """`__all__` is what the door imports from its own modules: sorted, whole, and nothing more."""
    module = importlib.import_module(f"nexus_city.{room}")
    own = {
        alias.asname or alias.name
        for node in tree(HOUSE / room / "__init__.py").body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"nexus_city.{room}")
        for alias in node.names
    }
    exported = getattr(module, "__all__", [])
    assert set(exported) == own
    assert len(set(exported)) == len(exported)
    assert all(hasattr(module, name) for name in exported)
    assert not [name for name in exported if isinstance(getattr(module, name), ModuleType)]
