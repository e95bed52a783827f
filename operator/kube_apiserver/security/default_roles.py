"""The default cluster roles and bindings: admin, discovery, and the user-facing roles."""

from collections.abc import Iterator
from typing import Any

_GROUP = "rbac.authorization.k8s.io"
_READ = ["get", "list", "watch"]
_WRITE = ["create", "delete", "deletecollection", "patch", "update"]
_CORE = [
    "configmaps",
    "endpoints",
    "persistentvolumeclaims",
    "persistentvolumeclaims/status",
    "pods",
    "pods/log",
    "pods/status",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "replicationcontrollers/status",
    "serviceaccounts",
    "services",
    "services/status",
    "limitranges",
    "resourcequotas",
    "resourcequotas/status",
    "namespaces",
    "namespaces/status",
    "bindings",
]
_WRITTEN = [
    "configmaps",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "secrets",
    "serviceaccounts",
    "services",
]
_APPS = ["daemonsets", "deployments", "replicasets", "statefulsets"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz"]
_INFO = ["/version", "/version/"]
Rules = list[dict[str, Any]]


def _rule(groups: list[str], resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"verbs": verbs, "apiGroups": groups, "resources": resources}


def _scaled(resources: list[str]) -> list[str]:
    return [*resources, *(f"{name}/scale" for name in resources if name != "daemonsets")]


def _viewer() -> Rules:
    return [
        _rule([""], _CORE, _READ),
        _rule(["", "events.k8s.io"], ["events"], _READ),
        _rule(["discovery.k8s.io"], ["endpointslices"], _READ),
        _rule(["apps"], [*_scaled(_APPS), "controllerrevisions", *(f"{name}/status" for name in _APPS)], _READ),
        _rule(["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"], _READ),
        _rule(["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"], _READ),
        _rule(["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"], _READ),
        _rule(["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"], _READ),
    ]


def _editor() -> Rules:
    return [
        _rule([""], ["secrets", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"], _READ),
        _rule([""], ["serviceaccounts"], ["impersonate"]),
        _rule([""], _WRITTEN, _WRITE),
        _rule([""], ["pods/eviction", "serviceaccounts/token"], ["create"]),
        _rule(["", "events.k8s.io"], ["events"], _WRITE),
        _rule(["apps"], _scaled(_APPS), _WRITE),
        _rule(["autoscaling"], ["horizontalpodautoscalers"], _WRITE),
        _rule(["batch"], ["cronjobs", "jobs"], _WRITE),
        _rule(["policy"], ["poddisruptionbudgets"], _WRITE),
        _rule(["networking.k8s.io"], ["ingresses", "networkpolicies"], _WRITE),
        _rule(["coordination.k8s.io"], ["leases"], [*_WRITE, *_READ]),
    ]


def _administrator() -> Rules:
    return [
        _rule(["authorization.k8s.io"], ["localsubjectaccessreviews"], ["create"]),
        _rule([_GROUP], ["rolebindings", "roles"], [*_WRITE, *_READ]),
    ]


def _role(name: str, rules: Rules, **labels: str) -> dict[str, Any]:
    return {"metadata": _metadata(name, labels), "rules": rules}


def _metadata(name: str, labels: dict[str, str]) -> dict[str, Any]:
    shown = {f"{_GROUP}/{key.replace('_', '-')}": value for key, value in labels.items()}
    return {
        "name": name,
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults", **shown},
        "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
    }


def _aggregate(name: str, **labels: str) -> dict[str, Any]:
    selector = {"matchLabels": {f"{_GROUP}/aggregate-to-{name}": "true"}}
    return {**_role(name, [], **labels), "aggregationRule": {"clusterRoleSelectors": [selector]}}


def default_cluster_roles() -> Iterator[dict[str, Any]]:
    """Yield the default ClusterRoles, without the metadata that the server sets."""
    everything = [_rule(["*"], ["*"], ["*"]), {"verbs": ["*"], "nonResourceURLs": ["*"]}]
    reviews = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]
    basic = [
        _rule(["authentication.k8s.io"], ["selfsubjectreviews"], ["create"]),
        _rule(["authorization.k8s.io"], reviews, ["create"]),
    ]
    yield _role("cluster-admin", everything)
    yield _role("system:basic-user", basic)
    yield _role("system:discovery", [{"verbs": ["get"], "nonResourceURLs": [*_DISCOVERY, *_INFO]}])
    yield _role(
        "system:public-info-viewer", [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/livez", "/readyz", *_INFO]}]
    )
    yield _role("system:aggregate-to-view", _viewer(), aggregate_to_view="true")
    yield _role("system:aggregate-to-edit", _editor(), aggregate_to_edit="true")
    yield _role("system:aggregate-to-admin", _administrator(), aggregate_to_admin="true")
    yield _aggregate("view", aggregate_to_edit="true")
    yield _aggregate("edit", aggregate_to_admin="true")
    yield _aggregate("admin")


def default_cluster_role_bindings() -> Iterator[dict[str, Any]]:
    """Yield the default ClusterRoleBindings, without the metadata that the server sets."""
    for name, *groups in (
        ("cluster-admin", "system:masters"),
        ("system:basic-user", "system:authenticated"),
        ("system:discovery", "system:authenticated"),
        ("system:public-info-viewer", "system:authenticated", "system:unauthenticated"),
    ):
        subjects = [{"kind": "Group", "apiGroup": _GROUP, "name": group} for group in groups]
        reference = {"apiGroup": _GROUP, "kind": "ClusterRole", "name": name}
        yield {"metadata": _metadata(name, {}), "subjects": subjects, "roleRef": reference}
