"""The claims in docs/privacy.md and docs/threats.md, against the tests that they name.

Goal: a claim that nothing stands behind: a test that was renamed, moved or never written, an attack that nobody is
told of.
Method: every path and every name of a test in the two documents is looked up; every attack is looked for in the first.
Failure: one that is missing. And an attack that does not say what it is, or in which nothing is planted.
Planted: a document that names a test which there is not.
Not failure: that a test says something else than the document. Only people can read that.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.house.source import ROOT, tree

PRIVACY, THREATS = ROOT / "docs" / "privacy.md", ROOT / "docs" / "threats.md"
ATTACKS = sorted((ROOT / "tests" / "attacks").glob("test_*.py"))
ALL_TESTS = {
    path.name: path for pattern in ("tests/**/test_*.py", "web/src/**/*.test.ts") for path in ROOT.glob(pattern)
}


def not_there(text: str) -> list[str]:
    """Return the tests that a text names, by path, by file or by function, and that there are not."""
    said = set(re.findall(r"`((?:tests/)?[\w/.-]+)`", text))
    paths = {name for name in said if name.startswith("tests/") and not (ROOT / name).exists()}
    files = {name for name in said if re.fullmatch(r"test_\w+\.py|\w+\.test\.ts", name) and name not in ALL_TESTS}
    functions = {name for name in said if re.fullmatch(r"test_\w+", name)} - functions_of_all_tests()
    return sorted(paths | files | functions)


def functions_of_all_tests() -> set[str]:
    """Return the names of all tests in Python."""
    found = (ast.walk(tree(path)) for path in ALL_TESTS.values() if path.suffix == ".py")
    return {node.name for nodes in found for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("document", [PRIVACY, THREATS], ids=lambda path: str(path.name))
def test_every_test_that_a_claim_names_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    assert "`t" in text
    assert not_there(text) == []


@pytest.mark.parametrize(
    "name", ["tests/attacks/test_nothing.py", "test_nothing.py", "nothing.test.ts", "test_nothing"]
)
def test_a_claim_without_a_test_is_found(name: str) -> None:
    assert not_there(f"| **Magic** | because | `x.py` | `{name}` |") == [name]


@pytest.mark.parametrize(
    "path", [path for path in ATTACKS if path.name != "test_claims.py"], ids=lambda path: path.stem
)
def test_every_attack_is_told(path: Path) -> None:
    assert f"`tests/attacks/{path.name}`" in PRIVACY.read_text("utf-8")


@pytest.mark.parametrize("path", ATTACKS, ids=lambda path: path.stem)
def test_every_attack_says_what_it_is_and_plants_a_fault(path: Path) -> None:
    opening = ast.get_docstring(tree(path)) or ""
    for word in ("Goal", "Method", "Failure", "Planted", "Not failure"):
        assert re.search(rf"^{word}\b.*:", opening, re.MULTILINE), word
    tests = [node.name for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert any(re.match(r"test_.*found$", name) for name in tests), "no planted fault is found"
