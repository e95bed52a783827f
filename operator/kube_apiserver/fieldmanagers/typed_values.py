"""Values with their schema, as structured-merge-diff treats them.

The functions decide which values are leaves and how list items are named. The JSON type decides for a value without
a schema: objects merge by name, lists are atomic.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from kube_apiserver.fieldmanagers.fieldset import FieldSet, Path
from kube_apiserver.schema import Schema
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.go_format import go_json
from kube_apiserver.schema.model import MISSING

#: The element of an item that has none of the keys of its list.
KEYLESS = "k:{}"
_ZEROS = {"string": "", "integer": 0, "number": 0, "boolean": False}
_TEXT = Schema(type="string")
_FREE = Schema(type="object", preserve_unknown=True)
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


def rooted(schema: Schema | None) -> Schema:
    """Return the schema of a whole object. Custom schemas get the metadata fields that their CRD omits."""
    base = schema or _FREE
    if base.builtin:
        return base
    if base.rooted is None:
        properties = {**_with_heads(base).properties, **_head()}
        base.rooted = replace(base, load=lambda: properties, _properties=None, map_type="")
    return base.rooted


def _head() -> dict[str, Schema]:
    return {"apiVersion": _TEXT, "kind": _TEXT, "metadata": from_definition(_OBJECT_META) or Schema()}


def _with_heads(schema: Schema) -> Schema:
    """Return a custom schema whose embedded resources, at any depth, have the fields that their CRD omits."""
    if not schema.has_embedded:
        return schema

    def properties() -> dict[str, Schema]:
        own = {name: _with_heads(member) for name, member in schema.properties.items()}
        return {**own, **_head()} if schema.embedded else own

    items, additional = (each and _with_heads(each) for each in (schema.items, schema.additional))
    return replace(schema, load=properties, _properties=None, items=items, additional=additional)


def is_leaf(value: Any, schema: Schema | None) -> bool:
    """Report whether a value is owned as a whole."""
    if isinstance(value, dict):
        return schema is not None and schema.map_type == "atomic"
    if isinstance(value, list):
        return schema is None or schema.type != "array" or schema.list_type not in ("set", "map")
    return True


def child_schema(schema: Schema | None, name: str) -> Schema | None:
    """Return the schema of a member of an object, None if its JSON type decides."""
    return schema.child(name) if schema else None


def is_declared(schema: Schema | None, name: str) -> bool:
    """Report whether ``name`` is a field of a struct rather than a key of a map."""
    return schema is not None and name in schema.properties


def members(value: Any, schema: Schema | None) -> Iterator[tuple[str, Any, Schema | None]]:
    """Yield (path element, value, schema) of each member of a value that is not a leaf."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield f"f:{name}", member, child_schema(schema, name)
    elif isinstance(value, list) and schema:
        for item in value:
            yield element_of(item, schema), item, schema.items


def element_of(item: Any, schema: Schema) -> str:
    """Return the path element of an item in a set or keyed list. Missing keys take their default."""
    if schema.list_type == "set" or not isinstance(item, dict):
        return "v:" + go_json(item)
    keys: dict[str, Any] = {}
    for key in schema.list_keys:
        known = schema.items.properties.get(key) if schema.items else None
        if key in item:
            keys[key] = item[key]
        elif known is not None and (known.default is not MISSING or _is_always_written(known)):
            keys[key] = _ZEROS[known.type] if known.default is MISSING else known.default
    return "k:" + go_json(dict(sorted(keys.items())))


def _is_always_written(schema: Schema) -> bool:
    """Report whether Go writes a field even when it is unset. Its zero value is then the default of a list key."""
    is_written = schema.has_zero_default or (not schema.omit_empty and not schema.pointer)
    return schema.builtin and is_written and schema.type in _ZEROS


def field_set(value: Any, schema: Schema | None) -> FieldSet:
    """Return the paths that an applied configuration owns."""
    result = FieldSet()
    _claim(value, schema, (), result)
    return result


def _claim(value: Any, schema: Schema | None, path: Path, into: FieldSet) -> None:
    if is_leaf(value, schema):
        into.insert(path)
        return
    for element, member, known in members(value, schema):
        inside = (*path, element)
        _claim(member, known, inside, into)
        empty = member is None or member == {}
        if isinstance(value, list) or empty or not is_declared(schema, element[2:]):
            into.insert(inside)


def with_named_fields(fields: FieldSet, schema: Schema | None) -> FieldSet:
    """Return ``fields`` plus every struct field that has a path below it."""
    names = {element for element in fields.children if element.startswith("f:") and is_declared(schema, element[2:])}
    children = {
        element: with_named_fields(child, schema_at(schema, element)) for element, child in fields.children.items()
    }
    return FieldSet(fields.members | names, children)


def schema_at(schema: Schema | None, element: str) -> Schema | None:
    """Return the schema at a path element."""
    if schema is None:
        return None
    return schema.child(element[2:]) if element.startswith("f:") else schema.items
