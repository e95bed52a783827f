"""PersistentVolumes. StorageClasses are in ``storage``."""

import posixpath
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import access_modes
from kube_apiserver.schema import Cause, is_dns1123_label, is_dns1123_subdomain, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.forms.members import choice_causes, problem_causes, required_causes
from kube_apiserver.validation.forms.node_selectors import node_selector_causes
from kube_apiserver.validation.forms.paths import no_backsteps_causes
from kube_apiserver.validation.quantities import positive_causes
from kube_apiserver.validation.volumes.claims import (
    VOLUME_MODES,
    access_mode_causes,
    class_name_causes,
)
from kube_apiserver.validation.volumes.sources import (
    CHECKED_AS,
    COMMON,
    Check,
    driver_causes,
    iscsi,
    source_causes,
    storage_os,
    with_secret,
)
from kube_apiserver.wire.times import timestamp

_FINAL_LABELS = {
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
}
_RECLAIM_POLICIES = ("Delete", "Recycle", "Retain")
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
    protect(obj, "kubernetes.io/pv-protection")
    obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": obj["metadata"]["creationTimestamp"]}


def protect(obj: Draft, finalizer: str) -> None:
    """Add the finalizer of a controller that keeps an object while it is used."""
    finalizers = obj["metadata"].get("finalizers") or []
    obj["metadata"]["finalizers"] = finalizers if finalizer in finalizers else [*finalizers, finalizer]


def _validate_volume(obj: Object) -> list[Cause]:
    """Return the field errors of accessModes, capacity, source, reclaim policy, storageClassName and volumeMode."""
    spec = obj.get("spec") or {}
    capacity = spec.get("capacity") or {}
    causes: list[Cause] = []
    if not spec.get("accessModes"):
        causes.append(messages.required("spec.accessModes"))
    causes += access_mode_causes(spec, "spec")
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
    affinity = spec.get("nodeAffinity")
    if affinity is not None:
        causes += _affinity(affinity, "spec.nodeAffinity.required")
    causes += source_causes(spec, _CHECKS, "spec", CHECKED_AS, {"cephfs": "cephFS"})
    if spec.get("local") is not None and affinity is None:
        causes.append(messages.required("spec.nodeAffinity", "Local volume requires node affinity"))
    path = (spec.get("hostPath") or {}).get("path") or ""
    if path.startswith("/") and posixpath.normpath(path).strip("/") == "" and policy == "Recycle":
        detail = "may not be 'recycle' for a hostPath mount of '/'"
        causes.append(messages.forbidden("spec.persistentVolumeReclaimPolicy", detail))
    causes += class_name_causes(spec, "spec", "storageClassName")
    causes += choice_causes(spec, "spec", "volumeMode", VOLUME_MODES)
    return [*causes, *_attributes(spec)]


def _affinity(affinity: Object, path: str) -> Iterator[Cause]:
    if (required := affinity.get("required")) is None:
        yield messages.required(path, "must specify required node constraints")
    else:
        yield from node_selector_causes(required, path)


def _attributes(spec: Object) -> Iterator[Cause]:
    name, path = spec.get("volumeAttributesClassName"), "spec.volumeAttributesClassName"
    if name is None:
        return
    if not name:
        yield messages.required(path, "an empty string is disallowed")
    yield from class_name_causes(spec, "spec", "volumeAttributesClassName")
    if spec.get("csi") is None:
        yield messages.required("spec.csi", "has to be specified when using volumeAttributesClassName")


def _glusterfs(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "endpoints", "path")
    if (namespace := source.get("endpointsNamespace")) is not None:
        where = f"{path}.endpointsNamespace"
        if not namespace:
            detail = "if the endpointnamespace is set, it must be a valid namespace name"
            yield messages.invalid(where, namespace, detail)
        else:
            yield from problem_causes(where, namespace, is_dns1123_label(namespace))


