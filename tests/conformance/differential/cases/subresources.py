"""Status, scale and the virtual resources."""

from typing import Any

from tests.conformance.differential.language import (
    CONFIG_MAPS,
    Call,
    apply,
    case,
    config_map,
    delete,
    get,
    patch,
    post,
    put,
)

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

_PODS, _BUDGETS = "/api/v1/namespaces/$ns/pods", "/apis/policy/v1/namespaces/$ns/poddisruptionbudgets"
_EVICTION: dict[str, Any] = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
_BUDGET: dict[str, Any] = {
    "apiVersion": "policy/v1",
    "kind": "PodDisruptionBudget",
    "metadata": {"name": "b"},
    "spec": {"minAvailable": 1, "selector": {"matchLabels": _LABELS}},
}
_READY = {"type": "Ready", "status": "True"}
_DISALLOWED = {
    "type": "DisruptionAllowed",
    "status": "False",
    "message": "why",
    "lastTransitionTime": "2026-01-01T00:00:00Z",
}


def _applied_status(status: dict[str, Any], manager: str, query: str = "") -> Call:
    return apply(
        f"{_PATH}/d/status", {"apiVersion": "apps/v1", "kind": "Deployment", "status": status}, manager, query=query
    )


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
    case(
        "a disruption budget decides on an eviction",
        post("/api/v1/namespaces/$ns/pods", {**_POD, "metadata": {"name": "p", "labels": _LABELS}}, silent=True),
        post(_BUDGETS, _BUDGET, silent=True),
        post(f"{_PODS}/p/eviction", {**_EVICTION, "metadata": {"name": "other"}}),
        post(f"{_PODS}/p/eviction", {**_EVICTION, "metadata": {}}),
        patch(f"{_PODS}/p/status", {"status": {"phase": "Running"}}, silent=True),
        post(f"{_PODS}/p/eviction", _EVICTION),
        *(
            step
            for status in (
                {"disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1},
                {"disruptionsAllowed": 0, "currentHealthy": 3, "desiredHealthy": 2, "expectedPods": 3},
                {"conditions": [{**_DISALLOWED, "reason": "SyncFailed"}]},
                {"conditions": [{**_DISALLOWED, "reason": "InsufficientPods"}]},
                {"disruptionsAllowed": -1},
            )
            for step in (
                patch(f"{_BUDGETS}/b/status", {"status": {**status, "observedGeneration": 1}}, silent=True),
                patch(f"{_PODS}/p/status", {"status": {"conditions": [_READY]}}, silent=True),
                post(f"{_PODS}/p/eviction", _EVICTION),
            )
        ),
        patch(f"{_BUDGETS}/b/status", {"status": {"disruptionsAllowed": 1, "conditions": []}}, silent=True),
        post(f"{_PODS}/p/eviction?dryRun=All", _EVICTION),
        get(f"{_BUDGETS}/b", only="status"),
        post(f"{_PODS}/p/eviction?dryRun=All", {**_EVICTION, "deleteOptions": {"dryRun": ["All"]}}),
        post(f"{_PODS}/p/eviction?dryRun=All", {**_EVICTION, "deleteOptions": {"dryRun": ["All", "All"]}}),
        post(f"{_PODS}/p/eviction?dryRun=All", {**_EVICTION, "deleteOptions": {}}),
        get(f"{_BUDGETS}/b", only="status"),
        post(f"{_PODS}/p/eviction", {**_EVICTION, "deleteOptions": {"preconditions": {"uid": "none"}}}),
        get(f"{_BUDGETS}/b", only="status"),
        patch(f"{_BUDGETS}/b/status", {"status": {"disruptionsAllowed": 2}}, silent=True),
        post(_BUDGETS, {**_BUDGET, "metadata": {"name": "c"}}, silent=True),
        post(f"{_PODS}/p/eviction", _EVICTION),
        delete(f"{_BUDGETS}/c", silent=True),
        post(f"{_PODS}/p/eviction", _EVICTION),
        get(f"{_BUDGETS}/b", only="status"),
        get(f"{_PODS}/p"),
    ),
    case(
        "a Pod that is not ready is evicted as its budget says",
        *(
            step
            for name, policy, status in (
                ("a", "IfHealthyBudget", {"currentHealthy": 0, "desiredHealthy": 1}),
                ("b", "IfHealthyBudget", {"currentHealthy": 1, "desiredHealthy": 1}),
                ("c", "AlwaysAllow", {}),
            )
            for step in (
                post(_PODS, {**_POD, "metadata": {"name": name, "labels": {"app": name}}}, silent=True),
                patch(f"{_PODS}/{name}/status", {"status": {"phase": "Running"}}, silent=True),
                post(
                    _BUDGETS,
                    {
                        **_BUDGET,
                        "metadata": {"name": name},
                        "spec": {
                            "minAvailable": 1,
                            "selector": {"matchExpressions": [{"key": "app", "operator": "In", "values": [name]}]},
                            "unhealthyPodEvictionPolicy": policy,
                        },
                    },
                    silent=True,
                ),
                patch(f"{_BUDGETS}/{name}/status", {"status": {**status, "observedGeneration": 1}}, silent=True),
                post(f"{_PODS}/{name}/eviction", {**_EVICTION, "metadata": {"name": name}}),
                get(f"{_BUDGETS}/{name}", only="status"),
            )
        ),
    ),
    case(
        "a dry run through a subresource stores nothing",
        _MADE,
        patch(f"{_PATH}/d/status?dryRun=All", {"status": {"replicas": 2}}),
        put(f"{_PATH}/d/status?dryRun=All", {**_DEPLOYMENT, "status": {"replicas": 1}}),
        _applied_status({"replicas": 1}, "one", "&dryRun=All"),
        put(f"{_PATH}/d/scale?dryRun=All", {**_SCALE, "spec": {"replicas": 3}}),
        patch(f"{_PATH}/d/scale?dryRun=All", {"spec": {"replicas": 4}}),
        apply(f"{CONFIG_MAPS}/none", config_map("none", {"k": "v"}), query="&dryRun=All"),
        get(f"{CONFIG_MAPS}/none"),
        post("/api/v1/namespaces/$ns/pods", _POD, silent=True),
        post("/api/v1/namespaces/$ns/pods/p/binding?dryRun=All", {**_BINDING, "target": {"kind": "Node", "name": "n"}}),
        post(
            "/api/v1/namespaces/$ns/pods/p/eviction",
            {
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": "p", "namespace": "$ns"},
                "deleteOptions": {"dryRun": ["All"]},
            },
        ),
        post(
            "/api/v1/namespaces?dryRun=All", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "dry-$id"}}
        ),
        get("/api/v1/namespaces/dry-$id"),
        get("/api/v1/namespaces/$ns/pods/p"),
        get(f"{_PATH}/d"),
    ),
    case(
        "several managers share a status",
        _MADE,
        _applied_status({"replicas": 3, "readyReplicas": 1}, "one"),
        _applied_status({"replicas": 4}, "two"),
        _applied_status({"availableReplicas": 1}, "two"),
        _applied_status({"replicas": 4}, "two", "&force=true"),
        patch(f"{_PATH}/d/status?fieldManager=three", {"status": {"readyReplicas": 2}}),
        _applied_status({"replicas": 4, "readyReplicas": 1}, "one"),
        apply(f"{_PATH}/d", {**_DEPLOYMENT, "status": {"replicas": 9}}, "one"),
        apply(f"{_PATH}/d", _DEPLOYMENT, "spec"),
        put(f"{_PATH}/d?fieldManager=four", {**_DEPLOYMENT, "spec": {**_DEPLOYMENT["spec"], "replicas": 2}}),
        get(f"{_PATH}/d"),
    ),
    case(
        "scale is one more way to own the replicas",
        apply(f"{_PATH}/d", {**_DEPLOYMENT, "spec": {**_DEPLOYMENT["spec"], "replicas": 2}}, "one"),
        put(f"{_PATH}/d/scale?fieldManager=scaler", {**_SCALE, "spec": {"replicas": 3}}),
        get(f"{_PATH}/d"),
        apply(f"{_PATH}/d", {**_DEPLOYMENT, "spec": {**_DEPLOYMENT["spec"], "replicas": 2}}, "one"),
        patch(f"{_PATH}/d/scale?fieldManager=patcher", {"spec": {"replicas": 4}}),
        apply(f"{_PATH}/d/scale", {**_SCALE, "spec": {"replicas": 5}}, "applier"),
        apply(f"{_PATH}/d/scale", {**_SCALE, "spec": {"replicas": 5}}, "applier", force=True),
        get(f"{_PATH}/d"),
        patch(f"{_PATH}/d/scale", {"spec": {"replicas": "x"}}),
        patch(f"{_PATH}/d/scale", {"spec": {"nonsense": 1}}),
        patch(f"{_PATH}/d/scale", {"status": {"replicas": 7}}),
        put(f"{_PATH}/d/scale", {**_SCALE, "kind": "Nonsense", "spec": {"replicas": 3}}),
        put(f"{_PATH}/d/scale", {**_SCALE, "metadata": {"name": "other", "namespace": "$ns"}, "spec": {"replicas": 3}}),
        put(f"{_PATH}/d/scale", "{"),
    ),
)
