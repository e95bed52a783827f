"""Readiness of objects: by the rules of ``kubectl rollout status`` and ``kubectl wait`` for built-in kinds.

Others are ready by a condition. The result is the reason why an object is not ready yet, so that a person can see it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from plugin_operator.kube import GroupVersionKind, Object, builtin_resource

#: Returns why an object is not ready; empty if it is.
Judge = Callable[[Object], str]

_METADATA = frozenset({"apiVersion", "kind", "metadata"})
_METADATA_ONLY = "its cache has no status: if the kind is declared with metadata_only=True, declare it without"


def unready_reason(obj: Object, condition: str = "") -> str:
    """Return why an object is not ready; empty if it is.

    Args:
        obj: the object, as it was read.
        condition: the condition that must be True; by default what fits the kind: the rules of kubectl for built-in
            kinds, and the condition Ready for others.
    """
    reason = _reason(obj, condition)
    return f"{reason}; {_METADATA_ONLY}" if reason and obj.keys() <= _METADATA else reason


def _reason(obj: Object, condition: str) -> str:
    kind = GroupVersionKind.of(obj)
    if condition:
        return _without_condition(obj, condition)
    judge = _JUDGES.get((kind.group, kind.kind))
    if judge is not None:
        return judge(obj)
    if builtin_resource(kind) is not None:
        return ""  # the built-in kinds without a judge are ready once they exist
    return _without_condition(obj, "Ready")


def _deployment(obj: Object) -> str:
    """Judge as ``kubectl rollout status deployment`` (k8s.io/kubectl, pkg/polymorphichelpers/rollout_status.go)."""
    if unseen := _unseen(obj):
        return unseen
    status, wanted = _status(obj), _replicas(obj)
    progressing = _condition(obj, "Progressing")
    if progressing.get("reason") == "ProgressDeadlineExceeded":
        return "exceeded its progress deadline"
    updated, total, available = (_count(status, each) for each in ("updatedReplicas", "replicas", "availableReplicas"))
    if updated < wanted:
        return f"{updated} of {wanted} replicas are updated"
    if total > updated:
        return f"{total - updated} old replicas are pending termination"
    if available < updated:
        return f"{available} of {updated} updated replicas are available"
    return ""


def _daemon_set(obj: Object) -> str:
    if unseen := _unseen(obj):
        return unseen
    status = _status(obj)
    desired, updated, available = (
        _count(status, each) for each in ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
    )
    if _strategy(obj) != "OnDelete" and updated < desired:
        return f"{updated} of {desired} pods are updated"
    if available < desired:
        return f"{available} of {desired} pods are available"
    return ""


def _stateful_set(obj: Object) -> str:
    status, wanted = _status(obj), _replicas(obj)
    if not status.get("observedGeneration"):
        return "its spec is not observed yet"
    if unseen := _unseen(obj):
        return unseen
    ready, updated = _count(status, "readyReplicas"), _count(status, "updatedReplicas")
    if ready < wanted:
        return f"{ready} of {wanted} replicas are ready"
    if _strategy(obj) == "OnDelete":
        return ""
    rolling = ((obj.get("spec") or {}).get("updateStrategy") or {}).get("rollingUpdate") or {}
    partition = rolling.get("partition") or 0
    if partition:
        missing = updated < wanted - partition
        return f"{updated} of {wanted - partition} replicas above the partition are updated" if missing else ""
    if status.get("updateRevision") != status.get("currentRevision"):
        return f"{updated} of {wanted} replicas are updated"
    return ""


def _replica_set(obj: Object) -> str:
    if unseen := _unseen(obj):
        return unseen
    wanted, ready = _replicas(obj), _count(_status(obj), "readyReplicas")
    return f"{ready} of {wanted} replicas are ready" if ready < wanted else ""


def _job(obj: Object) -> str:
    failed = _condition(obj, "Failed")
    if failed.get("status") == "True":
        return f"it has failed: {failed.get('reason') or 'no reason given'}"
    return _without_condition(obj, "Complete")


def _phase(wanted: str) -> Judge:
    def judge(obj: Object) -> str:
        phase = _status(obj).get("phase")
        return "" if phase == wanted else f"its phase is {phase or 'not set'}, not {wanted}"

    return judge


def _by_condition(name: str) -> Judge:
    return lambda obj: _without_condition(obj, name)


_JUDGES: Mapping[tuple[str, str], Judge] = {
    ("", "Namespace"): _phase("Active"),
    ("", "PersistentVolumeClaim"): _phase("Bound"),
    ("", "Pod"): _by_condition("Ready"),
    ("", "ReplicationController"): _replica_set,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _by_condition("Established"),
    ("apiregistration.k8s.io", "APIService"): _by_condition("Available"),
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}


def _without_condition(obj: Object, name: str) -> str:
    """Return why a condition does not hold; one of an older generation does not count, as for ``kubectl wait``."""
    found = _condition(obj, name)
    if not found:
        return f"it has no condition {name}"
    observed, generation = found.get("observedGeneration"), (obj.get("metadata") or {}).get("generation")
    if observed is None:
        observed = _status(obj).get("observedGeneration")
    if isinstance(observed, int) and isinstance(generation, int) and observed < generation:
        return f"its condition {name} is of an older generation"
    if str(found.get("status")) != "True":
        why = f" ({found['reason']})" if found.get("reason") else ""
        return f"its condition {name} is {found.get('status')}{why}"
    return ""


def _condition(obj: Object, name: str) -> Mapping[str, Any]:
    conditions = _status(obj).get("conditions")
    found = conditions if isinstance(conditions, list) else ()
    return next((each for each in found if isinstance(each, Mapping) and each.get("type") == name), {})


def _unseen(obj: Object) -> str:
    generation = (obj.get("metadata") or {}).get("generation") or 0
    observed = _status(obj).get("observedGeneration") or 0
    return "its spec is not observed yet" if generation > observed else ""


def _status(obj: Object) -> Mapping[str, Any]:
    found = obj.get("status")
    return found if isinstance(found, Mapping) else {}


def _replicas(obj: Object) -> int:
    wanted = (obj.get("spec") or {}).get("replicas")
    return 1 if wanted is None else int(wanted)


def _count(status: Mapping[str, Any], name: str) -> int:
    return int(status.get(name) or 0)


def _strategy(obj: Object) -> str:
    return str(((obj.get("spec") or {}).get("updateStrategy") or {}).get("type") or "")
