"""Evaluation of expressions to abstract values."""

import ast
import builtins
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from plugin_operator.hosting.permissions.source.attributes import Attributes
from plugin_operator.hosting.permissions.source.program import FunctionInfo, Scope, lookup
from plugin_operator.hosting.permissions.source.state import ELEMENTS, Frame, State, field_of
from plugin_operator.hosting.permissions.source.values import (
    ANYTHING,
    ELSEWHERE,
    MAX_TEXTS,
    NOTHING,
    Atom,
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
)

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
            ast.BoolOp: lambda node, frame: self._any_of(node.values, frame),
            ast.IfExp: self._conditional,
            ast.NamedExpr: self._named,
            ast.JoinedStr: lambda node, frame: self._text(node.values, frame),
            ast.BinOp: self._operation,
            ast.Lambda: self._lambda,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            **dict.fromkeys((ast.Await, ast.Starred, ast.FormattedValue), self._inner),
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
                    self._attributes.store(each, name, found)
            case ast.Subscript(value=inner, slice=key):
                self._put(inner, key, found, frame)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for number, part in enumerate(targets):
                    self.assign(part, self._part(found, number, len(targets)), frame)
            case ast.Starred(value=inner):
                self.assign(inner, found, frame)

    def _put(self, target: ast.expr, key: ast.expr, found: Value, frame: Frame) -> None:
        keys = texts_of(self.evaluate(key, frame)) or (ELEMENTS,)
        for each in self.evaluate(target, frame):
            if isinstance(each, Literal):
                for text in keys:
                    self._state.put(each.node, text, found)

    def define(self, node: Any, frame: Frame) -> FunctionInfo:
        """Return the facts of a function, which is evaluated once it is known."""
        known = self._state.functions.get(node)
        if known is None:
            parent = frame.scope.parent if frame.scope.is_class else frame.scope
            known = FunctionInfo(node, frame.module, Scope(parent), frame.owner if frame.scope.is_class else None)
            self._state.functions[node] = known
            self._state.is_changed = True
        return known

    def _part(self, found: Value, number: int, of: int) -> Value:
        parts = []
        for each in found:
            own = self._state.heap.get(each.node, {}) if isinstance(each, Literal) else {}
            exact = str(number) in own and str(of - 1) in own and str(of) not in own
            parts.append(own[str(number)] if exact else self._state.elements(value(each)))
        return joined(parts)

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        return self.call(node, frame)

    def _inner(self, node: Any, frame: Frame) -> Value:
        return self.evaluate(node.value, frame)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Value:
        return joined(self._attributes.get(each, node.attr) for each in self.evaluate(node.value, frame))

    def _any_of(self, nodes: Iterable[ast.expr], frame: Frame) -> Value:
        return joined([self.evaluate(each, frame) for each in nodes])

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
        is_plain = not any(isinstance(each, ast.Starred) for each in node.elts)
        for number, each in enumerate(node.elts):
            found = self.evaluate(each, frame)
            found = self._state.elements(found) if isinstance(each, ast.Starred) else found
            self._state.put(node, ELEMENTS, found)
            if is_plain and len(node.elts) <= MAX_TEXTS:
                self._state.put(node, str(number), found)
        return value(Literal(node))

    def _comprehension(self, node: Any, frame: Frame) -> Value:
        self._generate(node.generators, frame)
        self._state.put(node, ELEMENTS, self.evaluate(node.elt, frame))
        return value(Literal(node))

    def _dict_comprehension(self, node: ast.DictComp, frame: Frame) -> Value:
        self._generate(node.generators, frame)
        self.evaluate(node.key, frame)
        self._state.put(node, ELEMENTS, self.evaluate(node.value, frame))
        return value(Literal(node))

    def _generate(self, generators: list[ast.comprehension], frame: Frame) -> None:
        for each in generators:
            self.assign(each.target, self._state.elements(self.evaluate(each.iter, frame)), frame)
            for condition in each.ifs:
                self.evaluate(condition, frame)

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Value:
        keys = texts_of(self.evaluate(node.slice, frame))
        return joined([self.item(each, keys) for each in self.evaluate(node.value, frame)])

    def item(self, atom: Atom, keys: tuple[str, ...] | None) -> Value:
        """Return what the keys of an atom may hold; all keys if they are None."""
        match atom:
            case Literal() if keys is None:
                return self._state.everything(atom)
            case Literal():
                found = joined(self._state.get(atom, key) for key in keys or ())
                return found | self._state.get(atom, ELEMENTS)
            case Obj(kind=kind):
                return joined(field_of(kind, key) for key in keys) if keys else ANYTHING
            case Many(kind=kind):
                return value(Obj(kind))
            case External():
                return ELSEWHERE
        return ANYTHING if atom not in ELSEWHERE else ELSEWHERE

    def _text(self, parts: Iterable[ast.expr], frame: Frame) -> Value:
        found = [texts_of(self.evaluate(each, frame)) for each in parts]
        known = [each for each in found if each is not None]
        size = 1
        for each in known:
            size *= len(each)
        if len(known) < len(found) or size > MAX_TEXTS:
            return ELSEWHERE
        return value(*(Text("".join(each)) for each in itertools.product(*known)))

    def _operation(self, node: ast.BinOp, frame: Frame) -> Value:
        if isinstance(node.op, ast.Add):
            both = self._any_of((node.left, node.right), frame)
            if any(isinstance(each, Literal | Many) for each in both):
                self._state.put(node, ELEMENTS, self._state.elements(both))
                return value(Literal(node))
            return self._text((node.left, node.right), frame)
        if isinstance(node.op, ast.BitOr):
            return self._union(node, frame)
        self._any_of((node.left, node.right), frame)
        return ELSEWHERE

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
    return NOTHING if found is None or isinstance(found, bool) else ELSEWHERE


def _name(name: str, frame: Frame) -> Value:
    found = lookup(frame.scope, name)
    return found or (value(External(f"builtins.{name}")) if hasattr(builtins, name) else NOTHING)
