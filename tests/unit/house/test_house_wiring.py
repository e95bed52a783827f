"""What is declared is used: a setting is read where the operator is put together, and a counter counts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import fields

from plugin_operator.options import Options
from tests.pages import ROOT

PACKAGE = ROOT / "operator" / "plugin_operator"
ACCUMULATORS = ["controllers/metrics.py", "workqueue/metrics.py"]


def nodes(*paths: Path) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text()))


def owner(node: ast.Attribute) -> str:
    """Return the last name before the attribute: ``options`` of ``self.options.plugins_dir``."""
    of = node.value
    return of.attr if isinstance(of, ast.Attribute) else of.id if isinstance(of, ast.Name) else ""


def test_every_option_is_read_in_app_or_above() -> None:
    files = [path for folder in ("app", "cli", "testing") for path in (PACKAGE / folder).rglob("*.py")]
    read = {
        node.attr
        for node in nodes(*files)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and owner(node).endswith("options")
    }

    assert {field.name for field in fields(Options)} - read == set()


def zeros(path: Path) -> set[str]:
    """Return the attributes that a constructor sets to the number 0."""
    return {
        target.attr
        for node in nodes(path)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value == 0
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }


def gauges(path: Path) -> set[str]:
    """Return the attributes that a ``Reading`` of a gauge shows; they are set, not incremented."""
    readings = [node for node in nodes(path) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Reading"]
    return {
        node.attr
        for reading in readings
        if ast.unparse(reading.args[0]).startswith("gauge(")
        for node in ast.walk(reading.args[1])
        if isinstance(node, ast.Attribute)
    }


@pytest.mark.parametrize("module", ACCUMULATORS)
def test_every_counter_of_an_accumulator_is_incremented(module: str) -> None:
    incremented = {
        node.target.attr
        for node in nodes(*PACKAGE.rglob("*.py"))
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and isinstance(node.target, ast.Attribute)
        if owner(node.target).endswith("metrics")
    }
    counters = zeros(PACKAGE / module) - gauges(PACKAGE / module)

    assert counters
    assert counters - incremented == set()
