"""The state of an analysis: what names, attributes and literals may hold, and the calls that were found."""

import ast
from collections.abc import Iterable, Sequence

import msgspec

from plugin_operator.hosting.permissions.source.facts.methods import Access
from plugin_operator.hosting.permissions.source.facts.program import ClassInfo, FunctionInfo, ModuleInfo, Scope
from plugin_operator.hosting.permissions.source.facts.values import (
    ANYTHING,
    MAX_DEPTH,
    MAX_TEXTS,
    NOTHING,
    NULL,
    UNKNOWN,
    Atom,
    Bound,
    Class,
    ClientValue,
    Ctx,
    Instance,
    Literal,
    Many,
    Obj,
    Text,
    Unknown,
    Value,
    joined,
    limited,
    texts_of,
    value,
    without_null,
)
from plugin_operator.kube import GroupVersionKind

#: Key of all elements of a list, and of the values of a dict whose keys are not literal.
ELEMENTS = "*"
_KIND_KEYS = frozenset({"apiVersion", "kind"})


class Frame(msgspec.Struct, frozen=True):
    """Where an expression stands."""

    module: ModuleInfo
    scope: Scope
    function: FunctionInfo | None = None
    owner: ClassInfo | None = None


class Arguments(msgspec.Struct, frozen=True):
    """Values of the arguments of a call."""

    positional: tuple[Value, ...] = ()
    keywords: tuple[tuple[str, Value], ...] = ()
    is_open: bool = False

    def all(self) -> Iterable[Value]:
        """Return all values."""
        return (*self.positional, *(found for _, found in self.keywords))


