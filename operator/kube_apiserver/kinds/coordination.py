"""Leases."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object, Strategy


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of leaseDurationSeconds and leaseTransitions."""
    spec = obj.get("spec") or {}
    causes = []
    for name, minimum, detail in (("leaseDurationSeconds", 1, "must be greater than 0"), ("leaseTransitions", 0, "")):
        value = spec.get(name)
        if value is not None and value < minimum:
            causes.append(messages.invalid(f"spec.{name}", value, detail or "must be greater than or equal to 0"))
    return causes


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Lease."""
    return [name_cell(obj), (obj.get("spec") or {}).get("holderIdentity") or "", age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="coordination.k8s.io",
        kind="Lease",
        validate=_validate,
        has_generation=False,
        unconditional_update=False,
        created_by_update=True,
        columns=columns("Name/name|Holder|Age", _cells),
    ),
)
