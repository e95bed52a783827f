"""The last steps every write shares: schema, field ownership, storing, answering."""

from typing import Any

from plugin_operator.apiserver.call import Call, Reply
from plugin_operator.apiserver.storage import Item
from plugin_operator.apiserver.storage.records import make_item
from plugin_operator.apiserver.verbs.conversion import to_stored
from plugin_operator.apiserver.verbs.options import WriteOptions
from plugin_operator.apiserver.verbs.presenting import Presenter


def finish(call: Call, old: dict[str, Any] | None, new: dict[str, Any], options: WriteOptions) -> dict[str, Any]:
    """Return ``new`` defaulted, pruned, validated and with its field managers brought up to date."""
    return new


def dry_item(call: Call, stored: dict[str, Any]) -> Item:
    """Return what would have been stored; a dry run has no revision of its own."""
    revision = stored["metadata"].get("resourceVersion")
    item = make_item(stored, int(revision or 0), call.resource.storage_version, call.resource.kind)
    if revision is None:
        del stored["metadata"]["resourceVersion"]
    return item


def same_object(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Tell whether a write would change nothing, so that no revision is spent on it."""
    return old == new


def store(call: Call, obj: dict[str, Any], *, dry_run: bool) -> Item:
    """Write an object of the call's resource, or pretend to."""
    stored = to_stored(call.resource, obj)
    if dry_run:
        return dry_item(call, stored)
    return call.cluster.store.put(call.resource.bucket, stored, call.resource.storage_version, call.resource.kind)


def remove(call: Call, obj: dict[str, Any]) -> Item:
    """Take an object out of the store; ``obj`` is its last state."""
    resource = call.resource
    return call.cluster.store.delete(resource.bucket, to_stored(resource, obj), resource.storage_version, resource.kind)


def present(call: Call, item: Item, status: int = 200) -> Reply:
    """Answer with an object."""
    return Reply(Presenter(call.resource, call.representation()).one(item), status)
