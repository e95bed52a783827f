"""Merging of an applied configuration into the live object, and removal of paths from an object."""

from collections import deque
from typing import Any

from kube_apiserver import codec
from kube_apiserver.fieldmanagers.fieldset import FieldSet
from kube_apiserver.fieldmanagers.typed_values import element_of, is_leaf, schema_at
from kube_apiserver.schema import Schema


def merged(live: Any, applied: Any, schema: Schema | None) -> Any:
    """Return ``applied`` merged into ``live``: leaves are replaced, objects and keyed lists merge."""
    if applied is None and live and not is_leaf(live, schema):
        return live  # a null list or map has no members, and those of others stay
    if isinstance(live, dict) and isinstance(applied, dict) and not is_leaf(applied, schema):
        result = dict(live)
        for name, value in applied.items():
            known = schema.child(name) if schema else None
            result[name] = merged(live[name], value, known) if name in live else codec.copied(value)
        return result
    if isinstance(live, list) and isinstance(applied, list) and schema and not is_leaf(applied, schema):
        return _merged_list(live, applied, schema)
    return codec.copied(applied)


def _merged_list(live: list[Any], applied: list[Any], schema: Schema) -> list[Any]:
    """Merge two keyed lists in the applied order. Items only in ``live`` stay before their next shared neighbour."""
    old = {element_of(item, schema): item for item in live}
    new = {element_of(item, schema): item for item in applied}
    shared = deque(element for element in new if element in old)
    result: list[Any] = []
    waiting = deque(new)
    for element, item in old.items():
        if element not in new:
            result.append(item)
        elif shared and shared[0] == element:
            shared.popleft()
            while (following := waiting.popleft()) != element:
                result.append(_merged_item(old, new, following, schema))
            result.append(_merged_item(old, new, element, schema))
    return result + [_merged_item(old, new, element, schema) for element in waiting]


def _merged_item(old: dict[str, Any], new: dict[str, Any], element: str, schema: Schema) -> Any:
    if element in old:
        return merged(old[element], new[element], schema.items)
    return codec.copied(new[element])


def without_items(value: Any, fields: FieldSet, schema: Schema | None) -> Any:
    """Return ``value`` without the paths in ``fields``, None for a container that becomes empty."""
    if not value or is_leaf(value, schema):
        return value
    if isinstance(value, dict):
        kept = {}
        for name, member in value.items():
            element = f"f:{name}"
            if element in fields.members:
                continue
            # A container that becomes empty stays as null, because a manager may own the container itself.
            kept[name] = _inside(member, fields, element, schema)
        return kept or None
    if schema is None:
        return value
    items = []
    for item in value:
        element = element_of(item, schema)
        if element not in fields.members:
            items.append(_inside(item, fields, element, schema))
    return items or None


def _inside(value: Any, fields: FieldSet, element: str, schema: Schema | None) -> Any:
    below = fields.children.get(element)
    return without_items(value, below, schema_at(schema, element)) if below else value
