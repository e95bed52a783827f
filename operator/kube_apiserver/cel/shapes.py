"""The properties of a value that CEL rules can access."""

from collections.abc import Mapping

from kube_apiserver.schema.model import Schema, ValueRules

_TEXT = Schema(type="string")
# A name has at most 253 characters, and a prefix of one fewer.
_LONGEST = {"name": 253, "generateName": 252}


def visible(schema: Schema, *, is_root: bool = False) -> Mapping[str, Schema]:
    """Return the accessible properties. Root and embedded objects have ``apiVersion``, ``kind`` and their name too."""
    if not is_root and not schema.embedded:
        return schema.properties
    declared = schema.properties.get("metadata")
    metadata = _METADATA if declared is None or not declared.properties else _metadata(declared.properties)
    return {**schema.properties, "apiVersion": _TEXT, "kind": _TEXT, "metadata": metadata}


def _metadata(declared: Mapping[str, Schema]) -> Schema:
    """Return the schema of metadata whose names are no longer than declared."""
    names = {name: _text(declared.get(name), limit) for name, limit in _LONGEST.items()}
    return Schema(type="object", load=lambda: names)


def _text(declared: Schema | None, limit: int) -> Schema:
    if declared is not None and declared.rules is not None and declared.rules.max_length is not None:
        limit = min(limit, declared.rules.max_length)
    return Schema(type="string", rules=ValueRules(max_length=limit))


_METADATA = _metadata({})


def is_map(schema: Schema) -> bool:
    """Report whether a schema is a map: ``additionalProperties`` without declared properties."""
    return schema.type == "object" and schema.additional is not None and not schema.properties
