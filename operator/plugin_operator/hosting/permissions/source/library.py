"""Calls to other code: the few functions whose result the analysis follows, and the rest, which it reports."""

import ast
import contextlib
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from plugin_operator.hosting.permissions.source.attributes import Attributes
from plugin_operator.hosting.permissions.source.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.state import ELEMENTS, Arguments, Frame, State
from plugin_operator.hosting.permissions.source.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Atom,
    Bound,
    ClientValue,
    Ctx,
    External,
    KindValue,
    Lister,
    Literal,
    Many,
    Module,
    Obj,
    Partial,
    Receiver,
    Text,
    Value,
    joined,
    texts_of,
    value,
)
from plugin_operator.kube import GroupVersionKind

if TYPE_CHECKING:
    from plugin_operator.hosting.permissions.source.calling import Caller

_Evaluation = Callable[[str, ast.Call, Arguments, Frame], Value]

#: Functions that return what they get: the elements of it, or itself.
_SAME = frozenset(
    (
        *(f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")),
        *("builtins.max", "builtins.min", "builtins.aiter"),
        *("copy.copy", "copy.deepcopy", "typing.cast", "itertools.chain", "itertools.islice"),
        *("asyncio.gather", "asyncio.create_task", "asyncio.wait_for", "asyncio.shield", "asyncio.ensure_future"),
        *("asyncio.as_completed", "itertools.cycle", "itertools.chain.from_iterable"),
    )
)
_NEXT = frozenset({"builtins.next", "builtins.anext"})
_PAIRS = frozenset({"builtins.enumerate", "builtins.zip", "itertools.product", "itertools.zip_longest"})
_CALLS = frozenset({"builtins.map", "builtins.filter", "asyncio.to_thread", "itertools.starmap"})
_HARMLESS = frozenset(
    f"builtins.{name}" for name in ("isinstance", "issubclass", "print", "repr", "str", "type", "id", "hasattr", "bool")
)
_CODE = frozenset({"builtins.eval", "builtins.exec"})
_OTHER_CLIENTS = ("kubernetes_asyncio.", "kubernetes.", "lightkube.", "kr8s.", "pykube.")


class Library:
    """Evaluates calls of other code.

    Args:
        state: the facts.
        attributes: finds attributes.
        evaluator: evaluates expressions.
        caller: evaluates calls of functions that other code gets.
    """

    def __init__(self, state: State, attributes: Attributes, evaluator: Evaluator, caller: "Caller") -> None:
        self._state = state
        self._attributes = attributes
        self._evaluator = evaluator
        self._caller = caller
        self._known: dict[str, _Evaluation] = {
            **dict.fromkeys(_PAIRS, self._pairs),
            **dict.fromkeys(_CALLS, self._mapped),
            **dict.fromkeys(("importlib.import_module", "builtins.__import__"), self._imported),
            "builtins.dict": self._dict,
            "builtins.getattr": self._getattr,
            "functools.partial": self._partial,
        }

    def _next(self, found: Value) -> Value:
        # An iterator of a list is that list here.
        return found | self._state.elements(frozenset(each for each in found if isinstance(each, Literal)))

    def function(self, name: str, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        """Return what a function of another module may return."""
        known = self._known.get(name)
        if known is not None:
            return known(name, call, arguments, frame)
        if name in _NEXT:
            return joined(map(self._next, arguments.positional))
        if name in _SAME:
            return joined(arguments.positional)
        if name in _HARMLESS:
            return ELSEWHERE
        if name.startswith("plugin_operator.") and "GroupVersionKind" in name:
            return _kinds(name, arguments)
        if name in _CODE:
            self._note(call, frame, f"{name.removeprefix('builtins.')}() runs code that is not in the source")
        if name.startswith(_OTHER_CLIENTS) and name.endswith(("Api", "ApiClient", "DynamicClient")):
            self._note(call, frame, "calls of this client of another library are not followed")
        self._caller.escape(arguments, call, frame)
        return ELSEWHERE

    def method(self, receiver: Receiver, name: str, call: ast.Call, arguments: Arguments) -> Value:
        """Return what a method of a literal, an object or a cache may return."""
        first = arguments.positional[0] if arguments.positional else NOTHING
        match receiver:
            case Lister(kind=kind):
                return value(Many(kind)) if name in {"list", "by_index"} else _cached(kind, name)
            case Obj(kind=kind) if name in {"get", "setdefault", "pop"}:
                return self._evaluator.item(receiver, texts_of(first)) | joined(arguments.positional[1:])
            case Obj() if name in {"copy", "to_dict"}:
                return value(receiver)
            case Literal():
                return self._of_literal(receiver, name, call, arguments)
            case KindValue(kind=kind):
                return ANYTHING
        return ELSEWHERE if isinstance(receiver, Text) else ANYTHING

    def _of_literal(self, literal: Literal, name: str, call: ast.Call, arguments: Arguments) -> Value:
        first = joined(arguments.positional[:1])
        if name in {"get", "setdefault", "pop"}:
            return self._got(literal, name, arguments)
        if name in {"copy", "keys"}:
            return value(literal)
        if name == "values":
            self._state.put(call, ELEMENTS, self._state.everything(literal))
            return value(Literal(call))
        if name == "items":
            return self._tuples(call, self._state.elements(value(literal)), self._state.everything(literal))
        if name in {"append", "add", "appendleft", "insert"}:
            self._state.put(literal.node, ELEMENTS, joined(arguments.positional))
        elif name in {"extend", "extendleft"}:
            self._state.put(literal.node, ELEMENTS, self._state.elements(first))
        elif name == "update":
            self._update(literal, first, arguments)
        return NOTHING

    def _got(self, literal: Literal, name: str, arguments: Arguments) -> Value:
        key, default = joined(arguments.positional[:1]), joined(arguments.positional[1:])
        if name == "setdefault":
            for text in texts_of(key) or (ELEMENTS,):
                self._state.put(literal.node, text, default)
        return self._evaluator.item(literal, texts_of(key)) | default

    def _update(self, literal: Literal, first: Value, arguments: Arguments) -> None:
        for each in first:
            if isinstance(each, Literal):
                for key, found in self._state.heap.get(each.node, {}).items():
                    self._state.put(literal.node, key, found)
            else:
                self._state.put(literal.node, ELEMENTS, ANYTHING)
        for key, found in arguments.keywords:
            self._state.put(literal.node, key or ELEMENTS, found)

    def _pairs(self, name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        parts = [self._state.elements(each) for each in arguments.positional]
        return self._tuples(call, *([ELSEWHERE, *parts] if name == "builtins.enumerate" else parts))

    def _tuples(self, call: ast.Call, *parts: Value) -> Value:
        """Return an iterable of tuples of these parts."""
        for number, part in enumerate(parts):
            self._state.put(call.func, str(number), part)
        self._state.put(call.func, ELEMENTS, joined(parts))
        self._state.put(call, ELEMENTS, value(Literal(call.func)))
        return value(Literal(call))

    def _dict(self, _name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        bases: set[Atom] = set(joined(arguments.positional))
        for name, found in arguments.keywords:
            if name:
                self._state.put(call, name, found)
                self._state.own(call, name)
            else:
                bases |= found
        return self._state.copies(call, bases)

    def _getattr(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        objects = arguments.positional[0] if arguments.positional else NOTHING
        names = texts_of(arguments.positional[1]) if len(arguments.positional) > 1 else None
        if names is not None:
            return joined(self._attributes.get(each, name) for each in objects for name in names)
        unclear = [Bound(each, "") for each in objects if isinstance(each, ClientValue)]
        if any(isinstance(each, Ctx) for each in objects):
            unclear.append(Bound(ClientValue(), ""))
        return value(*unclear) or ANYTHING

    def _partial(self, _name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        return value(
            *(Partial(each, call) for each in joined(arguments.positional[:1]) if not isinstance(each, Partial))
        )

    def _mapped(self, name: str, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        given = arguments.positional
        passed = given[1:] if name == "asyncio.to_thread" else tuple(map(self._state.elements, given[1:]))
        functions = given[0] if given else NOTHING
        made = replace(arguments, positional=passed)
        found = joined([self._caller.invoke(each, call, made, frame) for each in functions])
        if name == "asyncio.to_thread":
            return found
        self._state.put(call, ELEMENTS, found | (joined(passed) if name == "builtins.filter" else NOTHING))
        return value(Literal(call))

    def _imported(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        texts = texts_of(joined(arguments.positional[:1]))
        if texts is None:
            return ANYTHING
        known = [self._state.modules.get(text) for text in texts]
        return joined(
            value(Module(found)) if found is not None else value(External(text))
            for text, found in zip(texts, known, strict=True)
        )

    def _note(self, call: ast.Call, frame: Frame, what: str) -> None:
        self._state.escapes[frame.module.path, call.lineno] = what


def _cached(kind: GroupVersionKind, method: str) -> Value:
    return value(Obj(kind)) if method == "get" else ELSEWHERE


def _kinds(name: str, arguments: Arguments) -> Value:
    """Return the kinds that ``GroupVersionKind(...)`` or one of its constructors makes of literal texts."""
    by_name = dict(arguments.keywords)
    names = {"parse": ("text",), "from_api_version": ("api_version", "kind")}.get(
        name.rpartition(".")[2], ("group", "version", "kind")
    )
    given = [*arguments.positional, *(by_name[each] for each in names[len(arguments.positional) :] if each in by_name)]
    texts = [texts_of(each) for each in given]
    if len(texts) != len(names) or any(each is None for each in texts):
        return ANYTHING
    made: set[Atom] = set()
    for parts in itertools.product(*(each for each in texts if each is not None)):
        with contextlib.suppress(ValueError):
            made.add(KindValue(_kind_of(parts)))
    return frozenset(made)


def _kind_of(parts: tuple[str, ...]) -> GroupVersionKind:
    match parts:
        case (group, version, kind):
            return GroupVersionKind(group, version, kind)
        case (api_version, kind):
            return GroupVersionKind.from_api_version(api_version, kind)
    return GroupVersionKind.parse(parts[0])
