"""Python's ``re`` never sees the pattern of a user or of a CRD: those are Go's, and ``go_regexp`` judges them.

So every pattern of ``re`` is written where it is used: a literal, or a constant of the module.
"""

import ast
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[3] / "operator"
#: What takes a pattern as its first argument.
FUNCTIONS = frozenset(
    {"compile", "match", "search", "fullmatch", "sub", "subn", "split", "findall", "finditer", "template"}
)
#: Where a table of patterns is compiled in a loop.
TABLES = {"plugin_operator/hosting/lints/mistakes/blocking_names.py"}


def is_fixed(pattern: ast.expr) -> bool:
    """Report whether a pattern is a literal, a constant, or made of such and of escaped text."""
    match pattern:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name.isupper()
        case ast.Attribute(value=value):
            return is_fixed(value)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="escape")):
            return True
        case ast.JoinedStr(values=values):
            return all(is_fixed(value.value if isinstance(value, ast.FormattedValue) else value) for value in values)
        case ast.BinOp(left=left, right=right):
            return is_fixed(left) and is_fixed(right)
        case _:
            return False


def free_patterns(source: str) -> list[str]:
    """Return the calls whose pattern comes from elsewhere, and imports that would hide such calls."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ImportFrom(module="re") | ast.Import(names=[ast.alias(name="re", asname=str())]):
                found.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=name), args=args) if name in FUNCTIONS:
                if not args or not is_fixed(args[0]):
                    found.append(ast.unparse(node))
    return found


def test_each_pattern_of_re_is_fixed() -> None:
    found = {
        name: calls
        for path in PACKAGES.rglob("*.py")
        if (name := str(path.relative_to(PACKAGES))) not in TABLES and (calls := free_patterns(path.read_text()))
    }

    assert found == {}, "judge it by go_regexp.compile_pattern"


@pytest.mark.parametrize("module", ["re2", "fnmatch"])
def test_only_go_regexp_imports_another_engine(module: str) -> None:
    importing = {
        path.relative_to(PACKAGES).parts[0]
        for path in PACKAGES.rglob("*.py")
        if f"import {module}\n" in path.read_text() or f"from {module} " in path.read_text()
    }

    assert importing <= {"go_regexp"}


@pytest.mark.parametrize(
    "source",
    [
        "re.compile(schema.pattern)",
        "re.search(pattern, text)",
        "re.fullmatch(f'^{pattern}$', text)",
        "re.compile('^' + pattern)",
        "re.compile(pattern=text)",
        "re.compile(translated(text))",
        "from re import compile",
        "import re as regexp",
    ],
)
def test_a_planted_pattern_from_elsewhere_is_found(source: str) -> None:
    assert free_patterns(source)


@pytest.mark.parametrize("source", ["re.compile('a')", "re.sub(rf'{_A}b{C.pattern}', '', text)", "_FORM.search(text)"])
def test_a_fixed_pattern_is_fine(source: str) -> None:
    assert not free_patterns(source)
