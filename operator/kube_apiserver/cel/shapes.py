"""The properties of a value that CEL rules can access."""

from collections.abc import Mapping

from kube_apiserver.schema.model import Schema

_TEXT = Schema(type="string")
_METADATA = Schema(type="object", load=lambda: {"name": _TEXT, "generateName": _TEXT})
_OF_OBJECTS: Mapping[str, Schema] = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}


def visible(schema: Schema, *, is_root: bool = False) -> Mapping[str, Schema]:
    """Return the accessible properties. Root and embedded objects have ``apiVersion``, ``kind`` and their name too."""
    if is_root or schema.embedded:
        return {**schema.properties, **_OF_OBJECTS}
    return schema.properties


def is_map(schema: Schema) -> bool:
    """Report whether a schema is a map: ``additionalProperties`` without declared properties."""
    return schema.type == "object" and schema.additional is not None and not schema.properties
