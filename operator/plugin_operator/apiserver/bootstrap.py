"""What a new cluster holds before anybody writes to it."""

from uuid import uuid4

from plugin_operator.apiserver.cluster import Cluster
from plugin_operator.apiserver.wire.times import timestamp

_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def bootstrap(cluster: Cluster) -> None:
    """Create the namespaces that every cluster has."""
    for name in _NAMESPACES:
        if cluster.store.get("namespaces", name) is None:
            cluster.store.put("namespaces", _namespace(name, timestamp(cluster.clock.now())), "v1", "Namespace")


def _namespace(name: str, now: str) -> dict[str, object]:
    metadata = {
        "name": name,
        "uid": str(uuid4()),
        "creationTimestamp": now,
        "labels": {"kubernetes.io/metadata.name": name},
    }
    return {"metadata": metadata, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
