"""The objects that a new cluster starts with."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from kube_apiserver.cluster import Cluster
from kube_apiserver.security.default_roles import default_cluster_role_bindings, default_cluster_roles
from kube_apiserver.wire.times import timestamp

_RBAC = "rbac.authorization.k8s.io"
_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def bootstrap(cluster: Cluster) -> None:
    """Create the default namespaces, cluster roles and cluster role bindings."""
    for name in _NAMESPACES:
        if cluster.store.get("namespaces", name) is None:
            cluster.store.put("namespaces", _namespace(name, timestamp(cluster.clock.now())), "v1", "Namespace")
    _ensure(cluster, "ClusterRole", default_cluster_roles())
    _ensure(cluster, "ClusterRoleBinding", default_cluster_role_bindings())


def _ensure(cluster: Cluster, kind: str, objects: Iterable[dict[str, Any]]) -> None:
    bucket = f"{kind.lower()}s.{_RBAC}"
    for obj in objects:
        if cluster.store.get(bucket, obj["metadata"]["name"]) is None:
            obj["metadata"] |= {"uid": str(uuid4()), "creationTimestamp": timestamp(cluster.clock.now())}
            cluster.store.put(bucket, obj, f"{_RBAC}/v1", kind)


def _namespace(name: str, now: str) -> dict[str, object]:
    metadata = {
        "name": name,
        "uid": str(uuid4()),
        "creationTimestamp": now,
        "labels": {"kubernetes.io/metadata.name": name},
    }
    return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
