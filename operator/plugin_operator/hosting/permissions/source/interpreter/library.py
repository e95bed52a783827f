"""Calls to other code: the few functions whose result the analysis follows, and the rest, which it reports."""

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from plugin_operator.hosting.permissions.source.facts.items import holds_names, item_of
from plugin_operator.hosting.permissions.source.facts.kinds import kinds_made
from plugin_operator.hosting.permissions.source.facts.state import ELEMENTS, Arguments, Frame, State
from plugin_operator.hosting.permissions.source.facts.texts import shown
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    ELSEWHERE,
    NOTHING,
    Atom,
    Class,
    External,
    KindValue,
    Lister,
    Literal,
    Many,
    Obj,
    Partial,
    Receiver,
    Text,
    Value,
    joined,
    texts_of,
    value,
)
from plugin_operator.hosting.permissions.source.interpreter.attributes import Attributes
from plugin_operator.hosting.permissions.source.interpreter.containers import Containers
from plugin_operator.hosting.permissions.source.interpreter.evaluation import Evaluator
from plugin_operator.hosting.permissions.source.interpreter.reflection import Reflection
from plugin_operator.kube import GroupVersionKind

if TYPE_CHECKING:
    from plugin_operator.hosting.permissions.source.interpreter.calling import Caller

_Evaluation = Callable[[str, ast.Call, Arguments, Frame], Value]

