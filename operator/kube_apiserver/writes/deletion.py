"""Deletion of objects: immediate, or marked while finalizers or a grace period delay it.

The delete verbs and the controllers use it.
"""

from datetime import timedelta
from typing import Any

from kube_apiserver.cluster import Cluster
from kube_apiserver.conversion.versions import to_served, to_stored
from kube_apiserver.registry import ServedResource
from kube_apiserver.requests.options import DeleteOptions
from kube_apiserver.storage import Item
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.write_pipeline import dry_item, remove, store

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_DEFAULT = DeleteOptions()


def delete_item(
    cluster: Cluster, resource: ServedResource, item: Item, options: DeleteOptions = _DEFAULT
) -> tuple[Item, bool]:
    """Delete an object or mark it as deleted, without an await. Return its last state and whether it is gone."""
    obj, rules = to_served(resource, item), resource.strategy.deletion
    if rules.begin is not None:
        return _begin(cluster, resource, item, obj, options)
    metadata = obj["metadata"]
    before = metadata.get("finalizers") or []
    finalizers = _finalizers(before, options)
    grace = rules.grace_seconds(obj, options.grace_seconds) if rules.grace_seconds is not None else 0
    if finalizers or grace or _holds_content(resource, obj):
        if not _mark(cluster, resource, obj, finalizers, grace) and finalizers == before:
            return item, False
        return store(cluster, resource, obj, dry_run=options.dry_run), False
    metadata.pop("finalizers", None)
    if rules.is_announced:
        _mark(cluster, resource, obj, [], 0)
        metadata["deletionGracePeriodSeconds"] = 0
        if not options.dry_run:
            item = store(cluster, resource, obj)
    if options.dry_run:
        return dry_item(resource, to_stored(resource, obj)), True
    return remove(cluster, resource, obj), True


def _begin(
    cluster: Cluster, resource: ServedResource, item: Item, obj: dict[str, Any], options: DeleteOptions
) -> tuple[Item, bool]:
    """Mark an object as deleted whose deletion a controller finishes."""
    metadata, begin = obj["metadata"], resource.strategy.deletion.begin
    if metadata.get("deletionTimestamp") or begin is None:
        return item, False
    metadata["deletionTimestamp"] = timestamp(cluster.clock.now())
    metadata["finalizers"] = _finalizers(metadata.get("finalizers") or [], options)
    begin(obj, metadata["deletionTimestamp"])
    return store(cluster, resource, obj, dry_run=options.dry_run), False


def is_removable(resource: ServedResource, obj: dict[str, Any]) -> bool:
    """Report whether an object with a deletionTimestamp is removable: no finalizer, grace period or content left."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp") or metadata.get("finalizers"):
        return False
    return not metadata.get("deletionGracePeriodSeconds") and not _holds_content(resource, obj)


def _holds_content(resource: ServedResource, obj: dict[str, Any]) -> bool:
    holds_content = resource.strategy.deletion.holds_content
    return holds_content is not None and holds_content(obj)


def _finalizers(present: list[str], options: DeleteOptions) -> list[str]:
    if not options.propagation:
        return list(present)
    kept = [name for name in present if name not in {ORPHAN, FOREGROUND}]
    if options.propagation == "Orphan":
        kept.append(ORPHAN)
    elif options.propagation == "Foreground":
        kept.append(FOREGROUND)
    return kept


def _mark(cluster: Cluster, resource: ServedResource, obj: dict[str, Any], finalizers: list[str], grace: int) -> bool:
    """Set the deletionTimestamp. Return False if it was set before."""
    metadata = obj["metadata"]
    metadata.pop("finalizers", None)
    if finalizers:
        metadata["finalizers"] = finalizers
    if metadata.get("deletionTimestamp"):
        return False
    metadata["deletionTimestamp"] = timestamp(cluster.clock.now() + timedelta(seconds=grace))
    if (terminate := resource.strategy.deletion.terminate) is not None:
        terminate(obj)
    else:
        metadata["deletionGracePeriodSeconds"] = grace
    if metadata.get("generation"):
        metadata["generation"] = int(metadata["generation"]) + 1
    return True
