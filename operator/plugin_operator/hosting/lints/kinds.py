"""The kinds that expressions name, and the kinds of objects that they make, as text: ``apps/v1/Deployment``.

As in ``source_file``, an answer is given only where it is certain.
"""

import ast
from typing import NamedTuple

from plugin_operator.error_hints import kind_of_class
from plugin_operator.hosting.lints.scopes import Function
from plugin_operator.hosting.lints.source_file import SourceFile, arguments_of

_CHILD = "plugin_operator.Child"
_RESOURCE = "plugin_operator.resource"
_MAX_STEPS = 10


class NamedKind(NamedTuple):
    """A kind in the source.

    Attributes:
        text: the kind.
        written: code that names it in a declaration: ``'v1/Secret'``, ``core_v1.Secret``.
    """

    text: str
    written: str


def kind_named(file: SourceFile, node: ast.expr) -> NamedKind | None:
    """Return the kind that a text or a class names; None if that is not certain. A text may be the name of a cache."""
    text = file.text_of(node)
    if text is not None:
        return NamedKind(text.strip(), repr(text.strip()))
    kind = _kind_of_class(file, node)
    return NamedKind(kind, ast.unparse(node)) if kind else None


def kind_of_object(file: SourceFile, node: ast.expr | None, steps: int = _MAX_STEPS) -> NamedKind | None:
    """Return the kind of the object that an expression makes, or of the one in ``Child(…)``; None if it is unknown."""
    if steps <= 0:
        return None
    match node:
        case ast.Await(value=value):
            return kind_of_object(file, value, steps - 1)
        case ast.Call(func=func) if file.dotted(func) == _CHILD:
            return kind_of_object(file, node.args[0] if node.args else arguments_of(node).get("obj"), steps - 1)
        case ast.Call(func=func):
            kind = _kind_of_class(file, func)
            function = file.called_function(node) if not kind else None
            return NamedKind(kind, ast.unparse(func)) if kind else _kind_of_result(file, function, steps)
        case ast.Name():
            return kind_of_object(file, value_of(file, node), steps - 1)
        case ast.Dict():
            return _kind_of_dict(file, node)
    return None


def value_of(file: SourceFile, node: ast.Name) -> ast.expr | None:
    """Return the expression that a variable holds; None if it may hold another, or if a key or item is set later."""
    bound = file.scopes.scope_of[node].lookup(node.id)
    is_set = bound is not None and any(_is_set(file, each) for each in file.reads_of(bound[0], node.id))
    return None if is_set else file.scopes.only_value(node)


def _kind_of_result(file: SourceFile, function: Function | None, steps: int) -> NamedKind | None:
    """Return the kind of what a function of the file returns, if all its returns agree."""
    if function is None or file.is_generator(function):
        return None
    found: set[NamedKind] = set()
    for each in file.returns:
        if each.value is not None and file.function_around(each) is function:
            kind = kind_of_object(file, each.value, steps - 1)
            if kind is None:
                return None  # at once: a function that calls itself has a way for each of its returns
            found.add(kind)
    return found.pop() if len(found) == 1 else None


def _kind_of_class(file: SourceFile, node: ast.expr) -> str:
    """Return the kind of a class of ``plugin_operator.kinds``, or of one with ``@resource`` in the file."""
    own = file.classes.class_named(node) if isinstance(node, ast.Name) else None
    if own is None:
        return kind_of_class(file.dotted(node))
    for each in own.decorator_list:
        if isinstance(each, ast.Call) and file.dotted(each.func) == _RESOURCE:
            return file.text_of(each.args[0] if each.args else arguments_of(each).get("kind")) or ""
    return ""


def _kind_of_dict(file: SourceFile, obj: ast.Dict) -> NamedKind | None:
    fields = {file.text_of(key): value for key, value in zip(obj.keys, obj.values, strict=True)}
    version, kind = (file.text_of(fields.get(word)) for word in ("apiVersion", "kind"))
    if not version or not kind or None in obj.keys:
        return None
    return NamedKind(f"{version}/{kind}", repr(f"{version}/{kind}"))


def _is_set(file: SourceFile, load: ast.Name) -> bool:
    """Report whether a field of a variable is set here."""
    around = file.parent(load)
    return isinstance(around, ast.Subscript) and not isinstance(around.ctx, ast.Load)
