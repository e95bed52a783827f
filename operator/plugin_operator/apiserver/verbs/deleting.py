"""delete and deletecollection."""

from typing import Any

from plugin_operator.apiserver import codec
from plugin_operator.apiserver.call import Call, Reply
from plugin_operator.apiserver.storage import Item
from plugin_operator.apiserver.verbs.committing import dry_item, present, remove, store
from plugin_operator.apiserver.verbs.conversion import to_served, to_stored
from plugin_operator.apiserver.verbs.options import DeleteOptions, delete_options
from plugin_operator.apiserver.verbs.presenting import Presenter
from plugin_operator.apiserver.verbs.reading import find
from plugin_operator.apiserver.verbs.selection import Selection
from plugin_operator.apiserver.wire.body import media_type, parse, read_bytes
from plugin_operator.apiserver.wire.failure import conflict
from plugin_operator.apiserver.wire.times import timestamp


async def delete(call: Call) -> Reply:
    """Delete one object, or mark it for deletion where something still has to happen first."""
    options = await _read_options(call)
    item = find(call)
    _check_preconditions(call, item, options)
    last, gone = delete_object(call, item, options)
    if not options.dry_run:
        await call.cluster.store.durable(last.revision)
    if not gone or _returns_object(call):
        return present(call, last)
    resource = call.resource
    details = {"name": item.name, "group": resource.group, "kind": resource.plural, "uid": item.uid}
    details = {key: value for key, value in details.items() if value}
    head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return Reply(codec.encode({**head, "details": details}))


async def delete_collection(call: Call) -> Reply:
    """Delete every selected object; answers with the list of them."""
    options = await _read_options(call)
    selection = Selection(call.resource, call.query)
    bucket = call.cluster.store.bucket(call.resource.bucket)
    prefix = f"{call.target.namespace}/" if call.target.namespace else ""
    chosen = [item for item in bucket.page(prefix, "") if selection.matches(item)]
    deleted = [delete_object(call, item, options)[0] for item in chosen]
    if deleted and not options.dry_run:
        await call.cluster.store.durable(deleted[-1].revision)
    presenter = Presenter(call.resource, call.representation())
    return Reply(presenter.many(deleted, {"resourceVersion": str(call.cluster.store.revision)}))


async def _read_options(call: Call) -> DeleteOptions:
    raw = await read_bytes(call.http)
    body = parse(raw, media_type(call.http)) if raw.strip() else {}
    return delete_options(call, body if isinstance(body, dict) else {})


def delete_object(call: Call, item: Item, options: DeleteOptions) -> tuple[Item, bool]:
    """Delete an object or mark it; returns its last state and whether it is gone."""
    obj = to_served(call.resource, item)
    metadata = obj["metadata"]
    finalizers = _finalizers(metadata.get("finalizers") or [], options)
    waits = bool(finalizers) or bool((obj.get("spec") or {}).get("finalizers") and call.resource.bucket == "namespaces")
    if waits:
        if metadata.get("deletionTimestamp") and finalizers == (metadata.get("finalizers") or []):
            return item, False
        _mark(call, obj, finalizers)
        return store(call, obj, dry_run=options.dry_run), False
    metadata.pop("finalizers", None)
    if options.dry_run:
        return dry_item(call, to_stored(call.resource, obj)), True
    return remove(call, obj), True


def _finalizers(present: list[str], options: DeleteOptions) -> list[str]:
    kept = list(present)
    if options.propagation:
        kept = [name for name in kept if name not in {"orphan", "foregroundDeletion"}]
    if options.propagation == "Orphan":
        kept.append("orphan")
    elif options.propagation == "Foreground":
        kept.append("foregroundDeletion")
    return kept


def _mark(call: Call, obj: dict[str, Any], finalizers: list[str]) -> None:
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp"):
        metadata["deletionTimestamp"] = timestamp(call.cluster.clock.now())
        metadata["deletionGracePeriodSeconds"] = 0
        if call.resource.has_generation:
            metadata["generation"] = int(metadata.get("generation", 0)) + 1
        if call.resource.bucket == "namespaces":
            obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
            metadata.pop("deletionGracePeriodSeconds")
    if finalizers:
        metadata["finalizers"] = finalizers


def _check_preconditions(call: Call, item: Item, options: DeleteOptions) -> None:
    resource = call.resource
    if options.uid and options.uid != item.uid:
        why = f"Precondition failed: UID in precondition: {options.uid}, UID in object meta: {item.uid}"
        raise conflict(resource.plural, resource.group, item.name, why)
    version = str(item.revision)
    if options.resource_version and options.resource_version != version:
        why = (
            f"Precondition failed: ResourceVersion in precondition: {options.resource_version}, "
            f"ResourceVersion in object meta: {version}"
        )
        raise conflict(resource.plural, resource.group, item.name, why)


def _returns_object(call: Call) -> bool:
    """Pods and a few others answer a deletion with the object itself."""
    return call.resource.bucket in {
        "pods",
        "services",
        "serviceaccounts",
        "persistentvolumeclaims",
        "persistentvolumes",
    }
