"""What a source file imports and declares, found without running it.

Imports anywhere count, inside functions too, because a helper that is imported late changes behaviour all the same.
"""

import ast
import contextlib
import functools
from dataclasses import dataclass

_CACHED = 512
_PARSE_TRIES = 5
_PACKAGE = "plugin_operator"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found in one file.

    Attributes:
        top_level: first parts of absolute imports, and of relative ones that climb to the plugins directory itself.
        is_dynamic: it imports by a name that is made at run time, so that nobody can tell what.
        declares: it seems to declare a controller.
        is_parsed: it is Python at all.
    """

    top_level: frozenset[str] = frozenset()
    is_dynamic: bool = False
    declares: bool = False
    is_parsed: bool = True


@functools.lru_cache(maxsize=_CACHED)
def facts_of(content: bytes, package: tuple[str, ...]) -> FileFacts:
    """Return the facts of a file that lies in ``package`` (empty for one directly in the plugins directory)."""
    try:
        tree = _parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return FileFacts(is_parsed=False)
    found = _Finder(package)
    found.visit(tree)
    return FileFacts(frozenset(found.names), found.is_dynamic, _declares(tree, found.markers))


def _parse(content: bytes) -> ast.Module:
    # CPython before 3.13 counts the depth of every tree that it makes in one place. Whatever is parsed in the middle of
    # ours, by a traceback that another thread formats for one, upsets the count, and only trying again helps.
    for _ in range(_PARSE_TRIES - 1):
        with contextlib.suppress(SystemError):
            return ast.parse(content)
    return ast.parse(content)


class _Finder(ast.NodeVisitor):
    def __init__(self, package: tuple[str, ...]) -> None:
        self._package = package
        self.names: set[str] = set()
        self.markers: set[str] = set()
        self.is_dynamic = False

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.names.add(alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        first = (node.module or "").partition(".")[0]
        if node.level == 0:
            self.names.add(first)
            if first == _PACKAGE:
                self.markers |= {alias.asname or alias.name for alias in node.names if alias.name == "controller"}
        elif node.level == len(self._package) + 1:
            self.names |= {first} if first else {alias.name for alias in node.names}

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"import_module", "__import__"} and node.args:
            self._imported_by_call(node.args[0])
        self.generic_visit(node)

    def _imported_by_call(self, argument: ast.expr) -> None:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            self.names.add(argument.value.lstrip(".").partition(".")[0])
        else:
            self.is_dynamic = True


def _declares(tree: ast.Module, markers: set[str]) -> bool:
    return any(_node_declares(node, markers) for node in tree.body)


def _node_declares(node: ast.stmt, markers: set[str]) -> bool:
    match node:
        case ast.FunctionDef(name="new_controller") | ast.AsyncFunctionDef(name="new_controller"):
            return True
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return any(_is_marker(each, markers) for each in node.decorator_list)
        case ast.Assign():
            return any(isinstance(target, ast.Name) and target.id == "new_controller" for target in node.targets)
        case ast.ImportFrom():
            return any((alias.asname or alias.name) == "new_controller" for alias in node.names)
        case ast.If() | ast.Try():
            return any(_node_declares(each, markers) for each in node.body)
    return False


def _is_marker(decorator: ast.expr, markers: set[str]) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(function, ast.Attribute):
        return function.attr == "controller"
    return isinstance(function, ast.Name) and function.id in markers
