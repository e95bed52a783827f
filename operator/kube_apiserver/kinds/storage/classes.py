"""StorageClasses, the kinds of drivers, and StorageVersionMigrations. Volumes and claims are in ``core``.

No controller migrates: all objects are stored in one version.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.kinds.storage.topologies import topology_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell, parts
from kube_apiserver.schema import Cause, is_dns1035_label, is_dns1123_subdomain, is_qualified_name, messages
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.conditions import status_condition_causes
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed

_GROUP = "storage.k8s.io"
_RETURNED = Deletion(returns_object=True)
_RECLAIM_POLICIES = ("Delete", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_DEFAULT_CLASS = ("storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class")
_CLASS = "Name/name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age"
_MIGRATED = "spec.resource"
_STATES = ("Running", "Failed", "Succeeded")


def _default(obj: Draft) -> None:
    """Set reclaimPolicy and volumeBindingMode."""
    fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of provisioner, parameters, reclaimPolicy, volumeBindingMode and allowedTopologies."""
    provisioner = obj.get("provisioner") or ""
    causes = [] if provisioner else [messages.declared(messages.required("provisioner"))]
    if provisioner:
        lower = provisioner.lower()
        causes += [messages.invalid("provisioner", lower, why) for why in is_qualified_name(lower)]
    if "" in (obj.get("parameters") or {}):
        causes.append(messages.invalid("parameters", "", "field can not be empty."))
    policy, mode = obj.get("reclaimPolicy"), obj.get("volumeBindingMode")
    if policy and policy not in _RECLAIM_POLICIES:
        causes.append(messages.not_supported("reclaimPolicy", policy, _RECLAIM_POLICIES))
    if not mode:
        causes.append(messages.required("volumeBindingMode"))
    elif mode not in _BINDING_MODES:
        causes.append(messages.not_supported("volumeBindingMode", mode, _BINDING_MODES))
    return causes + topology_causes(obj.get("allowedTopologies") or ())


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of provisioner, parameters, reclaimPolicy or volumeBindingMode."""
    names = ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode")
    changed = [name for name in names if is_changed(old, new, name)]
    return [messages.declared(messages.invalid(name, None, IMMUTABLE)) for name in changed]


def _class_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StorageClass."""
    policies = [obj.get("reclaimPolicy") or "Delete", obj.get("volumeBindingMode") or "Immediate"]
    grows = bool(obj.get("allowVolumeExpansion"))
    return [name_cell(obj), obj.get("provisioner", ""), *policies, grows, age_cell(obj, now)]


def _mark_default(objects: Sequence[Object], rows: Sequence[list[Any]]) -> None:
    """Mark the default StorageClass of a list: of those annotated so, the newest, and of these the first by name."""
    times = {
        at: obj["metadata"].get("creationTimestamp") or ""
        for at, obj in enumerate(objects)
        if any((obj["metadata"].get("annotations") or {}).get(name) == "true" for name in _DEFAULT_CLASS)
    }
    newest = [at for at, time in times.items() if time == max(times.values())]
    if newest:
        rows[min(newest, key=lambda at: name_cell(objects[at]))][0] += " (default)"


def _validate_migration(obj: Object) -> list[Cause]:
    """Return the field errors of the resource and its group."""
    resource = (obj.get("spec") or {}).get("resource") or {}
    plural, group = resource.get("resource") or "", resource.get("group") or ""
    causes = []
    if not plural:
        causes.append(messages.required(f"{_MIGRATED}.resource", "resource is required to be set"))
    elif problems := is_dns1035_label(plural):
        causes.append(messages.invalid(f"{_MIGRATED}.resource", plural, ",".join(problems)))
    if group and (problems := is_dns1123_subdomain(group)):
        causes.append(messages.invalid(f"{_MIGRATED}.group", group, ",".join(problems)))
    return causes


def _validate_migration_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of the spec, which is shown as the internal type names its field."""
    if not is_changed(old, new, "spec"):
        return []
    return [messages.invalid("spec", {"Resource": (new.get("spec") or {}).get("resource") or {}}, IMMUTABLE)]


def _migration_cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a StorageVersionMigration."""
    name, spec, status = parts(obj)
    resource = spec.get("resource") or {}
    named = ".".join(part for part in (resource.get("resource"), resource.get("group")) if part)
    state = "Unknown"
    for one in status.get("conditions") or ():
        if one.get("status") == "True" and one.get("type") in _STATES:
            state = one["type"]
    return [name, named, state]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="StorageClass",
        default=_default,
        validate=_validate,
        validate_update=_validate_update,
        has_generation=False,
        deletion=_RETURNED,
        columns=columns(_CLASS, _class_cells, _mark_default),
    ),
    Strategy(
        group="storagemigration.k8s.io",
        kind="StorageVersionMigration",
        reset_fields={"status": ("spec", "metadata")},
        validate=_validate_migration,
        validate_update=_validate_migration_update,
        validate_status=status_condition_causes,
        has_generation=False,
        unconditional_update=False,
        columns=columns("Name|Resource|Status", _migration_cells),
    ),
)
