"""Devices, their claims and taints. No controller acts on taints, and nothing allocates devices."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import age
from kube_apiserver.schema import Cause, is_label_value, is_qualified_name, messages
from kube_apiserver.strategies import Deletion, Draft, Object, Strategy
from kube_apiserver.validation.conditions import status_condition_causes
from kube_apiserver.validation.fixed_values import fixed_spec_causes

_GROUP = "resource.k8s.io"
_RETURNED = Deletion(returns_object=True)
_EFFECTS = ("NoExecute", "NoSchedule", "None")
_TAINT = "spec.taint"


def _default_new(obj: Draft) -> None:
    """Set timeAdded of the taint."""
    taint = (obj.get("spec") or {}).get("taint")
    if isinstance(taint, dict) and taint.get("timeAdded") is None:
        taint["timeAdded"] = obj["metadata"].get("creationTimestamp")


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the taint."""
    taint = (obj.get("spec") or {}).get("taint") or {}
    key, value, effect = (taint.get(name) or "" for name in ("key", "value", "effect"))
    causes = [messages.invalid(f"{_TAINT}.key", key, why) for why in is_qualified_name(key)]
    causes += [messages.invalid(f"{_TAINT}.value", value, why) for why in is_label_value(value)]
    if not effect:
        causes.append(messages.declared(messages.required(f"{_TAINT}.effect")))
    elif effect not in _EFFECTS:
        causes.append(messages.declared(messages.not_supported(f"{_TAINT}.effect", effect, _EFFECTS)))
    return causes


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a DeviceTaintRule."""
    taint = (obj.get("spec") or {}).get("taint") or {}
    added = taint.get("timeAdded")
    shown = [taint.get(name, "") for name in ("key", "value", "effect")]
    return [name_cell(obj), *shown, age(added, now) if added else "", age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group=_GROUP,
        kind="DeviceTaintRule",
        reset_fields={"status": ("spec", "metadata")},
        default_new=_default_new,
        validate=_validate,
        validate_status=status_condition_causes,
        unconditional_update=False,
        columns=columns("Name/name|Key|Value|Effect|TimeAdded|Age", _cells),
    ),
    Strategy(group=_GROUP, kind="DeviceClass", deletion=_RETURNED),
    Strategy(
        group=_GROUP,
        kind="ResourceClaim",
        validate_update=fixed_spec_causes,
        has_generation=False,
        reset_fields={"status": ("spec", "metadata")},
        deletion=_RETURNED,
    ),
    Strategy(
        group=_GROUP,
        kind="ResourceClaimTemplate",
        validate_update=fixed_spec_causes,
        has_generation=False,
        deletion=_RETURNED,
    ),
    Strategy(group=_GROUP, kind="ResourceSlice", deletion=_RETURNED),
)
