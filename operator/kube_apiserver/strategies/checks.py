"""Validation of single kinds beyond their schema: size limits, required keys, Event and Lease fields."""

from collections.abc import Callable, Mapping
from typing import Any

from kube_apiserver.crds.approval import approval_causes
from kube_apiserver.registry.resource import CRDS
from kube_apiserver.schema import Cause, messages

Object = Mapping[str, Any]
_DATA_LIMIT_BYTES = 1024 * 1024
_KEYS_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def kind_causes(bucket: str, obj: Object, old: Object | None = None) -> list[Cause]:
    """Return the field errors of an object beyond its schema. ``old`` is the stored object, None on create."""
    if bucket == "events":
        return _event(obj, old)
    if bucket == CRDS:
        return approval_causes(obj, old)
    rule = _RULES.get(bucket)
    return rule(obj) if rule is not None else []


def _size_cause(field: str, *maps: Mapping[str, str] | None) -> list[Cause]:
    size = sum(len(value) for entries in maps for value in (entries or {}).values())
    if size <= _DATA_LIMIT_BYTES:
        return []
    return [Cause(field, "FieldValueTooLong", f"Too long: may not be more than {_DATA_LIMIT_BYTES} bytes")]


def _config_map(obj: Object) -> list[Cause]:
    return _size_cause("[]", obj.get("data"), obj.get("binaryData"))


def _secret(obj: Object) -> list[Cause]:
    data = obj.get("data") or {}
    wanted = _KEYS_OF_TYPE.get(obj.get("type", ""), ())
    missing = [Cause(f"data[{key}]", "FieldValueRequired", "Required value") for key in wanted if key not in data]
    return missing + _size_cause("data", data)


def _lease(obj: Object) -> list[Cause]:
    spec = obj.get("spec") or {}
    causes = []
    for name, minimum, detail in (("leaseDurationSeconds", 1, "must be greater than 0"), ("leaseTransitions", 0, "")):
        value = spec.get(name)
        if value is not None and value < minimum:
            causes.append(messages.invalid(f"spec.{name}", value, detail or "must be greater than or equal to 0"))
    return causes


def _event(obj: Object, old: Object | None) -> list[Cause]:
    new = obj.get("apiVersion") == "events.k8s.io/v1"
    # An Event created through core/v1 may be updated through events.k8s.io/v1, which requires eventTime on create only.
    if new and not obj.get("eventTime") and old is None:
        return [Cause("eventTime", "FieldValueRequired", "Required value")]
    namespace, involved = obj["metadata"].get("namespace", ""), obj.get("regarding" if new else "involvedObject") or {}
    if (involved.get("namespace") or "default") != namespace:
        return [
            messages.invalid(
                "involvedObject.namespace", involved.get("namespace", ""), "does not match event.namespace"
            )
        ]
    return []


_RULES: Mapping[str, Callable[[Object], list[Cause]]] = {
    "configmaps": _config_map,
    "secrets": _secret,
    "leases.coordination.k8s.io": _lease,
}
