"""Calls that find attributes, variables and modules by name."""

import ast
from collections.abc import Callable, Mapping

from plugin_operator.hosting.permissions.source.facts.items import VARIABLES, module_named
from plugin_operator.hosting.permissions.source.facts.state import Arguments, Frame, State
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    NOTHING,
    Atom,
    Bound,
    ClientValue,
    Ctx,
    External,
    Value,
    joined,
    texts_of,
    value,
)
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes

#: Functions that return variables of running code, which may be a context or a client.
_VARIABLES = frozenset(
    (
        *("builtins.locals", "builtins.globals", "sys._getframe", "sys._current_frames", "inspect.currentframe"),
        *("inspect.stack", "gc.get_objects", "gc.get_referrers", "gc.get_referents"),
    )
)


class Reflection:
    """Evaluates these calls.

    Args:
        state: the facts.
        attributes: finds and stores attributes.

    Attributes:
        functions: what evaluates a call, by the name of the function.
    """

    def __init__(self, state: State, attributes: Attributes) -> None:
        self._state = state
        self._attributes = attributes
        self.functions: Mapping[str, Callable[[str, ast.Call, Arguments, Frame], Value]] = {
            "builtins.getattr": self._getattr,
            "builtins.setattr": self._setattr,
            "builtins.vars": self._vars,
            **dict.fromkeys(("importlib.import_module", "builtins.__import__"), self._imported),
            **dict.fromkeys(_VARIABLES, lambda _name, _call, _arguments, _frame: ANYTHING),
        }

    def _getattr(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        objects = arguments.positional[0] if arguments.positional else NOTHING
        if NOTHING in arguments.positional[:2] and not self._state.is_complete:
            return NOTHING
        names = texts_of(arguments.positional[1]) if len(arguments.positional) > 1 else None
        if names is not None:
            return joined(self._attributes.get(each, name) for each in objects for name in names)
        unclear: list[Atom] = [Bound(each, "") for each in objects if isinstance(each, ClientValue)]
        if any(isinstance(each, Ctx) for each in objects):
            unclear += [ClientValue(), Bound(ClientValue(), "")]
        return value(*unclear) or ANYTHING

    def _setattr(self, _name: str, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        objects, names, given = (*arguments.positional, NOTHING, NOTHING, NOTHING)[:3]
        texts = texts_of(names)
        for each in objects:
            if texts is None:
                self._attributes.store_any(each)
            elif not all(self._attributes.store(each, text, given) for text in texts):
                self._state.lost(given, frame.module.path, call.lineno)
        if texts is None:
            self._state.lost(given, frame.module.path, call.lineno)
        return NOTHING

    def _vars(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        """Return the variables of an object, which may be set through the result."""
        objects = joined(arguments.positional)
        modules = {each for each in objects if isinstance(each, External)}
        for each in objects:
            self._attributes.store_any(each)
        named = value(*(External(f"{each.name}{VARIABLES}") for each in modules))
        return named if modules and modules == objects else named | ANYTHING

    def _imported(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        texts = texts_of(joined(arguments.positional[:1]))
        return ANYTHING if texts is None else joined(module_named(self._state, each) for each in texts)
