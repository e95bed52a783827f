"""Conversion between the storage version and the served version of an object.

Versions with the same fields only exchange the head of the stored bytes. Those of built-in kinds with other fields are
converted by their strategy. Custom versions with schemas of their own lose the fields that the other version lacks.
"""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.registry import ServedResource
from kube_apiserver.storage import Item


def served_bytes(resource: ServedResource, item: Item) -> bytes:
    """Return the JSON of a stored item in the version of ``resource``."""
    raw = item.raw
    if raw.startswith(resource.served_head):
        return raw
    if not _differs(resource) and raw.startswith(resource.stored_head):
        return resource.served_head + raw[len(resource.stored_head) :]
    # The item has another storage version, or its versions differ in their fields.
    return codec.encode_object(to_served(resource, item), resource.api_version, resource.kind)


def to_served(resource: ServedResource, item: Item) -> dict[str, Any]:
    """Return a decoded item in the version of ``resource``."""
    obj = item.decode()
    if (conversion := resource.strategy.conversion) is not None:
        obj = conversion.from_stored(obj)
    elif resource.custom is not None and _differs(resource) and obj["apiVersion"] != resource.api_version:
        obj = prune(obj, resource.custom.schema)[0]
    obj["apiVersion"] = resource.api_version
    return obj


def to_stored(resource: ServedResource, obj: dict[str, Any]) -> dict[str, Any]:
    """Convert an object of ``resource`` to its storage version."""
    if (conversion := resource.strategy.conversion) is not None:
        obj = conversion.to_stored(obj)
    elif resource.custom is not None and resource.custom.stored_schema is not None:
        obj = apply_defaults(prune(obj, resource.custom.stored_schema)[0], resource.custom.stored_schema)
    return {**obj, "apiVersion": resource.storage_version}


def _differs(resource: ServedResource) -> bool:
    """Report whether the version has other fields than the stored one."""
    if resource.custom is not None:
        return resource.custom.stored_schema is not None
    return resource.strategy.conversion is not None
