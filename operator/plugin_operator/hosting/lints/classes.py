"""The classes of a file: whose object an expression is, what annotations name, and the members of a class.

As in ``source_file``, an answer is given only where it is certain.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cached_property

from plugin_operator.hosting.lints.scopes import FUNCTIONS, Function, Scopes, is_bare_annotation

#: Decorators that return the function itself, or one that calls it in the same way.
_TRANSPARENT = frozenset(
    [
        *("plugin_operator.controller", "builtins.staticmethod", "builtins.classmethod", "abc.abstractmethod"),
        *("typing.override", "typing_extensions.override", "functools.cache", "functools.lru_cache"),
    ]
)
_WRAPPERS = frozenset({"typing.Annotated", "typing_extensions.Annotated"})
_MAX_STEPS = 10
_MAX_TEXT = 1000


class Classes:
    """The classes of a file, and the functions that no decorator has replaced.

    Args:
        scopes: its scopes.
        dotted: returns what an expression stands for.
    """

    def __init__(self, scopes: Scopes, dotted: Callable[[ast.AST], str]) -> None:
        self._scopes = scopes
        self._dotted = dotted
        self._parsed: dict[ast.Constant, ast.expr | None] = {}

    def class_in(self, annotation: ast.expr | None, steps: int = _MAX_STEPS) -> str:
        """Return the dotted name of the class that an annotation names; empty if unknown.

        ``Context[Widget]``, texts, ``Annotated`` and aliases of it name ``plugin_operator.Context``.
        """
        if steps <= 0:
            return ""
        match annotation:
            case ast.Constant(value=str()):
                return self.class_in(self._expression(annotation), steps - 1)
            case ast.Subscript(value=value, slice=inner):
                if self._dotted(value) in _WRAPPERS:
                    first = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner
                    return self.class_in(first, steps - 1)
                return self.class_in(value, steps - 1)
            case ast.Name():
                alias = self._scopes.only_value(annotation)
                return self.class_in(alias, steps - 1) if alias is not None else self._dotted(annotation)
        return self._dotted(annotation) if annotation is not None else ""

    def _expression(self, text: ast.Constant) -> ast.expr | None:
        """Return what the text of an annotation says, as code at its place."""
        if text not in self._parsed:
            found = _parsed(text.value)
            for each in ast.walk(found) if found is not None else ():
                self._scopes.scope_of[each] = self._scopes.scope_of[text]
            self._parsed[text] = found
        return self._parsed[text]

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class of this file whose object an expression is, if that is certain."""
        match node:
            case ast.Name():
                value = self._scopes.only_value(node)
                return self.class_of_self(node) or (self.class_of(value) if isinstance(value, ast.Call) else None)
            case ast.Call(func=ast.Name() as name):
                return self.class_named(name)
        return None

    def method_of(self, own: ast.ClassDef, name: str) -> Function | None:
        """Return the method of a class, or of a class of this file above it, if that is certain."""
        for each in self.with_bases(own):
            bindings = self._scopes.inner[each].bindings.get(name, [])
            if bindings or name in self.attributes_of(each):
                is_certain = len(bindings) == 1 and name not in self.attributes_of(each)
                return self.plain_function(bindings[0].definition) if is_certain else None
        return None

    def is_static(self, method: Function) -> bool:
        """Report whether a method has no first parameter for its object."""
        return "builtins.staticmethod" in {self._dotted(each) for each in method.decorator_list}

    def with_bases(self, own: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """Yield a class and the classes of this file above it."""
        waiting, seen = [own], set[ast.ClassDef]()
        while waiting:
            each = waiting.pop(0)
            if each not in seen:
                seen.add(each)
                yield each
                above = (self.class_named(base) for base in each.bases if isinstance(base, ast.Name))
                waiting += [base for base in above if base is not None]

    def class_named(self, name: ast.Name) -> ast.ClassDef | None:
        """Return the class of this file that a name stands for, if that is certain."""
        bound = self._scopes.scope_of[name].lookup(name.id)
        found = bound[1][0].definition if bound is not None and len(bound[1]) == 1 else None
        return found if isinstance(found, ast.ClassDef) else None

    def class_of_self(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class of whose methods ``node`` is the first parameter."""
        if not isinstance(node, ast.Name):
            return None
        bound = self._scopes.scope_of[node].lookup(node.id)
        if bound is None or len(bound[1]) != 1 or bound[1][0].parameter is None:
            return None
        method = bound[0].node
        if (
            not isinstance(method, FUNCTIONS)
            or not method.args.args
            or method.args.args[0] is not bound[1][0].parameter
        ):
            return None
        owner = self._scopes.scope_of[method].node
        return owner if isinstance(owner, ast.ClassDef) and not self.is_static(method) else None

    @cached_property
    def set_from_outside(self) -> frozenset[str]:
        """The attributes that the file sets on objects other than ``self``."""
        stores = (each for each in self._scopes.nodes if isinstance(each, ast.Attribute) and not _is_read(each))
        return frozenset(each.attr for each in stores if self.class_of_self(each.value) is None)

    def attributes_of(self, own: ast.ClassDef) -> dict[str, list[ast.expr | None]]:
        """Return what the methods of a class assign to attributes of ``self``."""
        return self._attributes.get(own, {})

    @cached_property
    def _attributes(self) -> dict[ast.ClassDef, dict[str, list[ast.expr | None]]]:
        found: dict[ast.ClassDef, dict[str, list[ast.expr | None]]] = {}
        for node in self._scopes.nodes:
            if isinstance(node, ast.Attribute) and not _is_read(node):
                owner = self.class_of_self(node.value)
                if owner is not None and not is_bare_annotation(self._scopes.parent_of.get(node)):
                    found.setdefault(owner, {}).setdefault(node.attr, []).append(self._assigned_to(node))
        return found

    def _assigned_to(self, node: ast.Attribute) -> ast.expr | None:
        match self._scopes.parent_of.get(node):
            case ast.Assign(targets=targets, value=value) if node in targets:
                return value
            case ast.AnnAssign(value=value):
                return value
        return None

    def plain_function(self, found: ast.AST | None) -> Function | None:
        """Return a function unless a decorator may have put another in its place."""
        if not isinstance(found, FUNCTIONS) or not all(map(self._is_transparent, found.decorator_list)):
            return None
        return found

    def _is_transparent(self, decorator: ast.expr) -> bool:
        return self._dotted(decorator).removesuffix("()") in _TRANSPARENT


def _is_read(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Load)


def _parsed(text: object) -> ast.expr | None:
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        return None
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
