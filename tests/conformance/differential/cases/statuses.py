"""Numbers in the status of workloads, which are weighed against each other."""

from typing import Any

from differential.language import Case, case, patch, post

_POD = {
    "metadata": {"labels": {"a": "b"}},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}


def weighed(kind: str, path: str, spec: dict[str, Any], *statuses: dict[str, Any]) -> Case:
    """Create a workload and write its status again and again, from nothing each time."""
    made = {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "w"}, "spec": spec}
    steps = []
    for status in statuses:
        steps.append(patch(f"{path}/w/status", {"status": status}))
        steps.append(patch(f"{path}/w/status", {"status": None}, silent=True))
    return case(f"the numbers in a {kind}'s status agree", post(path, made, silent=True), *steps)


_SELECTING = {"selector": {"matchLabels": {"a": "b"}}, "template": _POD}
_APPS = "/apis/apps/v1/namespaces/$ns"
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
)
