"""One object in several served versions.

Versions that differ in name only exchange the head of the stored bytes; Events, whose fields differ between their two
groups, are converted by field.
"""

from typing import Any

from plugin_operator.apiserver.registry import ServedResource
from plugin_operator.apiserver.storage import Item


def served_bytes(resource: ServedResource, item: Item) -> bytes:
    """Return an item's JSON in the version of ``resource``."""
    if resource.api_version == resource.storage_version:
        return item.raw
    return resource.served_head + item.raw[len(resource.stored_head) :]


def to_served(resource: ServedResource, item: Item) -> dict[str, Any]:
    """Return an item's value in the version of ``resource``."""
    obj = item.decode()
    obj["apiVersion"] = resource.api_version
    return obj


def to_stored(resource: ServedResource, obj: dict[str, Any]) -> dict[str, Any]:
    """Return an object of ``resource`` in its storage version."""
    return {**obj, "apiVersion": resource.storage_version}
