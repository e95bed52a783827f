"""The namespace controller: deletes the content of a terminating namespace, then the namespace."""

import asyncio

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import DeleteOptions
from kube_apiserver.storage import Change, Item
from kube_apiserver.threads import Pause
from kube_apiserver.writes.deletion import delete_item, is_removable
from kube_apiserver.writes.write_pipeline import remove, store

_BUCKET = "namespaces"
#: A namespace without content stays for so long: clients read it once more after its deletion. Kubernetes waits 5 s.
_GRACE_SECONDS = 0.1
_BACKGROUND = DeleteOptions(propagation="Background", grace_seconds=0)


class NamespaceController:
    """Deletes the content of terminating namespaces."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._removable_at: dict[str, float] = {}  # loop time, by terminating namespace
        self._coalescer = Coalescer(self._empty)

    def stop(self) -> None:
        """Stop deleting."""
        self._coalescer.stop()

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._coalescer.interrupt()

    def restore(self, bucket: str, item: Item) -> None:
        """Enqueue a terminating namespace that is in the store at startup."""
        if bucket == _BUCKET and b'"deletionTimestamp"' in item.raw:
            self._removable_at[item.name] = 0.0
            self._coalescer.add(item.name)

    def observe(self, bucket: str, change: Change) -> None:
        """Enqueue the namespace that a write affects."""
        item = change.item
        if bucket == _BUCKET:
            if change.type == "DELETED" or b'"deletionTimestamp"' not in item.raw:
                self._removable_at.pop(item.name, None)
            else:
                self._removable_at.setdefault(item.name, asyncio.get_running_loop().time() + _GRACE_SECONDS)
                self._coalescer.add(item.name)
        elif change.type == "DELETED" and item.namespace in self._removable_at:
            self._coalescer.add(item.namespace)

    async def _empty(self, name: str) -> None:
        item = self._cluster.store.get(_BUCKET, name)
        if item is None or not item.decode()["metadata"].get("deletionTimestamp") or await self._delete_content(name):
            return
        loop, removable_at = asyncio.get_running_loop(), self._removable_at.get(name, 0.0)
        if loop.time() < removable_at:
            loop.call_at(removable_at, self._coalescer.add, name)
            return
        item, resource = self._cluster.store.get(_BUCKET, name), self._cluster.registry.for_bucket(_BUCKET)
        if item is None or resource is None:
            return
        obj = to_served(resource, item)
        finalizers = [entry for entry in obj["spec"].get("finalizers") or () if entry != "kubernetes"]
        obj["spec"] = {**obj["spec"], "finalizers": finalizers} if finalizers else {}
        if is_removable(resource, obj):
            remove(self._cluster, resource, obj)
        elif finalizers != (to_served(resource, item)["spec"].get("finalizers") or []):
            store(self._cluster, resource, obj)

    async def _delete_content(self, namespace: str) -> bool:
        """Delete every object in a namespace. Return whether any remain."""
        left, pause = False, Pause()
        for resource in self._cluster.registry.namespaced_buckets():
            bucket = self._cluster.store.bucket(resource.bucket)
            for item in list(bucket.page(f"{namespace}/", "")):
                await pause.if_due()
                current = bucket.items.get(item.key)
                if current is not None:
                    _, gone = delete_item(self._cluster, resource, current, _BACKGROUND)
                    left = left or not gone
        return left
