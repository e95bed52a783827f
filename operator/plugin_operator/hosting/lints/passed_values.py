"""What the calls in a file pass to parameters of its own functions, methods, classes and lambdas.

Owns values of parameters without a telling annotation. A value is known only if all calls in the file agree, and if
nothing hands the function on.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeAlias

from plugin_operator.hosting.lints.classes import Classes
from plugin_operator.hosting.lints.scopes import FUNCTIONS, Binding, Scope, Scopes

Callable: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
#: A parameter, and what a call passes; None if that is unknown.
_Pass: TypeAlias = tuple[ast.arg, ast.expr | None]
#: Each value changes twice at most; longer chains than this are unknown.
_MAX_ROUNDS = 20


class File(Protocol):
    """What is asked of a ``SourceFile``."""

    scopes: Scopes
    classes: Classes

    @property
    def calls(self) -> Iterator[ast.Call]:
        """All calls."""

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node around a node."""

    def dotted(self, node: ast.AST | None) -> str:
        """Return what an expression stands for."""

    def reads_of(self, scope: Scope, name: str) -> Sequence[ast.Name]:
        """Return the reads of a variable."""


class PassedValues:
    """The values of parameters in a file, which the first question computes.

    Args:
        file: the file.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._values: dict[ast.arg, str] | None = None

    def of(self, parameter: ast.arg) -> str:
        """Return the dotted name of what all calls pass; an empty text if they differ, or if it is unknown."""
        if self._values is None:
            self._values = {}
            self._solve(self._values, list(self._passes()))
        return self._values.get(parameter, "")

    def _solve(self, values: dict[ast.arg, str], passes: Sequence[_Pass]) -> None:
        """Compute the least values that agree with all calls."""
        given = {parameter for parameter, _ in passes}
        for _ in range(_MAX_ROUNDS):
            before = dict(values)
            for parameter, argument in passes:
                if self._waits_for(argument, given, values):
                    continue
                value = self._file.dotted(argument)
                values[parameter] = value if values.get(parameter, value) == value else ""
            if values == before:
                return
        values.clear()

    def _waits_for(self, argument: ast.expr | None, given: set[ast.arg], values: dict[ast.arg, str]) -> bool:
        """Report whether an argument comes from a parameter without a value yet."""
        while isinstance(argument, ast.Attribute):
            argument = argument.value
        if not isinstance(argument, ast.Name):
            return False
        bound = self._file.scopes.scope_of[argument].lookup(argument.id)
        parameter = bound[1][0].parameter if bound is not None and len(bound[1]) == 1 else None
        return parameter is not None and parameter in given and parameter not in values

    def _passes(self) -> Iterator[_Pass]:
        handed_on = self._handed_on()
        for call in self._file.calls:
            for function, is_bound in self._called(call):
                if function in handed_on:
                    yield from ((each, None) for each in _parameters(function))
                else:
                    yield from _bound(call, function, is_bound=is_bound)

    def _called(self, call: ast.Call) -> Iterator[tuple[Callable, bool]]:
        """Yield the function of this file that a call runs, and whether its first parameter is the object."""
        match call.func:
            case ast.Lambda() as function:
                yield function, False
            case ast.Name() as name:
                bound = self._file.scopes.scope_of[name].lookup(name.id)
                if bound is not None and len(bound[1]) == 1:
                    yield from self._of_binding(bound[1][0])
            case ast.Attribute(value=value, attr=attr) if (own := self._file.classes.class_of(value)) is not None:
                method = self._file.classes.method_of(own, attr)
                if method is not None:
                    yield method, not self._file.classes.is_static(method)

    def _of_binding(self, binding: Binding) -> Iterator[tuple[Callable, bool]]:
        match binding.definition or binding.value:
            case ast.ClassDef() as own if (method := self._file.classes.method_of(own, "__init__")) is not None:
                yield method, True
            case (ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda()) as function:
                yield function, False

    def _handed_on(self) -> set[ast.AST]:
        """Return the functions that something besides a call uses: other code may call them."""
        file = self._file
        used = {
            node.attr
            for node in file.scopes.nodes
            if isinstance(node, ast.Attribute) and not _is_called(node, file.parent(node))
        }
        found: set[ast.AST] = set()
        for node in file.scopes.nodes:
            if isinstance(node, FUNCTIONS):
                scope = file.scopes.scope_of[node]
                reads = file.reads_of(scope, node.name)
                is_read = any(not _is_called(each, file.parent(each)) for each in reads)
                if is_read or (isinstance(scope.node, ast.ClassDef) and node.name in used):
                    found.add(node)
            elif isinstance(node, ast.Lambda) and not self._is_only_called(node):
                found.add(node)
        return found

    def _is_only_called(self, function: ast.Lambda) -> bool:
        around = self._file.parent(function)
        if isinstance(around, ast.Assign) and all(isinstance(each, ast.Name) for each in around.targets):
            reads = [
                read
                for each in around.targets
                if isinstance(each, ast.Name)
                for read in self._file.reads_of(self._file.scopes.scope_of[each], each.id)
            ]
            return all(_is_called(each, self._file.parent(each)) for each in reads)
        return _is_called(function, around)


def _is_called(node: ast.AST, around: ast.AST | None) -> bool:
    return isinstance(around, ast.Call) and around.func is node


def _parameters(function: Callable) -> list[ast.arg]:
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _bound(call: ast.Call, function: Callable, *, is_bound: bool) -> Iterator[_Pass]:
    """Yield what a call passes to each parameter."""
    arguments = function.args
    by_position = [*arguments.posonlyargs, *arguments.args][1 if is_bound else 0 :]
    named = {each.arg: each.value for each in call.keywords if each.arg is not None}
    is_open = any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg is None for each in call.keywords
    )
    for number, parameter in enumerate([*by_position, *arguments.kwonlyargs]):
        is_given = number < len(by_position) and number < len(call.args)
        argument = call.args[number] if is_given else named.get(parameter.arg)
        if is_open:
            yield parameter, None
        elif argument is not None:
            yield parameter, argument
        # Else the parameter has its default, which is None for an object that is passed at all.
