"""What built-in kinds refuse: values out of bounds, combinations, and changes of what stays."""

from typing import Any

from tests.conformance.differential.language import Call, case, patch, post, put

_CORE = "/api/v1/namespaces/$ns"
_CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"
_STORAGE = "/apis/storage.k8s.io/v1/storageclasses"
_BUDGETS = "/apis/policy/v1/namespaces/$ns/poddisruptionbudgets"
_SCALERS = "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers"
_POLICIES = "/apis/networking.k8s.io/v1/namespaces/$ns/networkpolicies"
_INGRESSES = "/apis/networking.k8s.io/v1/namespaces/$ns/ingresses"
_QUOTAS = f"{_CORE}/resourcequotas"
_CLAIMS = f"{_CORE}/persistentvolumeclaims"
_VOLUMES = "/api/v1/persistentvolumes"
_SERVICES = f"{_CORE}/services"
_NODES = "/api/v1/nodes"
_PODS = f"{_CORE}/pods"


def _each(path: str, api_version: str, kind: str, *bodies: dict[str, Any], name: str = "x") -> tuple[Call, ...]:
    """Return a step for each body, none of which is stored."""
    head = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}
    return tuple(post(f"{path}?dryRun=All", {**head, **body}) for body in bodies)


def _specs(path: str, api_version: str, kind: str, *specs: dict[str, Any]) -> tuple[Call, ...]:
    return _each(path, api_version, kind, *({"spec": spec} for spec in specs))


def _made(path: str, api_version: str, kind: str, **content: Any) -> Call:
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **content}
    return post(path, body, silent=True)


_CLAIM: dict[str, Any] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_VOLUME: dict[str, Any] = {
    "accessModes": ["ReadWriteOnce"],
    "capacity": {"storage": "1Gi"},
    "hostPath": {"path": "/tmp"},
}
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
_CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
_BACKEND = {"service": {"name": "s", "port": {"number": 80}}}
_PATHS = {"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": _BACKEND}]}}


def _path(**change: Any) -> dict[str, Any]:
    entry = {"path": "/", "pathType": "Prefix", "backend": _BACKEND, **change}
    return {"rules": [{"http": {"paths": [entry]}}]}


_POD: dict[str, Any] = {
    "containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}}]
}


def _container(**change: Any) -> dict[str, Any]:
    return {"containers": [{"name": "c", "image": "i", **change}]}


