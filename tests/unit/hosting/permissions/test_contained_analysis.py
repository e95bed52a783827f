"""The source of a plugin is analysed in a process of its own, which a hostile file may end."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from plugin_operator.hosting.permissions.declared import DeclaredCache, DeclaredController
from plugin_operator.hosting.permissions.resources import ResourceTable
from plugin_operator.hosting.permissions.source.analysis import needs_in_source
from plugin_operator.hosting.permissions.source.contained_analysis import Analyser, analyse
from plugin_operator.kube import GroupVersionKind, Resource

WIDGET = GroupVersionKind("example.com", "v1", "Widget")
CODE = b"""
from plugin_operator import controller

@controller(for_="example.com/v1/Widget")
async def one(ctx, request):
    await ctx.client.delete("example.com/v1/Widget", request.name, request.namespace)
    await ctx.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "b"}})
    await ctx.client.get(request.kind, "a")
"""
CONTROLLER = DeclaredController("one", "plugins/one.py:5", 5, WIDGET, (DeclaredCache(WIDGET),))


def test_the_process_finds_what_the_analysis_finds() -> None:
    known = (Resource(WIDGET, "widgetz", True),)
    files = {"one.py": CODE}
    expected = needs_in_source("one", files, "plugins", [CONTROLLER], ResourceTable(known))
    assert analyse("one", files, "plugins", [CONTROLLER], known).found == expected
    assert {resource for need in expected.needs for resource in need.rule.resources} == {"widgetz", "secrets"}
    assert [each.line for each in expected.unclear] == [8]


def test_kinds_that_are_neither_built_in_nor_known_are_named() -> None:
    assert analyse("one", {"one.py": CODE}, "plugins", [CONTROLLER]).guesses == (WIDGET,)


@pytest.mark.parametrize(
    "hostile",
    [b"x = [" + b"[1]," * 1_500_000 + b"]\n", b"(" * 100_000, b"x = " + b"-" * 200_000 + b"1\n", b"x\0y"],
    ids=["large", "deep", "unary", "null"],
)
def test_a_hostile_file_is_unclear_and_harms_nobody(hostile: bytes) -> None:
    analysis = analyse("one", {"one.py": CODE, "helper.py": hostile}, "plugins", [CONTROLLER])
    assert analysis.found.unclear


def test_after_a_hostile_plugin_the_next_one_is_analysed() -> None:
    with closing(Analyser()) as analyser:
        first = analyser.analyse("one", {"one.py": CODE}, "plugins", [CONTROLLER])
        hostile = {"one.py": CODE, "helper.py": b"x = [" + b"[1]," * 1_500_000 + b"]\n"}
        assert analyser.analyse("one", hostile, "plugins", [CONTROLLER]).found.unclear != first.found.unclear
        assert analyser.analyse("one", {"one.py": CODE}, "plugins", [CONTROLLER]) == first


def test_the_interpreter_starts_where_nothing_can_be_imported_from_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "ast.py").write_text("raise SystemExit(3)")
    code = (
        "from plugin_operator.hosting.permissions.source.contained_analysis import analyse\n"
        f"assert analyse('one', {{'one.py': {CODE!r}}}, 'plugins', []).found.needs"
    )
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True, timeout=60)
