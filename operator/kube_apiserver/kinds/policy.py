"""PodDisruptionBudgets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from go_regexp import compile_pattern
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.conditions import condition_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.status_counters import Counters

_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
    "regex used for validation is '[0-9]+%')"
)
_NOT_NEGATIVE = "must be greater than or equal to 0"
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
            causes += _int_or_percent(value, f"spec.{name}")
    causes += selector_causes(spec.get("selector"), "spec.selector")
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _EVICTION_POLICIES:
        causes.append(messages.not_supported("spec.unhealthyPodEvictionPolicy", policy, _EVICTION_POLICIES))
    return causes


def _int_or_percent(value: int | str, path: str) -> Iterator[Cause]:
    if isinstance(value, int):
        if value < 0:
            yield messages.invalid(path, value, _NOT_NEGATIVE)
    elif not compile_pattern("^[0-9]+%$").matches(value):
        yield messages.invalid(path, value, _PERCENT)
    elif len(digits := value[:-1].lstrip("0")) > 3 or int(digits or 0) > 100:
        yield messages.invalid(path, value, "must not be greater than 100%")


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
