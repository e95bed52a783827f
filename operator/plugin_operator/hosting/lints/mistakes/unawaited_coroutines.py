"""Coroutines that nothing awaits, so that their code never runs."""

import ast
from collections.abc import Iterable

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.scopes import FUNCTIONS
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile

#: The methods of ``ctx.client``.
CLIENT_VERBS = (
    *("apply", "create", "delete", "delete_collection", "evict", "get", "list", "patch", "patch_status", "scale"),
    *("update", "update_status"),
)
#: Methods and functions whose call does nothing until it is awaited.
COROUTINES = frozenset(
    [f"{CONTEXT}.client.{verb}" for verb in CLIENT_VERBS]
    + [f"{CONTEXT}.ensure_finalizer", f"{CONTEXT}.remove_finalizer", f"{CONTEXT}.sync_children"]
    + ["asyncio.sleep", "asyncio.to_thread", "asyncio.wait", "asyncio.wait_for"]
    + ["asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "asyncio.open_connection"]
)
#: Attributes that a coroutine has.
_OF_COROUTINES = frozenset({"close", "send", "throw"})


def _find(file: SourceFile) -> Iterable[Found]:
    for call in file.calls:
        if not _is_coroutine(file, call):
            continue
        reason = _lost(file, call)
        if reason:
            shown = ast.unparse(call.func)
            yield file.found(call, f"{shown}() is not awaited, {reason}: {_way_out(file, call, shown)}")


def _is_coroutine(file: SourceFile, call: ast.Call) -> bool:
    if file.dotted(call.func) in COROUTINES:
        return True
    if (helper := file.called_helper(call)) is not None:
        return helper.is_async
    called = file.called_function(call)
    return isinstance(called, ast.AsyncFunctionDef) and not file.is_generator(called)


def _way_out(file: SourceFile, call: ast.Call, shown: str) -> str:
    around = file.function_around(call)
    if isinstance(around, ast.AsyncFunctionDef):
        return f"await {shown}(…)"
    if file.dotted(call.func).startswith(CONTEXT):
        return f"ctx.wait({shown}(…)), or await it in an async def"
    return "await it in an async def"


def _lost(file: SourceFile, call: ast.Call) -> str:
    """Return how the coroutine of a call is lost; empty if it may be awaited somewhere."""
    match file.parent(call):
        case ast.Expr():
            return "so it does nothing"
        case ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name):
            return _lost_in_variable(file, name)
        case None:
            return ""
    is_misused = _is_misused(file, call) or _is_tested(file, call)
    return "and its result is used like that of a function" if is_misused else ""


def _lost_in_variable(file: SourceFile, name: ast.Name) -> str:
    """Return how a coroutine is lost that a local variable holds."""
    scope = file.scopes.scope_of[name]
    if not isinstance(scope.node, FUNCTIONS) or len(scope.bindings.get(name.id, ())) != 1:
        return ""
    loads = file.loads_of(name)
    if not loads:
        return f"and {name.id} is not used, so it does nothing"
    if any(_is_misused(file, each) for each in loads) or all(_is_tested(file, each) for each in loads):
        return f"and {name.id} is used like the result of a function"
    return ""


def _is_misused(file: SourceFile, node: ast.expr) -> bool:
    """Report whether an expression is used as no coroutine can be."""
    match file.parent(node):
        case ast.Subscript(value=value):
            return value is node
        case ast.Attribute(attr=attr):
            return attr not in _OF_COROUTINES and not attr.startswith(("cr_", "__"))
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is node
        case ast.BinOp():
            return True
    return False


def _is_tested(file: SourceFile, node: ast.expr) -> bool:
    """Report whether an expression is only looked at: a coroutine is true, and equals nothing else."""
    match file.parent(node):
        case ast.Compare() | ast.UnaryOp() | ast.BoolOp():
            return True
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
            return test is node
    return False


UNAWAITED_COROUTINE = Lint(Rule("PO102", ERROR, "a coroutine that is not awaited"), _find)
