"""Requests that random mutations drew first: empty values, numbers out of range, and rules of single kinds."""

from typing import Any

from tests.conformance.differential.language import (
    APPLY,
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Call,
    case,
    get,
    patch,
    post,
    put,
)

_APPS = "/apis/apps/v1/namespaces/$ns"
_CORE = "/api/v1/namespaces/$ns"
_BUDGETS = "/apis/policy/v1/namespaces/$ns/poddisruptionbudgets"
_SCALERS = "/apis/autoscaling/{}/namespaces/$ns/horizontalpodautoscalers"
_SLICES = "/apis/resource.k8s.io/v1/resourceslices"
_CLASSES = "/apis/resource.k8s.io/v1/deviceclasses"
_TEMPLATES = "/apis/resource.k8s.io/v1/namespaces/$ns/resourceclaimtemplates"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_ATTACHMENTS = "/apis/storage.k8s.io/v1/volumeattachments"
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_LABELS = {"app": "web"}
_POD: dict[str, Any] = {"containers": [{"name": "c", "image": "i"}]}


def _new(api_version: str, kind: str, name: str = "x", **content: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **content}


def _dry(path: str, api_version: str, kind: str, *contents: dict[str, Any], name: str = "x") -> tuple[Call, ...]:
    """Return a step for each object, none of which is stored."""
    return tuple(post(f"{path}?dryRun=All", _new(api_version, kind, name, **content)) for content in contents)


def _applied(path: str, api_version: str, kind: str, **content: Any) -> Call:
    body = _new(api_version, kind, **content)
    if "$ns" in path:
        body["metadata"]["namespace"] = "$ns"
    return patch(f"{path}/x?fieldManager=one&dryRun=All", body, APPLY)


def _workload(kind: str, **spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": _LABELS}, "spec": _POD, **spec.pop("template", {})}
    return _new("apps/v1", kind, spec={"selector": {"matchLabels": _LABELS}, "template": template, **spec})


def _scaler(version: str, **spec: Any) -> dict[str, Any]:
    whole = {"scaleTargetRef": _TARGET, "maxReplicas": 3, **spec}
    return _new(f"autoscaling/{version}", "HorizontalPodAutoscaler", spec=whole)


_PODS_METRIC = {
    "type": "Pods",
    "pods": {
        "metric": {"name": "hits<1>", "selector": {"matchLabels": {"b": "c", "a": "d"}}},
        "target": {"type": "AverageValue", "averageValue": "1500m"},
    },
}
_OBJECT_METRIC = {
    "type": "Object",
    "object": {"describedObject": _TARGET, "metric": {"name": "q"}, "target": {"type": "Value", "value": "2k"}},
}
_BEHAVIOR = {"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}
_V1, _V2 = (f"{_SCALERS.format(version)}/x" for version in ("v1", "v2"))
_CURRENT = '[{"type":"Resource","resource":{"name":"cpu","currentAverageValue":"7"}}]'


def _slice(**spec: Any) -> dict[str, Any]:
    pool = {"name": "p", "resourceSliceCount": 1, "generation": 1}
    return {"spec": {"driver": "gpu.example.com", "pool": pool, "nodeName": "n", **spec}}


_CLAIM = {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]}}
_HOOK = {
    "name": "a.example.com",
    "clientConfig": {"url": "https://example.com"},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
    "rules": [{"apiGroups": ["x"], "apiVersions": ["v1"], "resources": ["y"], "operations": ["CREATE"]}],
}

