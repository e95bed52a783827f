"""A lint: code compares members of an enum, not texts of their names, which a rename would leave behind unnoticed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "operator" / "plugin_operator"
ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}


def members_in(source: str) -> Iterator[str]:
    """Yield the names of the members of the enums in ``source``."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).split(".")[-1] in ENUMS for base in node.bases):
            for each in node.body:
                if isinstance(each, ast.Assign):
                    yield from (target.id for target in each.targets if isinstance(target, ast.Name))


def compared_in(source: str, members: frozenset[str]) -> list[str]:
    """Return the places where a name of a member is compared as text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides: list[ast.AST] = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject, *(case.pattern for case in node.cases)]
        else:
            continue
        if any(map(is_name, sides)) and any(texts_in(side) & members for side in sides):
            found.append(f"{node.lineno}: {ast.unparse(node).splitlines()[0]}")
    return found


def is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"name", "_name_"}


def texts_in(node: ast.AST) -> set[str]:
    """Return the texts that stand in ``node``, as an operand, in a collection or in a pattern."""
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


SOURCES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in sorted(ROOT.rglob("*.py"))}
MEMBERS = frozenset(member for source in SOURCES.values() for member in members_in(source))


def test_no_code_compares_the_name_of_a_member_as_text() -> None:
    assert {path: found for path, source in SOURCES.items() if (found := compared_in(source, MEMBERS))} == {}


def test_the_members_of_the_operator_s_enums_are_found() -> None:
    assert {"WAITING", "STREAMING_LIST", "PLUGIN"} <= MEMBERS


@pytest.mark.parametrize(
    "code",
    [
        'state.name == "WAITING"',
        'self.state.name != "WAITING"',
        '"WAITING" == state.name',
        'state.name in ("STOPPED", "WAITING")',
        'state.name not in {"WAITING"}',
        'match state.name:\n    case "STOPPED" | "WAITING":\n        pass',
    ],
)
def test_a_text_of_a_member_s_name_is_a_fault(code: str) -> None:
    assert compared_in(code, frozenset({"WAITING"}))


@pytest.mark.parametrize(
    "code", ["state is State.WAITING", 'file.name == "__init__.py"', "state in (State.WAITING,)", 'x = "WAITING"']
)
def test_a_compare_with_a_member_or_another_name_is_no_fault(code: str) -> None:
    assert compared_in(code, frozenset({"WAITING"})) == []
