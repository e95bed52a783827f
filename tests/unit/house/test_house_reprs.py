"""A lint: the repr of a value ends in logs and failed tests, so it shows no credential and no body of a message."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "operator"
TELLING = re.compile(r"(^|_)(token|key_pem|key_data|password|authorization|credential|body)$")
#: What a person who tests writes into a plan of faults; a switch and a description of a volume.
ELSEWHERE = {"kube_apiserver/faults/fault.py", "plugin_operator/kinds/core_v1.py"}
SOURCES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py"))


def telling(source: str) -> Iterator[str]:
    """Yield the fields that a generated repr shows and must not."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef) or not _has_repr_made(node):
            continue
        for field in node.body:
            if not isinstance(field, ast.AnnAssign) or "repr=False" in ast.unparse(field):
                continue
            if TELLING.search(name := ast.unparse(field.target)):
                yield f"{node.name}.{name}"


def _has_repr_made(node: ast.ClassDef) -> bool:
    if any(isinstance(each, ast.FunctionDef) and each.name == "__repr__" for each in node.body):
        return False
    made_by = [ast.unparse(each) for each in (*node.decorator_list, *node.bases)]
    return any("dataclass" in each or "Struct" in each for each in made_by)


def test_no_repr_shows_a_credential_or_a_body() -> None:
    paths = [path for path in SOURCES if path not in ELSEWHERE]
    found = {path: list(telling((ROOT / path).read_text("utf-8"))) for path in paths}
    assert {path: fields for path, fields in found.items() if fields} == {}


@pytest.mark.parametrize(
    "source",
    ["@dataclass\nclass A:\n    token: str", "@dataclass(slots=True)\nclass A:\n    client_key_data: bytes = b''",
     "class A(msgspec.Struct):\n    body: bytes"],
)  # fmt: skip
def test_the_lint_sees_what_it_is_for(source: str) -> None:
    assert list(telling(source))
