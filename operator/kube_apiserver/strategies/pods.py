"""Preparation of new Pods, following the Pod strategy and admission plugins."""

from typing import Any

_TOLERATED_SECONDS = 300
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def prepare_pod(pod: dict[str, Any]) -> None:
    """Set default tolerations, the priority and the initial status."""
    spec = pod.setdefault("spec", {})
    tolerations = spec.setdefault("tolerations", [])
    known = {entry.get("key", "") for entry in tolerations}
    for taint in _TAINTS:
        if taint not in known and "" not in known:
            entry = {"key": taint, "operator": "Exists", "effect": "NoExecute"}
            tolerations.append({**entry, "tolerationSeconds": _TOLERATED_SECONDS})
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    pod["status"] = {"phase": "Pending", "qosClass": qos_class(spec)}


def qos_class(spec: dict[str, Any]) -> str:
    """Return the QoS class of a Pod spec, from its requests and limits."""
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any(entry.get("requests") or entry.get("limits") for entry in resources):
        return "BestEffort"
    for entry in resources:
        limits, requests = entry.get("limits") or {}, entry.get("requests") or {}
        for name in ("cpu", "memory"):
            if name not in limits or requests.get(name, limits[name]) != limits[name]:
                return "Burstable"
    return "Guaranteed"
