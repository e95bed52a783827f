"""Validation of PodDisruptionBudgets, HorizontalPodAutoscalers and PriorityClasses."""

from collections.abc import Iterator, Mapping
from typing import Any

from go_regexp import compile_pattern
from kube_apiserver.schema import Cause, is_path_segment, messages
from kube_apiserver.validation.label_selectors import selector_causes

Object = Mapping[str, Any]
_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
    "regex used for validation is '[0-9]+%')"
)
_NOT_NEGATIVE = "must be greater than or equal to 0"
_EVICTION_POLICIES = ("AlwaysAllow", "IfHealthyBudget")
_SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
_TO_ZERO = "must specify at least one Object or External metric to support scaling to zero replicas"
_HIGHEST_PRIORITY = 1_000_000_000
_SYSTEM = "system-"
_PREEMPTION = ("PreemptLowerPriority", "Never")


def budget_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a PodDisruptionBudget."""
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


def autoscaler_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a HorizontalPodAutoscaler: its bounds, its target and the types of its metrics."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    causes: list[Cause] = []
    if least is not None and least < 1:
        causes.append(messages.invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if not most:
        causes.append(messages.required("spec.maxReplicas", "must be set and greater than 0"))
    elif most < 0:
        causes.append(messages.invalid("spec.maxReplicas", most, "must be greater than or equal to 1"))
    if least is not None and most < least:
        detail = "must be greater than or equal to `minReplicas`"
        causes.append(messages.invalid("spec.maxReplicas", most, detail))
    causes += _reference(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef")
    metrics = spec.get("metrics") or ()
    for position, metric in enumerate(metrics):
        causes += _metric(metric, f"spec.metrics[{position}]")
    if least == 0 and not any(metric.get("type") in ("External", "Object") for metric in metrics):
        causes.append(messages.forbidden("spec.metrics", _TO_ZERO))
    return causes


def _reference(reference: Object, path: str) -> Iterator[Cause]:
    for name in ("kind", "name"):
        value = reference.get(name) or ""
        if not value:
            yield messages.required(f"{path}.{name}")
        yield from (messages.invalid(f"{path}.{name}", value, why) for why in is_path_segment(value))
    version = reference.get("apiVersion") or ""
    if version.count("/") > 1:
        yield messages.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")
    elif "/" not in version:
        yield messages.invalid(f"{path}.apiVersion", version, "apiVersion must specify API group")


def _metric(metric: Object, path: str) -> Iterator[Cause]:
    kind = metric.get("type") or ""
    if not kind:
        yield messages.required(f"{path}.type", "must specify a metric source type")
    if kind not in _SOURCES:
        yield from [messages.not_supported(f"{path}.type", kind, _SOURCES)] * 2  # kube-apiserver looks twice
        return
    source = kind[0].lower() + kind[1:]
    if metric.get(source) is None:
        yield messages.required(f"{path}.{source}", "must populate information for the given metric source")


def priority_causes(obj: Object) -> list[Cause]:
    """Return the field errors of a PriorityClass."""
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
    if policy and policy not in _PREEMPTION:
        causes.append(messages.not_supported("preemptionPolicy", policy, _PREEMPTION))
    return causes
