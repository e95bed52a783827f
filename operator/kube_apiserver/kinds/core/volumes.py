"""PersistentVolumes and PersistentVolumeClaims. StorageClasses are in ``storage``."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.claims import default_claim
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import access_modes
from kube_apiserver.schema import Cause, is_dns1123_subdomain, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.quantities import positive_causes

_ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
_VOLUME_MODES = ("Block", "Filesystem")
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
_REQUIRED = {"hostPath": ("path",), "nfs": ("server", "path"), "csi": ("driver", "volumeHandle")}
#: The sources of a volume, in the order in which kube-apiserver looks at them.
_SOURCES = (
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "flocker",
    "nfs",
    "rbd",
    "quobyte",
    "cephfs",
    "iscsi",
    "cinder",
    "fc",
    "flexVolume",
    "azureFile",
    "vsphereVolume",
    "photonPersistentDisk",
    "portworxVolume",
    "azureDisk",
    "scaleIO",
    "local",
    "storageos",
    "csi",
)
_CLAIM = "Name/name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*1"
_VOLUME = "Name/name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age"


def _default_volume(obj: Draft) -> None:
    """Set persistentVolumeReclaimPolicy, volumeMode and status.phase."""
    spec = member(obj, "spec")
    spec["persistentVolumeReclaimPolicy"] = spec.get("persistentVolumeReclaimPolicy") or "Retain"
    fill(spec, volumeMode="Filesystem")
    if spec.get("hostPath"):
        fill(spec["hostPath"], type="")
    status = member(obj, "status")
    status["phase"] = status.get("phase") or "Pending"


def _prepare_volume(obj: Draft, store: Store) -> None:
    """Set the finalizer that protects a volume, and status."""
    del store
    _protect(obj, "kubernetes.io/pv-protection")
    obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": obj["metadata"]["creationTimestamp"]}


def _protect(obj: Draft, finalizer: str) -> None:
    finalizers = obj["metadata"].get("finalizers") or []
    obj["metadata"]["finalizers"] = finalizers if finalizer in finalizers else [*finalizers, finalizer]


def _prepare_claim(obj: Draft, store: Store) -> None:
    """Set the finalizer that protects a claim, and status.phase."""
    del store
    _protect(obj, "kubernetes.io/pvc-protection")
    obj["status"] = {"phase": "Pending"}


def _validate_claim(obj: Object) -> list[Cause]:
    """Return the field errors of accessModes, selector, the requested storage, storageClassName and volumeMode."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(messages.required("spec.accessModes", "at least 1 access mode is required"))
    causes += selector_causes(spec.get("selector"), "spec.selector")
    causes += _access_modes(spec)
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        causes.append(messages.required("spec.resources[storage]"))
    else:
        causes += positive_causes(requests["storage"], "spec.resources[storage]")
    causes += _class_name(spec)
    return [*causes, *_volume_mode(spec)]


def _access_modes(spec: Object) -> Iterator[Cause]:
    modes = spec.get("accessModes") or ()
    for mode in modes:
        if mode not in _ACCESS_MODES:
            yield messages.not_supported("spec.accessModes", mode, _ACCESS_MODES)
    known = {mode for mode in modes if mode in _ACCESS_MODES}
    if "ReadWriteOncePod" in known and len(known) > 1:
        yield messages.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")


def _class_name(spec: Object) -> Iterator[Cause]:
    if name := spec.get("storageClassName"):
        yield from (messages.invalid("spec.storageClassName", name, why) for why in is_dns1123_subdomain(name))


def _volume_mode(spec: Object) -> Iterator[Cause]:
    mode = spec.get("volumeMode")
    if mode is not None and mode not in _VOLUME_MODES:
        yield messages.not_supported("spec.volumeMode", mode, _VOLUME_MODES)


