"""Metadata in a write of the status: most built-in kinds take it, some restore a part of it, others all."""

from typing import Any

from tests.conformance.differential.language import Case, Step, apply, case, get, patch, post

_LABELS = {"a": "b"}
_POD = {"containers": [{"name": "c", "image": "i"}]}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": _POD}
_SELECTING = {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE}
_JOB = {"suspend": True, "template": {"spec": {**_POD, "restartPolicy": "Never"}}}
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_FLOW = "flowcontrol.apiserver.k8s.io/v1"
_LIMITED = {
    "type": "Limited",
    "limited": {"limitResponse": {"type": "Queue", "queuing": {"queues": 32}}},
}
_DRIVER = {"name": "example.com", "nodeID": "n", "topologyKeys": ["example.com/zone"]}
_SECRETS = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}
_POLICY = {"validations": [{"expression": "true"}], "matchConstraints": {"resourceRules": [_SECRETS]}}


def _written(api_version: str, kind: str, plural: str, spec: dict[str, Any], name: str = "w") -> tuple[Step, ...]:
    """Write labels, annotations and a finalizer through the status of an object, as a patch and as an apply.

    An object of another name is one of the cluster.
    """
    root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
    path = f"{root}/namespaces/$ns/{plural}" if name == "w" else f"{root}/{plural}"
    head = {"apiVersion": api_version, "kind": kind}
    sent = {"labels": {"l": "1"}, "annotations": {"a": "1"}, "finalizers": ["example.com/f"]}
    return (
        post(path, {**head, "metadata": {"name": name, "labels": {"k": "0"}}, "spec": spec}),
        patch(f"{path}/{name}/status", {"metadata": sent}),
        apply(f"{path}/{name}/status", {**head, "metadata": {"labels": {"m": "1"}, "annotations": {"b": "1"}}}),
        patch(f"{path}/{name}/status", {"metadata": {"labels": None, "finalizers": None}}),
        patch(f"{path}/{name}", {"metadata": {"finalizers": None}}, silent=True),
        get(f"{path}/{name}"),
    )


def _deleted(*paths: str) -> tuple[str, ...]:
    return tuple(f"/apis/{path}/x-$id" if "/" in path else f"/api/v1/{path}/x-$id" for path in paths)


CASES: tuple[Case, ...] = (
    case(
        "a write of the status of a workload takes metadata along",
        *_written("apps/v1", "Deployment", "deployments", _SELECTING),
        *_written("apps/v1", "ReplicaSet", "replicasets", _SELECTING),
        *_written("v1", "Pod", "pods", _POD),
        *_written("batch/v1", "Job", "jobs", _JOB),
    ),
    case(
        "a write of the status of another kind takes metadata along",
        *_written("v1", "Service", "services", {"clusterIP": "None", "ports": [{"port": 80}]}),
        *_written("v1", "ResourceQuota", "resourcequotas", {"hard": {"pods": "5"}}),
        *_written(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            {"maxReplicas": 3, "scaleTargetRef": _TARGET},
        ),
        *_written(
            "networking.k8s.io/v1",
            "Ingress",
            "ingresses",
            {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
        ),
        *_written("v1", "Node", "nodes", {}, "x-$id"),
        cleanup=_deleted("nodes"),
    ),
    case(
        "a write of the status of some kinds restores the metadata",
        *_written(
            "storage.k8s.io/v1",
            "VolumeAttachment",
            "volumeattachments",
            {"attacher": "example.com", "nodeName": "n", "source": {"persistentVolumeName": "p"}},
            "x-$id",
        ),
        *_written("storage.k8s.io/v1", "CSINode", "csinodes", {"drivers": [_DRIVER]}, "x-$id"),
        *_written(_FLOW, "PriorityLevelConfiguration", "prioritylevelconfigurations", _LIMITED, "x-$id"),
        *_written("networking.k8s.io/v1", "ServiceCIDR", "servicecidrs", {"cidrs": ["192.168.0.0/24"]}, "x-$id"),
        *_written(
            "admissionregistration.k8s.io/v1",
            "ValidatingAdmissionPolicy",
            "validatingadmissionpolicies",
            _POLICY,
            "x-$id",
        ),
        *_written("resource.k8s.io/v1", "ResourceClaim", "resourceclaims", {"devices": {}}),
        cleanup=_deleted(
            "storage.k8s.io/v1/volumeattachments",
            "storage.k8s.io/v1/csinodes",
            f"{_FLOW}/prioritylevelconfigurations",
            "networking.k8s.io/v1/servicecidrs",
            "admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        ),
    ),
)  # fmt: skip
