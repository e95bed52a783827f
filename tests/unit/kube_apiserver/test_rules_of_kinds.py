"""Rules of built-in kinds. The words are those of a real 1.37 server."""

from typing import Any

import pytest

from kube_apiserver.kinds import strategy_of
from tests.builtin_strategy import changed_causes, object_causes
from tests.conformance.mutations.certificates import REQUEST as STUB

TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
VOLUME = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp"}}
REQUEST = {
    "signerName": "example.com/s",
    "podName": "p",
    "podUID": "1",
    "serviceAccountName": "s",
    "nodeName": "n",
    "serviceAccountUID": "2",
    "nodeUID": "3",
    "maxExpirationSeconds": 3600,
    "stubPKCS10Request": STUB,
}
BLOCK = "-----BEGIN CERTIFICATE-----\neA==\n-----END CERTIFICATE-----\n"
POD = {"containers": [{"name": "c", "image": "i"}], "activeDeadlineSeconds": 9}


def fields(group: str, version: str, kind: str, obj: dict[str, Any]) -> list[str]:
    return [cause.field for cause in object_causes(group, version, kind, {"metadata": {"name": "x"}, **obj})]


@pytest.mark.parametrize(
    ("group", "version", "kind", "spec", "field"),
    [
        ("policy", "v1", "PodDisruptionBudget", {"minAvailable": 1, "maxUnavailable": 1}, "spec"),
        ("policy", "v1", "PodDisruptionBudget", {"minAvailable": "101%"}, "spec.minAvailable"),
        ("autoscaling", "v2", "HorizontalPodAutoscaler", {"scaleTargetRef": TARGET}, "spec.maxReplicas"),
        (
            "autoscaling",
            "v2",
            "HorizontalPodAutoscaler",
            {"scaleTargetRef": TARGET, "maxReplicas": 2, "behavior": {"scaleUp": {"policies": []}}},
            "spec.behavior.scaleUp.policies",
        ),
        (
            "autoscaling",
            "v1",
            "HorizontalPodAutoscaler",
            {"scaleTargetRef": TARGET, "maxReplicas": 2, "targetCPUUtilizationPercentage": -1},
            "spec.metrics[0].resource.target.averageUtilization",
        ),
        (
            "networking.k8s.io",
            "v1",
            "NetworkPolicy",
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}]},
            "spec.ingress[0].from[0].ipBlock.except[0]",
        ),
        (
            "networking.k8s.io",
            "v1",
            "Ingress",
            {"rules": [{"host": "10.0.0.1"}]},
            "spec.rules[0].host",
        ),
        ("", "v1", "ResourceQuota", {"hard": {"pods": "1.5"}}, "spec.hard[pods]"),
        ("", "v1", "PersistentVolumeClaim", {**CLAIM, "accessModes": ["Sometimes"]}, "spec.accessModes"),
        ("", "v1", "PersistentVolume", {**VOLUME, "nodeAffinity": {}}, "spec.nodeAffinity.required"),
        ("", "v1", "PersistentVolumeClaim", {**CLAIM, "dataSource": {"kind": "A", "name": "a"}}, "spec.dataSource"),
        ("", "v1", "LimitRange", {"limits": [{"type": "Pod"}, {"type": "Pod"}]}, "spec.limits[1].type"),
        (
            "",
            "v1",
            "LimitRange",
            {"limits": [{"type": "Pod", "min": {"cpu": 2}, "max": {"cpu": 1}}]},
            "spec.limits[0].min[cpu]",
        ),
        ("", "v1", "PersistentVolume", {**VOLUME, "nfs": {"server": "s", "path": "/"}}, "spec.nfs"),
        ("", "v1", "Service", {"ports": [{"port": 80}], "clusterIP": "x", "clusterIPs": ["x"]}, "spec.clusterIPs[0]"),
        ("certificates.k8s.io", "v1", "PodCertificateRequest", {**REQUEST, "podUID": ""}, "spec.podUID"),
        ("resource.k8s.io", "v1", "DeviceTaintRule", {"taint": {"key": "a", "effect": "Some"}}, "spec.taint.effect"),
        ("storagemigration.k8s.io", "v1", "StorageVersionMigration", {"resource": {}}, "spec.resource.resource"),
        ("", "v1", "Node", {"taints": [{"key": "a", "effect": "Sometimes"}]}, "metadata.taints[0].effect"),
    ],
)
def test_a_kind_refuses_what_kube_apiserver_refuses(
    group: str, version: str, kind: str, spec: dict[str, Any], field: str
) -> None:
    assert set(fields(group, version, kind, {"spec": spec})) == {field}


