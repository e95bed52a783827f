"""Conversion between the storage version and the served version of an object.

Versions with the same fields only exchange the head of the stored bytes. Events and HorizontalPodAutoscalers are
converted field by field.
"""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.conversion import autoscalers, events
from kube_apiserver.registry import ServedResource
from kube_apiserver.storage import Item

_AUTOSCALERS = "horizontalpodautoscalers.autoscaling"
_CONVERTED = frozenset({"events", _AUTOSCALERS})


def served_bytes(resource: ServedResource, item: Item) -> bytes:
    """Return the JSON of a stored item in the version of ``resource``."""
    raw = item.raw
    if raw.startswith(resource.served_head):
        return raw
    if resource.bucket not in _CONVERTED and raw.startswith(resource.stored_head):
        return resource.served_head + raw[len(resource.stored_head) :]
    # The item has another storage version, or its versions differ in their fields.
    return codec.encode_object(to_served(resource, item), resource.api_version, resource.kind)


def to_served(resource: ServedResource, item: Item) -> dict[str, Any]:
    """Return a decoded item in the version of ``resource``."""
    obj = item.decode()
    if resource.group == "events.k8s.io":
        obj = events.from_core(obj)
    elif resource.bucket == _AUTOSCALERS and resource.version == "v1":
        obj = autoscalers.to_v1(obj)
    obj["apiVersion"] = resource.api_version
    return obj


def to_stored(resource: ServedResource, obj: dict[str, Any]) -> dict[str, Any]:
    """Convert an object of ``resource`` to its storage version."""
    if resource.group == "events.k8s.io":
        obj = events.to_core(obj)
    elif resource.bucket == _AUTOSCALERS and resource.version == "v1":
        obj = autoscalers.to_v2(obj)
    return {**obj, "apiVersion": resource.storage_version}
