"""Which properties of a value rules can see."""

from collections.abc import Mapping

from kube_apiserver.schema.model import Schema

_TEXT = Schema(type="string")
_METADATA = Schema(type="object", load=lambda: {"name": _TEXT, "generateName": _TEXT})
_OF_OBJECTS: Mapping[str, Schema] = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}


def visible(schema: Schema, *, is_root: bool = False) -> Mapping[str, Schema]:
    """Return the properties of an object; whole Kubernetes objects have their name and kind, and no other metadata."""
    if is_root or schema.embedded:
        return {**schema.properties, **_OF_OBJECTS}
    return schema.properties


def is_map(schema: Schema) -> bool:
    """Tell whether an object has keys of the user's choice."""
    return schema.type == "object" and schema.additional is not None and not schema.properties
