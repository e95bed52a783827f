"""What particular kinds do with what they are given: defaults, conversions, write-only fields, twins."""

from typing import Any

from tests.conformance.differential.language import Events, OpenWatch, case, delete, get, patch, post, put

_CORE = "/api/v1/namespaces/$ns"
_LABELS = {"app": "web"}
_POD_SPEC = {"containers": [{"name": "c", "image": "i"}]}
_TEMPLATE = {"metadata": {"labels": _LABELS}, "spec": _POD_SPEC}


def _made(path: str, api_version: str, kind: str, **content: Any) -> Any:
    return post(path, {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **content})


_NAMED = {"metadata": {"name": "x-$id"}}
_FLOW = "/apis/flowcontrol.apiserver.k8s.io/v1"
_QUEUE: dict[str, Any] = {"type": "Limited", "limited": {"limitResponse": {"type": "Queue", "queuing": {"queues": 32}}}}
_POLICIES = "/apis/admissionregistration.k8s.io/v1"
_MATCHED = {
    "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["secrets"]}]
}
_VALIDATING: dict[str, Any] = {"validations": [{"expression": "true"}], "matchConstraints": _MATCHED}
_BINDING: dict[str, Any] = {"policyName": "p", "validationActions": ["Deny"], "matchResources": _MATCHED}
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/$ns/leases"
_LEASE = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l"}}


def _node_ports(name: str, count: int) -> dict[str, Any]:
    ports = [{"name": f"p{number}", "port": number + 1} for number in range(count)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"type": "NodePort", "ports": ports},
    }


_QUANTITIES: tuple[Any, ...] = (
    # kube-apiserver writes an exponent such as 999999999 out, and does not answer in time.
    *("1e19", "1e100", "1e5000", "1e-100", "1e4294967297", "1500000n", "1500n", "0.5m", "0.50", "-0.5m"),
    *("1e9223372036854775807", "1e9223372036854775808", "1E5", "1E+5", "1e-3", "10e1", "1e3", "1E3"),
    *("1000e3", "0e5", "1E", "1e", "E", "e3", "1e+-3", "5-", "5+5", "m", "1KK", "1KiB", "1x", "--1", "+-1"),
    *("+5", "1.500", "1.5", ".5", "5.", ".", "+", "-", "", " ", " 1 ", "00", "007", "0.0", "0m", "1.0", "1.10"),
    *("1000", "1000m", "1500m", "1000k", "100000000000000000000000", "123456789012345678901234"),
    *("999999999999999999", "9999999999999999999", "0.1n", "0.0000000001", "1.0000000001", "0.5", "0.05"),
    *("1024Ki", "1.5Gi", "8Gi", "9Gi", "1000Ki", "1023Ki", "0.1Ki", "0.0001Ki", "0.0000000001Ki", "0Ki"),
    *("1.0000000001Ki", "1000000Ei", "9999999999999999999Ki", "8Ei", "7Ei", "100000000000Ki", "1.5Ki"),
    *(5, 5.5, 0, 1000, 1e30, 1.0, True, None, [], {}),
)