#: What ``functools.wraps`` returns: a decorator that returns the function that it gets.
_SAME_FUNCTION = "functools.wraps()"
#: Functions that return what they get: the elements of it, or itself.
_SAME = frozenset(
    (
        *("builtins.list", "builtins.tuple", "builtins.iter", "builtins.aiter"),
        *("copy.copy", "copy.deepcopy", "typing.cast", "types.MappingProxyType", "collections.deque"),
        *("asyncio.gather", "asyncio.create_task", "asyncio.wait_for", "asyncio.shield", "asyncio.ensure_future"),
        *("asyncio.as_completed", _SAME_FUNCTION),
    )
)
#: Functions that return the elements of their arguments, in another order or others with them.
_REORDERED = frozenset(
    (
        *(f"builtins.{name}" for name in ("set", "frozenset", "sorted", "reversed")),
        *(f"itertools.{name}" for name in ("chain", "chain.from_iterable", "islice", "cycle")),
    )
)
_NEXT = frozenset({"builtins.next", "builtins.anext"})
_PAIRS = frozenset({"builtins.enumerate", "builtins.zip", "itertools.product", "itertools.zip_longest"})
_CALLS = frozenset({"builtins.map", "builtins.filter", "asyncio.to_thread", "itertools.starmap"})
_HARMLESS = frozenset(
    f"builtins.{name}" for name in ("isinstance", "issubclass", "print", "repr", "type", "id", "hasattr", "bool")
)
_KEYS = frozenset(
    f"plugin_operator.{module}{name}"
    for module in ("", "kube.")
    for name in ("NamespacedName", "NamespacedName.parse", "Request", "Request.parse")
)
_METADATA = ("plugin_operator.Metadata", *(f"kubernetes_asyncio.client{each}.V1ObjectMeta" for each in ("", ".models")))
_CODE = frozenset(
    (
        *(f"builtins.{name}" for name in ("eval", "exec", "compile")),
        *("runpy.run_path", "runpy.run_module", "types.FunctionType"),
    )
)
#: Methods of a dict that return what a key holds.
_READS = frozenset({"get", "setdefault", "pop", "__getitem__"})
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
        self._containers = Containers(state)
        self._factory_calls: dict[ast.Call, ast.Call] = {}
        self._known: dict[str, _Evaluation] = {
            **dict.fromkeys(_PAIRS, self._pairs),
            **dict.fromkeys(_CALLS, self._mapped),
            **dict.fromkeys(_REORDERED, self._reordered),
            **dict.fromkeys(("builtins.dict", "collections.OrderedDict"), self._dict),
            "builtins.dict.fromkeys": self._keyed,
            **dict.fromkeys(("collections.defaultdict", "dataclasses.field"), self._defaulted),
            "builtins.str": lambda _name, _call, arguments, _frame: shown(joined(arguments.positional[:1])),
            **Reflection(state, attributes).functions,
            **dict.fromkeys(("builtins.max", "builtins.min"), self._chosen),
            "functools.partial": self._partial,
            **dict.fromkeys(("dataclasses.replace", "msgspec.structs.replace", "copy.replace"), self._replaced),
            "functools.wraps": lambda _name, _call, _arguments, _frame: value(External(_SAME_FUNCTION)),
            **dict.fromkeys(_NEXT, lambda _name, _call, given, _frame: joined(map(self._next, given.positional))),
            **dict.fromkeys(_KEYS, self._key),
            **dict.fromkeys(_METADATA, self._metadata),
        }

    def _next(self, found: Value) -> Value:
        # An iterator of a list or of an enumeration is itself here.
        return found | self._state.elements(frozenset(each for each in found if isinstance(each, Literal | Class)))

    def function(self, name: str, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        """Return what a function of another module may return."""
        known = self._known.get(name)
        if known is not None:
            return known(name, call, arguments, frame)
        if name in _SAME:
            return joined(arguments.positional) if arguments.positional else value(Literal(call))
        if name in _HARMLESS:
            return ELSEWHERE
        if name.startswith("plugin_operator.") and "GroupVersionKind" in name:
            return kinds_made(name, arguments) or self._state.unknown
        owner, _, last = name.rpartition(".")
        if last in _READS and holds_names(owner):
            default = joined(arguments.positional[1:])
            return item_of(self._state, External(owner), texts_of(joined(arguments.positional[:1]))) | default
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
            case Obj(kind=kind) if name in _READS:
                return item_of(self._state, receiver, texts_of(first)) | joined(arguments.positional[1:])
            case Obj() if name in {"copy", "to_dict"}:
                return value(receiver)
            case Obj(kind=kind) if name == "update":
                for key, found in self._containers.items_of(joined(arguments.positional), arguments.keywords):
                    self._state.relabel(kind, value(Text(key)), found)
                return NOTHING
            case Literal():
                return self._containers.of_literal(receiver, name, call, arguments)
            case KindValue(kind=kind):
                return ANYTHING
            case Text(text=text):
                return self._containers.of_text(text, name, call, arguments)
        return ANYTHING

    def _reordered(self, name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        elements = self._state.elements(joined(arguments.positional))
        if name.endswith("from_iterable"):
            elements = self._state.elements(elements)
        self._state.put(call, ELEMENTS, elements)
        return value(Literal(call))

    def _pairs(self, name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        parts = [self._state.elements(each) for each in arguments.positional]
        return self._containers.tuples(call, *([ELSEWHERE, *parts] if name == "builtins.enumerate" else parts))

    def _dict(self, _name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        bases: set[Atom] = set()
        for each in joined(arguments.positional):
            pairs = [self._state.sequence(pair) for pair in self._state.elements(value(each))]
            known = [pair for pair in pairs if pair is not None and len(pair) == 2]
            if known and len(known) == len(pairs):
                self._state.has_keys(call, joined(pair[0] for pair in known))
                self._state.put(call, ELEMENTS, joined(pair[1] for pair in known))
            else:
                bases.add(each)
        for name, found in arguments.keywords:
            if name:
                self._state.put(call, name, found)
                self._state.own(call, name)
            else:
                bases |= found
        self._state.has_keys(call, NOTHING)
        return self._state.copies(call, bases)

    def _keyed(self, _name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        keys, values = joined(arguments.positional[:1]), joined(arguments.positional[1:])
        self._state.has_keys(call, self._state.elements(keys))
        self._state.put(call, ELEMENTS, values)
        return value(Literal(call))

    def _defaulted(self, name: str, call: ast.Call, arguments: Arguments, frame: Frame) -> Value:
        """Return a ``defaultdict``, or what a field of a dataclass holds by default."""
        named = dict(arguments.keywords)
        factories = named.get(
            "default_factory", NOTHING if name.endswith("field") else joined(arguments.positional[:1])
        )
        inner = self._factory_calls.setdefault(call, ast.copy_location(ast.Call(call.func, [], []), call))
        made = joined([self._caller.invoke(each, inner, Arguments(), frame) for each in factories])
        if name.endswith("field"):
            return made | named.get("default", NOTHING)
        self._state.has_keys(call, NOTHING)
        self._state.put(call, ELEMENTS, made)
        bases = joined(arguments.positional[1:])
        return self._state.copies(call, bases) if bases else value(Literal(call))

    def _replaced(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        found = joined(arguments.positional[:1])
        for each in found:
            for name, given in arguments.keywords:
                self._attributes.store(each, name, given)
        return found

    def _key(self, name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        """Return the pair of namespace and name that ``Request(...)`` makes."""
        named = dict(arguments.keywords)
        given = [*arguments.positional, *(named[word] for word in ("namespace", "name") if word in named)]
        if name.endswith("parse"):
            texts = texts_of(joined(given)) or ()
            given = [value(*(Text(each.rpartition("/")[at]) for each in texts)) or ELSEWHERE for at in (0, 2)]
        if len(given) != 2 or arguments.is_open:
            return ELSEWHERE
        self._state.in_order(call, given)
        return value(Literal(call))

    def _metadata(self, _name: str, call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        """Return the metadata of a typed object, as a dict of its name and namespace."""
        if arguments.is_open or arguments.positional:
            return ELSEWHERE
        named = dict(arguments.keywords)
        for key in ("name", "namespace"):
            self._state.put(call, key, named.get(key, NOTHING))
        return value(Literal(call))

    def typed(self, kind: GroupVersionKind, call: ast.Call, arguments: Arguments) -> Value:
        """Return the object that a class of a kind makes; its metadata shows where a write of it goes."""
        if arguments.is_open or arguments.positional:
            return value(Obj(kind))
        self._state.put(call, "metadata", dict(arguments.keywords).get("metadata", NOTHING))
        return value(Obj(kind, call))

    def _chosen(self, _name: str, _call: ast.Call, arguments: Arguments, _frame: Frame) -> Value:
        given = arguments.positional
        return self._state.elements(given[0]) if len(given) == 1 else joined(given)

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

    def _note(self, call: ast.Call, frame: Frame, what: str) -> None:
        self._state.escapes[frame.module.path, call.lineno] = what


def _cached(kind: GroupVersionKind, method: str) -> Value:
    return value(Obj(kind)) if method in {"get", "raw"} else ELSEWHERE
