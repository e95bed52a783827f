"""The strict errors of a built-in object whose JSON has a member twice, in the order of Go's decoder."""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.codec import Members
from kube_apiserver.schema.model import Schema


def errors_in_order(raw: bytes, decoded: Any, schema: Schema) -> list[str]:
    """Return the unknown and the duplicate fields of ``raw``, whose value is ``decoded``; [] if none is duplicate."""
    found: dict[str, None] = {}
    try:
        _collect(codec.members(raw, decoded), schema, "", found)
    except RecursionError:
        return []  # JSON that is as deep as this is refused later, if it is not of a field without a schema
    return list(found)


def _collect(value: Any, schema: Schema, path: str, found: dict[str, None]) -> None:
    if isinstance(value, Members):
        # Go keeps a value without a type as it is.
        if schema.preserve_unknown or (schema.type != "object" and not schema.properties):
            return
        for name, member, repeats in value.noticed():
            where = f"{path}.{name}" if path else name
            known = schema.child(name)
            if known is None:
                found[f'unknown field "{where}"'] = None
                continue
            if repeats:
                found[f'duplicate field "{where}"'] = None
            _collect(member, known, where, found)
    elif isinstance(value, list) and schema.items:
        for at, item in enumerate(value):
            _collect(item, schema.items, f"{path}[{at}]", found)
