"""Handlers that swallow the cancellation of an ``async def``, so that a timeout, a reload or a stop cannot end it."""

import ast
from collections.abc import Iterable, Iterator, Sequence

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import WARNING, Lint, Rule
from plugin_operator.hosting.lints.source_file import SourceFile

_CANCELLED = frozenset(
    {"asyncio.CancelledError", "asyncio.exceptions.CancelledError", "concurrent.futures.CancelledError"}
)
#: Functions that make text of an exception, and methods of loggers.
_SHOWS = frozenset(
    [
        *("print", "str", "repr", "format", "type"),
        *("debug", "info", "warning", "error", "exception", "critical", "log", "event"),
    ]
)
_WAY_OUT = "catch Exception, or end the handler with raise"


def _find(file: SourceFile) -> Iterable[Found]:
    for node in file.scopes.nodes:
        if isinstance(node, ast.Try | ast.TryStar) and isinstance(file.function_around(node), ast.AsyncFunctionDef):
            if any(isinstance(each, ast.Await | ast.AsyncFor | ast.AsyncWith) for each in _own(file, node.body)):
                yield from _in_handlers(file, node)
        elif isinstance(node, ast.With) and isinstance(file.function_around(node), ast.AsyncFunctionDef):
            yield from _suppressed(file, node)


def _in_handlers(file: SourceFile, node: "ast.Try | ast.TryStar") -> Iterator[Found]:
    for handler in node.handlers:
        names = _caught(file, handler)
        own = list(_own(file, handler.body))
        if any(isinstance(each, ast.Raise) for each in own):
            if not names.isdisjoint({"builtins.BaseException", ""}) or not names.isdisjoint(_CANCELLED):
                return  # a later handler sees no cancellation
            continue
        if _passes_on(file, handler, own):
            return
        if "" in names or "builtins.BaseException" in names:
            shown = "except BaseException" if names != {""} else "except"
            yield file.found(handler, f"this {shown} swallows the cancellation of the task: {_WAY_OUT}")
            return
        if not names.isdisjoint(_CANCELLED):
            if _continues(file, node, own):
                yield file.found(handler, "the loop continues when its task is cancelled: end the handler with raise")
            return


def _caught(file: SourceFile, handler: ast.ExceptHandler) -> set[str]:
    """Return the dotted names of what a handler catches; an empty text stands for everything."""
    if handler.type is None:
        return {""}
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {file.dotted(each) or "?" for each in types}


def _passes_on(file: SourceFile, handler: ast.ExceptHandler, own: Sequence[ast.AST]) -> bool:
    """Report whether a handler gives the exception to other code, which may raise it again: not to a log alone."""
    if any(isinstance(each, ast.Call) and file.dotted(each.func) == "sys.exc_info" for each in own):
        return True
    uses = [each for each in own if isinstance(each, ast.Name) and each.id == handler.name]
    return any(not _is_shown(file, each, handler) for each in uses)


def _is_shown(file: SourceFile, use: ast.AST, handler: ast.AST) -> bool:
    around = file.parent(use)
    while around is not None and around is not handler:
        if isinstance(around, ast.Call):
            called = around.func.attr if isinstance(around.func, ast.Attribute) else getattr(around.func, "id", "")
            return called in _SHOWS
        around = file.parent(around)
    return False


def _continues(file: SourceFile, node: ast.AST, handler: Sequence[ast.AST]) -> bool:
    """Report whether an endless loop continues after a cancellation that no ``.cancel()`` of its function caused."""
    if any(isinstance(each, ast.Return | ast.Break) for each in handler):
        return False
    function = file.function_around(node)
    if function in file.cancelling_functions:
        return False
    inside = file.parent(node)
    while inside is not None and inside is not function:
        if isinstance(inside, ast.While) and isinstance(inside.test, ast.Constant) and inside.test.value:
            return True
        inside = file.parent(inside)
    return False


def _suppressed(file: SourceFile, node: ast.With) -> Iterator[Found]:
    for item in node.items:
        match item.context_expr:
            case ast.Call(args=types) as call if file.dotted(call.func) == "contextlib.suppress":
                caught = {file.dotted(each) for each in types}
                if "builtins.BaseException" in caught and any(
                    isinstance(each, ast.Await) for each in _own(file, node.body)
                ):
                    way_out = "suppress Exception"
                    yield file.found(call, f"suppress(BaseException) swallows the cancellation of the task: {way_out}")


def _own(file: SourceFile, statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Yield all nodes in statements but those in functions that these define."""
    around = {file.function_around(each) for each in statements}
    for statement in statements:
        for node in ast.walk(statement):
            if file.function_around(node) in around:
                yield node


SWALLOWED_CANCELLATION = Lint(Rule("PO104", WARNING, "a handler that swallows the cancellation of its task"), _find)
