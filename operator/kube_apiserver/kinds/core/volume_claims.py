"""PersistentVolumeClaims."""

from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from kube_apiserver.defaulting.claims import default_claim
from kube_apiserver.kinds.core.volumes import protect
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import access_modes
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.schema.quantity import amount_of
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.conditions import reason_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE
from kube_apiserver.validation.resource_names import is_native
from kube_apiserver.validation.volumes.claims import claim_spec_causes

_COPIED = (("", "PersistentVolumeClaim"), ("snapshot.storage.k8s.io", "VolumeSnapshot"))
_RESIZES = (
    "ControllerResizeInProgress",
    "ControllerResizeInfeasible",
    "NodeResizeInProgress",
    "NodeResizeInfeasible",
    "NodeResizePending",
)
_CLAIM = "Name/name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|VolumeMode*1"


def _prepare_claim(obj: Draft, store: Store) -> None:
    """Set the finalizer that protects a claim, and status.phase."""
    del store
    protect(obj, "kubernetes.io/pvc-protection")
    obj["status"] = {"phase": "Pending"}


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Set dataSource from dataSourceRef, and the reverse. Drop other dataSources than claims and snapshots."""
    spec, before = dict(obj.get("spec") or {}), (old or {}).get("spec") or {}
    was_used = before.get("dataSource") is not None or before.get("dataSourceRef") is not None
    if (spec.get("dataSourceRef") or {}).get("namespace") and before.get("dataSourceRef") is None:
        spec.pop("dataSourceRef")
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None and not was_used and not _is_copied(source):
        del spec["dataSource"]
    elif source is not None and reference is None:
        spec["dataSourceRef"] = dict(source)
    elif source is None and reference is not None and not reference.get("namespace"):
        spec["dataSource"] = {name: value for name, value in reference.items() if name != "namespace"}
    kept = {**obj, "spec": spec}
    status, stored = obj.get("status") or {}, (old or {}).get("status") or {}
    if "healthStatus" in status and stored.get("healthStatus") is None:
        kept["status"] = {name: value for name, value in status.items() if name != "healthStatus"}
    return kept


def _is_copied(source: Object) -> bool:
    return (source.get("apiGroup") or "", source.get("kind") or "") in _COPIED


def _validate_status(new: Object, old: Object) -> list[Cause]:
    """Return the field errors of capacity, healthStatus, allocatedResources and their statuses."""
    del old
    status, path = new.get("status") or {}, "status.allocatedResources"
    causes: list[Cause] = []
    for name, quantity in (status.get("capacity") or {}).items():
        causes += _amount(quantity, f"status.capacity[{name}]")
    for position, entry in enumerate((status.get("healthStatus") or {}).get("healthConditions") or ()):
        causes += reason_causes(entry.get("reason") or "", f"status.healthStatus.healthConditions[{position}].reason")
    for name, state in (status.get("allocatedResourceStatuses") or {}).items():
        causes += _key(name, "status.allocatedResourceStatuses")
        if state not in _RESIZES:
            causes.append(messages.not_supported("status.allocatedResourceStatuses", name, _RESIZES))
    for name, quantity in (status.get("allocatedResources") or {}).items():
        causes += _key(name, path) or _amount(quantity, f"{path}[{name}]")
    return causes


def _key(name: str, path: str) -> list[Cause]:
    if problems := is_qualified_name(name):
        return [messages.invalid(path, name, why) for why in problems]
    return [messages.not_supported(path, name, ("storage",))] if is_native(name) and name != "storage" else []


def _amount(quantity: str, path: str) -> list[Cause]:
    amount = amount_of(quantity)
    if amount >= 0:
        return []
    # Go rounds it away from zero.
    whole = int(amount.to_integral_value(ROUND_UP))
    return [messages.invalid(path, max(whole, -(2**63)), "must be a valid resource quantity")]


def _validate_claim(obj: Object) -> list[Cause]:
    """Return the field errors of accessModes, selector, the requested storage, classes, volumeMode and dataSource."""
    return [*claim_spec_causes(obj.get("spec") or {}, "spec")]


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
    sizes = [_size(before, "resources", "requests"), _size(after, "resources", "requests")]
    if sizes[1] < sizes[0] and sizes[1] <= _size(old, "status", "capacity"):
        path = "spec.resources.requests.storage"
        causes.append(messages.forbidden(path, "field can not be less than status.capacity"))
    if before.get("volumeMode") != after.get("volumeMode"):
        causes.append(messages.invalid("volumeMode", after.get("volumeMode"), IMMUTABLE))
    name, applied = "volumeAttributesClassName", (old.get("status") or {}).get("currentVolumeAttributesClassName")
    if before.get(name) != after.get(name) and applied is not None and not after.get(name):
        what = "nil" if after.get(name) is None else "empty string"
        detail = f"update to {what} is forbidden when status.currentVolumeAttributesClassName is not nil"
        causes.append(messages.forbidden(f"spec.{name}", detail))
    return causes


def _size(obj: Object, *path: str) -> Decimal:
    for name in path:
        obj = obj.get(name) or {}
    return amount_of(obj.get("storage") or "0")


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


STRATEGIES = (
    Strategy(
        kind="PersistentVolumeClaim",
        default=default_claim,
        prepare_create=_prepare_claim,
        validate=_validate_claim,
        validate_update=_validate_claim_update,
        validate_status=_validate_status,
        as_kept=_as_kept,
        has_generation=False,
        columns=columns(_CLAIM, _claim_cells),
        deletion=Deletion(returns_object=True),
    ),
)
