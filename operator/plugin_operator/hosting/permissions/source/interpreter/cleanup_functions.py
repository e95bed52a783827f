"""The functions that controllers declare as ``cleanup=``, with the kind of the object that each gets."""

import ast
from collections.abc import Iterable, Iterator, Mapping

from plugin_operator.hosting.permissions.declared import DeclaredController
from plugin_operator.hosting.permissions.source.facts.program import ModuleInfo
from plugin_operator.kube import GroupVersionKind

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def cleanup_functions(
    modules: Iterable[ModuleInfo],
    controllers: tuple[DeclaredController, ...],
    entries: Mapping[tuple[str, int], tuple[int, ...]],
) -> dict[ast.AST, tuple[GroupVersionKind, ...]]:
    """Return the kinds by the node of the function.

    It finds a function that the decorator names, in the same module, and the method of a class.

    Args:
        modules: the modules of the plugin.
        controllers: its controllers.
        entries: indexes of the controllers that a function or class declares, by path and line.
    """
    found: dict[ast.AST, tuple[GroupVersionKind, ...]] = {}
    for module in modules:
        named = {each.name: each for each in module.tree.body if isinstance(each, _Definition)}
        for node in named.values():
            lines = (*(each.lineno for each in node.decorator_list), node.lineno)
            numbers = next((known for line in lines if (known := entries.get((module.path, line)))), ())
            chosen = (controllers[each] for each in numbers)
            kinds = tuple(each.for_ for each in chosen if each.cleans_up and each.for_ is not None)
            for function in _functions_of(node, named) if kinds else ():
                found[function] = tuple(dict.fromkeys((*found.get(function, ()), *kinds)))
    return found


def _functions_of(node: _Definition, named: Mapping[str, ast.AST]) -> Iterator[ast.AST]:
    if isinstance(node, ast.ClassDef):
        yield from (each for each in node.body if getattr(each, "name", "") == "cleanup")
    calls = [each for each in node.decorator_list if isinstance(each, ast.Call)]
    for keyword in (each for call in calls for each in call.keywords if each.arg == "cleanup"):
        if isinstance(keyword.value, ast.Name) and (function := named.get(keyword.value.id.partition("@")[0])):
            yield function
