"""StorageClasses, and the kinds of drivers. Volumes and claims are in ``core``."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import CREATED, age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE, listed
from kube_apiserver.schema import Cause, is_qualified_name, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import fixed_causes

_GROUP = "storage.k8s.io"
_RECLAIM_POLICIES = ("Delete", "Retain")
_BINDING_MODES = ("Immediate", "WaitForFirstConsumer")
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_DRIVER = "Name/name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests"


def _default(obj: Draft) -> None:
    """Set reclaimPolicy and volumeBindingMode."""
    fill(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of provisioner, parameters, reclaimPolicy, volumeBindingMode and allowedTopologies."""
    provisioner = obj.get("provisioner") or ""
    causes = [] if provisioner else [messages.required("provisioner")]
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
    for at, term in enumerate(obj.get("allowedTopologies") or ()):
        for position, entry in enumerate(term.get("matchLabelExpressions") or ()):
            path = f"allowedTopologies[{at}].matchLabelExpressions[{position}]"
            if not entry.get("values"):
                causes.append(messages.required(f"{path}.values"))
            key = entry.get("key") or ""
            causes += [messages.invalid(f"{path}.key", key, why) for why in is_qualified_name(key)]
    return causes


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of parameters, provisioner, reclaimPolicy or volumeBindingMode."""
    names = ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode")
    return [*fixed_causes(old, new, *names)]


def _class_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StorageClass."""
    default = (obj["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true"
    name = f"{name_cell(obj)} (default)" if default else name_cell(obj)
    policies = [obj.get("reclaimPolicy") or "Delete", obj.get("volumeBindingMode") or "Immediate"]
    grows = str(bool(obj.get("allowVolumeExpansion"))).lower()
    return [name, obj.get("provisioner", ""), *policies, grows, age_cell(obj, now)]


def _driver_cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CSIDriver."""
    spec = obj.get("spec") or {}
    flags = [spec.get(field, default) for field, default in (("attachRequired", True), ("podInfoOnMount", False))]
    tokens = listed((one.get("audience", "") for one in spec.get("tokenRequests") or ()), "<unset>")
    modes = listed(spec.get("volumeLifecycleModes") or (), NONE)
    rest = [bool(spec.get("storageCapacity")), tokens, bool(spec.get("requiresRepublish")), modes]
    return [name_cell(obj), *flags, *rest, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="StorageClass",
        default=_default,
        validate=_validate,
        validate_update=_validate_update,
        has_generation=False,
        columns=columns("Name/name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age", _class_cells),
    ),
    Strategy(
        group=_GROUP,
        kind="CSIDriver",
        has_generation=False,
        unconditional_update=False,
        columns=columns(f"{_DRIVER}|RequiresRepublish:boolean|Modes|Age", _driver_cells),
    ),
    Strategy(group=_GROUP, kind="CSINode", has_generation=False, unconditional_update=False),
    Strategy(group=_GROUP, kind="CSIStorageCapacity", has_generation=False, columns=CREATED),
    Strategy(
        group=_GROUP,
        kind="VolumeAttachment",
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
    ),
)
