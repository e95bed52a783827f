"""The state of an analysis: what names, attributes and literals may hold, and the calls that were found."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from plugin_operator.hosting.permissions.source.program import ClassInfo, FunctionInfo, ModuleInfo, Scope
from plugin_operator.hosting.permissions.source.values import (
    ANYTHING,
    MAX_DEPTH,
    NOTHING,
    UNKNOWN,
    Atom,
    Literal,
    Many,
    Obj,
    Text,
    Value,
    joined,
    limited,
    value,
)
from plugin_operator.kube import GroupVersionKind, problem_of

#: Key of all elements of a list, and of the values of a dict whose keys are not literal.
ELEMENTS = "*"


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an expression stands."""

    module: ModuleInfo
    scope: Scope
    function: FunctionInfo | None = None
    owner: ClassInfo | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """Values of the arguments of a call."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False

    def all(self) -> Iterable[Value]:
        """Return all values."""
        return (*self.positional, *(found for _, found in self.keywords))


@dataclass(frozen=True, slots=True)
class Access:
    """A call to the API server in the source.

    Attributes:
        node: the call.
        path: file of the call, for messages.
        method: method of ``ctx.client`` or of ``ctx``; empty if it is known at run time only.
        controller: index of the controller; None for any.
        arguments: values of its arguments, by position.
        keywords: values of its keyword arguments.
        is_open: whether it has arguments by ``*`` or ``**``.
    """

    node: ast.expr
    path: str
    method: str
    controller: int | None
    arguments: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False

    def argument(self, position: int, *names: str) -> Value:
        """Return the value of an argument by position or name; nothing if the call does not have it."""
        if position < len(self.arguments):
            return self.arguments[position]
        found = joined(each for name, each in self.keywords if name in names)
        return ANYTHING if not found and self.is_open else found


@dataclass(slots=True)
class State:
    """All facts of an analysis, which only ever grow.

    Attributes:
        modules: modules by dotted name.
        functions, classes: by syntax tree.
        accesses: calls to the API server, by node and controller.
        escapes: calls that pass a client to other code, and other code that the analysis cannot follow.
        events: places of calls of the recorder.
        is_changed: whether a fact was added since it was last reset.
    """

    modules: dict[str, ModuleInfo]
    functions: dict[ast.AST, FunctionInfo] = field(default_factory=dict)
    classes: dict[ast.AST, ClassInfo] = field(default_factory=dict)
    accesses: dict[tuple[ast.expr, str, int | None], Access] = field(default_factory=dict)
    escapes: dict[tuple[str, int], str] = field(default_factory=dict)
    events: set[tuple[str, int]] = field(default_factory=set)
    heap: dict[ast.AST, dict[str, Value]] = field(default_factory=dict)
    own_keys: dict[ast.AST, set[str]] = field(default_factory=dict)
    is_changed: bool = False

    def bind(self, scope: Scope, name: str, found: Value) -> None:
        """Add to what a name may hold."""
        scope = scope.aliases.get(name, scope)
        self._grow(scope.names, name, found)

    def put(self, node: ast.AST, key: str, found: Value) -> None:
        """Add to what a key of a literal may hold."""
        self._grow(self.heap.setdefault(node, {}), key, found)

    def own(self, node: ast.AST, key: str) -> None:
        """Note that a literal has a key of its own, besides those that it copies."""
        self.own_keys.setdefault(node, set()).add(key)

    def set_attribute(self, owner: ClassInfo, name: str, found: Value) -> None:
        """Add to what an attribute of the instances of a class may hold."""
        self._grow(owner.attributes, name, found)

    def returned(self, function: FunctionInfo, found: Value) -> None:
        """Add to what a function returns."""
        new = limited(function.returns | found)
        if new != function.returns:
            function.returns = new
            self.is_changed = True

    def called(self, function: FunctionInfo, *, by_others: bool = False) -> None:
        """Note that a call reaches a function."""
        if not function.is_called or (by_others and not function.is_escaped):
            function.is_called = True
            function.is_escaped = function.is_escaped or by_others
            self.is_changed = True

    def get(self, literal: Literal, key: str) -> Value:
        """Return what a key of a literal may hold, with what it copies."""
        found = self.heap.get(literal.node, {}).get(key, NOTHING)
        if key in self.own_keys.get(literal.node, ()):
            return found
        if isinstance(literal.base, Literal):
            return found | self.get(literal.base, key)
        if isinstance(literal.base, Obj):
            return found | field_of(literal.base.kind, key)
        return found

    def everything(self, literal: Literal) -> Value:
        """Return what any key of a literal may hold, with what it copies."""
        found = joined(self.heap.get(literal.node, {}).values())
        if isinstance(literal.base, Literal):
            return found | self.everything(literal.base)
        return found if literal.base is None else found | ANYTHING

    def elements(self, found: Value) -> Value:
        """Return what an iteration over a value may yield."""
        return joined(self._elements(each) for each in found)

    def copies(self, node: ast.AST, bases: Iterable[Atom]) -> Value:
        """Return a literal for each of the values whose keys it copies, itself first if it copies none."""
        made: set[Atom] = set()
        for base in bases:
            is_deeper = isinstance(base, Literal) and base.depth < MAX_DEPTH and base.node is not node
            if isinstance(base, Obj) or (isinstance(base, Literal) and is_deeper):
                made.add(Literal(node, base))
            elif not isinstance(base, Literal):
                made |= {Literal(node), base}
        return frozenset(made) or value(Literal(node))

    def kinds_of(self, literal: Literal) -> frozenset[GroupVersionKind] | None:
        """Return the kinds that a literal object may have; none if it has no kind, None if it may have any."""
        versions, kinds = self.get(literal, "apiVersion"), self.get(literal, "kind")
        if not versions and not kinds:
            return frozenset() if not self._has_open_keys(literal) else None
        if not all(isinstance(each, Text) for each in versions | kinds) or not versions or not kinds:
            return None
        pairs = {
            GroupVersionKind.from_api_version(version.text, kind.text)
            for version in versions
            for kind in kinds
            if isinstance(version, Text) and isinstance(kind, Text)
        }
        return frozenset(each for each in pairs if not problem_of(each)) or frozenset(pairs)

    def _has_open_keys(self, literal: Literal) -> bool:
        is_open = isinstance(literal.node, ast.Dict | ast.DictComp | ast.Call)
        return (is_open and ELEMENTS in self.heap.get(literal.node, ())) or (
            isinstance(literal.base, Literal) and self._has_open_keys(literal.base)
        )

    def _elements(self, atom: Atom) -> Value:
        if isinstance(atom, Literal):
            return self.get(atom, ELEMENTS) if not isinstance(atom.node, ast.Dict) else value(*self._keys(atom))
        if isinstance(atom, Many):
            return value(Obj(atom.kind))
        return ANYTHING if not isinstance(atom, Text | Obj) else NOTHING

    def _keys(self, literal: Literal) -> list[Atom]:
        keys: list[Atom] = [Text(key) for key in self.heap.get(literal.node, ()) if key != ELEMENTS]
        is_open = literal.base is not None or len(keys) < len(self.heap.get(literal.node, ()))
        return [*keys, UNKNOWN] if is_open else keys

    def _grow(self, names: dict[str, Value], name: str, found: Value) -> None:
        old = names.get(name)
        new = limited((old or NOTHING) | found)
        if new != old:
            names[name] = new
            self.is_changed = True


def field_of(kind: GroupVersionKind, key: str) -> Value:
    """Return the value of a field of an object from the API server."""
    known = {"apiVersion": kind.api_version, "kind": kind.kind, "api_version": kind.api_version}
    return value(Text(known[key])) if key in known else ANYTHING
