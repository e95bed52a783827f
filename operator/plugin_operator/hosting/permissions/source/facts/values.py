"""Abstract values: what an expression in the source of a plugin may be.

A value is a set of atoms. ``UNKNOWN`` in it means that it may be anything else, too.
"""

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from plugin_operator.kube import GroupVersionKind

if TYPE_CHECKING:
    from plugin_operator.hosting.permissions.source.facts.program import ClassInfo, FunctionInfo, ModuleInfo

#: Most texts that one value keeps; a value with more is unknown.
MAX_TEXTS = 64
#: Deepest chain of copies of a literal, such as ``{**a}`` of ``{**b}``.
MAX_DEPTH = 4


class Unknown(msgspec.Struct, frozen=True):
    """A value that the analysis does not follow; ``is_foreign`` if other code made it without ``ctx``."""

    is_foreign: bool = False


class Text(msgspec.Struct, frozen=True):
    """A text; ``is_combined`` if it is one of several that its parts may make, and perhaps none that is ever made."""

    text: str
    is_combined: bool = False


class Null(msgspec.Struct, frozen=True):
    """``None``."""


class Obj(msgspec.Struct, frozen=True):
    """An object of a kind, as the API server or a cache returns it, or one that a class makes.

    Attributes:
        kind: its kind.
        node: the call of its class; None for an object that was read.
    """

    kind: GroupVersionKind
    node: ast.AST | None = None


class Many(msgspec.Struct, frozen=True):
    """An iterable of objects of a kind."""

    kind: GroupVersionKind


class KindValue(msgspec.Struct, frozen=True):
    """A ``GroupVersionKind``; or a model class or one with ``@resource``, whose call returns an object."""

    kind: GroupVersionKind
    is_model: bool = False


class Literal(msgspec.Struct, frozen=True):
    """A dict, list, tuple or set that an expression makes.

    Attributes:
        node: the expression.
        base: what a dict copies its other keys from, such as ``a`` in ``{**a, "b": 1}``.
    """

    node: ast.AST
    base: "Literal | Obj | None" = None

    @property
    def depth(self) -> int:
        """Number of copies."""
        return 1 + self.base.depth if isinstance(self.base, Literal) else 1


class Ctx(msgspec.Struct, frozen=True):
    """A context; the index of its controller among those of the plugin, or None for any of them."""

    controller: int | None = None


class ClientValue(msgspec.Struct, frozen=True):
    """The client of a context."""

    controller: int | None = None


class Recorder(msgspec.Struct, frozen=True):
    """The recorder of a context."""


class Lister(msgspec.Struct, frozen=True):
    """A cache of a kind."""

    kind: GroupVersionKind


class Function(msgspec.Struct, frozen=True):
    """A function of the plugin."""

    info: "FunctionInfo"


class Class(msgspec.Struct, frozen=True):
    """A class of the plugin."""

    info: "ClassInfo"


class Instance(msgspec.Struct, frozen=True):
    """An instance of a class of the plugin; all instances count as one."""

    info: "ClassInfo"


class Module(msgspec.Struct, frozen=True):
    """A module of the plugin or one of its helpers."""

    info: "ModuleInfo"


class External(msgspec.Struct, frozen=True):
    """Anything that comes from other packages, by its dotted name."""

    name: str


class Bound(msgspec.Struct, frozen=True):
    """A method of a receiver; an empty name for one that is known at run time only."""

    receiver: "Receiver"
    name: str


class Partial(msgspec.Struct, frozen=True):
    """A call of ``functools.partial``, with the function to call."""

    function: "Atom"
    call: ast.Call


Receiver: TypeAlias = (
    Ctx | ClientValue | Recorder | Lister | Instance | Literal | Obj | Many | Text | KindValue | External | Unknown
)
Atom: TypeAlias = Receiver | Null | Function | Class | Module | Bound | Partial
Value: TypeAlias = frozenset[Atom]

UNKNOWN = Unknown()
NULL = Null()
FOREIGN = Unknown(is_foreign=True)
NOTHING: Value = frozenset()
ANYTHING: Value = frozenset({UNKNOWN})
ELSEWHERE: Value = frozenset({FOREIGN})


def value(*atoms: Atom) -> Value:
    """Return a value of these atoms."""
    return frozenset(atoms)


def without_null(found: Value) -> Value:
    """Return a value without ``None``."""
    return found - {NULL}


def joined(values: Iterable[Value]) -> Value:
    """Return the union of values; one with too many texts is unknown instead."""
    return limited(frozenset().union(*values))


def limited(found: Value) -> Value:
    """Return a value without its texts if there are too many."""
    if len(found) <= MAX_TEXTS:
        return found
    texts = {each for each in found if isinstance(each, Text)}
    rest = found - texts if len(texts) > MAX_TEXTS else found
    if len(rest) > MAX_TEXTS * 4:
        return ANYTHING
    return rest | ANYTHING if len(texts) > MAX_TEXTS else found


def texts_of(found: Value) -> tuple[str, ...] | None:
    """Return all texts that a value may be, sorted; None if it may be anything else."""
    if not found or any(not isinstance(each, Text) for each in found):
        return None
    return tuple(sorted({each.text for each in found if isinstance(each, Text)}))