def _azure_file(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "secretName", "shareName")
    if source.get("secretNamespace") == "":
        yield messages.required(f"{path}.secretNamespace")


def _local(source: Object, path: str) -> Iterator[Cause]:
    yield from required_causes(source, path, "path")
    yield from no_backsteps_causes(source.get("path") or "", f"{path}.path")


def _csi(source: Object, path: str) -> Iterator[Cause]:
    yield from driver_causes(source, path)
    yield from required_causes(source, path, "volumeHandle")
    for name in _SECRETS:
        if (secret := source.get(name)) is not None:
            for member_name, problems in (("name", is_dns1123_subdomain), ("namespace", is_dns1123_label)):
                where, value = f"{path}.{name}.{member_name}", secret.get(member_name) or ""
                if not value:
                    yield messages.required(where)
                else:
                    yield from problem_causes(where, value, problems(value))


#: The sources of a volume, in the order in which kube-apiserver looks at them.
_CHECKS: Mapping[str, Check] = {
    **{name: COMMON[name] for name in ("hostPath", "gcePersistentDisk", "awsElasticBlockStore")},
    "glusterfs": _glusterfs,
    **{name: COMMON[name] for name in ("flocker", "nfs", "rbd", "quobyte", "cephfs")},
    "iscsi": lambda source, path: iscsi(source, path, is_volume=True),
    "cinder": with_secret(("volumeID",), "name", "namespace"),
    **{name: COMMON[name] for name in ("fc", "flexVolume")},
    "azureFile": _azure_file,
    **{name: COMMON[name] for name in ("vsphereVolume", "photonPersistentDisk", "portworxVolume")},
    **{name: COMMON[name] for name in ("azureDisk", "scaleIO")},
    "local": _local,
    "storageos": storage_os("name", "namespace"),
    "csi": _csi,
}
_SECRETS = ("controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef")


def _prepare_volume_update(old: Object, new: Draft) -> None:
    """Set lastPhaseTransitionTime of a status that leaves it out."""
    before, status = old.get("status") or {}, new.get("status")
    if status is None or status is old.get("status"):
        return
    earlier, given = before.get("lastPhaseTransitionTime"), status.get("lastPhaseTransitionTime")
    if before.get("phase") == status.get("phase"):
        if given is None and earlier is not None:
            status["lastPhaseTransitionTime"] = earlier
    elif given in (None, earlier):
        status["lastPhaseTransitionTime"] = timestamp(datetime.now(UTC))


def _validate_volume_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of the source or volumeMode."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = []
    if any(before.get(name) != after.get(name) for name in _CHECKS):
        detail = "spec.persistentvolumesource is immutable after creation"
        causes.append(messages.forbidden("spec.persistentvolumesource", detail))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), IMMUTABLE))
    affinity = before.get("nodeAffinity")
    if affinity is not None and not _is_same(affinity, after.get("nodeAffinity")):
        detail = f"{IMMUTABLE}, except for updating from beta label to GA"
        causes.append(messages.invalid("nodeAffinity", after.get("nodeAffinity"), detail))
    return causes


def _is_same(old: Any, new: Any) -> bool:
    """Report whether a selector of nodes is the same but for labels that got their final names, or an empty one."""
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_is_same(*pair) for pair in zip(old, new, strict=True))
    if not isinstance(old, dict) or not isinstance(new, dict):
        return bool((old or None) == (new or None))
    key = old.get("key") or ""
    if "operator" in old and key != (new.get("key") or "") and _FINAL_LABELS.get(key, "") == (new.get("key") or ""):
        old = {**old, "key": new.get("key")}
    return all(_is_same(old.get(name), new.get(name)) for name in {**old, **new})


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
        prepare_update=_prepare_volume_update,
        validate=_validate_volume,
        validate_update=_validate_volume_update,
        has_generation=False,
        columns=columns(f"{_VOLUME}|VolumeMode*1", _volume_cells),
        deletion=Deletion(returns_object=True),
    ),
)
