"""Separation of the values that one variable holds one after the other.

The analysis knows of each name all that it may ever hold. Without separation, a variable that is used for a Secret and
then for a Pod would make a deletion of the Pod one of the Secret too. So each assignment and loop gets its own name
for the statements that can see no other one: those after it in the same block, up to the next that binds the variable.
"""

import ast
import copy
from collections.abc import Iterable, Iterator
from typing import Any

#: Statements whose targets hold in their own body only.
_WITH_BODY = (ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)
#: They run later, when a variable may hold another value.
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)

Targets = dict[ast.AST, list[ast.expr]]


def separate(tree: ast.Module) -> Targets:
    """Rename loads in ``tree``, and return the further targets of statements, which bind the new names.

    Raises:
        RecursionError: the tree is too deep.
    """
    shared = {name for node in ast.walk(tree) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    return _Separation(shared).run(tree)


class _Separation:
    def __init__(self, shared: set[str]) -> None:
        self._shared = shared
        self._targets: Targets = {}
        self._bound: dict[ast.AST, frozenset[str]] = {}

    def run(self, tree: ast.Module) -> Targets:
        self._block(tree.body, {})
        return self._targets

    def _block(self, body: list[ast.stmt], names: dict[str, str]) -> None:
        """Separate the values in a block; ``names`` has the new names that hold at its beginning."""
        for statement in body:
            bound = self._bound_in(statement)
            rest = {old: new for old, new in names.items() if old not in bound}
            _rename(statement, rest)
            for each in _read_first(statement):
                if not bound & _stored(each):
                    _rename(each, {old: new for old, new in names.items() if old in bound})
            own = self._own_names(statement)
            names = rest if isinstance(statement, _WITH_BODY) else {**rest, **own}
            self._inner_blocks(statement, own if isinstance(statement, _WITH_BODY) else {})

    def _inner_blocks(self, statement: ast.stmt, names: dict[str, str]) -> None:
        if isinstance(statement, ast.ClassDef):
            blocks = [each.body for each in statement.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        else:
            blocks = [block for block in _blocks_of(statement) if block is not getattr(statement, "body", None)]
            self._block(getattr(statement, "body", []), names)
        for block in blocks:
            self._block(block, {})

    def _own_names(self, statement: ast.stmt) -> dict[str, str]:
        """Return the new names of what a statement assigns, and note the targets that bind them."""
        targets = [each for each in _targets_of(statement) if _is_of_names(each)]
        names: dict[str, str] = {}
        for target in targets:
            fresh = copy.deepcopy(target)
            for each in ast.walk(fresh):
                if isinstance(each, ast.Name) and each.id not in self._shared:
                    names[each.id] = f"{each.id}@{statement.lineno}.{statement.col_offset}"
                    each.id = names[each.id]
            self._targets.setdefault(target, []).append(fresh)
        return names

    def _bound_in(self, statement: ast.stmt) -> frozenset[str]:
        found = self._bound.get(statement)
        if found is None:
            found = self._bound[statement] = frozenset(_stored(statement))
        return found


def _targets_of(statement: ast.stmt) -> Iterator[ast.expr]:
    match statement:
        case ast.Assign():
            yield from statement.targets
        case ast.AnnAssign() if statement.value is not None:
            yield statement.target
        case ast.For() | ast.AsyncFor():
            yield statement.target
        case ast.With() | ast.AsyncWith():
            yield from (each.optional_vars for each in statement.items if each.optional_vars is not None)


def _read_first(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that a statement evaluates before it binds a name."""
    match statement:
        case ast.Assign() | ast.AugAssign():
            yield statement.value
        case ast.AnnAssign() if statement.value is not None:
            yield statement.value
        case ast.For() | ast.AsyncFor():
            yield statement.iter


def _is_of_names(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_of_names, target.elts))
    return isinstance(target, ast.Name)


def _stored(node: ast.AST) -> set[str]:
    """Return the names that a statement or expression may bind or delete, also in functions inside it."""
    found: set[str] = set()
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name.partition(".")[0])
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                found.add(name)
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                found.add(name)
            case ast.arg(arg=name):
                found.add(name)
    return found


def _rename(node: ast.AST, names: dict[str, str]) -> None:
    """Rename the loads in ``node`` that see the values of now."""
    if not names:
        return
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            node.id = names.get(node.id, node.id)
        return
    if isinstance(node, _LATER):
        return
    for child in ast.iter_child_nodes(node):
        _rename(child, names)


def _blocks_of(node: Any) -> Iterable[list[ast.stmt]]:
    """Yield the blocks of a statement."""
    for name in ("body", "orelse", "finalbody"):
        if block := getattr(node, name, None):
            yield block
    for name in ("handlers", "cases"):
        yield from (each.body for each in getattr(node, name, ()))
