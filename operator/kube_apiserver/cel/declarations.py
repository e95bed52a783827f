"""OpenAPI schemas as types of CEL, with the sizes that cost estimates are made from.

A port of ``SchemaDeclType`` of ``k8s.io/apiserver/pkg/cel/common``. Rules do not see what has no type.
"""

from collections.abc import Mapping

import msgspec

from go_cel.types import BOOL, BYTES, DOUBLE, DURATION, DYN, INT, STRING, TIMESTAMP, Type, list_of, map_of, struct
from kube_apiserver.cel.names import identifier, spellings
from kube_apiserver.cel.shapes import is_map, visible
from kube_apiserver.schema.model import MISSING, Schema

MAX_REQUEST_BYTES = 3 * 1024 * 1024
_LONGEST = MAX_REQUEST_BYTES - 2
_TIME_LENGTH, _DATE_LENGTH, _SHORTEST_TIME, _SHORTEST_DURATION = 32, 12, 21, 3


class DeclaredType(msgspec.Struct, frozen=True):
    """The type of a value.

    Attributes:
        type: what the type checker knows of it.
        most: the most characters, items or entries that it has.
        least_bytes: the least that it takes as JSON.
        fields: the types of declared properties by their identifiers.
        keys: the type of the keys of a map.
        items: the type of items of a list or values of a map.
    """

    type: Type
    most: int = 0
    least_bytes: int = 0
    fields: "Mapping[str, DeclaredType]" = msgspec.field(default_factory=dict)
    keys: "DeclaredType | None" = None
    items: "DeclaredType | None" = None

    def at(self, path: tuple[str, ...]) -> "DeclaredType | None":
        """Return the type at a path of fields, ``@items``, ``@values`` and ``@keys``; None if there is none."""
        found: DeclaredType | None = self
        for name in path:
            if found is None:
                return None
            if name in ("@items", "@values"):
                found = found.items
            elif name == "@keys":
                found = found.keys
            else:
                found = found.fields.get(name)
        return found

    def structs(self) -> dict[str, dict[str, Type]]:
        """Return the fields of each object type inside, by its name."""
        fields = {name: each.type for escaped, each in self.fields.items() for name in spellings(escaped)}
        found = {self.type.name: fields} if self._is_object else {}
        for each in (*self.fields.values(), self.items):
            if each is not None:
                found.update(each.structs())
        return found

    @property
    def _is_object(self) -> bool:
        return self.type.kind == "struct"


_BOOLEAN, _NUMBER, _INTEGER = DeclaredType(BOOL, 0, 4), DeclaredType(DOUBLE, 0, 1), DeclaredType(INT, 0, 1)
_KEY = DeclaredType(STRING, 0, 2)


def declared_type(schema: Schema, *, is_root: bool, name: str = "selfType") -> DeclaredType | None:
    """Return the type of a value of ``schema``, None if rules cannot see it.

    Args:
        schema: the schema of the value.
        is_root: the value is a whole object: rules see its kind, version and name.
        name: the name of its type.
    """
    if schema.int_or_string:
        length = _max_length(schema)
        return DeclaredType(DYN, _LONGEST if length is None else length * 4, 1)
    match schema.type:
        case "array":
            return _list(schema, name)
        case "object":
            return _map(schema, name) if is_map(schema) and not is_root else _object(schema, name, is_root=is_root)
        case "string":
            return _string(schema)
        case "boolean":
            return _BOOLEAN
        case "number":
            return _NUMBER
        case "integer":
            return _INTEGER
    return None


def _below(schema: Schema, name: str) -> DeclaredType | None:
    return declared_type(schema, is_root=schema.embedded, name=name)


def _bounded(limit: int | None, otherwise: int) -> int:
    return otherwise if limit is None else max(limit, 0)


def _list(schema: Schema, name: str) -> DeclaredType | None:
    items = _below(schema.items, f"{name}.@idx") if schema.items is not None else None
    if items is None:
        return None
    limit = schema.rules.max_items if schema.rules is not None else None
    most = _bounded(limit, _LONGEST // (items.least_bytes + 1))
    return DeclaredType(list_of(items.type), most, 2, items=items)


def _map(schema: Schema, name: str) -> DeclaredType | None:
    values = _below(schema.additional, f"{name}.@elem") if schema.additional is not None else None
    if values is None:
        return None
    limit = schema.rules.max_properties if schema.rules is not None else None
    most = _bounded(limit, _LONGEST // (values.least_bytes + 6))
    return DeclaredType(map_of(STRING, values.type), most, 2, keys=_KEY, items=values)


def _object(schema: Schema, name: str, *, is_root: bool) -> DeclaredType:
    fields, least = {}, 2
    for key, child in visible(schema, is_root=is_root).items():
        escaped = identifier(key)
        found = _below(child, f"{name}.{escaped}")
        if found is None:
            continue
        if escaped is not None:
            fields[escaped] = found
        if key in schema.required and child.default in (MISSING, None):
            least += len(key.encode()) + found.least_bytes + 4
    return DeclaredType(struct(name), 0, least, fields)


def _max_length(schema: Schema) -> int | None:
    return None if schema.rules is None or schema.rules.max_length is None else max(schema.rules.max_length, 0)


def _string(schema: Schema) -> DeclaredType:
    length = _max_length(schema)
    match schema.format:
        case "byte":
            return DeclaredType(BYTES, _LONGEST if length is None else length, 2)
        case "duration":
            return DeclaredType(DURATION, _TIME_LENGTH, _SHORTEST_DURATION)
        case "date":
            return DeclaredType(TIMESTAMP, _DATE_LENGTH, _DATE_LENGTH)
        case "date-time":
            return DeclaredType(TIMESTAMP, _TIME_LENGTH, _SHORTEST_TIME)
    if length is not None:
        return DeclaredType(STRING, length * 4, 2)
    if schema.enum:
        longest = max((len(value.encode()) for value in schema.enum if isinstance(value, str)), default=0)
        return DeclaredType(STRING, longest, 2)
    return DeclaredType(STRING, _LONGEST, 2)
