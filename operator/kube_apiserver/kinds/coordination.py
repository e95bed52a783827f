"""Leases."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy

# Of the feature CoordinatedLeaderElection, which is off by default.
_OF_ELECTION = ("strategy", "preferredHolder")


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of leaseDurationSeconds and leaseTransitions."""
    spec = obj.get("spec") or {}
    causes = []
    for name, minimum, detail in (("leaseDurationSeconds", 1, "must be greater than 0"), ("leaseTransitions", 0, "")):
        value = spec.get(name)
        if value is not None and value < minimum:
            causes.append(messages.invalid(f"spec.{name}", value, detail or "must be greater than or equal to 0"))
    return causes


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop strategy and preferredHolder, unless the stored Lease has them."""
    spec, stored = obj.get("spec"), (old or {}).get("spec") or {}
    if not spec or any(stored.get(name) for name in _OF_ELECTION):
        return {**obj}
    return {**obj, "spec": {name: value for name, value in spec.items() if name not in _OF_ELECTION}}


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Lease."""
    return [name_cell(obj), (obj.get("spec") or {}).get("holderIdentity") or "", age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="coordination.k8s.io",
        kind="Lease",
        as_kept=_as_kept,
        validate=_validate,
        has_generation=False,
        unconditional_update=False,
        created_by_update=True,
        columns=columns("Name/name|Holder|Age", _cells),
    ),
)
