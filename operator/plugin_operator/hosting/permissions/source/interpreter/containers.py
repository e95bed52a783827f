"""Methods of texts, lists, dicts and sets."""

import ast
from collections.abc import Iterable, Iterator

from plugin_operator.hosting.permissions.source.facts.items import item_of
from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, Arguments, State
from plugin_operator.hosting.permissions.source.facts.texts import concatenated, formatted, method, split
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Literal,
    Text,
    Value,
    joined,
    texts_of,
    value,
)

_COMBINES = frozenset({"union", "difference", "intersection", "symmetric_difference"})
#: Methods of lists and dicts that leave the order of the elements as it is.
_READS = frozenset({"get", "copy", "keys", "values", "items", "index", "count"})


class Containers:
    """Evaluates calls of these methods.

    Args:
        state: the facts.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def of_text(self, text: str, name: str, call: ast.Call, arguments: Arguments) -> Value:
        """Return what a method of a text may return."""
        if name == "join":
            return self._joined(text, joined(arguments.positional[:1]))
        if arguments.is_open:
            return ELSEWHERE
        if name == "format":
            return formatted(text, arguments.positional, dict(arguments.keywords))
        parts = split(text, name, arguments.positional) if not arguments.keywords else None
        if parts is None:
            return method(text, name, arguments.positional)
        self._state.in_order(call, [value(Text(each)) for each in parts])
        return value(Literal(call))

    def _joined(self, separator: str, found: Value) -> Value:
        """Return the texts of ``separator.join(...)`` of lists whose order is known."""
        made = []
        for each in found:
            elements = self._state.sequence(each)
            if elements is None:
                return ELSEWHERE
            between = [part for element in elements for part in (value(Text(separator)), element)]
            made.append(concatenated(between[1:]))
        return joined(made)

    def of_literal(self, literal: Literal, name: str, call: ast.Call, arguments: Arguments) -> Value:
        """Return what a method of a list, dict or set may return."""
        first = joined(arguments.positional[:1])
        if name not in _READS:
            self._state.reordered(value(literal))
        if name in {"get", "setdefault", "pop"}:
            return self._got(literal, name, arguments)
        if name in {"copy", "keys"}:
            return value(literal)
        if name == "values":
            self._state.put(call, ELEMENTS, self._state.everything(literal))
            return value(Literal(call))
        if name == "items":
            return self.tuples(call, self._state.elements(value(literal)), self._state.everything(literal))
        if name in {"append", "add", "appendleft", "insert"}:
            self._state.put(literal.node, ELEMENTS, joined(arguments.positional))
        elif name in {"extend", "extendleft"}:
            self._state.put(literal.node, ELEMENTS, self._state.elements(first))
        elif name == "update":
            self._update(literal, joined(arguments.positional), arguments)
        elif name in _COMBINES:
            self._state.put(call, ELEMENTS, self._state.elements(value(literal) | joined(arguments.positional)))
            return value(Literal(call))
        return NOTHING

    def _got(self, literal: Literal, name: str, arguments: Arguments) -> Value:
        key, default = joined(arguments.positional[:1]), joined(arguments.positional[1:])
        if name == "setdefault":
            self._state.put_at(literal.node, key, default)
        return item_of(self._state, literal, texts_of(key)) | default

    def _update(self, literal: Literal, first: Value, arguments: Arguments) -> None:
        for key, found in self.items_of(first, arguments.keywords):
            self._state.put(literal.node, key or ELEMENTS, found)
        for each in first:
            if isinstance(each, Literal):
                self._state.grows(literal.node, self._state.keys.get(each.node, NOTHING))
            else:
                self._state.grows(literal.node, ANYTHING)
                self._state.put(literal.node, ELEMENTS, ANYTHING)

    def items_of(self, given: Value, keywords: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, Value]]:
        """Yield the keys and values that ``update`` gets, as far as they stand in the source."""
        for each in given:
            yield from self._state.heap.get(each.node, {}).items() if isinstance(each, Literal) else ()
        yield from keywords

    def tuples(self, call: ast.Call, *parts: Value) -> Value:
        """Return an iterable of tuples of these parts."""
        self._state.in_order(call.func, parts)
        self._state.put(call, ELEMENTS, value(Literal(call.func)))
        return value(Literal(call))
