"""Numbers in the status of workloads, which are weighed against each other."""

from typing import Any

from tests.conformance.differential.language import (
    JSON_PATCH,
    STRATEGIC,
    Case,
    apply,
    case,
    documents,
    get,
    patch,
    post,
    put,
)

_POD: dict[str, Any] = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}


def weighed(
    kind: str, path: str, spec: dict[str, Any], *statuses: dict[str, Any], api_version: str = "apps/v1"
) -> Case:
    """Create a workload and write its status again and again, from nothing each time."""
    made = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "w"}, "spec": spec}
    steps = []
    for status in statuses:
        steps.append(patch(f"{path}/w/status", {"status": status}))
        steps.append(patch(f"{path}/w/status", {"status": None}, silent=True))
    return case(f"the numbers in a {kind}'s status agree", post(path, made, silent=True), *steps)


_SELECTING = {"selector": {"matchLabels": {"a": "b"}}, "template": _POD}
_APPS = "/apis/apps/v1/namespaces/$ns"
_JOBS = "/apis/batch/v1/namespaces/$ns/jobs"
_TYPE = {"apiVersion": "apps/v1", "kind": "Deployment"}
_DEPLOYMENT = {**_TYPE, "metadata": {"name": "w"}, "spec": _SELECTING}


def _condition(kind: str, status: str = "True") -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "R", "message": "m"}


def _true(*kinds: str) -> list[dict[str, str]]:
    return [{"type": kind, "status": "True"} for kind in kinds]


_NUMBERS = ("replicas", "readyReplicas", "availableReplicas", "updatedReplicas", "unavailableReplicas")

