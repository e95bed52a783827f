"""The scopes of a file: which name stands for what, by Python's own rules.

Walks without recursion, so that the depth of an expression is no limit.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_OPENS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Binding(NamedTuple):
    """What binds a name.

    Attributes:
        module: dotted name of what an import binds; empty for all other bindings.
        definition: the function or class that binds it.
        value: the expression that is assigned.
        parameter: the parameter, whose value comes from outside.
    """

    module: str = ""
    definition: ast.AST | None = None
    value: ast.expr | None = None
    parameter: ast.arg | None = None


@dataclass(eq=False, slots=True)
class Scope:
    """A module, class, function, lambda or comprehension."""

    node: ast.AST
    parent: "Scope | None" = None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, "Scope"] = field(default_factory=dict)

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding, in the scope that a ``global`` or ``nonlocal`` statement names."""
        self.elsewhere.get(name, self).bindings.setdefault(name, []).append(binding)

    def lookup(self, name: str) -> "tuple[Scope, list[Binding]] | None":
        """Return the scope in which ``name`` is bound, seen from here, and its bindings."""
        scope: Scope | None = self
        while scope is not None:
            is_visible = scope is self or not isinstance(scope.node, ast.ClassDef)
            if is_visible and name in scope.bindings:
                return scope, scope.bindings[name]
            scope = scope.parent
        return None

    @property
    def function(self) -> ast.AST | None:
        """The function or lambda whose call runs the code of this scope; None at import."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, (*FUNCTIONS, ast.Lambda)):
            scope = scope.parent
        return scope.node if scope is not None else None


@dataclass(frozen=True, slots=True)
class Scopes:
    """All nodes of a tree in the order of the text, each with its scope and its parent."""

    nodes: list[ast.AST]
    scope_of: dict[ast.AST, Scope]
    parent_of: dict[ast.AST, ast.AST]
    inner: dict[ast.AST, Scope]

    def only_value(self, name: ast.Name) -> ast.expr | None:
        """Return the expression that is assigned to a name; None if it is bound twice, or in another way."""
        bound = self.scope_of[name].lookup(name.id)
        return bound[1][0].value if bound is not None and len(bound[1]) == 1 else None


def scopes_of(tree: ast.Module) -> Scopes:
    """Find the scopes and bindings of a tree."""
    module = Scope(tree)
    found = Scopes([], {}, {}, {tree: module})
    waiting: list[tuple[ast.AST, Scope]] = [(tree, module)]
    while waiting:
        node, scope = waiting.pop()
        found.nodes.append(node)
        found.scope_of[node] = scope
        children = [(child, _scope_of_child(node, name, child, scope, found)) for name, child in _children(node)]
        for child, _ in children:
            found.parent_of[child] = node
        waiting.extend(reversed(children))
    # In a second walk: a global statement counts in the whole function, and names are bound before they are looked up.
    for node in found.nodes:
        _redirect(node, found.scope_of[node], module)
    for node in found.nodes:
        _bind(node, found)
    return found


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield name, value
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, ast.AST):
                    yield name, each


def _scope_of_child(node: ast.AST, field_name: str, child: ast.AST, scope: Scope, found: Scopes) -> Scope:
    """Return the scope in which a child is evaluated; decorators, defaults and annotations are outside."""
    if isinstance(node, _COMPREHENSIONS) or (isinstance(node, (*FUNCTIONS, ast.Lambda)) and field_name == "body"):
        return found.inner.setdefault(node, Scope(node, scope))
    if isinstance(node, (*FUNCTIONS, ast.Lambda)) and isinstance(child, ast.arguments):
        found.inner.setdefault(node, Scope(node, scope))
    if isinstance(node, ast.ClassDef) and field_name == "body":
        return found.inner.setdefault(node, Scope(node, scope))
    return scope


def _redirect(node: ast.AST, scope: Scope, module: Scope) -> None:
    if isinstance(node, ast.Global):
        scope.elsewhere.update(dict.fromkeys(node.names, module))
    elif isinstance(node, ast.Nonlocal):
        outer = scope.parent
        while outer is not None and not isinstance(outer.node, FUNCTIONS):
            outer = outer.parent
        if outer is not None:
            scope.elsewhere.update(dict.fromkeys(node.names, outer))


def _bind(node: ast.AST, found: Scopes) -> None:  # noqa: C901 - one case for each statement that binds
    scope = found.scope_of[node]
    match node:
        case ast.Import():
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                scope.bind(name, Binding(module=alias.name if alias.asname else name))
        case ast.ImportFrom():
            for alias in node.names:
                origin = f"{node.module}.{alias.name}" if node.module and not node.level else f".{alias.name}"
                scope.bind(alias.asname or alias.name, Binding(module=origin))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            scope.bind(node.name, Binding(definition=node))
        case ast.arg():
            arguments = found.parent_of[node]
            inner = found.inner[found.parent_of[arguments]]
            inner.bind(node.arg, Binding(parameter=node))
        case ast.ExceptHandler(name=str() as name):
            scope.bind(name, Binding())
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
            scope.bind(name, Binding())
        case ast.Name(ctx=ast.Store() | ast.Del()) if not is_bare_annotation(found.parent_of[node]):
            target = scope
            parent = found.parent_of[node]
            if isinstance(parent, ast.NamedExpr):  # binds outside of a comprehension
                while isinstance(target.node, _COMPREHENSIONS) and target.parent is not None:
                    target = target.parent
            target.bind(node.id, Binding(value=_assigned(node, parent, found)))


def is_bare_annotation(node: ast.AST | None) -> bool:
    """Report whether a statement annotates a name and assigns nothing."""
    return isinstance(node, ast.AnnAssign) and node.value is None


def _assigned(name: ast.Name, parent: ast.AST, found: Scopes) -> ast.expr | None:
    """Return the expression whose value a name gets; None if it is a part of one, or unknown."""
    match parent:
        case ast.Assign() if name in parent.targets:
            return parent.value
        case ast.AnnAssign() | ast.NamedExpr():
            return parent.value
        case _ if type(parent).__name__ == "TypeAlias":  # of Python 3.12
            value: ast.expr | None = getattr(parent, "value", None)
            return value
        case ast.withitem() if isinstance(found.parent_of[parent], ast.With):
            return parent.context_expr
    return None
