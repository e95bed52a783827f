"""Calls that block the event loop: in an ``async def``, or in another function that the operator calls there."""

import ast
from collections.abc import Iterable, Iterator

from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.mistakes.blocking_names import LAST_PARTS, way_out_of
from plugin_operator.hosting.lints.source_file import SourceFile, arguments_of

_MAX_SHOWN = 60
_TAKE_FUNCTIONS = ("controller", "watch", "own", "read", "changed", "matches")
_DECLARES = frozenset(f"plugin_operator.{name}" for name in _TAKE_FUNCTIONS)
_CALLED_ON_THE_LOOP = frozenset({"map", "indexes", "predicates"})
_JOINS = frozenset({"threading.Thread().join", "multiprocessing.Process().join"})
_HARM = "blocks the event loop of all plugins"


def _find(file: SourceFile) -> Iterable[Found]:
    direct = {call: said for call in file.calls if (said := _blocks(file, call))}
    if not direct:
        return
    through = _blocking_functions(file, direct)
    on_loop = set(_functions_of_declarations(file))
    for call in file.calls:
        around = file.function_around(call)
        if not isinstance(around, ast.AsyncFunctionDef) and around not in on_loop:
            continue
        if call in direct:
            shown, way_out = direct[call]
            helper = file.called_helper(call)
            found = file.found(call, f"{shown}() {_HARM}: {way_out}")
            yield found._replace(cause=helper.blocks) if helper is not None else found
        elif (called := file.called_function(call)) in through and called is not None:
            way_out = f"await asyncio.to_thread({called.name}, …)"
            found = file.found(call, f"{called.name}() {_HARM}, because it calls {through[called]}: {way_out}")
            yield found._replace(cause=through[called])


def _blocks(file: SourceFile, call: ast.Call) -> tuple[str, str] | None:
    """Return how a blocking call is written, and the way out; None for other calls."""
    name = file.dotted(call.func)
    if (helper := file.called_helper(call)) is not None:
        shown = ast.unparse(call.func)
        way_out = f"it calls {helper.blocks}: await asyncio.to_thread({shown}, …)"
        return (shown, way_out) if helper.blocks else None
    way_out = way_out_of(name) if name else ""
    if isinstance(call.func, ast.Attribute) and not way_out:
        way_out = LAST_PARTS.get(call.func.attr, "")
    if not way_out or _is_harmless(file, name, call):
        return None
    shown = ast.unparse(call.func)
    return shown if len(shown) <= _MAX_SHOWN else name, way_out


def _is_harmless(file: SourceFile, name: str, call: ast.Call) -> bool:
    """Report whether the arguments of a call, or an option of its object, keep it from blocking."""
    arguments = arguments_of(call)
    values = [each.value for each in (*call.args, *arguments.values()) if isinstance(each, ast.Constant)]
    if name in _JOINS and _is_awaited_before(file, call):
        return True
    if name == "time.sleep" or name.endswith(("().join", "().wait")):
        return values == [0]
    if name.endswith("Queue().get"):
        return False in values
    if name == "os.waitpid":
        return "WNOHANG" in ast.unparse(call)
    if name == "socket.socket().connect":
        return "setblocking" in file.text or "settimeout(0" in file.text
    return "async_req" in arguments


def _is_awaited_before(file: SourceFile, join: ast.Call) -> bool:
    """Report whether a function awaits between the start and the join of a thread: usually for its last result."""
    function = file.function_around(join)
    own = [node for node in file.awaits_and_attributes(function) if node.lineno < join.lineno]
    started = [node.lineno for node in own if isinstance(node, ast.Attribute) and node.attr == "start"]
    return any(isinstance(node, ast.Await) and node.lineno > max(started, default=0) for node in own)


def _blocking_functions(file: SourceFile, direct: dict[ast.Call, tuple[str, str]]) -> dict[ast.AST, str]:
    """Return the plain functions of the file that block, with the call in them that does."""
    calls = [
        (call, around)
        for call in file.calls
        if isinstance(around := file.function_around(call), ast.FunctionDef) and not file.is_generator(around)
    ]
    callers: dict[ast.AST, list[ast.AST]] = {}
    found: dict[ast.AST, str] = {}
    for call, around in calls:
        if call in direct:
            found.setdefault(around, f"{direct[call][0]}() in line {call.lineno}")
        elif (called := file.called_function(call)) is not None:
            callers.setdefault(called, []).append(around)
    waiting = list(found)
    while waiting:
        reached = waiting.pop()
        for caller in callers.get(reached, ()):
            if caller not in found:
                found[caller] = found[reached]
                waiting.append(caller)
    return found


def _functions_of_declarations(file: SourceFile) -> Iterator[ast.AST]:
    """Yield the plain functions that the operator calls on the event loop: of maps, indexes and predicates."""
    for call in file.calls:
        name = file.dotted(call.func)
        if name not in _DECLARES:
            continue
        values = [value for word, value in arguments_of(call).items() if word in _CALLED_ON_THE_LOOP]
        values += call.args if name.endswith((".changed", ".matches")) else []
        for value in values:
            for each in ast.walk(value):
                if isinstance(each, ast.Lambda):
                    yield each
                elif isinstance(each, ast.Name) and (function := file.function_named(each)) is not None:
                    yield function


def blocking_functions_of(file: SourceFile) -> dict[ast.AST, str]:
    """Return the plain functions of a file that block, with the call in them that does."""
    return _blocking_functions(file, {call: said for call in file.calls if (said := _blocks(file, call))})


BLOCKING_CALL = Lint(Rule("PO101", ERROR, "a call that blocks the event loop"), _find)
