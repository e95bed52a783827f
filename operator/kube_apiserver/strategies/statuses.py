"""Validation of the counters in workload statuses: none is negative, and no part exceeds its total.

The rules follow kube-apiserver's ``ValidateDeploymentStatus`` and its counterparts for other kinds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kube_apiserver.schema import Cause
from kube_apiserver.strategies.conditions import condition_causes
from kube_apiserver.strategies.job_statuses import job_status_causes

Object = Mapping[str, Any]
_BUDGETS = "poddisruptionbudgets.policy"
_COUNTS = ("observedGeneration", "collisionCount", "terminatingReplicas")
_TOO_SMALL = "must be greater than or equal to 0"


@dataclass(frozen=True, slots=True)
class _Counters:
    """The counters of one kind.

    Attributes:
        counts: the fields that must not be negative.
        parts: the fields that must not exceed ``replicas``.
        ready: how messages name ``readyReplicas``; empty if ``availableReplicas`` is not compared with it.
    """

    counts: tuple[str, ...]
    parts: tuple[str, ...] = ()
    ready: str = ""


_COUNTERS: Mapping[str, _Counters] = {
    "deployments.apps": _Counters(
        ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", *_COUNTS),
        ("updatedReplicas", "readyReplicas", "availableReplicas"),
        "readyReplicas",
    ),
    "replicasets.apps": _Counters(
        ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", *_COUNTS),
        ("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
        "readyReplicas",
    ),
    "statefulsets.apps": _Counters(
        ("replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", *_COUNTS),
        ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"),
        "status.readyReplicas",
    ),
    "daemonsets.apps": _Counters(
        (
            "currentNumberScheduled",
            "numberMisscheduled",
            "desiredNumberScheduled",
            "numberReady",
            "updatedNumberScheduled",
            "numberAvailable",
            "numberUnavailable",
            *_COUNTS,
        )
    ),
    "replicationcontrollers": _Counters(
        ("replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"),
        ("fullyLabeledReplicas", "readyReplicas", "availableReplicas"),
        "readyReplicas",
    ),
    "horizontalpodautoscalers.autoscaling": _Counters(("currentReplicas", "desiredReplicas")),
    _BUDGETS: _Counters(("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")),
}


def status_causes(bucket: str, obj: Object, old: Object) -> list[Cause]:
    """Return the field errors of the ``status`` of ``obj``. ``old`` is the stored object. Absent counters are 0."""
    status = obj.get("status") or {}
    if bucket == "jobs.batch":
        return job_status_causes(obj, old)
    causes = condition_causes(status) if bucket == _BUDGETS else []
    counters = _COUNTERS.get(bucket)
    return causes + _counter_causes(counters, status) if counters is not None else causes


def _counter_causes(counters: _Counters, status: Mapping[str, int]) -> list[Cause]:
    causes = [_invalid(name, status, _TOO_SMALL) for name in counters.counts if _of(status, name) < 0]
    whole = _of(status, "replicas")
    greater = [name for name in counters.parts if _of(status, name) > whole]
    causes += [_invalid(name, status, "cannot be greater than status.replicas") for name in greater]
    if counters.ready and _of(status, "availableReplicas") > _of(status, "readyReplicas"):
        causes.append(_invalid("availableReplicas", status, f"cannot be greater than {counters.ready}"))
    return causes


def _of(status: Mapping[str, int], name: str) -> int:
    return status.get(name) or 0


def _invalid(name: str, status: Mapping[str, int], detail: str) -> Cause:
    return Cause(f"status.{name}", "FieldValueInvalid", f"Invalid value: {_of(status, name)}: {detail}")
