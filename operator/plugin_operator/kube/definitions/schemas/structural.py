"""Reading of a structural schema: which types it accepts, and which schema a field has.

Owns what its keywords mean together. Leaves the judgement of values to ``conformity``, and the comparison of schemas to
their users.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from plugin_operator.kube.definitions.schemas.keywords import INT_OR_STRING, PRESERVE

Schema: TypeAlias = Mapping[str, Any]

#: The schema of a value about which nothing is known.
ANYTHING: Schema = {PRESERVE: True, "nullable": True}
#: Fields that the API server has for each object.
OF_EVERY_OBJECT = frozenset({"apiVersion", "kind", "metadata"})

_TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean"})


class FieldOf(dict[str, Any]):
    """The schema of a field, which knows its place in the source.

    Attributes:
        cls: the class.
        name: name of the attribute.
    """

    __slots__ = ("cls", "name")

    def __init__(self, cls: type[Any], name: str, schema: Schema) -> None:
        super().__init__(schema)
        self.cls = cls
        self.name = name


def has_type(schema: Schema) -> bool:
    """Report whether a schema names a type, or integer or string."""
    return bool(schema.get("type") or schema.get(INT_OR_STRING))


def accepted_types(schema: Schema) -> frozenset[str]:
    """Return the types that a schema accepts; ``number`` includes ``integer``."""
    if schema.get(INT_OR_STRING):
        return frozenset({"integer", "string"})
    kind = schema.get("type")
    if not kind:
        return _TYPES
    return frozenset({"number", "integer"}) if kind == "number" else frozenset({str(kind)})


def field_of(schema: Schema, name: str) -> Schema | None:
    """Return the schema of a field of an object; None if the API server drops the field."""
    found = (schema.get("properties") or {}).get(name)
    return found if found is not None else rest_of(schema)


def rest_of(schema: Schema) -> Schema | None:
    """Return the schema of the fields of an object that have no schema of their own; None if they are dropped."""
    rest = schema.get("additionalProperties")
    if isinstance(rest, Mapping):
        return rest
    return ANYTHING if rest or schema.get(PRESERVE) else None


def items_of(schema: Schema) -> Schema:
    """Return the schema of the items of a list."""
    return schema.get("items") or ANYTHING