CASES = (
    case(
        "the value of a priority class is bounded and stays",
        *_each(
            _CLASSES,
            "scheduling.k8s.io/v1",
            "PriorityClass",
            {"value": 1000000001},
            {"value": 1, "preemptionPolicy": "Sometimes"},
            {"value": -2147483648},
        ),
        *_each(_CLASSES, "scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, name="system-x"),
        post(
            _CLASSES,
            {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "$id"}, "value": 1},
            silent=True,
        ),
        patch(f"{_CLASSES}/$id", {"value": 2}),
        patch(f"{_CLASSES}/$id", {"preemptionPolicy": "Never"}),
        patch(f"{_CLASSES}/$id", {"description": "d", "globalDefault": False}, only="description"),
        cleanup=(f"{_CLASSES}/$id",),
    ),
    case(
        "a storage class has a provisioner, and its parameters stay",
        *_each(
            _STORAGE,
            "storage.k8s.io/v1",
            "StorageClass",
            {},
            {"provisioner": "a b"},
            {"provisioner": "a/b", "reclaimPolicy": "Recycle"},
            {"provisioner": "a/b", "volumeBindingMode": "Later"},
            {"provisioner": "a/b", "parameters": {"": "x"}},
            {"provisioner": "a/b", "mountOptions": ["ro"], "allowVolumeExpansion": True},
            {"provisioner": "a/b", "allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": []}]}]},
        ),
        post(
            _STORAGE,
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": "$id"},
                "provisioner": "a/b",
            },
            silent=True,
        ),
        patch(f"{_STORAGE}/$id", {"provisioner": "a/c"}),
        patch(f"{_STORAGE}/$id", {"parameters": {"a": "b"}}),
        patch(f"{_STORAGE}/$id", {"reclaimPolicy": "Retain"}),
        patch(f"{_STORAGE}/$id", {"volumeBindingMode": "WaitForFirstConsumer"}),
        patch(f"{_STORAGE}/$id", {"allowVolumeExpansion": True}, only="allowVolumeExpansion"),
        cleanup=(f"{_STORAGE}/$id",),
    ),
    case(
        "a disruption budget has one bound",
        *_specs(
            _BUDGETS,
            "policy/v1",
            "PodDisruptionBudget",
            {"minAvailable": 1, "maxUnavailable": 1, "selector": {"matchLabels": {"a": "b"}}},
            {"minAvailable": -1},
            {"minAvailable": "101%"},
            {"maxUnavailable": "x"},
            {"maxUnavailable": "-5%"},
            {"minAvailable": 1, "unhealthyPodEvictionPolicy": "Never"},
            {"minAvailable": 1, "selector": {"matchLabels": {"a b": "c"}}},
            {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]}},
            {"minAvailable": 1, "selector": {"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]}},
            {
                "minAvailable": 1,
                "selector": {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
            },
        ),
    ),
    case(
        "an autoscaler has bounds and a target",
        *_specs(
            _SCALERS,
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            {"maxReplicas": 0, "scaleTargetRef": _TARGET},
            {"maxReplicas": 1, "minReplicas": 2, "scaleTargetRef": _TARGET},
            {"maxReplicas": 3, "minReplicas": 0, "scaleTargetRef": _TARGET, "metrics": [_CPU]},
            {"maxReplicas": 3, "minReplicas": -1, "scaleTargetRef": _TARGET},
            {"maxReplicas": 3, "scaleTargetRef": {"kind": "Deployment"}},
            {"maxReplicas": 3, "scaleTargetRef": {"name": "d"}},
            {"maxReplicas": 3, "scaleTargetRef": {"kind": "a/b", "name": "c/d"}},
            {"maxReplicas": 3, "scaleTargetRef": _TARGET, "metrics": [{"type": "Other"}]},
            {"maxReplicas": 3, "scaleTargetRef": _TARGET, "metrics": [{"type": "Resource"}]},
        ),
    ),
    case(
        "a network policy names ports, blocks and types that there are",
        *_specs(
            _POLICIES,
            "networking.k8s.io/v1",
            "NetworkPolicy",
            {"podSelector": {}, "policyTypes": ["Sideways"]},
            {"podSelector": {}, "policyTypes": ["Ingress", "Egress", "Ingress"]},
            {"podSelector": {"matchLabels": {"a b": "c"}}},
            {"podSelector": {}, "ingress": [{"ports": [{"port": 70000}]}]},
            {"podSelector": {}, "ingress": [{"ports": [{"port": "Bad_Port"}]}]},
            {"podSelector": {}, "ingress": [{"ports": [{"protocol": "ICMP"}]}]},
            {"podSelector": {}, "ingress": [{"ports": [{"port": 80, "endPort": 70}]}]},
            {"podSelector": {}, "ingress": [{"ports": [{"endPort": 70}]}]},
            {"podSelector": {}, "ingress": [{"ports": [{"port": "http", "endPort": 70}]}]},
            {"podSelector": {}, "ingress": [{"from": [{}]}]},
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "x"}}]}]},
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": ""}}]}]},
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/9"]}}]}]},
            {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}]},
            {"podSelector": {}, "egress": [{"to": [{"namespaceSelector": {"matchLabels": {"a": "b c"}}}]}]},
        ),
    ),
    case(
        "an ingress has hosts, paths and backends of their form",
        *_specs(
            _INGRESSES,
            "networking.k8s.io/v1",
            "Ingress",
            {},
            {"rules": [{"host": "Bad_Host", **_PATHS}]},
            {"rules": [{"host": "10.0.0.1", **_PATHS}]},
            {"rules": [{"host": "*.example.com", **_PATHS}]},
            {"rules": [{"host": "*.*.com", **_PATHS}]},
            {"rules": [{"host": "a.*.com", **_PATHS}]},
            {"rules": [{"http": {"paths": []}}]},
            _path(path="a"),
            _path(path=""),
            _path(path="a", pathType="ImplementationSpecific"),
            _path(path="/a//b"),
            _path(path="/a/../b"),
            _path(path="/a%2f"),
            _path(pathType="Regex"),
            _path(backend={}),
            _path(backend={"service": {"name": "s"}}),
            _path(backend={"service": {"name": "S_", "port": {"number": 80}}}),
            _path(backend={"service": {"name": "s", "port": {"number": 80, "name": "a"}}}),
            _path(backend={"service": {"name": "s", "port": {"number": 70000}}}),
            _path(backend={"service": {"name": "s", "port": {"name": "A_"}}}),
            {"defaultBackend": {"resource": {"kind": "A", "name": "b"}, **_BACKEND}},
            {"defaultBackend": _BACKEND, "tls": [{"hosts": ["Bad_Host"]}]},
            {"defaultBackend": _BACKEND, "tls": [{"hosts": ["a.com", "*.b.com"], "secretName": "S_"}]},
            {"defaultBackend": _BACKEND, "ingressClassName": "A_"},
        ),
    ),
    case(
        "a quota counts what there is",
        *_specs(
            _QUOTAS,
            "v1",
            "ResourceQuota",
            {"hard": {"pods": "-1"}},
            {"hard": {"pods": "1.5"}},
            {"hard": {"cpu": "1.5"}},
            {"hard": {"nonsense": "1"}},
            {"hard": {"a b": "1"}},
            {"hard": {"example.com/a": "1"}},
            {"hard": {"requests.example.com/a": "1", "count/widgets.example.com": "2"}},
            {"hard": {"pods": "1"}, "scopes": ["Sometimes"]},
            {"hard": {"pods": "1"}, "scopes": ["Terminating", "NotTerminating"]},
            {"hard": {"pods": "1"}, "scopes": ["BestEffort", "NotBestEffort"]},
            {"hard": {"services": "1"}, "scopes": ["BestEffort"]},
            {"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [{"scopeName": "X", "operator": "Exists"}]}},
            {
                "hard": {"pods": "1"},
                "scopeSelector": {"matchExpressions": [{"scopeName": "BestEffort", "operator": "In"}]},
            },
        ),
        _made(_QUOTAS, "v1", "ResourceQuota", spec={"hard": {"pods": "1"}, "scopes": ["BestEffort"]}),
        patch(f"{_QUOTAS}/x", {"spec": {"scopes": ["Terminating"]}}),
        patch(f"{_QUOTAS}/x", {"spec": {"hard": {"pods": "-5"}}}),
    ),
    case(
        "a volume claim asks for storage in a mode, and stays as it was",
        *_specs(
            _CLAIMS,
            "v1",
            "PersistentVolumeClaim",
            {},
            {**_CLAIM, "accessModes": []},
            {**_CLAIM, "accessModes": ["Sometimes"]},
            {**_CLAIM, "accessModes": ["ReadWriteOncePod", "ReadWriteOnce"]},
            {**_CLAIM, "resources": {}},
            {**_CLAIM, "resources": {"requests": {"storage": "0"}}},
            {**_CLAIM, "resources": {"requests": {"storage": "-1"}}},
            {**_CLAIM, "volumeMode": "Other"},
            {**_CLAIM, "storageClassName": "A_"},
            {**_CLAIM, "selector": {"matchLabels": {"a b": "c"}}},
        ),
        _made(_CLAIMS, "v1", "PersistentVolumeClaim", spec=_CLAIM),
        patch(f"{_CLAIMS}/x", {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}, only="reason"),
        patch(f"{_CLAIMS}/x", {"spec": {"accessModes": ["ReadOnlyMany"]}}, only="reason"),
        patch(f"{_CLAIMS}/x", {"spec": {"volumeMode": "Block"}}, only="reason"),
        patch(f"{_CLAIMS}/x", {"spec": {"storageClassName": "other"}}, only="spec storageClassName"),
        patch(f"{_CLAIMS}/x", {"spec": {"storageClassName": "third"}}, only="reason"),
        patch(f"{_CLAIMS}/x", {"metadata": {"labels": {"a": "b"}}}, only="metadata labels"),
    ),
    case(
        "a volume has one source, and keeps it",
        *_specs(
            _VOLUMES,
            "v1",
            "PersistentVolume",
            {},
            {**_VOLUME, "accessModes": []},
            {**_VOLUME, "accessModes": ["Sometimes"]},
            {**_VOLUME, "capacity": {"storage": "0"}},
            {**_VOLUME, "capacity": {"storage": "1Gi", "cpu": "1"}},
            {**_VOLUME, "hostPath": {"path": ""}},
            {**_VOLUME, "hostPath": {"path": "/a/../b"}},
            {**_VOLUME, "hostPath": None},
            {**_VOLUME, "nfs": {"server": "s", "path": "/"}},
            {**_VOLUME, "hostPath": None, "nfs": {"server": "", "path": "a"}},
            {**_VOLUME, "hostPath": None, "csi": {"driver": "", "volumeHandle": ""}},
            {**_VOLUME, "persistentVolumeReclaimPolicy": "Keep"},
            {**_VOLUME, "persistentVolumeReclaimPolicy": "Recycle", "hostPath": {"path": "/"}},
            {**_VOLUME, "volumeMode": "Other"},
            {**_VOLUME, "storageClassName": "A_"},
        ),
        post(
            _VOLUMES,
            {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "$id"}, "spec": _VOLUME},
            silent=True,
        ),
        patch(f"{_VOLUMES}/$id", {"spec": {"hostPath": {"path": "/other"}}}, only="reason"),
        patch(f"{_VOLUMES}/$id", {"spec": {"volumeMode": "Block"}}),
        patch(f"{_VOLUMES}/$id", {"spec": {"capacity": {"storage": "2Gi"}}}, only="spec capacity"),
        cleanup=(f"{_VOLUMES}/$id",),
    ),
    case(
        "a service has addresses of its own and a session of its form",
        *_specs(
            _SERVICES,
            "v1",
            "Service",
            {"ports": [{"port": 80}], "clusterIP": "x"},
            {"ports": [{"port": 80}], "clusterIP": "None", "type": "NodePort"},
            {"ports": [{"port": 80}], "sessionAffinity": "Cookie"},
            {"ports": [{"port": 80}], "externalIPs": ["x"]},
            {"ports": [{"port": 80}, {"port": 80}]},
            {"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]},
            {"ports": [{"name": "a", "port": 80}, {"name": "b", "port": 80}]},
            {"ports": [{"name": "A_", "port": 80}]},
            {"ports": [{"port": 80}], "selector": {"a b": "c"}},
            {"type": "ExternalName", "externalName": "Bad_Name"},
            {"ports": [{"port": 80}], "internalTrafficPolicy": "Near"},
            {"ports": [{"port": 80}], "loadBalancerSourceRanges": ["10.0.0.0/8"]},
            {"ports": [{"port": 80}], "ipFamilies": ["IPv5"]},
        ),
    ),
    case(
        "a node keeps its blocks and its identity",
        *_specs(
            _NODES,
            "v1",
            "Node",
            {"podCIDRs": ["x"]},
            {"podCIDR": "10.1.0.0/24", "podCIDRs": ["10.2.0.0/24"]},
            {"podCIDRs": ["10.1.0.0/24", "10.2.0.0/24"]},
            {"taints": [{"key": "a", "effect": "Sometimes"}]},
            {"taints": [{"key": "", "effect": "NoSchedule"}]},
            {"taints": [{"key": "a b", "effect": "NoSchedule"}]},
            {"taints": [{"key": "a", "effect": "NoSchedule"}, {"key": "a", "effect": "NoSchedule"}]},
        ),
        post(
            _NODES,
            {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "$id"}, "spec": {"podCIDRs": ["10.1.0.0/24"]}},
        ),
        patch(f"{_NODES}/$id", {"spec": {"podCIDR": "10.3.0.0/24", "podCIDRs": ["10.3.0.0/24"]}}),
        patch(f"{_NODES}/$id", {"spec": {"providerID": "a"}}, only="spec providerID"),
        patch(f"{_NODES}/$id", {"spec": {"providerID": "b"}}),
        patch(f"{_NODES}/$id", {"spec": {"unschedulable": True}}, only="spec unschedulable"),
        cleanup=(f"{_NODES}/$id",),
    ),
    case(
        "of a pod only a few fields change",
        _made(_PODS, "v1", "Pod", spec=_POD),
        patch(f"{_PODS}/x", {"spec": {"restartPolicy": "Never"}}, only="status"),
        patch(f"{_PODS}/x", {"spec": {"hostNetwork": True}}, only="status"),
        patch(f"{_PODS}/x", {"spec": {"nodeName": "n"}}, only="status"),
        patch(f"{_PODS}/x", {"spec": {"containers": [{"name": "c", "image": "i", "command": ["x"]}]}}, only="status"),
        patch(f"{_PODS}/x", {"spec": {"containers": []}}, only="reason"),
        patch(f"{_PODS}/x", {"spec": {"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}}),
        patch(f"{_PODS}/x", {"spec": {"activeDeadlineSeconds": 5}}, only="spec activeDeadlineSeconds"),
        patch(f"{_PODS}/x", {"spec": {"activeDeadlineSeconds": 6}}),
        patch(f"{_PODS}/x", {"spec": {"activeDeadlineSeconds": None}}),
        patch(f"{_PODS}/x", {"metadata": {"labels": {"a": "b"}}}, only="metadata labels"),
        put(f"{_PODS}/x", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": _POD}, only="code"),
    ),
    case(
        "a pod has resources, volumes and policies of their form",
        *_specs(
            _PODS,
            "v1",
            "Pod",
            _container(resources={"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
            _container(resources={"requests": {"cpu": "-1"}}),
            _container(resources={"limits": {"nonsense": "1"}}),
            _container(resources={"requests": {"example.com/a": "1"}}),
            _container(volumeMounts=[{"name": "v", "mountPath": "/a"}]),
            _container(env=[{"name": "a=b", "value": "c"}]),
            _container(env=[{"name": ""}]),
            _container(env=[{"name": "a", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            _container(ports=[{"containerPort": 80, "name": "A_"}]),
            _container(ports=[{"containerPort": 80, "hostPort": 70000}]),
            _container(terminationMessagePolicy="Other"),
            _container(livenessProbe={}),
            _container(livenessProbe={"httpGet": {"port": 80}, "periodSeconds": -1}),
            {**_container(), "volumes": [{"name": "v"}, {"name": "v"}]},
            {**_container(), "volumes": [{"name": "A_"}]},
            {**_container(), "volumes": [{"name": "v", "configMap": {}}]},
            {**_container(), "volumes": [{"name": "v", "emptyDir": {}, "hostPath": {"path": "/"}}]},
            {**_container(), "restartPolicy": "Sometimes"},
            {**_container(), "dnsPolicy": "Other"},
            {**_container(), "nodeName": "A_"},
            {**_container(), "hostname": "A_"},
            {**_container(), "serviceAccountName": "A_"},
            {**_container(), "activeDeadlineSeconds": 0},
            {**_container(), "tolerations": [{"key": "a", "operator": "Like"}]},
            {**_container(), "nodeSelector": {"a b": "c"}},
        ),
    ),
)
