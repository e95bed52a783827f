"""Decorators: those of the plugin are called, those of other code return what they get."""

import ast

from plugin_operator.hosting.permissions.source.facts.kinds import kinds_in
from plugin_operator.hosting.permissions.source.facts.state import Arguments, Frame, State
from plugin_operator.hosting.permissions.source.facts.values import (
    Bound,
    Class,
    External,
    Function,
    Instance,
    KindValue,
    Partial,
    Value,
    joined,
)
from plugin_operator.hosting.permissions.source.interpreter.calling import Caller
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator

_RESOURCE = "plugin_operator.resource"


class Decorators:
    """Applies decorators.

    Args:
        state: the facts.
        evaluator: evaluates the decorators.
        caller: calls them.
    """

    def __init__(self, state: State, evaluator: Evaluator, caller: Caller) -> None:
        self._state = state
        self._evaluator = evaluator
        self._caller = caller
        self._decorations: dict[ast.expr, ast.Call] = {}

    def applied(self, found: Value, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, frame: Frame) -> Value:
        """Return what decorators of the plugin make of a function or class; those of other code return it as it is."""
        for each in reversed(node.decorator_list):
            decorators = self._evaluator.evaluate(each, frame)
            self._register(each, found, frame)
            own = frozenset(
                atom for atom in decorators if isinstance(atom, Function | Class | Instance | Bound | Partial)
            )
            call = self._decorations.setdefault(each, ast.copy_location(ast.Call(each, [], []), each))
            made = joined([self._caller.invoke(atom, call, Arguments((found,)), frame) for atom in own])
            found = made if own and own == decorators and made else found | made
        return found

    def _register(self, decorator: ast.expr, found: Value, frame: Frame) -> None:
        """Note a variant of a function that ``@function.register`` of ``functools.singledispatch`` adds."""
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not isinstance(target, ast.Attribute) or target.attr != "register":
            return
        for function in self._evaluator.evaluate(target.value, frame):
            for variant in found:
                if isinstance(function, Function) and isinstance(variant, Function):
                    self._state.varies(function.info, variant.info)

    def kinds_of_class(self, node: ast.ClassDef, frame: Frame) -> list[KindValue]:
        """Return the kind that ``@resource`` gives a class; none for another class."""
        decorators = [each for each in node.decorator_list if isinstance(each, ast.Call)]
        named = [each for each in decorators if External(_RESOURCE) in self._evaluator.evaluate(each.func, frame)]
        texts = [each.args[0] if each.args else None for each in named]
        found = joined(self._evaluator.evaluate(each, frame) for each in texts if each is not None)
        kinds = (kinds_in(each, self._state) for each in found)
        return [KindValue(kind, is_model=True) for each in kinds for kind in each or ()]
