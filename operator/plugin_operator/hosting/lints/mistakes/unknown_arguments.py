"""Arguments that calls of the author's API do not have, or lack. The import stops at the first, and this finds all."""

import ast
from collections.abc import Iterable

from plugin_operator.error_hints import API, METHODS, missing_arguments, unknown_argument
from plugin_operator.hosting.lints.facts import Found
from plugin_operator.hosting.lints.lint import ERROR, Lint, Rule
from plugin_operator.hosting.lints.source_file import CONTEXT, SourceFile

_CLIENT = f"{CONTEXT}.client"
#: What stands for an object with methods, by its name in a message.
_OBJECTS = {each.replace("ctx", CONTEXT, 1): each for each in METHODS} | {f"{CONTEXT}.lister_for()": "ctx.lister"}


def _find(file: SourceFile) -> Iterable[Found]:
    for call in file.calls:
        name = _called(file, call)
        signature = file.api.get(name)
        if signature is None:
            continue
        names, positional, required = signature
        function = name.removeprefix(f"{API}.kinds.").removeprefix(f"{API}.")
        given = {each.arg for each in call.keywords}
        for each in call.keywords:
            if each.arg is not None and each.arg not in names:
                yield file.found(each, unknown_argument(function, each.arg, names))
        is_open = None in given or any(isinstance(each, ast.Starred) for each in call.args)
        lacking = [each for each in required if each not in {*names[: min(len(call.args), positional)], *given}]
        if lacking and not is_open and given <= {*names}:
            yield file.found(call, missing_arguments(function, " and ".join(map(repr, lacking)), names))


def _called(file: SourceFile, call: ast.Call) -> str:
    """Return the name of the function, class or method that a call runs; empty if unknown."""
    name = file.dotted(call.func)
    owner, _, method = name.rpartition(".")
    if owner not in _OBJECTS:
        return name if name.startswith(f"{API}.") else ""  # a module of the plugin may be called ctx
    root = call.func
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.func if isinstance(root, ast.Call) else root.value
    # A parameter that is called ctx may be another thing, but one with a client is none.
    is_certain = owner == _CLIENT or file.is_certainly_context(root)
    return f"{_OBJECTS[owner]}.{method}" if is_certain else ""


UNKNOWN_ARGUMENT = Lint(
    Rule("PO113", ERROR, "an argument that a call of the API does not have, or one that it lacks"), _find
)
