"""Values that a reconciler returns and that are no ``Result``, which raise TypeError in each reconcile."""

import ast
from collections.abc import Iterable, Iterator

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.scopes import FUNCTIONS
from plugin_operator.hosting.lints.source_file import SourceFile

_CONTROLLER = "plugin_operator.controller()"
_METHOD = "reconcile"


def _find(file: SourceFile) -> Iterable[Found]:
    reconcilers = {node for node in file.scopes.nodes if _is_reconciler(file, node) and not file.is_generator(node)}
    for node in file.scopes.nodes:
        if isinstance(node, ast.Return) and file.function_around(node) in reconcilers:
            for value in _values(node.value):
                if way_out := _way_out(file, value):
                    shown = ast.unparse(value)
                    yield file.found(value, f"a reconciler cannot return {shown}, only a Result or None: {way_out}")


def _is_reconciler(file: SourceFile, node: ast.AST) -> bool:
    if not isinstance(node, FUNCTIONS):
        return False
    if node.decorator_list:
        return all(file.dotted(each) == _CONTROLLER for each in node.decorator_list)
    owner = file.parent(node)
    decorators = owner.decorator_list if node.name == _METHOD and isinstance(owner, ast.ClassDef) else []
    return any(file.dotted(each) == _CONTROLLER for each in decorators)


def _values(value: ast.expr | None) -> Iterator[ast.expr]:
    """Yield the values that a return statement may return."""
    if isinstance(value, ast.IfExp):
        yield from _values(value.body)
        yield from _values(value.orelse)
    elif value is not None:
        yield value


def _way_out(file: SourceFile, value: ast.expr) -> str:
    """Return what to write instead of a value; empty for one that may be a Result."""
    match value:
        case ast.Constant(value=None):
            return ""
        case ast.Constant(value=bool() as again):
            return "return Result(requeue=True)" if again else "return None"
        case ast.Constant(value=int() | float()):
            return f"return Result(requeue_after={ast.unparse(value)})"
        case ast.Call() if file.dotted(value) == "datetime.timedelta()":
            return f"return Result(requeue_after={ast.unparse(value)}.total_seconds())"
        case ast.Constant() | ast.JoinedStr() | ast.Dict() | ast.List() | ast.Tuple() | ast.Set():
            return "return None, or Result(requeue_after=…) to run again"
    return ""


WRONG_RETURN_VALUE = Lint(Rule("PO110", ERROR, "a value that a reconciler cannot return"), _find)
