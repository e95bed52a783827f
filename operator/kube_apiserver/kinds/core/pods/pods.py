"""Pods. ``defaulting.pod_templates`` and ``validation.pods`` have what workloads share with them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.core.pods.changes import pod_change_causes
from kube_apiserver.kinds.core.pods.statuses import default_status, pod_status_causes, prepare_status
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.formats import NONE, UNKNOWN, age
from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Deletion, Draft, Object, SelectableField, Strategy, selectable
from kube_apiserver.validation.containers.containers import image_causes
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.pods.annotations import pod_annotation_causes, profile_match_causes
from kube_apiserver.validation.pods.specs import pod_causes
from kube_apiserver.validation.pods.warnings import pod_warnings

_TOLERATED_SECONDS = 300
_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
_GRACE_SECONDS = 30
_COLUMNS = "Name/name|Ready|Status|Restarts|Age|IP*1|Node*1|Nominated Node*1|Readiness Gates*1"


def _default(pod: Draft) -> None:
    """Set the fields of a Pod template, enableServiceLinks, and requests from limits."""
    default_template(pod)
    spec = pod["spec"]
    fill(spec, enableServiceLinks=True)
    if spec["terminationGracePeriodSeconds"] < 0:
        spec["terminationGracePeriodSeconds"] = 1
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        if spec.get("hostNetwork"):
            for port in container.get("ports") or ():
                port["hostPort"] = port.get("hostPort") or port.get("containerPort", 0)
        resources = container.get("resources") or {}
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    status = pod["status"] = pod.get("status") or {}
    default_status(status)


def _prepare_create(pod: Draft, store: Store) -> None:
    """Set tolerations, priority, preemptionPolicy and status, like the Pod strategy and admission plugins."""
    del store
    spec = pod.setdefault("spec", {})
    _tolerate(spec)
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")
    pod["status"] = {"phase": "Pending", "qosClass": _qos_class(spec)}


def _tolerate(spec: dict[str, Any]) -> None:
    tolerations = [*(spec.get("tolerations") or ())]
    known = {entry.get("key", "") for entry in tolerations if entry.get("effect") in (None, "", "NoExecute")}
    for taint in _TAINTS:
        if taint not in known and "" not in known:
            entry = {"key": taint, "operator": "Exists", "effect": "NoExecute"}
            tolerations.append({**entry, "tolerationSeconds": _TOLERATED_SECONDS})
    spec["tolerations"] = tolerations


def _prepare_update(old: Object, new: Draft) -> None:
    """Set tolerations, priority, preemptionPolicy, resources and parts of status that an update leaves out."""
    before, spec = old.get("spec") or {}, new.get("spec")
    if spec is not None and spec is not before:
        _tolerate(spec)
        for name in ("priority", "preemptionPolicy", "resources"):
            if spec.get(name) is None and before.get(name) is not None:
                spec[name] = before[name]
    if (status := new.get("status")) is not None and status is not old.get("status"):
        prepare_status(old.get("status") or {}, status)


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
    """Return the field errors of annotations and of the whole spec: containers, volumes, security, scheduling."""
    metadata, spec = obj["metadata"], obj.get("spec") or {}
    causes = [*pod_annotation_causes(metadata.get("annotations") or {}, spec, "metadata.annotations")]
    causes += pod_causes(spec, "spec", metadata)
    if not spec.get("serviceAccountName"):
        causes += _tokens(spec)
    causes += negative_causes(spec, "spec", "terminationGracePeriodSeconds")
    for kind in ("containers", "initContainers"):
        for position, container in enumerate(spec.get(kind) or ()):
            causes += image_causes(container, f"spec.{kind}[{position}]")
    return causes


def _tokens(spec: Object) -> Iterator[Cause]:
    for position, volume in enumerate(spec.get("volumes") or ()):
        for place, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
            if source.get("serviceAccountToken") is not None:
                path = f"spec.volumes[{position}].projected.sources[{place}].serviceAccountToken"
                yield messages.forbidden(path, "must not be specified when serviceAccountName is not set")


def _validate_new(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of a new Pod with ephemeral containers, a node and gates, or contradicting profiles."""
    if old is not None:
        return []
    spec = obj.get("spec") or {}
    causes = []
    if spec.get("ephemeralContainers"):
        causes.append(messages.forbidden("spec.ephemeralContainers", "cannot be set on create"))
    if spec.get("nodeName") and spec.get("schedulingGates"):
        detail = "cannot be set until all schedulingGates have been cleared"
        causes.append(messages.forbidden("spec.nodeName", detail))
    return [*causes, *profile_match_causes(obj["metadata"].get("annotations") or {}, spec, "spec")]


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about a Pod: its name, and fields and values that do nothing."""
    if old is not None:
        return [] if obj.get("spec") is old.get("spec") else pod_warnings(obj)
    problems = is_dns1123_label(obj["metadata"].get("name") or "")
    what = "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior"
    found = [f"{what}; a DNS label is recommended: [{' '.join(problems)}]"] if problems else []
    return [*found, *pod_warnings(obj)]


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


STRATEGIES = (
    Strategy(
        kind="Pod",
        default=_default,
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        as_kept=kept_template(),
        validate=_validate,
        validate_with_old=_validate_new,
        validate_update=pod_change_causes,
        validate_status=pod_status_causes,
        warn=_warn,
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
)
