"""A lint: what a broad ``except`` caught may be a plugin's, so only ``rendering`` makes text of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "operator" / "plugin_operator"
#: Commands report errors of the operator's own.
ELSEWHERE = {"cli"}
FOLDERS = sorted(path.name for path in ROOT.iterdir() if path.name not in ELSEWHERE and path.suffix in {"", ".py"})
BROAD = {"Exception", "BaseException"}
ASKING = {"str", "repr", "isinstance", "format"}


def violations(source: str) -> Iterator[int]:
    """Yield the lines in which a broadly caught exception is rendered, or asked for its class, by hand."""
    for handler in ast.walk(ast.parse(source)):
        if not isinstance(handler, ast.ExceptHandler) or handler.name is None or handler.type is None:
            continue
        if not BROAD & {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}:
            continue
        for statement in handler.body:
            yield from _rendered(statement, handler.name)


def _rendered(statement: ast.stmt, name: str) -> Iterator[int]:
    for node in ast.walk(statement):
        if isinstance(node, ast.FormattedValue) and _is(node.value, name):
            yield node.lineno
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and _asks(node.func.id, node.args, name):
            yield node.lineno
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call) and _asks_type(node.value, name):
            yield node.lineno


def _asks_type(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "type" and any(_is(each, name) for each in call.args)


def _asks(function: str, arguments: list[ast.expr], name: str) -> bool:
    return function in ASKING and any(_is(argument, name) for argument in arguments)


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_broad_handler_renders_what_it_caught_by_hand(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / folder).rglob("*.py")) or [ROOT / folder]
        if path.is_file()
        for line in violations(path.read_text())
    ]
    assert not found, f"use plugin_operator.rendering in {', '.join(found)}"


@pytest.mark.parametrize(
    "text",
    ["f'{error}'", "f'{error!r}'", "str(error)", "repr(error)", "type(error).__name__", "isinstance(error, OSError)"],
)
def test_a_planted_violation_is_found(text: str) -> None:
    planted = f"try:\n    run()\nexcept BaseException as error:\n    say({text})\n"
    assert list(violations(planted)) == [4]


def test_rendering_and_narrow_handlers_are_let_through() -> None:
    narrow, broad = (
        "except OSError as error:\n    say(str(error))",
        "except Exception as error:\n    say(describe(error))",
    )
    fine = f"try:\n    run()\n{narrow}\n{broad}\n"
    assert not list(violations(fine))