@pytest.mark.parametrize(
    ("container", "pod", "field"),
    [
        ({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}, {}, "resources.requests"),
        ({"volumeMounts": [{"name": "v", "mountPath": "/a"}]}, {}, "volumeMounts[0].name"),
        ({"env": [{"name": "a=b"}]}, {}, "env[0].name"),
        ({"livenessProbe": {}}, {}, "livenessProbe"),
        ({}, {"volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]}, "volumes[0].hostPath"),
        ({}, {"nodeSelector": {"a b": "c"}}, "nodeSelector"),
    ],
)
def test_a_pod_refuses_what_kube_apiserver_refuses(container: dict[str, Any], pod: dict[str, Any], field: str) -> None:
    spec = {"containers": [{"name": "c", "image": "i", **container}], **pod}
    where = "spec.containers[0]." if container else "spec."
    assert fields("", "v1", "Pod", {"spec": spec}) == [where + field]


def test_the_containers_of_a_stateful_set_mount_its_claims() -> None:
    mount = {"name": "data", "mountPath": "/data"}
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "c", "image": "i", "volumeMounts": [mount]}]},
    }
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    claims = {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}]}
    assert fields("apps", "v1", "StatefulSet", {"spec": {**spec, **claims}}) == []
    assert fields("apps", "v1", "StatefulSet", {"spec": spec}) == [
        "spec.template.spec.containers[0].volumeMounts[0].name"
    ]


def test_classes_have_a_bounded_value_and_a_provisioner() -> None:
    validate = strategy_of("scheduling.k8s.io", "v1", "PriorityClass").validate_with_old
    assert validate is not None
    assert [cause.field for cause in validate({"value": 1_000_000_001}, None)] == ["value"]
    assert fields("storage.k8s.io", "v1", "StorageClass", {"volumeBindingMode": "Immediate"}) == ["provisioner"]


@pytest.mark.parametrize(
    ("group", "kind", "old", "new", "field"),
    [
        ("scheduling.k8s.io", "PriorityClass", {"value": 1}, {"value": 2}, "value"),
        ("storage.k8s.io", "StorageClass", {"provisioner": "a/b"}, {"provisioner": "a/c"}, "provisioner"),
        ("", "ResourceQuota", {"spec": {"scopes": ["BestEffort"]}}, {"spec": {}}, "spec.scopes"),
        ("", "PersistentVolumeClaim", {"spec": CLAIM}, {"spec": {**CLAIM, "accessModes": ["ReadOnlyMany"]}}, "spec"),
        (
            "",
            "PersistentVolume",
            {"spec": VOLUME},
            {"spec": {**VOLUME, "hostPath": {"path": "/other"}}},
            "spec.persistentvolumesource",
        ),
        ("", "Node", {"spec": {"podCIDRs": ["a"]}}, {"spec": {"podCIDRs": ["b"]}}, "spec.podCIDRs"),
        ("", "Pod", {"spec": POD}, {"spec": {**POD, "restartPolicy": "Never"}}, "spec"),
        ("", "Pod", {"spec": POD}, {"spec": {**POD, "activeDeadlineSeconds": 10}}, "spec.activeDeadlineSeconds"),
        ("", "Pod", {"spec": POD}, {"spec": {**POD, "containers": []}}, "spec.containers"),
    ],
)
def test_an_update_cannot_change_a_fixed_field(group: str, kind: str, old: Any, new: Any, field: str) -> None:
    assert [cause.field for cause in changed_causes(group, kind, old, new)] == [field]


def test_the_image_and_the_deadline_of_a_pod_may_change_and_more_through_its_subresources() -> None:
    changed = {**POD, "containers": [{"name": "c", "image": "other"}], "activeDeadlineSeconds": 5}
    assert changed_causes("", "Pod", {"spec": POD}, {"spec": changed}) == []
    resized = {"spec": {**POD, "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1"}}}]}}
    assert changed_causes("", "Pod", {"spec": POD}, resized) != []
    assert "resize" in strategy_of("", "v1", "Pod").freely_written


def test_a_claim_takes_a_volume_once_and_grows_when_it_is_bound() -> None:
    bound = {**CLAIM, "volumeName": "v"}
    assert changed_causes("", "PersistentVolumeClaim", {"spec": CLAIM}, {"spec": bound}) == []
    grown = {**bound, "resources": {"requests": {"storage": "2Gi"}}}
    status = {"status": {"phase": "Bound"}}
    assert changed_causes("", "PersistentVolumeClaim", {"spec": bound, **status}, {"spec": grown, **status}) == []
    assert changed_causes("", "PersistentVolumeClaim", {"spec": bound}, {"spec": grown}) != []


@pytest.mark.parametrize(
    ("name", "spec", "wrong"),
    [
        ("a", {"trustBundle": ""}, ["spec.trustBundle"]),
        ("a:b", {"trustBundle": BLOCK}, ["metadata.name", "spec.trustBundle"]),
        ("a", {"trustBundle": BLOCK, "signerName": "s"}, ["metadata.name", "spec.signerName", "spec.trustBundle"]),
    ],
)
def test_a_trust_bundle_has_anchors_and_the_name_of_its_signer(
    name: str, spec: dict[str, Any], wrong: list[str]
) -> None:
    strategy = strategy_of("certificates.k8s.io", "v1", "ClusterTrustBundle")
    assert strategy.validate_with_old is not None
    assert strategy.name_of_content is not None
    obj = {"metadata": {"name": name}, "spec": spec}
    found = [cause.field for cause in strategy.validate_with_old(obj, None)]
    assert [*("metadata.name" for _ in strategy.name_of_content(obj)), *found] == wrong
