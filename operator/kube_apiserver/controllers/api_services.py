"""The registration of custom group versions: an APIService for each that a CustomResourceDefinition serves."""

from typing import Any

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.storage import Change, Item
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.uids import new_uid
from kube_apiserver.writes.write_pipeline import remove, store_as

_BUCKET = "apiservices.apiregistration.k8s.io"
_MANAGED = "kube-aggregator.kubernetes.io/automanaged"
_MANAGER = "kube-apiserver"
# kube-apiserver's priorities of definitions: below those of built-in groups.
_GROUP_PRIORITY, _VERSION_PRIORITY = 1000, 100


class ApiServiceController:
    """Keeps one APIService for each group version of a CustomResourceDefinition."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._coalescer = Coalescer(self._sync)

    def stop(self) -> None:
        """Stop reacting to writes."""
        self._coalescer.stop()

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._coalescer.interrupt()

    def add(self, group: str) -> None:
        """Enqueue a group whose served versions may have changed."""
        self._coalescer.add(group)

    def restore(self, bucket: str, item: Item) -> None:
        """Enqueue the group of an APIService that is in the store at startup."""
        if bucket == _BUCKET and item.labels.get(_MANAGED) == "true":
            self._coalescer.add(item.name.partition(".")[2])

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue the group of an APIService that was deleted."""
        if bucket == _BUCKET and change.type == "DELETED" and change.item.labels.get(_MANAGED) == "true":
            self._coalescer.add(change.item.name.partition(".")[2])

    def _sync(self, group: str) -> None:
        resource = self._cluster.registry.for_bucket(_BUCKET)
        if resource is None or self._cluster.registry.is_builtin_group(group):
            return
        wanted = {f"{version}.{group}": version for version in self._cluster.registry.versions().get(group, ())}
        for item in list(self._cluster.store.bucket(_BUCKET).page("", "")):
            managed = item.labels.get(_MANAGED) == "true" and item.name.partition(".")[2] == group
            if managed and wanted.pop(item.name, None) is None:
                remove(self._cluster, resource, to_served(resource, item))
            wanted.pop(item.name, None)
        for name, version in wanted.items():
            store_as(self._cluster, resource, self._made(name, group, version), _MANAGER)

    def _made(self, name: str, group: str, version: str) -> dict[str, Any]:
        now = timestamp(self._cluster.clock.now())
        available = {"type": "Available", "status": "True", "lastTransitionTime": now, "reason": "Local"}
        priorities = {"groupPriorityMinimum": _GROUP_PRIORITY, "versionPriority": _VERSION_PRIORITY}
        return {
            "apiVersion": "apiregistration.k8s.io/v1",
            "kind": "APIService",
            "metadata": {
                "name": name,
                "uid": new_uid(),
                "creationTimestamp": now,
                "labels": {_MANAGED: "true"},
            },
            "spec": {"group": group, "version": version, **priorities},
            "status": {"conditions": [{**available, "message": "Local APIServices are always available"}]},
        }
