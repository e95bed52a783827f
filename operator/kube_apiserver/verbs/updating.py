"""The update verb, and the replacement of an object that update, patch and apply share."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from kube_apiserver.admission import admit
from kube_apiserver.cel import takes_long
from kube_apiserver.conversion.versions import to_served, to_stored
from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_object, undeterminable
from kube_apiserver.storage import Item, at_revision
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.verbs.creating import create_object, require_create
from kube_apiserver.verbs.reading import find, is_absent
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import bad_request, conflict, modified
from kube_apiserver.writes.deletion import is_removable
from kube_apiserver.writes.escalation import check_grants
from kube_apiserver.writes.replacement import before_update
from kube_apiserver.writes.write_pipeline import complete, dry_item, present, remove, same_object, store

# The bytes of a body times those of an object, 2 KB each: some thirty copies of a whole object take 100,000 calls.
_LONG_PRODUCT = 2048 * 2048
#: As often as kube-apiserver, which then answers a patch with a conflict.
_ATTEMPTS = 5

#: Updates of these create such a kind, whose status they leave out.
_CREATE = frozenset({"", "status"})


async def update(request: Request) -> Response:
    """Replace an object with the one in the body. Some kinds are created if they are absent."""
    options = write_options(request, "UpdateOptions")
    obj = await read_object(request)
    check_name(request, obj)
    if request.resource.strategy.created_by_update and request.target.subresource in _CREATE and is_absent(request):
        return await _create(request, obj, options)
    # Like kube-apiserver, it judges the body before it looks for the object.
    completed = await off_loop(body_size(request.http) > LONG_BYTES, complete, request, obj, options)
    item = await replace(request, lambda _: _copied(completed), options)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item)


async def _create(request: Request, obj: dict[str, Any], options: WriteOptions) -> Response:
    """Create an object that an update would have replaced."""
    if uid := obj["metadata"].get("uid"):
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: "
        raise conflict(request.resource.plural, request.resource.group, request.target.name, why)
    require_create(request)
    obj["metadata"].pop("resourceVersion", None)
    item = await create_object(request, obj, options)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item, 201)


def check_name(request: Request, obj: Mapping[str, Any]) -> None:
    """Raise 400 if the object's name differs from that in the request path."""
    name = obj["metadata"].get("name", "")
    if name != request.target.name:
        if not name and request.resource.custom is not None:
            raise undeterminable(request)
        if not name:
            raise bad_request("resource name may not be empty")
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({request.target.name})")


def _copied(obj: dict[str, Any]) -> dict[str, Any]:
    """Return an object whose metadata can be changed without a change of ``obj``."""
    return {**obj, "metadata": dict(obj["metadata"])}


async def replace(
    request: Request,
    change: Callable[[Item], dict[str, Any]],
    options: WriteOptions,
    *,
    applied: bool = False,
    shown: Callable[[dict[str, Any]], dict[str, Any]] = lambda obj: obj,
) -> Item:
    """Validate and store the new state of an object. The work on a long one takes a thread.

    If another request writes the object meanwhile, the work begins again with what that one stored.

    Args:
        request: the request whose path names the object.
        change: returns the new state of a stored item, completed. A thread may call it, and more than once.
        options: the options of the write.
        applied: whether the new state has its managedFields already.
        shown: returns what admission policies see of a state.

    Raises:
        StatusError: 400, 409 or 422, or what an admission policy chooses.
    """
    warnings = list(request.warnings)
    for _ in range(_ATTEMPTS):
        current = find(request)
        is_long = _is_long(body_size(request.http), len(current.raw)) or takes_long(request.resource.schema)
        state = await off_loop(is_long, _next_state, request, current, change, options, applied=applied)
        admit(request, "UPDATE", shown(state.obj), shown(state.old), dry_run=options.dry_run)
        if not state.is_same:
            check_grants(request, state.obj)
        if find(request) is current:
            return _stored(request, current, state, options)
        request.warnings[:] = warnings
    raise modified(request.resource.plural, request.resource.group, request.target.name)


def _is_long(body: int, stored: int) -> bool:
    """Report whether a change of this many bytes to an object takes long. A JSON patch may copy the object often."""
    return body + stored > LONG_BYTES or body * stored > _LONG_PRODUCT


class _State(msgspec.Struct, frozen=True):
    """The new state of an object.

    Attributes:
        is_same: whether it is the old state, so that there is nothing to store.
    """

    old: dict[str, Any]
    obj: dict[str, Any]
    is_same: bool


def _next_state(
    request: Request,
    current: Item,
    change: Callable[[Item], dict[str, Any]],
    options: WriteOptions,
    *,
    applied: bool,
) -> _State:
    resource = request.resource
    old, obj = to_served(resource, current), change(current)
    obj = before_update(request, old, obj, options, applied=applied)
    return _State(old, obj, same_object(to_stored(resource, old), to_stored(resource, obj)))


def _stored(request: Request, current: Item, state: _State, options: WriteOptions) -> Item:
    resource, obj = request.resource, state.obj
    if state.is_same:
        return current
    if not options.dry_run and is_removable(resource, obj):
        # The response is the last state, at the revision before the removal.
        remove(request.cluster, resource, state.old)
        return at_revision(dry_item(resource, to_stored(resource, obj)), current.revision)
    return store(request.cluster, resource, obj, dry_run=options.dry_run)
