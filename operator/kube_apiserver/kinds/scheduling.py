"""PriorityClasses."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import fixed_causes

_HIGHEST_PRIORITY = 1_000_000_000
_SYSTEM = "system-"
_PREEMPTION = ("PreemptLowerPriority", "Never")


def _default(obj: Draft) -> None:
    """Set preemptionPolicy."""
    fill(obj, preemptionPolicy="PreemptLowerPriority")


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set a generation, which no change counts."""
    del store
    obj["metadata"]["generation"] = 1


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of name, value and preemptionPolicy."""
    if old is not None:
        return []  # an update checks only what it changes
    name, value = (obj.get("metadata") or {}).get("name") or "", obj.get("value") or 0
    policy = obj.get("preemptionPolicy")
    causes = []
    if name.startswith(_SYSTEM):
        if name not in ("system-node-critical", "system-cluster-critical"):
            detail = (
                f"priority class names with '{_SYSTEM}' prefix are reserved for system use only. "
                f"error: {name} is not a known system priority class"
            )
            causes.append(messages.forbidden("metadata.name", detail))
    elif value > _HIGHEST_PRIORITY:
        detail = f"maximum allowed value of a user defined priority is {_HIGHEST_PRIORITY}"
        causes.append(messages.forbidden("value", detail))
    if policy == "":
        causes.append(messages.required("preemptionPolicy"))
    elif policy is not None and policy not in _PREEMPTION:
        causes.append(messages.not_supported("preemptionPolicy", policy, _PREEMPTION))
    return causes


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of value or preemptionPolicy."""
    causes = []
    if old.get("value") != new.get("value"):
        causes.append(messages.forbidden("value", "may not be changed in an update."))
    return [*causes, *fixed_causes(old, new, "preemptionPolicy")]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PriorityClass."""
    policy = obj.get("preemptionPolicy", "")
    return [name_cell(obj), obj.get("value", 0), bool(obj.get("globalDefault")), age_cell(obj, now), policy]


STRATEGIES = (
    Strategy(
        group="scheduling.k8s.io",
        kind="PriorityClass",
        default=_default,
        prepare_create=_prepare_create,
        validate_with_old=_validate,
        validate_update=_validate_update,
        has_generation=False,
        columns=columns("Name/name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy", _cells),
    ),
)
