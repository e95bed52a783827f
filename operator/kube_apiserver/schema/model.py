"""``Schema``, the common form of built-in and custom schemas, and ``Cause``, one field error.

``builtin_schemas`` makes schemas from the facts table, ``crds.schemas`` from CustomResourceDefinitions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec


class Cause(msgspec.Struct, frozen=True):
    """One field error: an entry of ``details.causes`` of a 422 Status.

    Attributes:
        field: path such as ``spec.containers[0].name``.
        reason: ``FieldValueRequired``, ``FieldValueInvalid``, ``FieldValueNotSupported``, ``FieldValueTypeInvalid``…
        message: kube-apiserver's message without the path ("Required value").
        is_declared: the rule is a tag of the Go type, not a line of Go. kube-apiserver reports these last.
    """

    field: str
    reason: str
    message: str
    is_declared: bool = False


class _Missing:
    """The type of ``MISSING``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()
"""Marks a schema without a default, because null is a valid default."""


class ValueRules(msgspec.Struct, frozen=True):
    """The validation keywords of a custom schema (OpenAPI v3); None where absent."""

    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    exclusive_maximum: bool = False
    multiple_of: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    max_items: int | None = None
    unique_items: bool = False
    min_properties: int | None = None
    max_properties: int | None = None
    all_of: "tuple[Schema, ...]" = ()
    any_of: "tuple[Schema, ...]" = ()
    one_of: "tuple[Schema, ...]" = ()
    negated: "Schema | None" = None


class Rule(msgspec.Struct, frozen=True):
    """One entry of ``x-kubernetes-validations``; strings are empty where absent."""

    rule: str
    message: str = ""
    message_expression: str = ""
    reason: str = ""
    field_path: str = ""
    optional_old_self: bool | None = None


_SCALARS = frozenset({"string", "integer", "number", "boolean"})


@dataclass(slots=True)
class Schema:
    """The schema of one JSON value. It is shared, so treat it as immutable.

    Attributes:
        type: ``object``, ``array``, ``string``, ``integer``, ``number``, ``boolean`` or "" for anything.
        go: the Go type name for decode errors ("v1.PodSpec"), "" in custom schemas.
        builtin: whether the type is a Go type (zero values, omitempty) rather than from a CRD.
        omit_empty: whether Go omits the zero value from JSON.
        pointer: whether the Go field is a pointer, so that zero and absent differ.
        has_zero_default: whether the published default is Go's zero value, which a list key without a value takes.
        additional: the schema of a map's values, None if undeclared.
        list_type: ``atomic``, ``set``, ``map`` or "" (merged as atomic).
        patch_strategies: those of strategic merge patch: ``merge``, ``replace``, ``retainKeys``.
        cel: the CEL rules of this value.
        programs: the compiled form of ``cel``, set on first use.
        is_costly: whether evaluating the rules may take long, set by the first evaluation.
        written: the names of the fields that Go writes even when they are unset, set on first use.
        rooted: the schema of whole objects, with the metadata that a CRD omits, set on first use.
        is_plain: whether a value is a string, number or boolean that Go writes as it reads it.
        load: fills ``properties`` on first read, because recursive types need lazy loading.
    """

    type: str = ""
    format: str = ""
    go: str = ""
    definition: str = ""
    builtin: bool = False
    omit_empty: bool = False
    omit_zero: bool = False
    pointer: bool = False
    has_zero_default: bool = False
    nullable: bool = False
    required: tuple[str, ...] = ()
    items: "Schema | None" = None
    additional: "Schema | None" = None
    preserve_unknown: bool = False
    int_or_string: bool = False
    embedded: bool = False
    list_type: str = ""
    list_keys: tuple[str, ...] = ()
    map_type: str = ""
    patch_strategies: frozenset[str] = frozenset()
    patch_key: str = ""
    default: Any = MISSING
    enum: tuple[Any, ...] = ()
    rules: ValueRules | None = None
    cel: tuple[Rule, ...] = ()
    load: "Callable[[], Mapping[str, Schema]] | None" = None
    programs: Any = field(default=None, repr=False, compare=False)
    is_costly: bool | None = field(default=None, repr=False, compare=False)
    written: frozenset[str] | None = field(default=None, repr=False, compare=False)
    rooted: "Schema | None" = field(default=None, init=False, repr=False, compare=False)
    is_plain: bool = field(init=False, repr=False, compare=False)
    _properties: "Mapping[str, Schema] | None" = field(default=None, repr=False)
    _has_cel: bool | None = field(default=None, repr=False, compare=False)
    _has_embedded: bool | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.is_plain = self.type in _SCALARS and not self.definition and self.format != "byte"

    @property
    def properties(self) -> "Mapping[str, Schema]":
        """Return the declared fields, in Go's order for built-in types."""
        if self._properties is None:
            self._properties = self.load() if self.load else {}
        return self._properties

    @property
    def has_cel(self) -> bool:
        """Report whether a custom schema has CEL rules at any depth. The result is cached, because every write asks."""
        if self._has_cel is None:
            self._has_cel = bool(self.cel) or any(child.has_cel for child in self._children())
        return self._has_cel

    @property
    def has_embedded(self) -> bool:
        """Report whether a custom schema has embedded resources at any depth."""
        if self._has_embedded is None:
            custom = not self.builtin
            self._has_embedded = custom and (self.embedded or any(child.has_embedded for child in self._children()))
        return self._has_embedded

    def _children(self) -> "Iterator[Schema]":
        return (child for child in (*self.properties.values(), self.items, self.additional) if child is not None)

    @property
    def is_struct(self) -> bool:
        """Report whether the schema is an object with declared fields."""
        return self.type == "object" and bool(self.properties)

    @property
    def atomic(self) -> bool:
        """Report whether server-side apply treats the value as atomic."""
        if self.type == "array":
            return self.list_type not in ("set", "map")
        return self.map_type == "atomic"

    def child(self, name: str) -> "Schema | None":
        """Return the schema of the member ``name``, None if it is unknown."""
        return self.properties.get(name) or self.additional
