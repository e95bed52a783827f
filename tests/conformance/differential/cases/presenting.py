"""Representations: tables and metadata only."""

from typing import Any

from tests.conformance.differential.language import CONFIG_MAPS, TABLE, case, config_map, get, post

_PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_LABELS = {"app": "web"}
_TEMPLATE: dict[str, Any] = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}


def _workload(kind: str, **spec: object) -> dict[str, object]:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "w"},
        "spec": {"selector": {"matchLabels": _LABELS}, "template": _TEMPLATE, **spec},
    }


_CORE = "/api/v1/namespaces/$ns"
_APPS = "/apis/apps/v1/namespaces/$ns"

CASES = (
    case(
        "a table of one and of many",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        get(f"{CONFIG_MAPS}/a", accept=TABLE),
        get(CONFIG_MAPS, accept=TABLE),
        get(f"{CONFIG_MAPS}?includeObject=None", accept=TABLE),
        get(f"{CONFIG_MAPS}?includeObject=Object", accept=TABLE),
        get(f"{CONFIG_MAPS}?includeObject=Nonsense", accept=TABLE),
        get(f"{CONFIG_MAPS}/none", accept=TABLE),
        get(CONFIG_MAPS, accept=f"{TABLE},application/json"),
        get(CONFIG_MAPS, accept="application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"),
    ),
    case(
        "metadata alone",
        post(CONFIG_MAPS, config_map("a", {"k": "v"}), silent=True),
        get(f"{CONFIG_MAPS}/a", accept=_PARTIAL),
        get(CONFIG_MAPS, accept=_PARTIAL_LIST),
        get(CONFIG_MAPS, accept=_PARTIAL),
        get(f"{CONFIG_MAPS}/a", accept=_PARTIAL_LIST),
    ),
    case("a table of namespaces", get("/api/v1/namespaces/$ns", accept=TABLE)),
    case(
        "a table of secrets",
        post(
            f"{_CORE}/secrets",
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "YQ==", "b": "Yg=="}},
            silent=True,
        ),
        get(f"{_CORE}/secrets", accept=TABLE),
    ),
    case(
        "a table of services",
        post(
            f"{_CORE}/services",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "s"},
                "spec": {
                    "clusterIP": "None",
                    "selector": _LABELS,
                    "ports": [{"port": 80}, {"port": 53, "protocol": "UDP", "name": "d"}],
                },
            },
        ),
        post(
            f"{_CORE}/services",
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "s"},
                "spec": {
                    "clusterIP": "None",
                    "selector": _LABELS,
                    "ports": [{"port": 80, "name": "h"}, {"port": 53, "protocol": "UDP", "name": "d"}],
                },
            },
        ),
        get(f"{_CORE}/services", accept=TABLE),
    ),
    case(
        "a table of pods",
        post(
            f"{_CORE}/pods",
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": _TEMPLATE["spec"]},
            silent=True,
        ),
        get(f"{_CORE}/pods", accept=TABLE),
    ),
    case(
        "a table of deployments",
        post(f"{_APPS}/deployments", _workload("Deployment"), silent=True),
        get(f"{_APPS}/deployments?includeObject=None", accept=TABLE),
    ),
    case(
        "a table of other workloads",
        post(f"{_APPS}/statefulsets", _workload("StatefulSet", serviceName="s"), silent=True),
        post(f"{_APPS}/daemonsets", _workload("DaemonSet"), silent=True),
        post(f"{_APPS}/replicasets", _workload("ReplicaSet"), silent=True),
        get(f"{_APPS}/statefulsets?includeObject=None", accept=TABLE),
        get(f"{_APPS}/daemonsets?includeObject=None", accept=TABLE),
        get(f"{_APPS}/replicasets?includeObject=None", accept=TABLE),
    ),
    case(
        "a table of jobs",
        post(
            "/apis/batch/v1/namespaces/$ns/cronjobs",
            {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": {"name": "c"},
                "spec": {
                    "schedule": "* * * * *",
                    "jobTemplate": {"spec": {"template": {"spec": {**_TEMPLATE["spec"], "restartPolicy": "Never"}}}},
                },
            },
            silent=True,
        ),
        get("/apis/batch/v1/namespaces/$ns/cronjobs?includeObject=None", accept=TABLE),
        get("/apis/batch/v1/namespaces/$ns/jobs", accept=TABLE),
    ),
    case(
        "a table of leases and events",
        post(
            "/apis/coordination.k8s.io/v1/namespaces/$ns/leases",
            {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": "l"},
                "spec": {"holderIdentity": "me", "leaseDurationSeconds": 15},
            },
            silent=True,
        ),
        get("/apis/coordination.k8s.io/v1/namespaces/$ns/leases", accept=TABLE),
        get(f"{_CORE}/events", accept=TABLE),
        get(f"{_CORE}/serviceaccounts/none", accept=TABLE),
        get(f"{_CORE}/nodes", accept=TABLE),
    ),
)