def _validate_volume(obj: Object) -> list[Cause]:
    """Return the field errors of accessModes, capacity, source, reclaim policy, storageClassName and volumeMode."""
    spec = obj.get("spec") or {}
    capacity = spec.get("capacity") or {}
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(messages.required("spec.accessModes"))
    causes += _access_modes(spec)
    if not capacity:
        causes.append(messages.required("spec.capacity"))
    if "storage" not in capacity or len(capacity) > 1:
        shown = dict(sorted(capacity.items())) if "capacity" in spec else None
        causes.append(messages.not_supported("spec.capacity", shown, ("storage",)))
    for name, quantity in capacity.items():
        causes += positive_causes(quantity, f"spec.capacity[{name}]")
    policy = spec.get("persistentVolumeReclaimPolicy")
    if policy and policy not in _RECLAIM_POLICIES:
        causes.append(messages.not_supported("spec.persistentVolumeReclaimPolicy", policy, _RECLAIM_POLICIES))
    causes += _validate_sources(spec)
    if (spec.get("hostPath") or {}).get("path") == "/" and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        causes.append(messages.forbidden("spec.persistentVolumeReclaimPolicy", detail))
    return [*causes, *_class_name(spec), *_volume_mode(spec)]


def _validate_sources(spec: Object) -> Iterator[Cause]:
    present = [name for name in _SOURCES if spec.get(name) is not None]
    if not present:
        yield messages.required("spec", "must specify a volume type")
        return
    first, *others = present
    yield from _validate_source(first, spec[first], f"spec.{first}")
    yield from (messages.forbidden(f"spec.{name}", "may not specify more than 1 volume type") for name in others)


def _validate_source(name: str, source: Object, path: str) -> Iterator[Cause]:
    for field in _REQUIRED.get(name, ()):
        if not source.get(field):
            yield messages.required(f"{path}.{field}")
    value = source.get("path") or ""
    if name == "hostPath" and ".." in value.split("/"):
        yield messages.invalid(f"{path}.path", value, "must not contain '..'")
    if name == "nfs" and not value.startswith("/"):
        yield messages.invalid(f"{path}.path", value, "must be an absolute path")


def _validate_claim_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of every change but a first volumeName or storageClassName, and the size if bound."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    # A volume and a class may be set once.
    may_change = {name for name in ("volumeName", "storageClassName") if not before.get(name)}
    is_bound = (new.get("status") or {}).get("phase") == "Bound"
    if is_bound:
        may_change |= {"volumeAttributesClassName", "resources"}
    causes = []
    if any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - may_change):
        detail = (
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        )
        causes.append(messages.forbidden("spec", detail))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), IMMUTABLE))
    return causes


def _validate_volume_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of the source or volumeMode."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = []
    if any(before.get(name) != after.get(name) for name in _SOURCES):
        detail = "spec.persistentvolumesource is immutable after creation"
        causes.append(messages.forbidden("spec.persistentvolumesource", detail))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), IMMUTABLE))
    return causes


def _claim_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PersistentVolumeClaim."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    volume = spec.get("volumeName") or ""
    capacity = (status.get("capacity") or {}).get("storage", "") if volume else ""
    modes = access_modes(status.get("accessModes")) if volume else ""
    classes = [spec.get("storageClassName") or "", spec.get("volumeAttributesClassName") or "<unset>"]
    mode = spec.get("volumeMode") or "<unset>"
    return [name_cell(obj), phase, volume, capacity, modes, *classes, age_cell(obj, now), mode]


def _volume_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PersistentVolume."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = "Terminating" if obj["metadata"].get("deletionTimestamp") else status.get("phase", "")
    owner = spec.get("claimRef")
    shown = f"{owner.get('namespace', '')}/{owner.get('name', '')}" if owner else ""
    return [
        name_cell(obj),
        (spec.get("capacity") or {}).get("storage", ""),
        access_modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        phase,
        shown,
        spec.get("storageClassName") or "",
        spec.get("volumeAttributesClassName") or "<unset>",
        status.get("reason", ""),
        age_cell(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


STRATEGIES = (
    Strategy(
        kind="PersistentVolume",
        default=_default_volume,
        prepare_create=_prepare_volume,
        validate=_validate_volume,
        validate_update=_validate_volume_update,
        has_generation=False,
        columns=columns(f"{_VOLUME}|VolumeMode*1", _volume_cells),
        deletion=Deletion(returns_object=True),
    ),
    Strategy(
        kind="PersistentVolumeClaim",
        default=default_claim,
        prepare_create=_prepare_claim,
        validate=_validate_claim,
        validate_update=_validate_claim_update,
        has_generation=False,
        columns=columns(_CLAIM, _claim_cells),
        deletion=Deletion(returns_object=True),
    ),
)
