"""The garbage collector: deletes the dependents of deleted owners.

It implements the three values of ``propagationPolicy``. Background deletes dependents after their owner. Foreground
keeps the owner until its blocking dependents are gone. Orphan removes the owner reference from the dependents.
"""

from collections.abc import Sequence
from typing import Any

from kube_apiserver.cluster import Cluster
from kube_apiserver.controllers.coalescer import Coalescer
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.options import DeleteOptions
from kube_apiserver.storage import Change, Item
from kube_apiserver.threads import Pause
from kube_apiserver.writes.deletion import FOREGROUND, ORPHAN, delete_item, is_removable
from kube_apiserver.writes.write_pipeline import remove, store_as

ObjectKey = tuple[str, str]
_MANAGER = "kube-controller-manager"


class GarbageCollector:
    """Tracks owner references and deletes or orphans the dependents of deleted owners."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._dependents: dict[str, set[ObjectKey]] = {}
        self._keys_by_uid: dict[str, ObjectKey] = {}
        self._orphans = Coalescer(self._check_owners)
        self._owners = Coalescer(self._check_deleted_owner)

    def stop(self) -> None:
        """Stop collecting."""
        self._orphans.stop()
        self._owners.stop()

    def interrupt(self) -> None:
        """Begin the work in progress again."""
        self._orphans.interrupt()
        self._owners.interrupt()

    def restore(self, bucket: str, item: Item) -> None:
        """Record the owner references of an object that is in the store at startup."""
        self._keys_by_uid[item.uid] = (bucket, item.key)
        for owner in item.owners:
            self._dependents.setdefault(owner, set()).add((bucket, item.key))
        if item.owners:
            self._orphans.add((bucket, item.key))
        if b'"deletionTimestamp"' in item.raw:
            self._owners.add((bucket, item.key))

    def observe(self, bucket: str, change: Change) -> None:
        """Update the owner references, and enqueue the objects that a write affects."""
        item, object_key = change.item, (bucket, change.item.key)
        before = change.previous.owners if change.previous is not None else ()
        after = item.owners if change.type != "DELETED" else ()
        if before != after:
            self._change_owners(object_key, before, after)
        if change.type == "DELETED":
            self._keys_by_uid.pop(item.uid, None)
            for dependent in self._dependents.get(item.uid, ()):
                self._orphans.add(dependent)
            for owner in before:
                if owner in self._keys_by_uid:
                    self._owners.add(self._keys_by_uid[owner])
            return
        self._keys_by_uid[item.uid] = object_key
        if b'"deletionTimestamp"' in item.raw:
            self._owners.add(object_key)

    def _change_owners(self, object_key: ObjectKey, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        kept = set(after)
        for owner in before:
            if owner not in kept and (dependents := self._dependents.get(owner)):
                dependents.discard(object_key)
                if not dependents:
                    del self._dependents[owner]
        for owner in after:
            self._dependents.setdefault(owner, set()).add(object_key)
        if after:
            self._orphans.add(object_key)

    def _find(self, object_key: ObjectKey) -> tuple[ServedResource, Item] | None:
        item = self._cluster.store.get(*object_key)
        resource = self._cluster.registry.for_bucket(object_key[0])
        return (resource, item) if item is not None and resource is not None else None

    def _owner(self, item: Item, uid: str) -> Item | None:
        object_key = self._keys_by_uid.get(uid)
        owner = self._cluster.store.get(*object_key) if object_key is not None else None
        # Owner references do not cross namespaces.
        return owner if owner is not None and owner.namespace in {"", item.namespace} else None

    def _check_owners(self, object_key: ObjectKey) -> None:
        """Delete an object that no owner keeps. Otherwise remove the references to owners that do not keep it.

        An owner keeps its dependents until it is gone, or waits for them to be gone.
        """
        found = self._find(object_key)
        if found is None or _is_deleted(found[1]):
            return
        resource, item = found
        owners = {uid: self._owner(item, uid) for uid in item.owners}
        waiting = {uid for uid, owner in owners.items() if _waits(owner)}
        lost = waiting | {uid for uid, owner in owners.items() if owner is None}
        if not lost:
            return
        if len(lost) < len(owners):
            self._drop_references(resource, item, lost)
        elif waiting and (dependents := self._dependents.get(item.uid)):
            if any(_waits(self._cluster.store.get(*key)) for key in dependents):
                item = self._unblock(resource, item)
            delete_item(self._cluster, resource, item, DeleteOptions(propagation="Foreground"))
        else:
            delete_item(self._cluster, resource, item, DeleteOptions(propagation=self._default_propagation(item)))

    async def _check_deleted_owner(self, object_key: ObjectKey) -> None:
        """Orphan or delete the dependents of an owner that is being deleted, then remove its finalizer."""
        item = self._cluster.store.get(*object_key)
        finalizers = _deleted_with(item)
        if item is None or not finalizers:
            return
        if ORPHAN in finalizers:
            pause = Pause()
            for dependent_key in sorted(self._dependents.get(item.uid, ())):
                await pause.if_due()
                if (found := self._find(dependent_key)) is not None:
                    self._drop_references(*found, {item.uid})
            self._finalize(object_key, ORPHAN)
        elif FOREGROUND in finalizers and not await self._delete_dependents(item):
            self._finalize(object_key, FOREGROUND)

    async def _delete_dependents(self, owner: Item) -> bool:
        """Delete the dependents of ``owner``. Return whether one of them still blocks its deletion."""
        blocked, pause = False, Pause()
        for object_key in sorted(self._dependents.get(owner.uid, ())):
            await pause.if_due()
            self._check_owners(object_key)
            left = self._find(object_key)
            blocked = blocked or (left is not None and _blocks(left[1].decode(), owner.uid))
        return blocked

    def _unblock(self, resource: ServedResource, item: Item) -> Item:
        """Let no owner wait for an object whose own dependent waits for it: they may own each other in a circle."""
        obj = to_served(resource, item)
        references = obj["metadata"]["ownerReferences"]
        kept = [{**reference, "blockOwnerDeletion": False} for reference in references]
        if kept == references:
            return item
        obj["metadata"]["ownerReferences"] = kept
        return store_as(self._cluster, resource, obj, _MANAGER)

    def _drop_references(self, resource: ServedResource, item: Item, uids: set[str]) -> None:
        obj = to_served(resource, item)
        references = obj["metadata"].get("ownerReferences") or ()
        kept = [reference for reference in references if reference.get("uid") not in uids]
        if len(kept) == len(references):
            return
        if kept:
            obj["metadata"]["ownerReferences"] = kept
        else:
            del obj["metadata"]["ownerReferences"]
        store_as(self._cluster, resource, obj, _MANAGER)

    def _finalize(self, object_key: ObjectKey, finalizer: str) -> None:
        found = self._find(object_key)
        if found is None or finalizer not in _deleted_with(found[1]):
            return
        resource, item = found
        obj = to_served(resource, item)
        kept = [name for name in obj["metadata"]["finalizers"] if name != finalizer]
        obj["metadata"]["finalizers"] = kept
        if not kept:
            del obj["metadata"]["finalizers"]
        if is_removable(resource, obj):
            remove(self._cluster, resource, obj)
        else:
            store_as(self._cluster, resource, obj, _MANAGER)

    @staticmethod
    def _default_propagation(item: Item) -> str:
        """Return the propagation policy of an object's own finalizers, ``Background`` without any."""
        if b'"orphan"' in item.raw or b'"foregroundDeletion"' in item.raw:
            finalizers = item.decode()["metadata"].get("finalizers") or ()
            if ORPHAN in finalizers:
                return "Orphan"
            if FOREGROUND in finalizers:
                return "Foreground"
        return "Background"


def _is_deleted(item: Item) -> bool:
    return b'"deletionTimestamp"' in item.raw and bool(item.decode()["metadata"].get("deletionTimestamp"))


def _waits(owner: Item | None) -> bool:
    """Report whether an owner waits for its dependents to be gone."""
    return owner is not None and b'"foregroundDeletion"' in owner.raw and FOREGROUND in _deleted_with(owner)


def _deleted_with(item: Item | None) -> Sequence[str]:
    """Return the finalizers of an object that is being deleted, none of another object."""
    metadata = item.decode()["metadata"] if item is not None else {}
    return (metadata.get("finalizers") or ()) if metadata.get("deletionTimestamp") else ()


def _blocks(dependent: dict[str, Any], owner_uid: str) -> bool:
    references = dependent["metadata"].get("ownerReferences") or ()
    return any(reference.get("uid") == owner_uid and reference.get("blockOwnerDeletion") for reference in references)
