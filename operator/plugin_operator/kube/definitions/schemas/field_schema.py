"""``schema()``: what a field or class has in the CustomResourceDefinition besides its type."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from plugin_operator.kube.definitions.schemas.rules import Rule
from plugin_operator.kube.objects import Struct

SCHEMA_MARK = "__plugin_operator_schema__"

ListType = Literal["atomic", "set", "map"]
MapType = Literal["atomic", "granular"]

S = TypeVar("S", bound=Struct)


class FieldSchema(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Value of ``schema()``, checked when a class with ``@resource`` is made. It decorates classes, too."""

    # Compared by identity: ``|`` of an annotated type needs a hash, and lists such as ``keys`` have none.

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    multiple_of: Any = None
    min_length: Any = None
    max_length: Any = None
    pattern: Any = None
    format: Any = None
    enum: Any = None
    description: Any = None
    title: Any = None
    example: Any = None
    external_docs: Any = None
    list_type: Any = None
    keys: Any = None
    map_type: Any = None
    struct_type: Any = None
    embedded_resource: Any = None
    preserve_unknown_fields: Any = None
    immutable: Any = None
    rules: Any = ()

    def __call__(self, cls: type[S]) -> type[S]:
        """Use it for a class: ``@schema(rules=[…])``. Returns the class itself."""
        setattr(cls, SCHEMA_MARK, self)
        return cls


def given_in(said: FieldSchema) -> dict[str, Any]:
    """Return the values that the author gave, by name."""
    values = {name: getattr(said, name) for name in said.__struct_fields__}
    return {name: value for name, value in values.items() if value is not None and value != ()}


def schema(  # noqa: PLR0913 - one keyword for each keyword of a schema
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    multiple_of: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    format: str | None = None,  # noqa: A002 - the word of the schema
    enum: Sequence[str | int | float | bool] | None = None,
    description: str | None = None,
    title: str | None = None,
    example: object = None,
    external_docs: str | Mapping[str, str] | None = None,
    list_type: ListType | None = None,
    keys: Sequence[str] | None = None,
    map_type: MapType | None = None,
    struct_type: MapType | None = None,
    embedded_resource: bool | None = None,
    preserve_unknown_fields: bool | None = None,
    immutable: bool | None = None,
    rules: Sequence[Rule] = (),
) -> FieldSchema:
    """Say more about a field than its type.

    It stands in ``Annotated``: ``size: Annotated[int, schema(ge=1)] = 3``, also within other types:
    ``list[Annotated[str, schema(max_length=63)]]``. Above a subclass of ``Struct``, it describes the class:
    ``@schema(rules=[rule(…)])``. The API server judges all of it at each write.
    The values are checked with the class; the call itself raises nothing.

    Args:
        ge: smallest number.
        gt: number that the value must exceed.
        le: largest number.
        lt: number that the value must stay below.
        multiple_of: number of which the value is a multiple.
        min_length: least number of characters of a text, items of a list, or keys of a dict.
        max_length: largest number of them.
        pattern: regular expression that the text must contain, in the syntax of Go (RE2). Anchor it with ^ and $.
        format: a format that the API server knows: "date-time", "ipv4", "uuid". "int32" limits an int.
        enum: the values that are allowed, if ``Literal`` cannot say it.
        description: text for ``kubectl explain``; by default from the docstring of the class.
        title: short title.
        example: an example value.
        external_docs: URL of more documentation, or a mapping with ``url`` and ``description``.
        list_type: how server-side apply merges a list: "atomic" (as a whole, the default), "set", or "map" by ``keys``.
        keys: fields that identify an item of a list with ``list_type="map"``, by their names on the wire.
        map_type: "atomic" if server-side apply is to replace a dict as a whole.
        struct_type: "atomic" if it is to replace a struct as a whole.
        embedded_resource: True for a dict that is a Kubernetes object.
        preserve_unknown_fields: True to keep fields that the schema does not have.
        immutable: True for a field that cannot change once it is set.
        rules: CEL rules for the value, made with ``rule()``.

    Returns:
        A value for ``Annotated``, and a decorator for a subclass of ``Struct``.
    """
    return FieldSchema(
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        multiple_of=multiple_of,
        min_length=min_length,
        max_length=max_length,
        pattern=pattern,
        format=format,
        enum=enum,
        description=description,
        title=title,
        example=example,
        external_docs=external_docs,
        list_type=list_type,
        keys=keys,
        map_type=map_type,
        struct_type=struct_type,
        embedded_resource=embedded_resource,
        preserve_unknown_fields=preserve_unknown_fields,
        immutable=immutable,
        rules=rules,
    )
