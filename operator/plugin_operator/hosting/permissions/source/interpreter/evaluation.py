"""Evaluation of expressions to abstract values."""

import ast
import builtins
from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.hosting.permissions.source.facts.items import element_of, item_of, number_of, part_of
from plugin_operator.hosting.permissions.source.facts.program import FunctionInfo, Scope, lookup
from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, Frame, State
from plugin_operator.hosting.permissions.source.facts.texts import concatenated, interpolated, shown
from plugin_operator.hosting.permissions.source.facts.unpacking import unpacked
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    NULL,
    Atom,
    Bound,
    ClientValue,
    External,
    Function,
    Literal,
    Many,
    Obj,
    Text,
    Value,
    joined,
    texts_of,
    value,
    without_null,
)
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes

_Evaluation = Callable[[Any, Frame], Value]


class Evaluator:
    """Evaluates expressions.

    Args:
        state: the facts.
        attributes: finds attributes.

    Attributes:
        call: evaluates a call.
    """

    def __init__(self, state: State, attributes: Attributes) -> None:
        self._state = state
        self._attributes = attributes
        self.call: Callable[[ast.Call, Frame], Value] = lambda _call, _frame: ANYTHING
        self._forms: dict[type[ast.expr], _Evaluation] = {
            ast.Constant: lambda node, _: _constant(node.value),
            ast.Name: lambda node, frame: _name(node.id, frame),
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Dict: self._dict,
            ast.List: self._sequence,
            ast.Tuple: self._sequence,
            ast.Set: self._sequence,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.DictComp: self._dict_comprehension,
            ast.Subscript: self._subscript,
            ast.BoolOp: self._choice,
            ast.IfExp: self._conditional,
            ast.NamedExpr: self._named,
            ast.JoinedStr: lambda node, frame: concatenated([self.evaluate(each, frame) for each in node.values]),
            ast.FormattedValue: self._formatted,
            ast.BinOp: self._operation,
            ast.Lambda: self._lambda,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            **dict.fromkeys((ast.Await, ast.Starred), self._inner),
        }

    def evaluate(self, node: ast.expr, frame: Frame) -> Value:
        """Return what an expression may be."""
        form = self._forms.get(type(node))
        if form is not None:
            return form(node, frame)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child, frame)
        return ELSEWHERE

    def assign(self, target: ast.expr, found: Value, frame: Frame) -> None:
        """Add to what the target of an assignment may hold."""
        match target:
            case ast.Name(id=name):
                self._state.bind(frame.scope, name, found)
            case ast.Attribute(value=inner, attr=name):
                for each in self.evaluate(inner, frame):
                    if not self._attributes.store(each, name, found):
                        self._state.lost(found, frame.module.path, target.lineno)
            case ast.Subscript(value=inner, slice=key):
                self._put(inner, key, found, frame)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                star = next((number for number, each in enumerate(targets) if isinstance(each, ast.Starred)), None)
                parts = unpacked(self._state, target, found, len(targets), star)
                for inner, part in zip(targets, parts, strict=True):
                    self.assign(inner.value if isinstance(inner, ast.Starred) else inner, part, frame)

    def _put(self, target: ast.expr, key: ast.expr, found: Value, frame: Frame) -> None:
        keys = self.evaluate(key, frame)
        holders = self.evaluate(target, frame)
        self._state.reordered(holders)
        for each in holders:
            if isinstance(each, Literal):
                self._state.put_at(each.node, keys, found)
            elif each != NULL:
                if isinstance(each, Obj):
                    self._state.relabel(each.kind, keys, found)
                self._state.lost(found, frame.module.path, target.lineno)

    def define(self, node: Any, frame: Frame) -> FunctionInfo:
        """Return the facts of a function, which is evaluated once it is known."""
        known = self._state.functions.get(node)
        if known is None:
            parent = frame.scope.parent if frame.scope.is_class else frame.scope
            known = FunctionInfo(node, frame.module, Scope(parent), frame.owner if frame.scope.is_class else None)
            self._state.functions[node] = known
            self._state.is_changed = True
        return known

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        return self.call(node, frame)

    def _inner(self, node: Any, frame: Frame) -> Value:
        return self.evaluate(node.value, frame)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        found = self.evaluate(node.value, frame)
        if node.attr.startswith("__"):
            # __getattribute__, __class__, __dict__ and __call__ lead to methods that the source does not name.
            clients = (each for each in found if isinstance(each, ClientValue | Bound))
            self._state.lost(clients, frame.module.path, node.lineno)
        return joined(self._attributes.get(each, node.attr) for each in found)

    def _any_of(self, nodes: Iterable[ast.expr], frame: Frame) -> Value:
        return joined([self.evaluate(each, frame) for each in nodes])

    def _choice(self, node: ast.BoolOp, frame: Frame) -> Value:
        *others, last = [self.evaluate(each, frame) for each in node.values]
        # None is no result of "or", unless it is the last value.
        return joined([*(map(without_null, others) if isinstance(node.op, ast.Or) else others), last])

    def _conditional(self, node: ast.IfExp, frame: Frame) -> Value:
        self.evaluate(node.test, frame)
        return self._any_of((node.body, node.orelse), frame)

    def _named(self, node: ast.NamedExpr, frame: Frame) -> Value:
        found = self.evaluate(node.value, frame)
        self.assign(node.target, found, frame)
        return found

    def _dict(self, node: ast.Dict, frame: Frame) -> Value:
        bases: set[Atom] = set()
        for key, item in zip(node.keys, node.values, strict=True):
            found = self.evaluate(item, frame)
            if key is None:
                bases |= found
                continue
            texts = texts_of(self.evaluate(key, frame))
            for text in texts or (ELEMENTS,):
                self._state.put(node, text, found)
                if texts is not None and len(texts) == 1:
                    self._state.own(node, text)
        return self._state.copies(node, bases)

    def _sequence(self, node: Any, frame: Frame) -> Value:
        is_plain = not isinstance(node, ast.Set) and not any(isinstance(each, ast.Starred) for each in node.elts)
        parts = [self.evaluate(each, frame) for each in node.elts]
        if is_plain:
            self._state.in_order(node, parts)
        else:
            stars = [isinstance(each, ast.Starred) for each in node.elts]
            for found, is_star in zip(parts, stars, strict=True):
                self._state.put(node, ELEMENTS, self._state.elements(found) if is_star else found)
        return value(Literal(node))

    def _comprehension(self, node: Any, frame: Frame) -> Value:
        self._generate(node.generators, frame)
        self._state.put(node, ELEMENTS, self.evaluate(node.elt, frame))
        return value(Literal(node))

    def _dict_comprehension(self, node: ast.DictComp, frame: Frame) -> Value:
        self._generate(node.generators, frame)
        self._state.has_keys(node, self.evaluate(node.key, frame))
        self._state.put(node, ELEMENTS, self.evaluate(node.value, frame))
        return value(Literal(node))

    def _generate(self, generators: list[ast.comprehension], frame: Frame) -> None:
        for each in generators:
            self.assign(each.target, self._state.elements(self.evaluate(each.iter, frame)), frame)
            for condition in each.ifs:
                self.evaluate(condition, frame)

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        key, holders = self.evaluate(node.slice, frame), self.evaluate(node.value, frame)
        if isinstance(node.slice, ast.Slice):
            return joined([part_of(self._state, each, node) for each in holders])
        number = number_of(node.slice)
        if number is not None:
            return joined([element_of(self._state, each, number) for each in holders])
        return joined([item_of(self._state, each, texts_of(key)) for each in holders])

    def _formatted(self, node: ast.FormattedValue, frame: Frame) -> Value:
        found = self.evaluate(node.value, frame)
        is_plain = node.format_spec is None and node.conversion in {-1, ord("s")}
        return shown(found) if is_plain else ELSEWHERE

    def _operation(self, node: ast.BinOp, frame: Frame) -> Value:
        if isinstance(node.op, ast.Add):
            both = self._any_of((node.left, node.right), frame)
            if any(isinstance(each, Literal | Many) for each in both):
                self._state.put(node, ELEMENTS, self._state.elements(both))
                return value(Literal(node))
            return concatenated([self.evaluate(node.left, frame), self.evaluate(node.right, frame)])
        if isinstance(node.op, ast.BitOr):
            return self._union(node, frame)
        if isinstance(node.op, ast.Mod):
            return self._interpolation(node, frame)
        self._any_of((node.left, node.right), frame)
        return ELSEWHERE

    def _interpolation(self, node: ast.BinOp, frame: Frame) -> Value:
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        texts = texts_of(without_null(left))
        if texts is None or not right:
            return ELSEWHERE if left and right else NOTHING
        made = []
        for each in right:
            elements = self._state.sequence(each)
            named = self._state.heap.get(each.node, {}) if isinstance(each, Literal) else {}
            given = elements if elements is not None else [value(each)]
            made += [interpolated(text, given, {} if elements is not None else named) for text in texts]
        return joined(made)

    def _union(self, node: ast.BinOp, frame: Frame) -> Value:
        """Return the value of ``a | b``: keys of ``b`` come before those of ``a``."""
        left, right = self.evaluate(node.left, frame), self.evaluate(node.right, frame)
        for each in right:
            if isinstance(each, Literal):
                own = self._state.own_keys.get(each.node, ())
                for key, found in self._state.heap.get(each.node, {}).items():
                    self._state.put(node, key, found)
                    if key in own and len(right) == 1:
                        self._state.own(node, key)
        return self._state.copies(node, left | {each for each in right if not isinstance(each, Literal)})

    def _lambda(self, node: ast.Lambda, frame: Frame) -> Value:
        return value(Function(self.define(node, frame)))

    def _yield(self, node: ast.Yield, frame: Frame) -> Value:
        if node.value is not None and frame.function is not None:
            self._generated(frame.function, self.evaluate(node.value, frame))
        return ANYTHING

    def _yield_from(self, node: ast.YieldFrom, frame: Frame) -> Value:
        found = self.evaluate(node.value, frame)
        if frame.function is not None:
            self._generated(frame.function, self._state.elements(found))
        return ANYTHING

    def _generated(self, function: FunctionInfo, found: Value) -> None:
        self._state.put(function.node, ELEMENTS, found)
        self._state.returned(function, value(Literal(function.node)))


def _constant(found: object) -> Value:
    if isinstance(found, str):
        return value(Text(found))
    return value(NULL) if found is None else NOTHING if isinstance(found, bool) else ELSEWHERE


def _name(name: str, frame: Frame) -> Value:
    found = lookup(frame.scope, name)
    if not found and name == "__builtins__":
        return value(External("builtins"))
    return found or (value(External(f"builtins.{name}")) if hasattr(builtins, name) else NOTHING)
