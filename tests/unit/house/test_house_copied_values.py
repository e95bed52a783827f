"""Functions of ``dataclasses`` refuse structs, and mypy does not see it: the files that call them are few and known."""

import ast
from dataclasses import is_dataclass
from pathlib import Path

import pytest

from kube_apiserver import ApiServerConfig
from kube_apiserver.schema.model import Schema
from plugin_operator.hosting.permissions.needs import Need
from plugin_operator.hosting.scan.import_graph import Unit

ROOT = Path(__file__).parents[3] / "operator"
_REFUSE_STRUCTS = {"asdict", "astuple", "fields", "replace"}
#: What each file copies. For a struct it has to call ``msgspec.structs`` instead.
COPIED = {
    "kube_apiserver/fieldmanagers/typed_values.py": Schema,
    "kube_apiserver/pytest_plugin.py": ApiServerConfig,
    "kube_apiserver/schema/builtin_schemas.py": Schema,
    "plugin_operator/cli/permissions/cluster_diff.py": Need,
    "plugin_operator/hosting/permissions/roles.py": Need,
    "plugin_operator/hosting/scan/import_graph.py": Unit,
}


def copies_a_dataclass(source: str) -> bool:
    """Report whether a file takes a function from ``dataclasses`` that raises a TypeError for a struct."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="dataclasses", names=names) if _REFUSE_STRUCTS & {each.name for each in names}:
                return True
            case ast.Attribute(value=ast.Name(id="dataclasses"), attr=name) if name in _REFUSE_STRUCTS:
                return True
    return False


def test_only_files_that_copy_dataclasses_take_the_functions_of_dataclasses() -> None:
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.rglob("*.py")}
    found = {name for name, text in sources.items() if "dataclasses" in text and copies_a_dataclass(text)}
    assert found == COPIED.keys()


@pytest.mark.parametrize("cls", dict.fromkeys(COPIED.values()))
def test_what_they_copy_is_a_dataclass(cls: type) -> None:
    assert is_dataclass(cls)


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("from dataclasses import dataclass, replace", True),
        ("import dataclasses\ndataclasses.asdict(it)", True),
        ("from msgspec.structs import replace", False),
        ("from dataclasses import dataclass, field", False),
    ],
)
def test_the_lint_sees_what_it_is_for(source: str, seen: bool) -> None:
    assert copies_a_dataclass(source) is seen
