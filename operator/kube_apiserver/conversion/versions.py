"""One object in several served versions.

Versions that differ in name only exchange the head of the stored bytes; Events, whose fields differ between their two
groups, are converted by field.
"""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.conversion import autoscalers, events
from kube_apiserver.registry import ServedResource
from kube_apiserver.storage import Item

_AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
_CONVERTED = frozenset({"events", _AUTOSCALERS})


def served_bytes(resource: ServedResource, item: Item) -> bytes:
    """Return an item's JSON in the version of ``resource``."""
    raw = item.raw
    if raw.startswith(resource.served_head):
        return raw
    if resource.bucket not in _CONVERTED and raw.startswith(resource.stored_head):
        return resource.served_head + raw[len(resource.stored_head) :]
    # Written by another storage version, or with fields of another shape.
    return codec.encode_object(to_served(resource, item), resource.api_version, resource.kind)


def to_served(resource: ServedResource, item: Item) -> dict[str, Any]:
    """Return an item's value in the version of ``resource``."""
    obj = item.decode()
    if resource.group == "events.k8s.io":
        obj = events.from_core(obj)
    elif resource.bucket == _AUTOSCALERS and resource.version == "v1":
        obj = autoscalers.to_v1(obj)
    obj["apiVersion"] = resource.api_version
    return obj


def to_stored(resource: ServedResource, obj: dict[str, Any]) -> dict[str, Any]:
    """Return an object of ``resource`` in its storage version."""
    if resource.group == "events.k8s.io":
        obj = events.to_core(obj)
    elif resource.bucket == _AUTOSCALERS and resource.version == "v1":
        obj = autoscalers.to_v2(obj)
    return {**obj, "apiVersion": resource.storage_version}
