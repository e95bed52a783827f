"""Which functions of a program may run: those whose names stand in code that runs.

A name counts wherever it stands: called, stored, passed on, imported under another name, or an attribute of anything.
So a function is left out only if no running code names it, and nothing else may call it: no decorator, no base class of
other code, no hook of the operator. Code that finds functions by names that it makes keeps all of them.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from plugin_operator.plugin.declaration.options import FIELDS, METHODS

#: What the operator looks for in modules and in controllers: hooks, and declared fields that a method may be.
HOOKS = frozenset({"new_controller", *METHODS, *FIELDS})
#: They find functions by names that do not stand in the source.
_REFLECTION = frozenset(
    (
        *("globals", "locals", "vars", "dir", "eval", "exec", "compile", "__import__", "import_module"),
        *("__dict__", "__globals__", "getmembers", "methodcaller", "attrgetter", "get_objects"),
    )
)
#: Decorators that call nothing: the function runs where its name stands.
_PLAIN_DECORATORS = frozenset({"staticmethod", "classmethod", "property", "cached_property", "abstractmethod"})
#: Base classes that call no method that the program does not name.
_PLAIN_BASES = frozenset(
    ("object", "ABC", "Protocol", "Generic", "Enum", "StrEnum", "IntEnum", "NamedTuple", "TypedDict", "Exception")
)

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def unreachable(trees: Mapping[str, ast.Module]) -> frozenset[ast.AST]:
    """Return the functions of a program that cannot run, without those inside of other such functions.

    Args:
        trees: its modules by dotted name.
    """
    search = _Search(_open_classes(trees))
    for tree in trees.values():
        search.run(tree.body)
    return frozenset(search.waiting())


class _Search:
    """Runs code that is reachable, and the functions that it names."""

    def __init__(self, open_classes: frozenset[ast.ClassDef]) -> None:
        self._open_classes = open_classes
        self._names: set[str] = set()
        self._waiting: dict[str, list[_Function]] = {}
        self._is_everything = False

    def run(self, body: Iterable[ast.AST]) -> None:
        """Look through code that runs, and through all that it makes run."""
        open_nodes: list[ast.AST] = list(body)
        while open_nodes:
            node = open_nodes.pop()
            if isinstance(node, _Function):
                open_nodes += self._outside(node)
                open_nodes += node.body if self._runs(node) else self._postponed(node)
            else:
                if isinstance(node, ast.ClassDef):
                    open_nodes += self._methods_for_others(node)
                open_nodes += ast.iter_child_nodes(node)
            for name in _names_in(node):
                open_nodes += self._named(name)

    def waiting(self) -> Iterator[_Function]:
        """Yield the functions that were met, and that nothing names."""
        for found in self._waiting.values():
            yield from found

    def _named(self, name: str) -> Iterator[ast.AST]:
        """Yield the bodies of functions that run because of a name."""
        if name in self._names:
            return
        self._names.add(name)
        if name in _REFLECTION and not self._is_everything:
            self._is_everything = True
            released = [each for found in self._waiting.values() for each in found]
            self._waiting.clear()
        else:
            released = self._waiting.pop(name, [])
        for each in released:
            yield from each.body

    def _runs(self, node: _Function) -> bool:
        is_plain = all(_last_name(each) in _PLAIN_DECORATORS for each in node.decorator_list)
        is_special = node.name.startswith("__") and node.name.endswith("__")
        return self._is_everything or not is_plain or is_special or node.name in HOOKS or node.name in self._names

    def _postponed(self, node: _Function) -> list[ast.stmt]:
        self._waiting.setdefault(node.name, []).append(node)
        return []

    def _outside(self, node: _Function) -> Iterator[ast.AST]:
        """Yield the parts of a function that run where it is defined."""
        yield from node.decorator_list
        yield node.args

    def _methods_for_others(self, node: ast.ClassDef) -> Iterator[ast.AST]:
        """Yield the bodies of the methods of a class that other code may call."""
        for each in node.body if node in self._open_classes else ():
            if isinstance(each, _Function):
                yield from self._named(each.name)
                yield from each.body


def _open_classes(trees: Mapping[str, ast.Module]) -> frozenset[ast.ClassDef]:
    """Return the classes with a metaclass or decorator, or with a base class of other code, also by another class."""
    classes: dict[str, list[tuple[ast.ClassDef, frozenset[str]]]] = {}
    for tree in trees.values():
        imported = frozenset(_foreign_names(tree, trees))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, []).append((node, imported))
    plain = _PLAIN_BASES | classes.keys()
    found: dict[ast.ClassDef, str] = {}
    count = -1
    while count < len(found):
        count = len(found)
        names = set(found.values())
        for node, imported in (each for same in classes.values() for each in same):
            bases = {_last_name(each) for each in node.bases}
            others = [each for each in node.decorator_list if _last_name(each) != "dataclass"]
            if node.keywords or others or bases & (names | imported - _PLAIN_BASES) or not bases <= plain:
                found[node] = node.name
    return frozenset(found)


def _foreign_names(tree: ast.Module, trees: Mapping[str, ast.Module]) -> Iterator[str]:
    """Yield the names that a module imports from other code, also as attributes of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module not in trees:
            yield from (each.asname or each.name for each in node.names)
        elif isinstance(node, ast.ClassDef):
            yield from (each.attr for each in map(_without_arguments, node.bases) if isinstance(each, ast.Attribute))


def _names_in(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node itself mentions."""
    match node:
        case ast.Name(id=name):
            yield name.partition("@")[0]  # as ``bindings`` renames variables
        case ast.Attribute(attr=name):
            yield name
        case ast.alias(name=name, asname=str() as other) if other != name:
            yield name.rpartition(".")[2]
        case ast.MatchClass(kwd_attrs=names):
            yield from names
        case ast.Call(func=func, args=[_, ast.Constant(value=str() as name), *_]) if _last_name(func) == "getattr":
            yield name
        case ast.Call(func=func, args=[_, _, *_]) if _last_name(func) == "getattr":
            yield "__dict__"  # any name


def _last_name(node: ast.expr) -> str:
    target = _without_arguments(node)
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "").partition("@")[0]


def _without_arguments(node: ast.expr) -> ast.expr:
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node
