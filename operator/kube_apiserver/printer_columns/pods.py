"""Cells of Pods and Nodes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, age

Object = Mapping[str, Any]
_ROLE = "node-role.kubernetes.io/"


def pod(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Pod."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    states = status.get("containerStatuses") or []
    ready = sum(bool(state.get("ready")) and "running" in (state.get("state") or {}) for state in states)
    total = len(spec.get("containers") or ())
    return [
        obj["metadata"]["name"],
        f"{ready}/{total}",
        _reason(obj, spec, status, states),
        _restarts(states, now),
        age(obj["metadata"].get("creationTimestamp"), now),
        ((status.get("podIPs") or [{}])[0]).get("ip") or status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
        _gates(spec, status),
    ]


def _reason(obj: Object, spec: Object, status: Object, states: list[Any]) -> str:
    reason: str = status.get("reason") or status.get("phase") or ""
    starting = _initialising(spec, status)
    if starting:
        reason = starting
    else:
        for state in reversed(states):
            reason = _container_reason(state) or reason
        if reason == "Completed" and any("running" in (state.get("state") or {}) for state in states):
            reason = "Running" if all(state.get("ready") for state in states) else "NotReady"
    if obj["metadata"].get("deletionTimestamp"):
        return UNKNOWN if status.get("reason") == "NodeLost" else "Terminating"
    return reason


def _initialising(spec: Object, status: Object) -> str:
    states = status.get("initContainerStatuses") or []
    for position, state in enumerate(states):
        ended = (state.get("state") or {}).get("terminated")
        if ended is not None and ended.get("exitCode") == 0:
            continue
        if ended is not None:
            return f"Init:{_container_reason(state)}"
        waiting = ((state.get("state") or {}).get("waiting") or {}).get("reason")
        if waiting and waiting != "PodInitializing":
            return f"Init:{waiting}"
        return f"Init:{position}/{len(spec.get('initContainers') or states)}"
    return ""


def _container_reason(state: Object) -> str:
    now = state.get("state") or {}
    waiting, ended = now.get("waiting") or {}, now.get("terminated")
    if waiting.get("reason"):
        return str(waiting["reason"])
    if ended is None:
        return ""
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _restarts(states: list[Any], now: datetime) -> str:
    count = sum(state.get("restartCount", 0) for state in states)
    ends = [((state.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for state in states]
    last = max((end for end in ends if end), default=None)
    return f"{count} ({age(last, now)} ago)" if count and last else str(count)


def _gates(spec: Object, status: Object) -> str:
    gates = spec.get("readinessGates") or []
    if not gates:
        return NONE
    true = {item.get("type") for item in status.get("conditions") or () if item.get("status") == "True"}
    return f"{sum(gate.get('conditionType') in true for gate in gates)}/{len(gates)}"


def node(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Node."""
    status, metadata = obj.get("status") or {}, obj["metadata"]
    info = status.get("nodeInfo") or {}
    found = metadata.get("labels") or {}
    roles = sorted(key.removeprefix(_ROLE) for key in found if key.startswith(_ROLE))
    addresses = {item.get("type"): item.get("address") for item in status.get("addresses") or ()}
    return [
        metadata["name"],
        _node_status(obj),
        ",".join(roles) or NONE,
        age(metadata.get("creationTimestamp"), now),
        info.get("kubeletVersion", ""),
        addresses.get("InternalIP") or NONE,
        addresses.get("ExternalIP") or NONE,
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def _node_status(obj: Object) -> str:
    conditions = {item.get("type"): item.get("status") for item in (obj.get("status") or {}).get("conditions") or ()}
    words = ["Unknown"]
    if "Ready" in conditions:
        words = ["Ready" if conditions["Ready"] == "True" else "NotReady"]
    if (obj.get("spec") or {}).get("unschedulable"):
        words.append("SchedulingDisabled")
    return ",".join(words)
