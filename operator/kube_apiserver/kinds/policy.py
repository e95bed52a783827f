"""PodDisruptionBudgets."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.conditions import condition_causes
from kube_apiserver.validation.forms.percentages import amount_causes, at_most_all_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.status_counters import Counters

_EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_COUNTERS = Counters(("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of minAvailable, maxUnavailable, selector and unhealthyPodEvictionPolicy."""
    spec = obj.get("spec") or {}
    causes: list[Cause] = []
    names = ("minAvailable", "maxUnavailable")
    if all(spec.get(name) is not None for name in names):
        shown = {
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        causes.append(messages.invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"))
    for name in names:
        if (value := spec.get(name)) is not None:
            causes += amount_causes(value, f"spec.{name}")
            causes += at_most_all_causes(value, f"spec.{name}")
    causes += selector_causes(spec.get("selector"), "spec.selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _EVICTION_POLICIES:
        causes.append(messages.not_supported("spec.unhealthyPodEvictionPolicy", policy, _EVICTION_POLICIES))
    return causes


def _validate_status(obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of conditions and negative counters."""
    return condition_causes(obj.get("status") or {}) + _COUNTERS.causes(obj, old)


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PodDisruptionBudget."""
    name, spec, status = parts(obj)
    given = (spec.get("minAvailable"), spec.get("maxUnavailable"))
    limits = ["N/A" if limit is None else str(limit) for limit in given]
    return [name, *limits, status.get("disruptionsAllowed", 0), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="policy",
        kind="PodDisruptionBudget",
        validate=_validate,
        validate_status=_validate_status,
        unconditional_update=False,
        columns=columns("Name/name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age", _cells),
    ),
)
