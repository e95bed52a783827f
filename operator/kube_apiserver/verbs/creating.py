"""The create verb."""

import secrets
from typing import Any
from uuid import uuid4

from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_object
from kube_apiserver.storage import Item, item_key
from kube_apiserver.strategies import default_create, prepare_create, reset_create
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, already_exists
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.escalation import check_grants
from kube_apiserver.writes.namespaces import require_namespace
from kube_apiserver.writes.write_pipeline import check, complete, present, store, tracked

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 58


async def create(request: Request) -> Response:
    """Create the object in the body."""
    options = write_options(request, "CreateOptions")
    obj = await read_object(request, options)
    item = create_object(request, obj, options)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item, 201)


def create_object(request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool = False) -> Item:
    """Complete, validate and store a new object, in one step without an await.

    Args:
        request: the request whose path names the resource.
        obj: the object to create.
        options: the options of the write.
        applied: whether ``obj`` comes from server-side apply and has its managedFields already.

    Raises:
        StatusError: 400, 403, 404, 409 or 422.
    """
    resource, metadata = request.resource, obj["metadata"]
    if metadata.get("resourceVersion"):
        raise StatusError(500, "", "resourceVersion should not be set on objects to be created")
    _complete_metadata(request, metadata)
    require_namespace(request, metadata.get("name", ""))
    reset_create(request, obj)
    obj = complete(request, obj, options, applied=applied)
    default_create(request, obj)
    if not applied:
        # Like in kube-apiserver, no manager owns the fields that admission adds below.
        obj = tracked(request, None, obj, options)
    prepare_create(request, obj)
    check(request, obj)
    check_grants(request, obj)
    metadata = obj["metadata"]
    key = item_key(metadata.get("namespace", ""), metadata["name"])
    if (there := request.cluster.store.get(resource.bucket, key)) is not None:
        ending = bool(there.decode()["metadata"].get("deletionTimestamp"))
        raise already_exists(resource.plural, resource.group, metadata["name"], is_being_deleted=ending)
    return store(request.cluster, resource, obj, dry_run=options.dry_run)


def _complete_metadata(request: Request, metadata: dict[str, Any]) -> None:
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        metadata["name"] = metadata["generateName"][:_LONGEST_PREFIX] + suffix
    metadata["uid"] = str(uuid4())
    metadata["creationTimestamp"] = timestamp(request.cluster.clock.now())
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
        metadata.pop(name, None)
    if request.resource.has_generation:
        metadata["generation"] = 1
