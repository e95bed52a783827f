"""DeviceTaintRules."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.kinds.resource.names import label_causes, pool_causes
from kube_apiserver.kinds.resource.parameters import taint_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import age
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.conditions import status_condition_causes
from kube_apiserver.validation.domain_names import driver_causes


def _default_new(obj: Draft) -> None:
    """Set timeAdded of the taint."""
    taint = (obj.get("spec") or {}).get("taint")
    if isinstance(taint, dict) and taint.get("timeAdded") is None:
        taint["timeAdded"] = obj["metadata"].get("creationTimestamp")


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of the devices that are selected, and of the taint."""
    spec, before = obj.get("spec") or {}, None if old is None else old.get("spec") or {}
    taint = None if before is None else before.get("taint") or {}
    found = taint_causes(spec.get("taint") or {}, "spec.taint", taint)
    return [*_selected(spec.get("deviceSelector") or {}, "spec.deviceSelector"), *found]


def _selected(selector: Object, path: str) -> Iterator[Cause]:
    for name, validate in (("driver", driver_causes), ("pool", pool_causes), ("device", label_causes)):
        if (value := selector.get(name)) is not None:
            yield from validate(value, f"{path}.{name}")


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a DeviceTaintRule."""
    taint = (obj.get("spec") or {}).get("taint") or {}
    added = taint.get("timeAdded")
    shown = [taint.get(name, "") for name in ("key", "value", "effect")]
    return [name_cell(obj), *shown, age(added, now) if added else "", age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="resource.k8s.io",
        kind="DeviceTaintRule",
        reset_fields={"status": ("spec", "metadata")},
        default_new=_default_new,
        validate_with_old=_validate,
        validate_status=status_condition_causes,
        unconditional_update=False,
        columns=columns("Name/name|Key|Value|Effect|TimeAdded|Age", _cells),
    ),
)
