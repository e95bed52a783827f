"""Rules of Pods, Pod templates and the kinds that have them. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from tests.builtin_strategy import changed_causes, defaulted, object_causes

CONTAINER = {"name": "c", "image": "i"}
LABELS = {"a": "b"}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
NO_TERM = "Required value: must have at least one node selector term"
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [CONTAINER]}}
CHOSEN = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
JOB = {"template": {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}}


def messages(group: str, kind: str, obj: dict[str, Any]) -> list[str]:
    named = {"metadata": {"name": "x", "uid": "1"}, **obj}
    return [f"{cause.field}: {cause.message}" for cause in object_causes(group, "v1", kind, named)]


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ({"envFrom": [{}]}, 'envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'),
        (
            {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]},
            (
                'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "x": error converting fieldPath: '
                "field label not supported: x"
            ),
        ),
        ({"livenessProbe": {"exec": {}}}, "livenessProbe.exec.command: Required value"),
        (
            {"readinessProbe": {"tcpSocket": {"port": "http"}, "exec": {"command": ["a"]}}},
            "readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
        ),
        (
            {"securityContext": {"runAsUser": -1}},
            "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
        ),
        (
            {"resources": {"requests": {"a.b/c": "1"}}},
            "resources.limits: Required value: Limit must be set for non overcommitable resources",
        ),
        (
            {"resources": {"claims": [{"name": "x"}]}},
            'resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
        ),
        (
            {"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]},
            'ports[1].name: Duplicate value: "a"',
        ),
        (
            {"lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
            (
                "lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than "
                "terminationGracePeriodSeconds (30)"
            ),
        ),
    ],
)
def test_a_container_refuses_what_kube_apiserver_refuses(container: dict[str, Any], message: str) -> None:
    spec = {"containers": [{**CONTAINER, **container}]}
    assert messages("", "Pod", {"spec": spec}) == [f"spec.containers[0].{message}"]
    assert messages("", "PodTemplate", {"template": {"spec": spec}}) == [f"template.spec.containers[0].{message}"]


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        (
            {"tolerations": [{"key": "k", "operator": "Exists", "value": "v"}]},
            "tolerations[0].operator: Invalid value: \"v\": value must be empty when `operator` is 'Exists'",
        ),
        (
            {"affinity": {"nodeAffinity": {REQUIRED: {}}}},
            f"affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms: {NO_TERM}",
        ),
        ({"dnsPolicy": "None"}, "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
        (
            {"volumes": [{"name": "v", "configMap": {"name": "m", "items": [{"key": "k", "path": "/"}]}}]},
            'volumes[0].configMap.items[0].path: Invalid value: "/": must be a relative path',
        ),
        (
            {"volumes": [{"name": "v", "gitRepo": {}, "emptyDir": {}}]},
            "volumes[0].gitRepo: Forbidden: may not specify more than 1 volume type",
        ),
        ({"os": {"name": "windows"}, "hostPID": True}, "hostPID: Forbidden: cannot be set for a windows pod"),
        ({"hostUsers": False, "hostIPC": True}, "HostIPC: Forbidden: when `hostUsers` is false"),
        (
            {"securityContext": {"seccompProfile": {}}},
            "securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set",
        ),
        (
            {"hostAliases": [{"ip": "010.1.2.3"}]},
            'hostAliases[0].ip: Invalid value: "010.1.2.3": must not have leading 0s',
        ),
        ({"hostname": "a.b"}, 'hostname: Invalid value: "a.b": must not contain dots'),
    ],
)
def test_a_pod_spec_refuses_what_kube_apiserver_refuses(pod: dict[str, Any], message: str) -> None:
    assert messages("", "Pod", {"spec": {"containers": [CONTAINER], **pod}}) == [f"spec.{message}"]


@pytest.mark.parametrize(
    ("group", "kind", "expected"),
    [
        ("", "PodTemplate", ["template.spec.containers: Required value"]),
        ("", "ReplicationController", ["spec.selector: Required value", "spec.template: Required value"]),
        ("apps", "ControllerRevision", ["data: Required value: data is mandatory"]),
        (
            "apps",
            "Deployment",
            [
                "spec.selector: Required value",
                "spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`",
                "spec.template.spec.containers: Required value",
            ],
        ),
    ],
)
def test_an_object_with_only_metadata_is_refused(group: str, kind: str, expected: list[str]) -> None:
    assert messages(group, kind, {}) == expected


@pytest.mark.parametrize(
    ("group", "kind", "spec", "part"),
    [
        (
            "apps",
            "Deployment",
            {**CHOSEN, "strategy": {"type": "Recreate"}, "minReadySeconds": 600},
            "must be greater than",
        ),
        (
            "apps",
            "DaemonSet",
            {**CHOSEN, "updateStrategy": {"rollingUpdate": {"maxSurge": 1}}},
            "may not be set when maxUnavailable is non-zero",
        ),
        ("apps", "StatefulSet", {**CHOSEN, "podManagementPolicy": "Some"}, "must be 'OrderedReady' or 'Parallel'"),
        ("apps", "ReplicaSet", {**CHOSEN, "minReadySeconds": -1}, "must be greater than or equal to 0"),
        ("batch", "CronJob", {"schedule": "61 * * * *", "jobTemplate": {"spec": JOB}}, "above maximum (59): 61"),
        (
            "batch",
            "CronJob",
            {"schedule": "@daily", "timeZone": "Local", "jobTemplate": {"spec": JOB}},
            "explicit time zone",
        ),
    ],
)
def test_a_workload_refuses_what_kube_apiserver_refuses(group: str, kind: str, spec: dict[str, Any], part: str) -> None:
    (message,) = messages(group, kind, {"spec": spec})
    assert part in message


def test_an_update_of_a_pod_may_change_images_but_no_toleration() -> None:
    kept = {"key": "k", "operator": "Exists"}
    old, same, other = (
        defaulted("", "v1", "Pod", {"spec": {"containers": [container], "tolerations": [toleration]}})
        for container, toleration in (
            (CONTAINER, kept),
            ({**CONTAINER, "image": "other"}, kept),
            (CONTAINER, {**kept, "effect": "NoSchedule"}),
        )
    )
    assert changed_causes("", "Pod", old, same) == []
    assert [cause.field for cause in changed_causes("", "Pod", old, other)] == ["spec.tolerations"]


def test_a_suspended_job_may_get_other_nodes_and_resources() -> None:
    spec = {**JOB, "suspend": True}
    template = {"spec": {**JOB["template"]["spec"], "nodeSelector": {"a": "b"}}}
    old, moved = (defaulted("batch", "v1", "Job", {"spec": each}) for each in (spec, {**spec, "template": template}))
    assert changed_causes("batch", "Job", old, moved) == []
    running = {**old, "spec": {**old["spec"], "suspend": False}}
    assert [cause.field for cause in changed_causes("batch", "Job", running, moved)] == ["spec.template"]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"volumes": [{"name": "v", "gitRepo": {"repository": "r"}}]},
            ["spec.volumes[0].gitRepo: deprecated in v1.11"],
        ),
        (
            {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            ["spec.nodeSelector[beta.kubernetes.io/os]: deprecated"],
        ),
        (
            {"containers": [{**CONTAINER, "env": [{"name": "A"}, {"name": "A"}]}]},
            ['spec.containers[0].env[1]: hides previous definition of "A"'],
        ),
    ],
)
def test_a_pod_is_warned_about(spec: dict[str, Any], expected: list[str]) -> None:
    warn = strategy_of("", "v1", "Pod").warn
    assert warn is not None
    found = warn({"metadata": {"name": "x"}, "spec": {"containers": [CONTAINER], **spec}}, None)
    assert [text[: len(start)] for text, start in zip(found, expected, strict=True)] == expected


def test_fields_behind_a_feature_gate_are_dropped_from_a_new_pod() -> None:
    pod = defaulted(
        "", "v1", "Pod", {"spec": {"containers": [CONTAINER], "volumes": [{"name": "v", "emptyDir": {"mode": 1}}]}}
    )
    keep = strategy_of("", "v1", "Pod").as_kept
    assert keep is not None
    assert keep(pod, None)["spec"]["volumes"] == [{"name": "v", "emptyDir": {}}]
