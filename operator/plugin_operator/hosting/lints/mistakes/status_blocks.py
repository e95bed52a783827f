"""Uses of ``ctx.status`` without ``async with``, which write nothing or raise an error."""

import ast
from collections.abc import Iterable

from plugin_operator.error_hints import STATUS_BLOCK
from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile

_LOST = "so it writes nothing"
_RAISES = "so this raises an error"


def _find(file: SourceFile) -> Iterable[Found]:
    for node in file.scopes.nodes:
        if not isinstance(node, ast.Attribute) or file.dotted(node) != f"{CONTEXT}.status":
            continue
        if not isinstance(node.ctx, ast.Load) or not file.is_certainly_context(node.value):
            continue
        around = file.parent(node)
        is_called = isinstance(around, ast.Call) and around.func is node
        harm = _of_block(file, around) if is_called and isinstance(around, ast.Call) else _of_value(file, node)
        if harm:
            yield file.found(node, f"ctx.status is not in 'async with', {harm}: {STATUS_BLOCK}")


def _of_block(file: SourceFile, call: ast.Call) -> str:
    """Return what becomes of a block that a call returns; empty if something may enter it."""
    match file.parent(call):
        case ast.Expr():
            return _LOST
        case ast.Assign(targets=[ast.Name() as name]):
            loads = file.loads_of(name) if file.scopes.only_value(name) is call else ()
            return next(filter(None, (_of_value(file, each) for each in loads)), "")
    return _of_value(file, call)


def _of_value(file: SourceFile, node: ast.expr) -> str:
    """Return what becomes of the method or of a block where it is used as another object; empty if it may be right."""
    match file.parent(node):
        case ast.Subscript(value=value):
            return _RAISES if value is node else ""
        case ast.Attribute(attr=attr):
            return "" if attr.startswith("_") else _RAISES
        case ast.Await():
            return _RAISES
        case ast.withitem(context_expr=entered) as item if entered is node:
            is_async = isinstance(file.parent(item), ast.AsyncWith)
            return "" if is_async and not isinstance(node, ast.Attribute) else _RAISES
    return ""


STATUS_WITHOUT_BLOCK = Lint(Rule("PO109", ERROR, "a use of `ctx.status` that is not in `async with`"), _find)
