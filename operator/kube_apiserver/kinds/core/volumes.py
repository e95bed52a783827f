"""PersistentVolumes. StorageClasses are in ``storage``."""

from datetime import UTC, datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import access_modes
from kube_apiserver.schema import Cause, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.volumes.specs import SOURCES, volume_spec_causes
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
    return [*volume_spec_causes(obj.get("spec") or {}, "spec")]


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
    if any(before.get(name) != after.get(name) for name in SOURCES):
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
