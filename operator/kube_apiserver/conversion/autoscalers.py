"""Conversion of HorizontalPodAutoscalers between autoscaling/v2, the storage version, and autoscaling/v1.

autoscaling/v1 has only a CPU target. Its view omits the other fields of v2, which stay in the store.
"""

from typing import Any


def to_v1(scaler: dict[str, Any]) -> dict[str, Any]:
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


def to_v2(scaler: dict[str, Any]) -> dict[str, Any]:
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