CASES = (
    case(
        "autoscaling/v1 shows what only v2 has as annotations",
        post(_SCALERS.format("v2"), _scaler("v2", metrics=[_PODS_METRIC, _OBJECT_METRIC], behavior=_BEHAVIOR)),
        get(_V1),
        patch(_V1, {"metadata": {"annotations": {"note": "x"}}}, MERGE),
        patch(_V1, {"metadata": {"annotations": {"note": None}}}, MERGE),
        get(_V2),
        patch(f"{_V1}/status", {"status": {"currentCPUUtilizationPercentage": 7, "currentReplicas": 1}}, MERGE),
        get(_V1),
        post(
            f"{_SCALERS.format('v1')}?dryRun=All",
            _scaler("v1")
            | {"metadata": {"name": "y", "annotations": {"autoscaling.alpha.kubernetes.io/current-metrics": _CURRENT}}},
        ),
        post(
            f"{_SCALERS.format('v1')}?dryRun=All",
            _scaler("v1")
            | {"metadata": {"name": "y", "annotations": {"autoscaling.alpha.kubernetes.io/metrics": "["}}},
        ),
    ),
    case(
        "an apply may have any value where Go reads it by itself",
        _applied(_BUDGETS, "policy/v1", "PodDisruptionBudget", spec={"minAvailable": {"a": 1}}),
        _applied(_BUDGETS, "policy/v1", "PodDisruptionBudget", spec={"minAvailable": {"a": 1}, "selector": "x"}),
        _applied(
            _CLASSES,
            "resource.k8s.io/v1",
            "DeviceClass",
            spec={"config": [{"opaque": {"driver": "gpu.example.com", "parameters": "text"}}]},
        ),
        patch(
            f"{_APPS}/deployments/x?fieldManager=one&dryRun=All",
            _workload("Deployment", template={"spec": _POD | {"imagePullSecrets": [{}]}}),
            APPLY,
        ),
    ),
    case(
        "an apply and a strategic patch cut numbers to the bits of their types",
        post(f"{_APPS}/deployments", _workload("Deployment"), silent=True),
        *(
            patch(f"{_APPS}/deployments/x?dryRun=All", {"spec": {"revisionHistoryLimit": number}}, STRATEGIC)
            for number in (2**31, 2**32 + 3, 2**63, -(2**33) - 1)
        ),
        patch(
            f"{_APPS}/deployments/x?fieldManager=one&force=true&dryRun=All",
            _workload("Deployment", revisionHistoryLimit=2**32 + 3),
            APPLY,
        ),
    ),
    case(
        "numbers of an int or string and times are read as Go reads them",
        *_dry(_BUDGETS, "policy/v1", "PodDisruptionBudget", {"spec": {"minAvailable": 2**31}}),
        *_dry(_BUDGETS, "policy/v1", "PodDisruptionBudget", {"spec": {"minAvailable": True}}),
        *_dry(
            f"{_CORE}/events",
            "v1",
            "Event",
            {"involvedObject": {"namespace": "$ns"}, "firstTimestamp": "2026-11-30T09:54:34"},
        ),
    ),
    case(
        "an empty list or object is not an absent one",
        *_dry(_SLICES, "resource.k8s.io/v1", "ResourceSlice", _slice(sharedCounters=[], devices=[]), name="$id"),
        *_dry(
            _TEMPLATES,
            "resource.k8s.io/v1",
            "ResourceClaimTemplate",
            {"spec": {"metadata": {"finalizers": [], "name": "n"}, "spec": _CLAIM}},
        ),
        post(
            f"{_SCALERS.format('v2')}?dryRun=All",
            _scaler("v2", behavior={"scaleDown": {"policies": []}}),
        ),
        post(f"{_APPS}/statefulsets?dryRun=All", _workload("StatefulSet", template={"metadata": {"labels": {}}})),
        *_dry(
            "/api/v1/persistentvolumes",
            "v1",
            "PersistentVolume",
            {"spec": {"capacity": {}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}},
            {"spec": {"capacity": {"storage": "-1"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}},
        ),
        post(
            "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices",
            _new("discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4", endpoints=[], ports=[]),
        ),
        post(_WEBHOOKS, _new("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "$id"), silent=True),
        patch(f"{_WEBHOOKS}/$id", {"webhooks": [_HOOK]}, MERGE),
        patch(f"{_WEBHOOKS}/$id?dryRun=All", {"webhooks": [_HOOK | {"namespaceSelector": {"matchLabels": {}}}]}, MERGE),
        cleanup=(f"{_WEBHOOKS}/$id",),
    ),
    case(
        "unknown fields of a strategic patch are named without the keys of maps",
        post(_SLICES, _new("resource.k8s.io/v1", "ResourceSlice", "$id", **_slice(devices=[{"name": "d"}]))),
        patch(
            f"{_SLICES}/$id?dryRun=All",
            {"spec": {"devices": [{"name": "d", "capacity": {"memory": {"value": "1", "other": 1}}}]}},
            STRATEGIC,
        ),
        patch(
            f"{_SLICES}/$id?dryRun=All",
            [{"op": "add", "path": "/spec/devices/0/capacity", "value": {"memory": {"value": "1", "other": 1}}}],
            JSON_PATCH,
        ),
        patch(
            f"{_SLICES}/$id?dryRun=All",
            {"spec": {"devices": [{"name": "d", "attributes": {"model": {"string": "x", "ints": [1]}}}]}},
            STRATEGIC,
        ),
        cleanup=(f"{_SLICES}/$id",),
    ),
    case(
        "devices say where they are, and share counters once",
        *_dry(
            _SLICES,
            "resource.k8s.io/v1",
            "ResourceSlice",
            _slice(nodeName=None, perDeviceNodeSelection=True, devices=[{"name": "d"}]),
            _slice(
                nodeName=None,
                perDeviceNodeSelection=True,
                devices=[{"name": "d", "nodeName": "a b", "allNodes": True}, {"name": "e", "allNodes": False}],
            ),
            _slice(devices=[{"name": "d", "consumesCounters": [{"counterSet": "s"}, {"counterSet": "s"}]}]),
            _slice(nodeName=None, nodeSelector={"nodeSelectorTerms": [{"matchExpressions": [{}]}]}),
            name="$id",
        ),
    ),
    case(
        "rules of kinds that random mutations broke",
        *_dry(
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            "scheduling.k8s.io/v1",
            "PriorityClass",
            {"preemptionPolicy": ""},
        ),
        *_dry(
            f"{_CORE}/resourcequotas",
            "v1",
            "ResourceQuota",
            {"spec": {"hard": {"count/widgets.example.com": "5555555555555555555555555555555555555555"}}},
        ),
        *_dry(
            "/apis/rbac.authorization.k8s.io/v1/clusterroles",
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            {"aggregationRule": {"clusterRoleSelectors": [{"matchExpressions": [{}]}]}},
            name="$id",
        ),
        post(
            f"{_APPS}/statefulsets?dryRun=All",
            _workload("StatefulSet", selector={"matchExpressions": [{"key": "app", "operator": "in"}]}),
        ),
        *_dry(
            _ATTACHMENTS,
            "storage.k8s.io/v1",
            "VolumeAttachment",
            {
                "spec": {
                    "attacher": "a.example.com",
                    "nodeName": "n",
                    "source": {
                        "inlineVolumeSpec": {"capacity": {"storage": "1"}, "claimRef": {}, "volumeMode": "Block"}
                    },
                }
            },
        ),
        *_dry(
            "/apis/networking.k8s.io/v1/namespaces/$ns/ingresses",
            "networking.k8s.io/v1",
            "Ingress",
            {"spec": {"defaultBackend": {"resource": {"apiGroup": "v1/b", "kind": "K", "name": "n"}}}},
        ),
        *_dry(f"{_CORE}/secrets", "v1", "Secret", {"stringData": {"b": None}}),
        *_dry("/api/v1/nodes", "v1", "Node", {"spec": {"podCIDRs": ["10.2.0.0/24", "10.0.0.0/33"]}}, name="$id"),
        post(f"{_CORE}/configmaps", _new("v1", "ConfigMap", immutable=True, data={"a": "b"}), silent=True),
        put(f"{_CORE}/configmaps/x", _new("v1", "ConfigMap")),
        post(
            f"{_APPS}/controllerrevisions",
            _new("apps/v1", "ControllerRevision", data={"a": 1}, revision=1),
            silent=True,
        ),
        patch(f"{_APPS}/controllerrevisions/x", {"data": {"a": True}}, MERGE),
    ),
    case(
        "a write of the status creates a Service without addresses",
        put(
            f"{_CORE}/services/x/status",
            _new(
                "v1",
                "Service",
                spec={"ports": [{"port": 80}]},
                status={"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
            ),
        ),
        get(f"{_CORE}/services/x"),
    ),
)
