"""Cells of Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs, CronJobs, autoscalers and disruption budgets."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.formats import (
    NONE,
    UNKNOWN,
    age,
    human_duration,
    labels,
    listed,
    selector,
    yes_no,
)

Object = Mapping[str, Any]


def _parts(obj: Object) -> tuple[str, Object, Object]:
    return obj["metadata"]["name"], obj.get("spec") or {}, obj.get("status") or {}


def _age(obj: Object, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _containers(template: Object | None) -> list[str]:
    containers = ((template or {}).get("spec") or {}).get("containers") or []
    return [listed(one.get("name", "") for one in containers), listed(one.get("image", "") for one in containers)]


def deployment(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Deployment."""
    name, spec, status = _parts(obj)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    wide = [*_containers(spec.get("template")), selector(spec.get("selector"))]
    return [name, ready, *counts, _age(obj, now), *wide]


def replica_set(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ReplicaSet or ReplicationController."""
    name, spec, status = _parts(obj)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    chosen = spec.get("selector") or {}
    shown = labels(chosen) if obj.get("kind") == "ReplicationController" else selector(chosen)
    return [name, *counts, _age(obj, now), *_containers(spec.get("template")), shown]


def stateful_set(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a StatefulSet."""
    name, spec, status = _parts(obj)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    return [name, ready, _age(obj, now), *_containers(spec.get("template"))]


_DAEMON = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)


def daemon_set(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a DaemonSet."""
    name, spec, status = _parts(obj)
    nodes = ((spec.get("template") or {}).get("spec") or {}).get("nodeSelector")
    wide = [*_containers(spec.get("template")), selector(spec.get("selector"))]
    return [name, *(status.get(field, 0) for field in _DAEMON), labels(nodes), _age(obj, now), *wide]


def job(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Job."""
    name, spec, status = _parts(obj)
    done = status.get("succeeded", 0)
    wanted, parallel = spec.get("completions"), spec.get("parallelism") or 0
    if wanted is not None:
        completions = f"{done}/{wanted}"
    else:
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    wide = [*_containers(spec.get("template")), selector(spec.get("selector"))]
    return [name, _job_status(obj), completions, _job_duration(status, now), _age(obj, now), *wide]


def _job_status(obj: Object) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    true = {item.get("type") for item in conditions if item.get("status") == "True"}
    for kind in ("Complete", "Failed"):
        if kind in true:
            return kind
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return next((kind for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet") if kind in true), "Running")


def _job_duration(status: Object, now: datetime) -> str:
    start, end = status.get("startTime"), status.get("completionTime")
    if not start:
        return ""
    until = datetime.fromisoformat(end) if end else now
    return human_duration((until - datetime.fromisoformat(start)).total_seconds())


def cron_job(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CronJob."""
    name, spec, status = _parts(obj)
    last = status.get("lastScheduleTime")
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    return [
        name,
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        yes_no(spec.get("suspend")),
        len(status.get("active") or ()),
        age(last, now) if last else NONE,
        _age(obj, now),
        *_containers(inner.get("template")),
        selector(inner.get("selector")),
    ]


def autoscaler(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a HorizontalPodAutoscaler."""
    name, spec, status = _parts(obj)
    target = spec.get("scaleTargetRef") or {}
    reference = f"{target.get('kind', '')}/{target.get('name', '')}"
    low = spec.get("minReplicas")
    counts = ["<unset>" if low is None else str(low), spec.get("maxReplicas", 0), status.get("currentReplicas", 0)]
    return [name, reference, _targets(spec, status), *counts, _age(obj, now)]


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


def disruption_budget(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a PodDisruptionBudget."""
    name, spec, status = _parts(obj)
    given = (spec.get("minAvailable"), spec.get("maxUnavailable"))
    limits = ["N/A" if limit is None else str(limit) for limit in given]
    return [name, *limits, status.get("disruptionsAllowed", 0), _age(obj, now)]
