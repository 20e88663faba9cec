"""Errors: each says what happened and what to do next, and the tree in the file is the tree in the code."""

import ast
import inspect
import re

import pytest

from nexus_city.ground import errors
from nexus_city.ground.errors import CutShort, NexusError, TooMany, WrongMethod


def everything_below(root: type[NexusError]) -> list[type[NexusError]]:
    return [kind for child in root.__subclasses__() for kind in (child, *everything_below(child))]


KINDS = [kind for kind in (NexusError, *everything_below(NexusError)) if kind.__module__ == errors.__name__]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def made(kind: type[NexusError]) -> NexusError:
    if kind is CutShort:
        return CutShort()
    if kind is WrongMethod:
        return WrongMethod("BREW", ["GET", "HEAD"])
    if kind is TooMany:
        return TooMany("You are fast.", "Breathe.", 7)
    return kind("It is so.", "Do this.", field="cell")


@each_kind
def test_each_has_a_problem_document_with_words_for_a_person(kind: type[NexusError]) -> None:
    error = made(kind)
    problem = error.problem()
    assert problem["type"] == f"/problems/{kind.slug}"
    assert problem["status"] == kind.status
    assert all(problem[member].strip() for member in ("title", "detail", "remedy"))
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.slug)
    assert str(error) == f"{problem['detail']} {problem['remedy']}"


@each_kind
def test_each_says_when_it_is_raised(kind: type[NexusError]) -> None:
    assert inspect.getdoc(kind)
    assert kind.__doc__ != NexusError.__doc__ or kind is NexusError


def test_slugs_and_titles_are_not_shared() -> None:
    assert len({kind.slug for kind in KINDS}) == len(KINDS)
    assert len({kind.title for kind in KINDS}) == len(KINDS)


def test_statuses_are_those_of_http_errors() -> None:
    assert all(400 <= kind.status < 600 for kind in KINDS)


def test_a_field_is_named_only_where_there_is_one() -> None:
    assert NexusError("a", "b", "cell").problem()["field"] == "cell"
    assert "field" not in NexusError("a", "b").problem()


def test_the_tree_that_is_drawn_is_the_tree_that_grows() -> None:
    tree = re.findall(r"^([│ ├└─]*)(\w+)(?:\s+(\d{3}))?(?:  .*)?$", drawing(), re.MULTILINE)
    path: list[str] = []
    drawn: dict[str, tuple[str, str]] = {}
    for indent, name, status in tree:
        path[len(indent) // 4 :] = [name]
        drawn[name] = (path[-2] if len(path) > 1 else "Exception", status)
    assert drawn.keys() == {kind.__name__ for kind in KINDS}
    for kind in KINDS:
        parent, status = drawn[kind.__name__]
        assert parent == kind.__bases__[0].__name__
        assert not status or int(status) == kind.status


def drawing() -> str:
    doc = ast.get_docstring(ast.parse(inspect.getsource(errors)))
    assert doc
    return doc.split("\n\n")[1]


def test_a_method_that_is_far_too_long_is_not_repeated_to_everybody() -> None:
    assert len(WrongMethod("X" * 5000, ["GET"]).detail) < 80
