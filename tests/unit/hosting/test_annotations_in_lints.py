"""Which annotations of a parameter the lints and the analysis of permissions take for the context."""

import ast
import sys
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest

from plugin_operator.hosting.lints.registry import lint
from plugin_operator.hosting.permissions.source.interpreter.parameters import annotation_of

DECLARED: list[Mapping[str, Any]] = [{"line": 0, "has_kind": True, "caches": ("v1/ConfigMap",)}]
HEAD = """
import typing
from typing import Annotated
import plugin_operator
from plugin_operator import Context
from plugin_operator import Context as Renamed
from plugin_operator.kinds import apps_v1
from widgets import Widget

Alias = Context[Widget]
Again: typing.TypeAlias = "Alias"
"""
CODE = """
async def reconcile({ctx}: {annotation}, request):
    {ctx}.client.get('v1/ConfigMap', 'a', 'b')
    {ctx}.lister_for("v1/Secret")
    await {ctx}.client.udpate({{}})
"""
CONTEXTS = [
    "Context",
    "Context[Widget]",
    "Context[apps_v1.Deployment]",
    "Context['Widget']",
    "plugin_operator.Context[Widget]",
    "Renamed[Widget]",
    "'Context'",
    "'Context[Widget]'",
    "'plugin_operator.Context[apps_v1.Deployment]'",
    "Annotated[Context[Widget], 'mine']",
    "typing.Annotated['Context[Widget]', 1, 2]",
    "'Annotated[Context, 1]'",
    "Alias",
    "Again",
    "'Again'",
]
OTHERS = ["Widget", "list[Context[Widget]]", "'Context['", "'Widget[Context]'", "Unknown[Widget]", "''", "'(' * 9"]


def rules_in(code: str) -> list[str]:
    return [rule for rule, _, _ in lint((HEAD + dedent(code)).encode(), {}, DECLARED)]


@pytest.mark.parametrize("name", ["ctx", "c"])
@pytest.mark.parametrize("annotation", CONTEXTS)
def test_all_lints_know_a_context_however_its_annotation_is_written(annotation: str, name: str) -> None:
    assert sorted(rules_in(CODE.format(ctx=name, annotation=annotation))) == ["PO102", "PO103", "PO105"]


@pytest.mark.parametrize("annotation", OTHERS)
def test_a_parameter_of_another_type_is_no_context(annotation: str) -> None:
    assert rules_in(CODE.format(ctx="c", annotation=annotation)) == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the type statement is of Python 3.12")
def test_a_type_statement_names_a_context() -> None:
    code = "type Newer = Context[Widget]\n" + dedent(CODE.format(ctx="c", annotation="Newer"))
    assert sorted(rules_in(code)) == ["PO102", "PO103", "PO105"]


@pytest.mark.parametrize("text", [f"{'(' * 900}", f"{'a.' * 499}a", "a" * 5000, "\0"])
def test_a_text_that_is_no_type_is_no_context(text: str) -> None:
    assert rules_in(CODE.format(ctx="c", annotation=repr(text))) == []


def test_an_alias_of_itself_is_no_context() -> None:
    assert rules_in("Loop = 'Loop'\n" + CODE.format(ctx="c", annotation="Loop")) == []


@pytest.mark.parametrize("annotation", [each for each in CONTEXTS if "Again" not in each and "Alias" not in each])
def test_the_analysis_of_permissions_knows_a_context_however_its_annotation_is_written(annotation: str) -> None:
    (function,) = ast.parse(f"def f(c: {annotation}): ...").body
    assert isinstance(function, ast.FunctionDef)
    assert annotation_of(function.args.args[0]) in {"Context", "Renamed"}
