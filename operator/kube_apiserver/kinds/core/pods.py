"""Pods and PodTemplates. ``defaulting.pod_templates`` and ``validation.pods`` have what workloads share with them."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import name_cell
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, age, listed
from kube_apiserver.schema import Cause, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, SelectableField, Strategy, selectable
from kube_apiserver.validation.pods.specs import pod_causes

_TOLERATED_SECONDS = 300
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_CHANGEABLE = frozenset({"activeDeadlineSeconds", "tolerations", "schedulingGates", "terminationGracePeriodSeconds"})
_CONTAINERS = ("containers", "initContainers")
_UPDATABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was "
    "previously negative)"
)
_GRACE_SECONDS = 30
_COLUMNS = "Name/name|Ready|Status|Restarts|Age|IP*1|Node*1|Nominated Node*1|Readiness Gates*1"


def _default(pod: Draft) -> None:
    """Set the fields of a Pod template, enableServiceLinks, requests from limits, and status.phase."""
    default_template(pod)
    spec = pod["spec"]
    fill(spec, enableServiceLinks=True)
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        resources = container.get("resources") or {}
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    status = pod["status"] = pod.get("status") or {}
    status["phase"] = status.get("phase") or "Pending"


def _default_pod_template(obj: Draft) -> None:
    """Set the fields of the Pod template."""
    default_template(member(obj, "template"))


def _prepare_create(pod: Draft, store: Store) -> None:
    """Set tolerations, priority, preemptionPolicy and status, like the Pod strategy and admission plugins."""
    del store
    spec = pod.setdefault("spec", {})
    tolerations = spec.setdefault("tolerations", [])
    known = {entry.get("key", "") for entry in tolerations}
    for taint in _TAINTS:
        if taint not in known and "" not in known:
            entry = {"key": taint, "operator": "Exists", "effect": "NoExecute"}
            tolerations.append({**entry, "tolerationSeconds": _TOLERATED_SECONDS})
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    pod["status"] = {"phase": "Pending", "qosClass": _qos_class(spec)}


def _qos_class(spec: dict[str, Any]) -> str:
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


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of containers, volumes, policies, labels, names and limits."""
    return pod_causes(obj.get("spec") or {}, "spec", ("Always", "OnFailure", "Never"))


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of every change but of images, tolerations, gates, grace period and shorter deadlines."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    for name in _CONTAINERS:
        if len(before.get(name) or ()) != len(after.get(name) or ()):
            detail = "pod updates may not add or remove containers"
            return [messages.forbidden(f"spec.{name}", detail)]
    causes = []
    limit, earlier = after.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    path = "spec.activeDeadlineSeconds"
    if limit is not None:
        if not 0 <= limit < 2**31:
            return [messages.invalid(path, limit, f"must be between 0 and {2**31 - 1}, inclusive")]
        if earlier is not None and earlier < limit:
            return [messages.invalid(path, limit, "must be less than or equal to previous value")]
    elif earlier is not None:
        causes.append(messages.invalid(path, None, "must not update from a positive integer to nil value"))
    if _fixed(before) != _fixed(after):
        causes.append(messages.forbidden("spec", f"pod updates may not change fields other than {_UPDATABLE}"))
    return causes


def _fixed(spec: Object) -> dict[str, Any]:
    """Return the fields of a Pod that no update changes."""
    fixed = {name: value for name, value in spec.items() if name not in _CHANGEABLE}
    for name in _CONTAINERS:
        fixed[name] = [{key: value for key, value in each.items() if key != "image"} for each in spec.get(name) or ()]
    return fixed


def _grace_seconds(obj: Object, wanted: int | None) -> int:
    """Return the grace period. Only a Pod on a node has one, because its kubelet stops the containers."""
    if not (obj.get("spec") or {}).get("nodeName"):
        return 0
    if (obj.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
        return 0
    if wanted is not None:
        return max(0, wanted)
    return int(obj["spec"].get("terminationGracePeriodSeconds", _GRACE_SECONDS))


def _cells(obj: Object, now: datetime) -> list[Any]:
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


def _pod_template_cells(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    """Return the cells of a PodTemplate."""
    template = obj.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    marks = (template.get("metadata") or {}).get("labels") or {}
    names, images = (listed(one.get(key, "") for one in containers) for key in ("name", "image"))
    return [name_cell(obj), names, images, listed((f"{key}={marks[key]}" for key in sorted(marks)), NONE)]


STRATEGIES = (
    Strategy(
        kind="Pod",
        default=_default,
        prepare_create=_prepare_create,
        validate=_validate,
        validate_update=_validate_update,
        freely_written=frozenset({"ephemeralcontainers", "resize"}),
        reset_fields={"status": ("spec", "metadata.deletionTimestamp", "metadata.ownerReferences")},
        columns=columns(_COLUMNS, _cells),
        selectable_fields={
            **selectable("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"),
            **selectable("status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"),
            "spec.hostNetwork": SelectableField("false"),
        },
        deletion=Deletion(returns_object=True, grace_seconds=_grace_seconds, is_announced=True),
    ),
    Strategy(
        kind="PodTemplate",
        default=_default_pod_template,
        columns=columns("Name/name|Containers|Images|Pod Labels", _pod_template_cells),
        deletion=Deletion(returns_object=True),
    ),
)
