"""Cells of ConfigMaps, Secrets, Namespaces, Events, Leases, roles, volumes and other small kinds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, access_modes, age, listed

Object = Mapping[str, Any]
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def _name(obj: Object) -> str:
    return str(obj["metadata"].get("name", ""))


def _age(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def named(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a kind without columns of its own: name and age."""
    return [_name(obj), _age(obj, now)]


def created(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of kinds that show their creation time instead of their age: roles, CRDs."""
    return [_name(obj), obj["metadata"].get("creationTimestamp")]


def config_map(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ConfigMap."""
    return [_name(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), _age(obj, now)]


def secret(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Secret. They show the number of its values, never a value."""
    return [_name(obj), obj.get("type", ""), len(obj.get("data") or ()), _age(obj, now)]


def namespace(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Namespace."""
    return [_name(obj), (obj.get("status") or {}).get("phase", ""), _age(obj, now)]


def lease(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Lease."""
    return [_name(obj), (obj.get("spec") or {}).get("holderIdentity") or "", _age(obj, now)]


def event(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an Event of either group."""
    regarding = obj.get("involvedObject") or obj.get("regarding") or {}
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    count = series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1
    target = str(regarding.get("kind", "")).lower() + (f"/{regarding['name']}" if regarding.get("name") else "")
    text = str(obj.get("message") or obj.get("note") or "").strip()
    return [
        age(last, now),
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        regarding.get("fieldPath", ""),
        _event_source(obj),
        text,
        age(first, now),
        count,
        _name(obj),
    ]


def _event_source(obj: Object) -> str:
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    parts = [source.get("component") or "", source.get("host") or ""]
    if not any(parts):
        component = obj.get("reportingComponent") or obj.get("reportingController") or ""
        parts = [component, obj.get("reportingInstance") or ""]
    return ", ".join(part for part in parts if part)


def binding(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RoleBinding or ClusterRoleBinding."""
    reference = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or []
    users = [one.get("name", "") for one in subjects if one.get("kind") == "User"]
    groups = [one.get("name", "") for one in subjects if one.get("kind") == "Group"]
    accounts = [
        f"{one.get('namespace', '')}/{one.get('name', '')}" for one in subjects if one.get("kind") == "ServiceAccount"
    ]
    wide = [", ".join(group) for group in (users, groups, accounts)]
    return [_name(obj), f"{reference.get('kind', '')}/{reference.get('name', '')}", _age(obj, now), *wide]


def claim(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PersistentVolumeClaim."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    volume = spec.get("volumeName") or ""
    capacity = (status.get("capacity") or {}).get("storage", "") if volume else ""
    modes = access_modes(status.get("accessModes")) if volume else ""
    classes = [spec.get("storageClassName") or "", spec.get("volumeAttributesClassName") or "<unset>"]
    mode = spec.get("volumeMode") or "<unset>"
    return [_name(obj), phase, volume, capacity, modes, *classes, _age(obj, now), mode]


def volume(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PersistentVolume."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    owner = spec.get("claimRef")
    shown = f"{owner.get('namespace', '')}/{owner.get('name', '')}" if owner else ""
    return [
        _name(obj),
        (spec.get("capacity") or {}).get("storage", ""),
        access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        shown,
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        _age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def storage_class(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StorageClass."""
    default = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    name = f"{_name(obj)} (default)" if default else _name(obj)
    policies = [obj.get("reclaimPolicy") or "Delete", obj.get("volumeBindingMode") or "Immediate"]
    grows = str(bool(obj.get("allowVolumeExpansion"))).lower()
    return [name, obj.get("provisioner", ""), *policies, grows, _age(obj, now)]


def priority_class(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PriorityClass."""
    policy = obj.get("preemptionPolicy", "")
    return [_name(obj), obj.get("value", 0), bool(obj.get("globalDefault")), _age(obj, now), policy]


def webhooks(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a webhook configuration."""
    return [_name(obj), len(obj.get("webhooks") or ()), _age(obj, now)]


def runtime_class(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RuntimeClass."""
    return [_name(obj), obj.get("handler", ""), _age(obj, now)]


def revision(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ControllerRevision."""
    owner = next((one for one in obj["metadata"].get("ownerReferences") or () if one.get("controller")), None)
    group = str(owner.get("apiVersion", "")).rpartition("/")[0] if owner else ""
    kind = f"{str(owner.get('kind', '')).lower()}{'.' if group else ''}{group}" if owner else ""
    shown = f"{kind}/{owner.get('name', '')}" if owner else NONE
    return [_name(obj), shown, obj.get("revision", 0), _age(obj, now)]


def pod_template(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a PodTemplate."""
    template = obj.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    marks = (template.get("metadata") or {}).get("labels") or {}
    names, images = (listed(one.get(key, "") for one in containers) for key in ("name", "image"))
    return [_name(obj), names, images, listed((f"{key}={marks[key]}" for key in sorted(marks)), NONE)]


def signing_request(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CertificateSigningRequest."""
    spec = obj.get("spec") or {}
    seconds = spec.get("expirationSeconds")
    duration = NONE if seconds is None else f"{seconds}s"
    kinds = [one.get("type", "") for one in (obj.get("status") or {}).get("conditions") or ()]
    state = ",".join(kinds) or "Pending"
    if (obj.get("status") or {}).get("certificate"):
        state += ",Issued"
    return [_name(obj), _age(obj, now), spec.get("signerName") or NONE, spec.get("username", ""), duration, state]


def api_service(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an APIService."""
    behind = (obj.get("spec") or {}).get("service")
    shown = f"{behind.get('namespace', '')}/{behind.get('name', '')}" if behind else "Local"
    ready = next(
        (one for one in (obj.get("status") or {}).get("conditions") or () if one.get("type") == "Available"), None
    )
    state = UNKNOWN if ready is None else ready.get("status", "")
    if ready and state != "True":
        state = f"{state} ({ready.get('reason', '')})"
    return [_name(obj), shown, state, _age(obj, now)]


def csi_driver(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CSIDriver."""
    spec = obj.get("spec") or {}
    flags = [spec.get(field, default) for field, default in (("attachRequired", True), ("podInfoOnMount", False))]
    tokens = listed((one.get("audience", "") for one in spec.get("tokenRequests") or ()), "<unset>")
    modes = listed(spec.get("volumeLifecycleModes") or (), NONE)
    rest = [bool(spec.get("storageCapacity")), tokens, bool(spec.get("requiresRepublish")), modes]
    return [_name(obj), *flags, *rest, _age(obj, now)]
