"""Conversion of HorizontalPodAutoscalers between autoscaling/v1 and v2, in which they are stored.

v1 has a CPU target only. It shows the rest of v2 as annotations, which become fields again when they are sent.
"""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.kinds.autoscaling.annotations import (
    ALL,
    BEHAVIOR,
    CONDITIONS,
    CURRENT_METRICS,
    METRICS,
    OF_STATUS,
    behavior_to_v1,
    behavior_to_v2,
    condition_to_v1,
    condition_to_v2,
    decoded,
    decoded_items,
    encoded,
    metric_to_v1,
    metric_to_v2,
    state_to_v1,
    state_to_v2,
)

Object = dict[str, Any]
DEFAULT_SHARE = 80


def to_v1(scaler: Object) -> Object:
    """Convert a v2 autoscaler to v1."""
    spec, status = dict(scaler.get("spec") or {}), dict(scaler.get("status") or {})
    metrics, behavior = spec.pop("metrics", None) or (), spec.pop("behavior", None)
    current, conditions = status.pop("currentMetrics", None) or (), status.pop("conditions", None) or ()
    annotations: dict[str, str] = {}
    if others := [metric_to_v1(each) for each in metrics if _share(each, "target") is None]:
        annotations[METRICS] = encoded(others)
    if current:
        annotations[CURRENT_METRICS] = encoded([state_to_v1(each) for each in current])
    if behavior is not None:
        annotations[BEHAVIOR] = encoded(behavior_to_v1(behavior))
    if conditions:
        annotations[CONDITIONS] = encoded([condition_to_v1(each) for each in conditions])
    target = next((share for each in metrics if (share := _share(each, "target")) is not None), None)
    if target is not None:
        spec["targetCPUUtilizationPercentage"] = target
    for each in current:
        if (seen := _share(each, "current")) is not None:
            status["currentCPUUtilizationPercentage"] = seen
    status = {"currentReplicas": 0, "desiredReplicas": 0, **status}
    return {**scaler, "metadata": _annotated(scaler.get("metadata") or {}, annotations), "spec": spec, "status": status}


def to_v2(scaler: Object) -> Object:
    """Convert a v1 autoscaler to v2."""
    spec, status = dict(scaler.get("spec") or {}), dict(scaler.get("status") or {})
    annotations = (scaler.get("metadata") or {}).get("annotations") or {}
    target, seen = spec.pop("targetCPUUtilizationPercentage", None), status.pop("currentCPUUtilizationPercentage", None)
    metrics = [] if target is None else [_cpu("target", type="Utilization", averageUtilization=target)]
    others = decoded_items(annotations.get(METRICS), metric_to_v2) or []
    spec["metrics"] = [*others, *metrics] or [_cpu("target", type="Utilization", averageUtilization=DEFAULT_SHARE)]
    if (behavior := behavior_to_v2(decoded(annotations.get(BEHAVIOR)))) is not None:
        spec["behavior"] = behavior
    current = decoded_items(annotations.get(CURRENT_METRICS), state_to_v2)
    if current is None and seen is not None:
        current = [_cpu("current", averageUtilization=seen)]
    status["currentMetrics"] = current or None
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    if conditions := decoded_items(annotations.get(CONDITIONS), condition_to_v2):
        status["conditions"] = conditions
    return {**scaler, "metadata": _annotated(scaler.get("metadata") or {}, {}), "spec": spec, "status": status}


def as_v1_shows(scaler: Object) -> Object:
    """Return a v1 autoscaler as v1 shows it once it is read: with the annotations of its fields, and no others."""
    return to_v1(to_v2(scaler))


def without_state(scaler: Object) -> None:
    """Drop the annotations of a status."""
    scaler["metadata"] = _without(scaler["metadata"], OF_STATUS)


def without_annotations(scaler: Object) -> None:
    """Drop the annotations that only v1 has."""
    if (scaler.get("metadata") or {}).get("annotations"):
        scaler["metadata"] = _without(scaler["metadata"], ALL)


def with_fields_of(old: Mapping[str, Any], new: Object) -> Object:
    """Return a changed v1 autoscaler: a field that a write restored from ``old`` has its annotations restored, too."""
    before, after = to_v2(dict(old)), to_v2(new)
    for name in ("spec", "status"):
        if new.get(name) is old.get(name):
            after[name] = before[name]
    return to_v1(after)


def _share(metric: Object, place: str) -> int | None:
    """Return the percentage of a CPU metric, None if the metric is another one."""
    source = metric.get("resource") or {}
    if metric.get("type") != "Resource" or source.get("name") != "cpu":
        return None
    share: int | None = (source.get(place) or {}).get("averageUtilization")
    return share


def _cpu(place: str, **members: Any) -> Object:
    return {"type": "Resource", "resource": {"name": "cpu", place: members}}


def _annotated(metadata: Object, annotations: dict[str, str]) -> Object:
    if not annotations and not any(name in ALL for name in metadata.get("annotations") or ()):
        return metadata
    kept = _without(metadata, ALL)
    found = (kept.get("annotations") or {}) | annotations
    return {**kept, "annotations": found} if found else kept


def _without(metadata: Object, names: tuple[str, ...]) -> Object:
    kept = {name: value for name, value in (metadata.get("annotations") or {}).items() if name not in names}
    rest = {name: value for name, value in metadata.items() if name != "annotations"}
    return {**rest, "annotations": kept} if kept else rest