CASES = (
    case(
        "a secret's stringData becomes data",
        _made(f"{_CORE}/secrets", "v1", "Secret", stringData={"k": "v"}, data={"k": "eA==", "l": "eQ=="}),
        patch(f"{_CORE}/secrets/x", {"stringData": {"m": "z"}}),
        put(f"{_CORE}/secrets/x", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "type": "other"}),
        get(f"{_CORE}/secrets/x"),
    ),
    case(
        "a pod gets its defaults",
        _made(f"{_CORE}/pods", "v1", "Pod", spec=_POD_SPEC),
    ),
    case(
        "a deployment gets its defaults and its generation",
        _made(
            "/apis/apps/v1/namespaces/$ns/deployments",
            "apps/v1",
            "Deployment",
            spec={"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE},
        ),
        patch("/apis/apps/v1/namespaces/$ns/deployments/x", {"metadata": {"labels": {"a": "b"}}}),
        patch("/apis/apps/v1/namespaces/$ns/deployments/x", {"spec": {"replicas": 3}}),
        delete("/apis/apps/v1/namespaces/$ns/deployments/x"),
    ),
    case(
        "other workloads get their defaults",
        _made(
            "/apis/apps/v1/namespaces/$ns/statefulsets",
            "apps/v1",
            "StatefulSet",
            spec={"serviceName": "s", "selector": {"matchLabels": _LABELS}, "template": _TEMPLATE},
        ),
        _made(
            "/apis/apps/v1/namespaces/$ns/daemonsets",
            "apps/v1",
            "DaemonSet",
            spec={"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE},
        ),
        _made(
            "/apis/batch/v1/namespaces/$ns/cronjobs",
            "batch/v1",
            "CronJob",
            spec={
                "schedule": "* * * * *",
                "jobTemplate": {"spec": {"template": {"spec": {**_POD_SPEC, "restartPolicy": "Never"}}}},
            },
        ),
    ),
    case(
        "flow control and admission policies get their defaults",
        *(
            post(
                f"{path}?dryRun=All", {"apiVersion": path[6:].rpartition("/")[0], "kind": kind, **_NAMED, "spec": spec}
            )
            for path, kind, spec in (
                (f"{_FLOW}/flowschemas", "FlowSchema", {"priorityLevelConfiguration": {"name": "exempt"}}),
                (f"{_FLOW}/prioritylevelconfigurations", "PriorityLevelConfiguration", _QUEUE),
                (f"{_POLICIES}/validatingadmissionpolicies", "ValidatingAdmissionPolicy", _VALIDATING),
                (f"{_POLICIES}/validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", _BINDING),
            )
        ),
    ),
    case(
        "a service of its own address",
        _made(
            f"{_CORE}/services",
            "v1",
            "Service",
            spec={"clusterIP": "None", "selector": _LABELS, "ports": [{"port": 80}]},
        ),
        _made(f"{_CORE}/services", "v1", "Service", spec={"type": "Nonsense", "ports": [{"port": 80}]}),
        _made(f"{_CORE}/services", "v1", "Service", spec={"clusterIP": "None", "ports": [{"port": 99999}]}),
    ),
    case(
        "policy and network objects get their defaults",
        _made(
            "/apis/networking.k8s.io/v1/namespaces/$ns/networkpolicies",
            "networking.k8s.io/v1",
            "NetworkPolicy",
            spec={"podSelector": {}},
        ),
        _made(
            "/apis/policy/v1/namespaces/$ns/poddisruptionbudgets",
            "policy/v1",
            "PodDisruptionBudget",
            spec={"minAvailable": 1, "selector": {"matchLabels": _LABELS}},
        ),
        _made(
            "/apis/networking.k8s.io/v1/namespaces/$ns/ingresses",
            "networking.k8s.io/v1",
            "Ingress",
            spec={"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
        ),
        _made(
            f"{_CORE}/persistentvolumeclaims",
            "v1",
            "PersistentVolumeClaim",
            spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        ),
        _made(f"{_CORE}/serviceaccounts", "v1", "ServiceAccount"),
        _made(f"{_CORE}/resourcequotas", "v1", "ResourceQuota", spec={"hard": {"configmaps": "5"}}),
        _made(
            f"{_CORE}/limitranges",
            "v1",
            "LimitRange",
            spec={"limits": [{"type": "Container", "default": {"cpu": "100m"}}]},
        ),
    ),
    case(
        "quantities are written in their canonical form",
        _made(
            f"{_CORE}/pods",
            "v1",
            "Pod",
            spec={
                "containers": [
                    {"name": "c", "image": "i", "resources": {"requests": {"cpu": "0.5", "memory": "1024Mi"}}}
                ]
            },
        ),
    ),
    case(
        "quantities keep their text, or lose it, as in Go",
        *(
            post(
                f"{_CORE}/resourcequotas?dryRun=All",
                {
                    "apiVersion": "v1",
                    "kind": "ResourceQuota",
                    "metadata": {"name": "q"},
                    "spec": {"hard": {"cpu": text}},
                },
            )
            for text in _QUANTITIES
        ),
    ),
    case(
        "a lease is taken and renewed",
        post(
            _LEASES,
            {
                **_LEASE,
                "spec": {
                    "holderIdentity": "a",
                    "leaseDurationSeconds": 15,
                    "acquireTime": "2026-01-01T00:00:00.000000Z",
                    "renewTime": "2026-01-01T00:00:00.500000Z",
                    "leaseTransitions": 0,
                },
            },
            keep={"rv": "metadata.resourceVersion"},
        ),
        put(
            f"{_LEASES}/l",
            {
                **_LEASE,
                "metadata": {"name": "l", "resourceVersion": "$rv"},
                "spec": {"holderIdentity": "b", "leaseDurationSeconds": 15},
            },
        ),
        put(
            f"{_LEASES}/l",
            {
                **_LEASE,
                "metadata": {"name": "l", "resourceVersion": "$rv"},
                "spec": {"holderIdentity": "c", "leaseDurationSeconds": 15},
            },
        ),
        put(f"{_LEASES}/l", {**_LEASE, "spec": {"leaseDurationSeconds": 0}}),
    ),
    case(
        "an event is one object in two groups",
        post(
            f"{_CORE}/events",
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": "e"},
                "type": "Normal",
                "reason": "R",
                "message": "m",
                "involvedObject": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "namespace": "$ns"},
                "source": {"component": "c"},
                "firstTimestamp": "2026-01-01T00:00:00Z",
                "lastTimestamp": "2026-01-01T00:00:00Z",
                "count": 1,
            },
        ),
        get("/apis/events.k8s.io/v1/namespaces/$ns/events/e"),
        post(
            "/apis/events.k8s.io/v1/namespaces/$ns/events",
            {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": "f"},
                "type": "Normal",
                "reason": "R",
                "note": "n",
                "action": "A",
                "reportingController": "example.com/c",
                "reportingInstance": "i",
                "eventTime": "2026-01-01T00:00:00.000000Z",
                "regarding": {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "namespace": "$ns"},
            },
        ),
        get(f"{_CORE}/events/f"),
        get(f"{_CORE}/events", keep={"rv": "metadata.resourceVersion"}),
        get("/apis/events.k8s.io/v1/namespaces/$ns/events"),
        OpenWatch("/apis/events.k8s.io/v1/namespaces/$ns/events?watch=true&resourceVersion=$rv"),
        patch("/apis/events.k8s.io/v1/namespaces/$ns/events/e", {"metadata": {"labels": {"l": "m"}}}),
        patch(f"{_CORE}/events/f", {"message": "other", "count": 3}),
        delete(f"{_CORE}/events/f", silent=True),
        delete("/apis/events.k8s.io/v1/namespaces/$ns/events/e"),
        Events(4),
        post(
            "/apis/events.k8s.io/v1/namespaces/$ns/events",
            {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": "g"},
                "type": "Normal",
                "regarding": {"kind": "ConfigMap", "name": "a", "namespace": "$ns"},
            },
        ),
        post(
            f"{_CORE}/events",
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": "h"},
                "involvedObject": {"kind": "ConfigMap", "name": "a", "namespace": "other"},
            },
        ),
    ),
    case(
        "horizontal autoscalers speak two versions",
        _made(
            "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers",
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            spec={"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
        ),
        get("/apis/autoscaling/v1/namespaces/$ns/horizontalpodautoscalers/x"),
    ),
    case(
        "roles and bindings",
        _made(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/roles",
            "rbac.authorization.k8s.io/v1",
            "Role",
            rules=[{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}],
        ),
        _made(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/rolebindings",
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            roleRef={"kind": "Role", "name": "x", "apiGroup": "rbac.authorization.k8s.io"},
            subjects=[{"kind": "ServiceAccount", "name": "s", "namespace": "$ns"}, {"kind": "User", "name": "u"}],
        ),
        _made(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/roles",
            "rbac.authorization.k8s.io/v1",
            "Role",
            rules=[{"apiGroups": [""], "resources": ["configmaps"]}],
        ),
        patch("/apis/rbac.authorization.k8s.io/v1/namespaces/$ns/rolebindings/x", {"roleRef": {"name": "y"}}),
    ),
    case(
        "a service asks for more node ports than there are",
        post("/api/v1/namespaces/$ns/services", _node_ports("many", 2769)),
        get("/api/v1/namespaces/$ns/services/many"),
        post("/api/v1/namespaces/$ns/services", _node_ports("few", 3), silent=True),
        get("/api/v1/namespaces/$ns/services/few", only="spec type"),
        cleanup=("/api/v1/namespaces/$ns/services/few",),
    ),
)