CASES = (
    weighed(
        "Deployment",
        f"{_APPS}/deployments",
        _SELECTING,
        {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3},
        *({name: -1} for name in (*_NUMBERS, "observedGeneration", "collisionCount", "terminatingReplicas")),
        *({"replicas": 1, name: 2} for name in _NUMBERS[1:]),
        {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
        {"replicas": 3, "readyReplicas": 4, "availableReplicas": 5, "updatedReplicas": 6},
        {"replicas": "3"},
        {"replicas": 1.5},
        {"replicas": 3.0},
        {"replicas": 2**31},
        {"replicas": True},
        {"observedGeneration": 2**63},
    ),
    weighed(
        "ReplicaSet",
        f"{_APPS}/replicasets",
        _SELECTING,
        {"replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3},
        *(
            {name: -1}
            for name in (
                "fullyLabeledReplicas",
                "readyReplicas",
                "availableReplicas",
                "observedGeneration",
                "terminatingReplicas",
            )
        ),
        {"replicas": -1},
        *({"replicas": 1, name: 2} for name in ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")),
        {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
    ),
    weighed(
        "StatefulSet",
        f"{_APPS}/statefulsets",
        {**_SELECTING, "serviceName": "s"},
        {"replicas": 3, "readyReplicas": 3, "currentReplicas": 3, "updatedReplicas": 3, "availableReplicas": 3},
        *(
            {"replicas": 0, name: -1}
            for name in (
                "readyReplicas",
                "currentReplicas",
                "updatedReplicas",
                "availableReplicas",
                "observedGeneration",
                "collisionCount",
            )
        ),
        {"replicas": -1},
        *(
            {"replicas": 1, name: 2}
            for name in ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
        ),
        {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
    ),
    weighed(
        "DaemonSet",
        f"{_APPS}/daemonsets",
        _SELECTING,
        *(
            {"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0} | part
            for part in (
                {"currentNumberScheduled": -1},
                {"numberMisscheduled": -1},
                {"desiredNumberScheduled": -1},
                {"numberReady": -1},
                {"observedGeneration": -1},
                {"updatedNumberScheduled": -1},
                {"numberAvailable": -1},
                {"numberUnavailable": -1},
                {"collisionCount": -1},
                {"numberReady": 5},
            )
        ),
    ),
    weighed(
        "ReplicationController",
        "/api/v1/namespaces/$ns/replicationcontrollers",
        {"selector": {"a": "b"}, "template": _POD},
        {"replicas": 3, "fullyLabeledReplicas": 3, "readyReplicas": 3, "availableReplicas": 3},
        *({name: -1} for name in ("replicas", "fullyLabeledReplicas", "readyReplicas", "observedGeneration")),
        *({"replicas": 1, name: 2} for name in ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")),
        {"replicas": 3, "readyReplicas": 1, "availableReplicas": 2},
        api_version="v1",
    ),
    weighed(
        "PodDisruptionBudget",
        "/apis/policy/v1/namespaces/$ns/poddisruptionbudgets",
        {"minAvailable": 1, "selector": {"matchLabels": {"a": "b"}}},
        *(
            {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1} | part
            for part in (
                {},
                {"disruptionsAllowed": -1},
                {"currentHealthy": -1},
                {"desiredHealthy": -1},
                {"expectedPods": -1},
                {"observedGeneration": -1},
                {"disruptedPods": {"bad name": "2026-01-01T00:00:00Z"}},
                {"conditions": [{"type": "Ready", "status": "True", "reason": "R", "message": ""}]},
                {"conditions": [{"type": "Bad Type", "status": "Nonsense", "reason": "", "message": ""}]},
            )
        ),
        api_version="policy/v1",
    ),
    weighed(
        "HorizontalPodAutoscaler",
        "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers",
        {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
        *(
            {"currentReplicas": 1, "desiredReplicas": 2, "currentMetrics": None, "conditions": None, **part}
            for part in documents({}, {"currentReplicas": -1}, {"desiredReplicas": -1}, {"observedGeneration": -1})
        ),
        api_version="autoscaling/v2",
    ),
    case(
        "a job's status must be possible",
        post(
            _JOBS,
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "w"},
                "spec": {"suspend": True, "template": {"spec": {**_POD["spec"], "restartPolicy": "Never"}}},
            },
            silent=True,
        ),
        *(
            patch(f"{_JOBS}/w/status", {"status": status})
            for status in documents(
                {"active": 1, "ready": 0},
                {"active": -1},
                {"succeeded": -1},
                {"failed": -1},
                {"ready": -1},
                {"terminating": -1},
                {"active": 1, "ready": 2},
                {"completedIndexes": "1"},
                {"failedIndexes": "1"},
                {"completionTime": "2026-01-01T00:00:00Z"},
                {"startTime": None, "active": None},
                {"conditions": [{"type": "Complete", "status": "True"}]},
                {"conditions": [{"type": "Suspended", "status": "True"}]},
            )
        ),
        get(f"{_JOBS}/w"),
    ),
    case(
        "a job goes on from what it has come to",
        post(
            _JOBS,
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "w"},
                "spec": {
                    "completions": 5,
                    "completionMode": "Indexed",
                    "backoffLimitPerIndex": 1,
                    "template": {"spec": {**_POD["spec"], "restartPolicy": "Never"}},
                },
            },
            silent=True,
        ),
        *(
            patch(f"{_JOBS}/w/status", {"status": status})
            for status in documents(
                {"startTime": "2026-01-01T00:00:00Z", "active": 2, "ready": 2, "failed": 1, "succeeded": 1},
                {"startTime": "2026-01-02T00:00:00Z"},
                {"failed": 0},
                {"succeeded": 0},
                {"completedIndexes": "0,1-3", "failedIndexes": "3-4"},
                {"completedIndexes": "0,1-x"},
                {"completedIndexes": "1-2-3"},
                {"completedIndexes": "3,1"},
                {"completedIndexes": "3-1"},
                {"completedIndexes": "7"},
                {"completedIndexes": "0-2", "failedIndexes": "4"},
                {"uncountedTerminatedPods": {"succeeded": ["a", "a", ""], "failed": ["a"]}},
                {"conditions": _true("Complete")},
                {"conditions": _true("Complete", "Failed")},
                {"conditions": _true("Failed")},
                {"conditions": _true("SuccessCriteriaMet", "FailureTarget")},
                {"conditions": _true("SuccessCriteriaMet")},
                {"conditions": []},
                {"conditions": _true("SuccessCriteriaMet", "Complete")},
                {"conditions": _true("SuccessCriteriaMet", "Complete"), "active": 0, "ready": 0, "terminating": 1},
                {
                    "conditions": _true("SuccessCriteriaMet", "Complete"),
                    "active": 0,
                    "ready": 0,
                    "completionTime": "2025-01-01T00:00:00Z",
                },
                {
                    "conditions": _true("SuccessCriteriaMet", "Complete"),
                    "active": 0,
                    "ready": 0,
                    "completionTime": "2026-01-03T00:00:00Z",
                    "uncountedTerminatedPods": {"succeeded": ["a"]},
                },
                {
                    "conditions": _true("SuccessCriteriaMet", "Complete"),
                    "active": 0,
                    "ready": 0,
                    "completionTime": "2026-01-03T00:00:00Z",
                },
                {"completionTime": "2026-01-04T00:00:00Z"},
                {"completionTime": None},
                {"active": 1},
                {"conditions": _true("SuccessCriteriaMet")},
            )
        ),
        get(f"{_JOBS}/w"),
    ),
    case(
        "whoever writes a status is held to its numbers",
        post(f"{_APPS}/deployments", _DEPLOYMENT, silent=True),
        put(f"{_APPS}/deployments/w/status", {**_DEPLOYMENT, "status": {"replicas": -1}}),
        put(f"{_APPS}/deployments/w/status", {**_DEPLOYMENT, "status": {"replicas": 1, "readyReplicas": 2}}),
        put(f"{_APPS}/deployments/w/status", {**_DEPLOYMENT, "status": {"replicas": "x"}}),
        put(f"{_APPS}/deployments/w/status", {**_DEPLOYMENT, "status": {"replicas": 1, "nonsense": 2}}),
        patch(f"{_APPS}/deployments/w/status", [{"op": "add", "path": "/status/replicas", "value": -1}], JSON_PATCH),
        patch(f"{_APPS}/deployments/w/status", {"status": {"replicas": -1}}, STRATEGIC),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"replicas": -1}}),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"replicas": "x"}}),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"nonsense": 1}}),
        put(
            f"{_APPS}/deployments/w/status",
            {**_DEPLOYMENT, "status": {"conditions": [{"type": "A", "status": "True"}]}},
        ),
        put(f"{_APPS}/deployments/w/status", {**_DEPLOYMENT, "metadata": {"name": "w", "labels": {"l": "1"}}}),
        put(
            f"{_APPS}/deployments/w/status",
            {**_DEPLOYMENT, "metadata": {"name": "w", "resourceVersion": "1"}, "status": {"replicas": 1}},
        ),
        get(f"{_APPS}/deployments/w"),
    ),
    case(
        "conditions of a status merge by their type",
        post(f"{_APPS}/deployments", _DEPLOYMENT, silent=True),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"conditions": [_condition("A")]}}, "one"),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"conditions": [_condition("B")]}}, "two"),
        apply(f"{_APPS}/deployments/w/status", {**_TYPE, "status": {"conditions": [_condition("A", "False")]}}, "two"),
        patch(f"{_APPS}/deployments/w/status", {"status": {"conditions": [_condition("B", "False")]}}, STRATEGIC),
        patch(f"{_APPS}/deployments/w/status", {"status": {"conditions": [_condition("C")]}}),
        get(f"{_APPS}/deployments/w/status"),
    ),
)
