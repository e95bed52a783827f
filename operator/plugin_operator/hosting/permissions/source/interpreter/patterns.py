"""Patterns of ``match``: what their names may hold."""

import ast

from plugin_operator.hosting.permissions.source.facts.items import item_of
from plugin_operator.hosting.permissions.source.facts.program import ClassInfo
from plugin_operator.hosting.permissions.source.facts.state import Frame, State
from plugin_operator.hosting.permissions.source.facts.unpacking import unpacked
from plugin_operator.hosting.permissions.source.facts.values import (
    NOTHING,
    Atom,
    Class,
    Instance,
    Value,
    joined,
    texts_of,
    value,
)
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator


class Patterns:
    """Binds the names of patterns. No pattern rules out a value: each name gets all that the subject may be.

    Args:
        state: the facts.
        attributes: finds attributes.
        evaluator: evaluates the values in patterns.
    """

    def __init__(self, state: State, attributes: Attributes, evaluator: Evaluator) -> None:
        self._state = state
        self._attributes = attributes
        self._evaluator = evaluator

    def bind(self, pattern: ast.pattern, found: Value, frame: Frame) -> None:
        """Bind the names in a pattern to what they may hold of a subject."""
        match pattern:
            case ast.MatchAs(pattern=inner, name=name):
                if name is not None:
                    self._state.bind(frame.scope, name, found)
                if inner is not None:
                    self.bind(inner, found, frame)
            case ast.MatchOr(patterns=patterns):
                for each in patterns:
                    self.bind(each, found, frame)
            case ast.MatchSequence(patterns=patterns):
                self._sequence(pattern, patterns, found, frame)
            case ast.MatchMapping():
                self._mapping(pattern, found, frame)
            case ast.MatchClass():
                self._class(pattern, found, frame)
            case ast.MatchValue(value=wanted):
                self._evaluator.evaluate(wanted, frame)

    def _sequence(self, node: ast.pattern, patterns: list[ast.pattern], found: Value, frame: Frame) -> None:
        star = next((number for number, each in enumerate(patterns) if isinstance(each, ast.MatchStar)), None)
        for each, part in zip(patterns, unpacked(self._state, node, found, len(patterns), star), strict=True):
            if not isinstance(each, ast.MatchStar):
                self.bind(each, part, frame)
            elif each.name is not None:
                self._state.bind(frame.scope, each.name, part)

    def _mapping(self, pattern: ast.MatchMapping, found: Value, frame: Frame) -> None:
        for key, each in zip(pattern.keys, pattern.patterns, strict=True):
            texts = texts_of(self._evaluator.evaluate(key, frame))
            self.bind(each, joined(item_of(self._state, atom, texts) for atom in found), frame)
        if pattern.rest is not None:
            self._state.bind(frame.scope, pattern.rest, found)

    def _class(self, pattern: ast.MatchClass, found: Value, frame: Frame) -> None:
        classes = self._evaluator.evaluate(pattern.cls, frame)
        for number, each in enumerate(pattern.patterns):
            self.bind(each, joined(self._positional(atom, number, classes) for atom in found), frame)
        for name, each in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True):
            self.bind(each, joined(self._attributes.get(atom, name) for atom in found), frame)

    def _positional(self, atom: Atom, number: int, classes: Value) -> Value:
        """Return what a pattern gets by position: a field of a class of the plugin, or ``str(x)`` the value itself."""
        owners = [each.info for each in classes if isinstance(each, Class)]
        if not owners:
            return value(atom) | self._state.unknown
        names = [_field_at(each, number) for each in owners]
        if isinstance(atom, Instance) and None not in names:
            return joined(self._attributes.get(atom, name) for name in names if name is not None)
        return self._state.unknown if isinstance(atom, Instance) else NOTHING


def _field_at(info: ClassInfo, number: int) -> str | None:
    """Return the name of a field of a dataclass or tuple by its position; None if it has another ``__match_args__``."""
    fields = [name for name in info.fields() if "__match_args__" not in info.scope.names]
    return fields[number] if number < len(fields) else None