class State(msgspec.Struct):
    """All facts of an analysis, which only ever grow.

    Attributes:
        modules: modules by dotted name.
        functions, classes: by syntax tree.
        accesses: calls to the API server, by node and controller.
        escapes: calls that pass a client to other code, and other code that the analysis cannot follow.
        events: places of calls of the recorder.
        heap: what the keys of literals may hold.
        own_keys: keys that a literal has itself, besides those that it copies.
        typed_kinds: kinds that a class of the plugin stands for.
        relabelled: what code writes into ``apiVersion`` and ``kind`` of objects, by their kind before.
        lengths: number of elements of lists and tuples in the order of their keys; None once that may change.
        keys: what the keys of dicts may be that are no literals.
        exposed: classes whose objects other code gets, which may call their methods.
        is_complete: whether what is not known by now never will be; until then it counts as nothing yet.
        is_changed: whether a fact was added since it was last reset.
    """

    modules: dict[str, ModuleInfo]
    functions: dict[ast.AST, FunctionInfo] = msgspec.field(default_factory=dict)
    classes: dict[ast.AST, ClassInfo] = msgspec.field(default_factory=dict)
    accesses: dict[tuple[ast.expr, str, int | None], Access] = msgspec.field(default_factory=dict)
    escapes: dict[tuple[str, int], str] = msgspec.field(default_factory=dict)
    events: set[tuple[str, int]] = msgspec.field(default_factory=set)
    heap: dict[ast.AST, dict[str, Value]] = msgspec.field(default_factory=dict)
    own_keys: dict[ast.AST, set[str]] = msgspec.field(default_factory=dict)
    typed_kinds: set[GroupVersionKind] = msgspec.field(default_factory=set)
    relabelled: dict[GroupVersionKind, dict[str, Value]] = msgspec.field(default_factory=dict)
    lengths: dict[ast.AST, int | None] = msgspec.field(default_factory=dict)
    keys: dict[ast.AST, Value] = msgspec.field(default_factory=dict)
    exposed: set[ClassInfo | None] = msgspec.field(default_factory=set)
    is_complete: bool = False
    is_changed: bool = False

    @property
    def unknown(self) -> Value:
        """What is not known: nothing while it may become known."""
        return ANYTHING if self.is_complete else NOTHING

    def bind(self, scope: Scope, name: str, found: Value) -> None:
        """Add to what a name may hold."""
        scope = scope.aliases.get(name, scope)
        self._grow(scope.names, name, found)

    def put(self, node: ast.AST, key: str, found: Value) -> None:
        """Add to what a key of a literal may hold."""
        self._grow(self.heap.setdefault(node, {}), key, found)

    def in_order(self, node: ast.AST, elements: Sequence[Value]) -> None:
        """Give a list or tuple its elements, in their order."""
        self.put(node, ELEMENTS, joined(elements))
        for number, found in enumerate(elements if len(elements) <= MAX_TEXTS else ()):
            self.put(node, str(number), found)
        self.lengths.setdefault(node, len(elements) if len(elements) <= MAX_TEXTS else None)

    def reordered(self, found: Value) -> None:
        """Note that the elements of lists may be others, or in another order, than those in the source."""
        for each in found:
            if isinstance(each, Literal) and self.lengths.get(each.node) is not None:
                self.lengths[each.node] = None
                self.is_changed = True

    def sequence(self, atom: Atom) -> list[Value] | None:
        """Return the elements of a list or tuple in their order; None if that is not known."""
        length = self.lengths.get(atom.node) if isinstance(atom, Literal) else None
        if not isinstance(atom, Literal) or length is None:
            return None
        return [self.get(atom, str(number)) for number in range(length)]

    def has_keys(self, node: ast.AST, found: Value) -> None:
        """Add to what the keys of a dict may be."""
        if not found <= self.keys.get(node, NOTHING) or node not in self.keys:
            self.keys[node] = limited(self.keys.get(node, NOTHING) | found)
            self.is_changed = True

    def put_at(self, node: ast.AST, key: Value, found: Value) -> None:
        """Add to what a dict or list may hold at a key."""
        for text in texts_of(key) or (ELEMENTS,):
            self.put(node, text, found)
        self.grows(node, key)

    def relabel(self, kind: GroupVersionKind, keys: Value, found: Value) -> None:
        """Note what a key of an object of a kind gets: its kind may become another one."""
        for key in texts_of(keys) or ():
            if key in _KIND_KEYS:
                self._grow(self.relabelled.setdefault(kind, {}), key, found)

    def grows(self, node: ast.AST, keys: Value) -> None:
        """Note keys that a dict gets later, if its keys are no literals."""
        if node in self.keys:
            self.has_keys(node, keys)

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

    def made(self, owner: ClassInfo) -> None:
        """Note that there may be instances of just this class, not only of classes that are based on it."""
        if not owner.is_made:
            owner.is_made = True
            self.is_changed = True

    def lost(self, found: Iterable[Atom], path: str, line: int) -> None:
        """Note that a client or a context among values goes where the analysis does not see it."""
        for each in found:
            match each:
                case Instance(info=owner) | Class(info=owner):
                    self.exposed.update(owner.lineage())
                case ClientValue() | Bound(receiver=ClientValue()):
                    self.escapes[path, line] = "other code gets ctx.client here"
                case Ctx():
                    self.escapes[path, line] = "other code gets ctx here"

    def omitted(self, function: FunctionInfo, names: set[str]) -> None:
        """Note that a call leaves parameters to their defaults."""
        if not names <= function.omitted:
            function.omitted |= names
            self.is_changed = True

    def varies(self, function: FunctionInfo, variant: FunctionInfo) -> None:
        """Note that a call of a function may run another one in its place."""
        if variant not in function.variants and variant is not function:
            function.variants.append(variant)
            self.called(variant)

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

    def metadata_of(self, obj: Obj) -> Value:
        """Return what the metadata of a typed object may be; anything for an object that was read."""
        found = self.heap.get(obj.node, {}).get("metadata", NOTHING) if obj.node is not None else NOTHING
        return found or ANYTHING

    def everything(self, literal: Literal) -> Value:
        """Return what any key of a literal may hold, with what it copies."""
        found = joined(self.heap.get(literal.node, {}).values())
        if isinstance(literal.base, Literal):
            return found | self.everything(literal.base)
        return found if literal.base is None else found | ANYTHING

    def elements(self, found: Value) -> Value:
        """Return what an iteration over a value may yield."""
        return joined(self._elements(each) for each in without_null(found))

    def copies(self, node: ast.AST, bases: Iterable[Atom]) -> Value:
        """Return a literal for each of the values whose keys it copies, itself first if it copies none."""
        made: set[Atom] = set()
        for base in bases:
            if base == NULL:
                continue
            is_deeper = isinstance(base, Literal) and base.depth < MAX_DEPTH and base.node is not node
            if isinstance(base, Obj) or (isinstance(base, Literal) and is_deeper):
                made.add(Literal(node, base))
            elif not isinstance(base, Literal):
                made |= {Literal(node), base}
        return frozenset(made) or value(Literal(node))

    def _elements(self, atom: Atom) -> Value:
        if isinstance(atom, Literal):
            if atom.node in self.keys:
                named = [Text(key) for key in self.heap.get(atom.node, ()) if key != ELEMENTS]
                return joined(
                    [
                        self.keys[atom.node],
                        value(*named),
                        self.elements(value(atom.base) if atom.base is not None else NOTHING),
                    ]
                )
            return self.get(atom, ELEMENTS) if not isinstance(atom.node, ast.Dict) else value(*self._keys(atom))
        if isinstance(atom, Many):
            return value(Obj(atom.kind))
        if isinstance(atom, Unknown):
            return value(atom)
        if isinstance(atom, Class) and (members := atom.info.members()):
            return joined(members.values())
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
