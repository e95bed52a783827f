"""Readiness of objects, as ``kubectl rollout status`` and ``kubectl wait`` judge it."""

from typing import Any

import pytest

from plugin_operator.plugin.children.gates.readiness import unready_reason

Fields = dict[str, Any]


def obj(kind: str, spec: Fields | None = None, generation: int = 1, **status: Any) -> Fields:
    api_version, _, name = kind.rpartition("/")
    return {
        "apiVersion": api_version,
        "kind": name,
        "metadata": {"name": "a", "generation": generation},
        "spec": spec or {},
        "status": status,
    }


def condition(type_: str, status: str = "True", **more: Any) -> list[Fields]:
    return [{"type": type_, "status": status, **more}]


DONE: Fields = {
    "observedGeneration": 1,
    "replicas": 2,
    "updatedReplicas": 2,
    "availableReplicas": 2,
    "readyReplicas": 2,
}
STATEFUL: Fields = {"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 2}
DAEMON: Fields = {
    "observedGeneration": 1,
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}
TWO: Fields = {"replicas": 2}


@pytest.mark.parametrize(
    ("which", "reason"),
    [
        (obj("apps/v1/Deployment", TWO, **DONE), ""),
        (obj("apps/v1/Deployment", {}, **DONE), ""),
        (obj("apps/v1/Deployment", {"replicas": 0}, observedGeneration=1), ""),
        (obj("apps/v1/Deployment", TWO, generation=2, **DONE), "its spec is not observed yet"),
        (obj("apps/v1/Deployment", TWO), "its spec is not observed yet"),
        (obj("apps/v1/Deployment", TWO, **{**DONE, "updatedReplicas": 1}), "1 of 2 replicas are updated"),
        (obj("apps/v1/Deployment", TWO, **{**DONE, "replicas": 3}), "1 old replicas are pending termination"),
        (obj("apps/v1/Deployment", TWO, **{**DONE, "availableReplicas": 1}), "1 of 2 updated replicas are available"),
        (
            obj(
                "apps/v1/Deployment",
                TWO,
                **DONE,
                conditions=condition("Progressing", "False", reason="ProgressDeadlineExceeded"),
            ),
            "exceeded its progress deadline",
        ),
        (obj("apps/v1/StatefulSet", TWO, **STATEFUL, currentRevision="b", updateRevision="b"), ""),
        (
            obj("apps/v1/StatefulSet", TWO, **STATEFUL, currentRevision="a", updateRevision="b"),
            "2 of 2 replicas are updated",
        ),
        (obj("apps/v1/StatefulSet", TWO), "its spec is not observed yet"),
        (obj("apps/v1/StatefulSet", TWO, **{**STATEFUL, "readyReplicas": 1}), "1 of 2 replicas are ready"),
        (
            obj(
                "apps/v1/StatefulSet",
                {"replicas": 2, "updateStrategy": {"rollingUpdate": {"partition": 1}}},
                **{**STATEFUL, "updatedReplicas": 0},
            ),
            "0 of 1 replicas above the partition are updated",
        ),
        (obj("apps/v1/StatefulSet", {"replicas": 2, "updateStrategy": {"type": "OnDelete"}}, **STATEFUL), ""),
        (obj("apps/v1/DaemonSet", **DAEMON), ""),
        (obj("apps/v1/DaemonSet", **{**DAEMON, "updatedNumberScheduled": 1}), "1 of 2 pods are updated"),
        (obj("apps/v1/DaemonSet", **{**DAEMON, "numberAvailable": 0}), "0 of 2 pods are available"),
        (obj("apps/v1/ReplicaSet", TWO, **DONE), ""),
        (obj("apps/v1/ReplicaSet", TWO, observedGeneration=1), "0 of 2 replicas are ready"),
        (obj("batch/v1/Job", conditions=condition("Complete")), ""),
        (obj("batch/v1/Job"), "it has no condition Complete"),
        (obj("batch/v1/Job", conditions=condition("Failed", reason="Late")), "it has failed: Late"),
        (obj("v1/Pod", conditions=condition("Ready")), ""),
        (obj("v1/Pod", conditions=condition("Ready", "False")), "its condition Ready is False"),
        (obj("v1/Namespace", phase="Active"), ""),
        (obj("v1/Namespace", phase="Terminating"), "its phase is Terminating, not Active"),
        (obj("v1/PersistentVolumeClaim"), "its phase is not set, not Bound"),
        (obj("v1/ConfigMap"), ""),
        (obj("v1/Service"), ""),
        (obj("apiextensions.k8s.io/v1/CustomResourceDefinition", conditions=condition("Established")), ""),
        (obj("example.com/v1/Widget", conditions=condition("Ready")), ""),
        (obj("example.com/v1/Widget"), "it has no condition Ready"),
        (obj("gateway.networking.k8s.io/v1/Gateway"), "it has no condition Ready"),
        (
            obj("example.com/v1/Widget", generation=2, conditions=condition("Ready", observedGeneration=1)),
            "its condition Ready is of an older generation",
        ),
        (
            obj("example.com/v1/Widget", generation=2, observedGeneration=1, conditions=condition("Ready")),
            "its condition Ready is of an older generation",
        ),
        (obj("example.com/v1/Widget", conditions="broken"), "it has no condition Ready"),
        ({"apiVersion": "v1", "kind": "Pod", "status": None}, "it has no condition Ready"),
    ],
)
def test_the_reason_why_an_object_is_not_ready(which: Fields, reason: str) -> None:
    assert unready_reason(which) == reason


def test_a_condition_can_be_named_for_any_kind() -> None:
    found = obj("v1/ConfigMap", conditions=condition("Synced", "Unknown", reason="Later"))
    assert unready_reason(found, "Synced") == "its condition Synced is Unknown (Later)"


@pytest.mark.parametrize("kind", ["apps/v1/Deployment", "v1/Pod", "example.com/v1/Widget"])
def test_an_object_of_which_only_metadata_are_cached_says_so(kind: str) -> None:
    version, _, name = kind.rpartition("/")
    obj = {"apiVersion": version, "kind": name, "metadata": {"name": "a", "generation": 1}}
    hint = "; its cache has no status: if the kind is declared with metadata_only=True, declare it without"
    assert unready_reason(obj).endswith(hint)
    assert hint not in unready_reason({**obj, "status": {}})
    assert unready_reason({**obj, "kind": "Secret", "apiVersion": "v1"}) == ""
