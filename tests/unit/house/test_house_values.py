"""Values are structs of msgspec: a dataclass compiles its methods at each start, half a millisecond and 12 KB each."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3] / "operator" / "plugin_operator"
#: What a struct cannot do: hide a field from repr, comparison or the constructor, name one only, or cache a property.
_HIDDEN = re.compile(r"\b(repr|compare|init)=False\b|\bfield\(kw_only=True\b|@cached_property\b")
_DATACLASS = re.compile(r"^\s*@dataclass\b", re.MULTILINE)
#: Authors make subclasses of ``Result`` with ``@dataclass``.
ELSEWHERE = {"controllers/reconcile.py"}
#: What tests look at, which no operator imports, and what the lints do in a process without msgspec.
_APART = ("testing/", "hosting/lints/")
SOURCES = {name: path for path in ROOT.rglob("*.py") if not (name := str(path.relative_to(ROOT))).startswith(_APART)}


def is_needless(source: str) -> bool:
    """Report whether a file has dataclasses and none that has to be one."""
    return _DATACLASS.search(source) is not None and _HIDDEN.search(source) is None


def test_a_dataclass_stands_only_where_a_struct_would_not_do() -> None:
    assert {name for name, path in SOURCES.items() if is_needless(path.read_text())} == ELSEWHERE


@pytest.mark.parametrize(
    ("source", "needless"),
    [
        ("@dataclass(frozen=True)\nclass A:\n    a: int", True),
        ("@dataclass\nclass A:\n    a: int = field(repr=False)", False),
        ("class A(msgspec.Struct):\n    a: int", False),
    ],
)
def test_the_lint_sees_what_it_is_for(source: str, needless: bool) -> None:
    assert is_needless(source) is needless
