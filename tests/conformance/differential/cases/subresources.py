"""Status, scale and the virtual resources."""

from typing import Any

from differential.language import CONFIG_MAPS, apply, case, get, patch, post, put

_LABELS = {"app": "web"}
_PATH = "/apis/apps/v1/namespaces/$ns/deployments"
_DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "d"},
    "spec": {
        "selector": {"matchLabels": _LABELS},
        "template": {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    },
}
_MADE = post(_PATH, _DEPLOYMENT, silent=True)
_SCALE = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d", "namespace": "$ns"}}
_POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}
_BINDING: dict[str, Any] = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p"}}

CASES = (
    case(
        "status is written through its own door",
        post(_PATH, {**_DEPLOYMENT, "status": {"replicas": 9}}),
        patch(f"{_PATH}/d", {"status": {"replicas": 5}}),
        patch(f"{_PATH}/d/status", {"status": {"replicas": 2, "observedGeneration": 1}, "spec": {"replicas": 7}}),
        get(f"{_PATH}/d/status"),
        get(f"{_PATH}/d"),
    ),
    case(
        "status may be replaced and applied",
        _MADE,
        put(f"{_PATH}/d/status", {**_DEPLOYMENT, "status": {"replicas": 1}}),
        apply(f"{_PATH}/d/status", {"apiVersion": "apps/v1", "kind": "Deployment", "status": {"readyReplicas": 1}}),
        patch(f"{_PATH}/d/status", {"status": {"replicas": -1}}),
    ),
    case(
        "scale reads and sets the replicas",
        _MADE,
        get(f"{_PATH}/d/scale", keep={"rv": "metadata.resourceVersion"}),
        put(f"{_PATH}/d/scale", {**_SCALE, "spec": {"replicas": 3}}),
        patch(f"{_PATH}/d/scale", {"spec": {"replicas": 4}}),
        put(f"{_PATH}/d/scale", {**_SCALE, "spec": {"replicas": -1}}),
        put(
            f"{_PATH}/d/scale", {**_SCALE, "metadata": {"name": "d", "resourceVersion": "$rv"}, "spec": {"replicas": 5}}
        ),
        get(f"{_PATH}/none/scale"),
    ),
    case(
        "a subresource that is not there is not found",
        get(f"{CONFIG_MAPS}/a/status"),
        get(f"{_PATH}/d/nonsense"),
        get(f"{_PATH}/none/status"),
    ),
    case(
        "a namespace's status",
        get("/api/v1/namespaces/$ns/status"),
        patch("/api/v1/namespaces/$ns/status", {"status": {"conditions": []}}),
    ),
    case(
        "a pod's eviction and binding",
        post("/api/v1/namespaces/$ns/pods", _POD, silent=True),
        post("/api/v1/namespaces/$ns/pods/p/binding", {**_BINDING, "target": {"kind": "Node", "name": "n"}}),
        get("/api/v1/namespaces/$ns/pods/p"),
        post("/api/v1/namespaces/$ns/pods/p/binding", {**_BINDING, "target": {"kind": "Node", "name": "other"}}),
        post("/api/v1/namespaces/$ns/pods/p/binding", _BINDING),
        post(
            "/api/v1/namespaces/$ns/pods/p/eviction",
            {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": "$ns"}},
        ),
        get("/api/v1/namespaces/$ns/pods/p"),
    ),
)
