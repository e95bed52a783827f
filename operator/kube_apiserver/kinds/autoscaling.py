"""HorizontalPodAutoscalers of both versions.

autoscaling/v2 is stored. autoscaling/v1 has only a CPU target. Its view omits the other fields of v2, which stay in the
store.
"""

import copy
import dataclasses
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN
from kube_apiserver.schema import Cause, is_path_segment, messages
from kube_apiserver.strategies import Conversion, Draft, Object, Strategy
from kube_apiserver.validation.status_counters import Counters

_SOURCES = ("ContainerResource", "External", "Object", "Pods", "Resource")
#: What the rules of a behavior are where they do not say otherwise.
_SCALING: dict[str, dict[str, Any]] = {
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "selectPolicy": "Max",
        "policies": [
            {"type": "Pods", "value": 4, "periodSeconds": 15},
            {"type": "Percent", "value": 100, "periodSeconds": 15},
        ],
    },
    "scaleDown": {"selectPolicy": "Max", "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
}
_TO_ZERO = "must specify at least one Object or External metric to support scaling to zero replicas"


def _default(obj: Draft) -> None:
    """Set minReplicas, the CPU metric if there is none, and what behavior leaves out."""
    spec = member(obj, "spec")
    fill(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    if (behavior := spec.get("behavior")) is not None:
        for name, rules in _SCALING.items():
            fill(member(behavior, name), **copy.deepcopy(rules))


def _default_v1(obj: Draft) -> None:
    """Set minReplicas."""
    fill(member(obj, "spec"), minReplicas=1)


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of minReplicas, maxReplicas, scaleTargetRef and the types of metrics."""
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    causes: list[Cause] = []
    if least is not None and least < 0:
        wrong = messages.invalid("spec.minReplicas", least, "must be greater than or equal to 0")
        causes.append(messages.declared(wrong))
    if not most:
        causes.append(messages.declared(messages.required("spec.maxReplicas")))
    elif most < 0:
        wrong = messages.invalid("spec.maxReplicas", most, "must be greater than or equal to 1")
        causes.append(messages.declared(wrong))
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
        yield messages.not_supported(f"{path}.type", kind, _SOURCES)
        return
    source = kind[0].lower() + kind[1:]
    if metric.get(source) is None:
        yield messages.required(f"{path}.{source}", "must populate information for the given metric source")


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a HorizontalPodAutoscaler."""
    name, spec, status = parts(obj)
    target = spec.get("scaleTargetRef") or {}
    reference = f"{target.get('kind', '')}/{target.get('name', '')}"
    low = spec.get("minReplicas")
    counts = ["<unset>" if low is None else str(low), spec.get("maxReplicas", 0), status.get("currentReplicas", 0)]
    return [name, reference, _targets(spec, status), *counts, age_cell(obj, now)]


def _targets(spec: Object, status: Object) -> str:
    shown = []
    current = status.get("currentMetrics") or []
    for position, metric in enumerate(spec.get("metrics") or ()):
        kind = str(metric.get("type", ""))
        source = metric.get(kind[:1].lower() + kind[1:]) or {}
        seen = current[position] if position < len(current) else {}
        now = (seen.get(kind[:1].lower() + kind[1:]) or {}).get("current") or {}
        shown.append(_target(str(source.get("name", "")), source.get("target") or {}, now))
    return ", ".join(shown[:2]) + (f" + {len(shown) - 2} more..." if len(shown) > 2 else "") if shown else NONE


def _target(name: str, target: Object, current: Object) -> str:
    if target.get("averageUtilization") is not None:
        seen = current.get("averageUtilization")
        now = UNKNOWN if seen is None else f"{seen}%"
        return f"{name}: {now}/{target['averageUtilization']}%"
    field = "averageValue" if target.get("averageValue") else "value"
    suffix = " (avg)" if field == "averageValue" else ""
    prefix = f"{name}: " if name else ""
    return f"{prefix}{current.get(field) or UNKNOWN}/{target.get(field)}{suffix}"


def _to_v1(scaler: dict[str, Any]) -> dict[str, Any]:
    """Convert a v2 autoscaler to v1."""
    spec, status = dict(scaler.get("spec") or {}), dict(scaler.get("status") or {})
    target = next((entry for entry in spec.pop("metrics", None) or () if _is_cpu(entry)), None)
    spec.pop("behavior", None)
    if target is not None:
        spec["targetCPUUtilizationPercentage"] = target["resource"]["target"].get("averageUtilization")
    current = next((entry for entry in status.pop("currentMetrics", None) or () if _is_cpu(entry)), None)
    status.pop("conditions", None)
    if current is not None:
        status["currentCPUUtilizationPercentage"] = current["resource"]["current"].get("averageUtilization")
    status = {"currentReplicas": 0, "desiredReplicas": 0, **status}
    return {**scaler, "spec": spec, "status": status}


def _to_v2(scaler: dict[str, Any]) -> dict[str, Any]:
    """Convert a v1 autoscaler to v2."""
    spec, status = dict(scaler.get("spec") or {}), dict(scaler.get("status") or {})
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    status.pop("currentCPUUtilizationPercentage", None)
    return {**scaler, "spec": spec, "status": {"currentMetrics": None, **status}}


def _is_cpu(metric: dict[str, Any]) -> bool:
    return metric.get("type") == "Resource" and (metric.get("resource") or {}).get("name") == "cpu"


_V2 = Strategy(
    group="autoscaling",
    kind="HorizontalPodAutoscaler",
    default=_default,
    validate=_validate,
    validate_status=Counters(("currentReplicas", "desiredReplicas")).causes,
    columns=columns("Name/name|Reference|Targets|MinPods|MaxPods|Replicas|Age", _cells),
)
_V1 = dataclasses.replace(_V2, version="v1", default=_default_v1, conversion=Conversion(_to_v1, _to_v2))
STRATEGIES = (_V2, _V1)
