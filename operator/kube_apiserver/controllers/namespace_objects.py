"""The controllers that keep one object in each namespace: the ServiceAccount ``default``, and the CA in a ConfigMap."""

from typing import Any

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.storage import Change, Item, item_key
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.uids import new_uid
from kube_apiserver.writes.write_pipeline import store_as

_MANAGER = "kube-controller-manager"
_DESCRIPTION = "kubernetes.io/description"


class NamespaceObject:
    """Keeps one object in each namespace that is not terminating, and its data.

    Args:
        cluster: the cluster to keep it in.
        bucket: the resource of the object.
        obj: the object without namespace, uid and time. Its annotations and data are restored when they change.
    """

    def __init__(self, cluster: Cluster, bucket: str, obj: dict[str, Any]) -> None:
        self._cluster = cluster
        self._bucket = bucket
        self._obj = obj
        self._name = obj["metadata"]["name"]
        self._coalescer = Coalescer(self._sync)

    def stop(self) -> None:
        """Stop reacting to writes."""
        self._coalescer.stop()

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._coalescer.interrupt()

    def restore(self, bucket: str, item: Item) -> None:
        """Enqueue a namespace that is in the store at startup."""
        if bucket == "namespaces":
            self._coalescer.add(item.name)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue the namespace that a write creates, or whose object it changes."""
        if bucket == "namespaces" and change.type == "ADDED":
            self._coalescer.add(change.item.name)
        elif bucket == self._bucket and change.item.name == self._name:
            self._coalescer.add(change.item.namespace)

    def _sync(self, namespace: str) -> None:
        cluster, resource = self._cluster, self._cluster.registry.for_bucket(self._bucket)
        home = cluster.store.get("namespaces", namespace)
        if resource is None or home is None or b'"deletionTimestamp"' in home.raw:
            return
        there = cluster.store.get(self._bucket, item_key(namespace, self._name))
        if there is None:
            metadata = {
                "namespace": namespace,
                "uid": new_uid(),
                "creationTimestamp": timestamp(cluster.clock.now()),
            }
            obj = {**self._obj, "metadata": {**self._obj["metadata"], **metadata}}
            store_as(cluster, resource, obj, _MANAGER)
        elif "data" in self._obj:
            old = to_served(resource, there)
            annotations = {**self._obj["metadata"]["annotations"], **(old["metadata"].get("annotations") or {})}
            new = {**old, "data": self._obj["data"], "metadata": {**old["metadata"], "annotations": annotations}}
            if new != old:
                store_as(cluster, resource, new, _MANAGER)


def service_accounts(cluster: Cluster) -> NamespaceObject:
    """Return the controller of the ServiceAccount ``default``."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    return NamespaceObject(cluster, "serviceaccounts", account)


def root_ca_publisher(cluster: Cluster, ca_pem: str) -> NamespaceObject:
    """Return the controller of the ConfigMap ``kube-root-ca.crt``."""
    annotations = {_DESCRIPTION: "The CA of the API server, for clients in this namespace."}
    metadata = {"name": "kube-root-ca.crt", "annotations": annotations}
    published = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": ca_pem}}
    return NamespaceObject(cluster, "configmaps", published)
