"""The create verb."""

from typing import Any

from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_object
from kube_apiserver.security.authorization import Attributes, refusal
from kube_apiserver.storage import Item, item_key
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, already_exists
from kube_apiserver.writes.creation import before_create
from kube_apiserver.writes.write_pipeline import present, store

# No revision has more, and Python reads no number of thousands.
_DIGITS = 20


async def create(request: Request) -> Response:
    """Create the object in the body."""
    options = write_options(request, "CreateOptions")
    obj = await read_object(request)
    item = await create_object(request, obj, options)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item, 201)


async def create_object(request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool = False) -> Item:
    """Store a new object after the steps of ``before_create``.

    Args:
        request: the request whose path names the resource.
        obj: the object to create.
        options: the options of the write.
        applied: whether ``obj`` comes from server-side apply and has its managedFields already.

    Raises:
        StatusError: 400, 403, 404, 409 or 422.
    """
    resource, version = request.resource, obj["metadata"].get("resourceVersion", "")
    obj = await before_create(request, obj, options, applied=applied)
    metadata = obj["metadata"]
    key = item_key(metadata.get("namespace", ""), metadata["name"])
    if not options.dry_run and version.isdecimal() and int(version[:_DIGITS]):
        raise StatusError(500, "", "resourceVersion should not be set on objects to be created")
    if (there := request.cluster.store.get(resource.bucket, key)) is not None:
        ending = bool(there.decode()["metadata"].get("deletionTimestamp"))
        raise already_exists(resource.plural, resource.group, metadata["name"], is_being_deleted=ending)
    return store(request.cluster, resource, obj, dry_run=options.dry_run)


def require_create(request: Request) -> None:
    """Raise 403 if the user may not create the object that an update or apply patch would create: it needs both."""
    target = request.target
    create = Attributes("create", target.group, target.plural, target.subresource, target.namespace, target.name)
    if not request.cluster.authorizer.allows(request.user, create):
        raise refusal(request.user, create)
