"""The create verb."""

import secrets
from typing import Any
from uuid import uuid4

from kube_apiserver.cel import takes_long
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import read_object
from kube_apiserver.security.authorization import Attributes, refusal
from kube_apiserver.storage import Item, item_key
from kube_apiserver.strategies import default_create, prepare_create
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, already_exists
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.definitions import require_definition
from kube_apiserver.writes.escalation import check_grants
from kube_apiserver.writes.namespaces import require_namespace
from kube_apiserver.writes.write_pipeline import checked, complete, present, store, tracked

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 58
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
    """Complete, validate and store a new object. The work on a long one takes a thread.

    Args:
        request: the request whose path names the resource.
        obj: the object to create.
        options: the options of the write.
        applied: whether ``obj`` comes from server-side apply and has its managedFields already.

    Raises:
        StatusError: 400, 403, 404, 409 or 422.
    """
    resource, metadata = request.resource, obj["metadata"]
    version = metadata.get("resourceVersion", "")
    _complete_metadata(request, metadata)
    is_long = body_size(request.http) > LONG_BYTES or takes_long(resource.schema)
    obj = await off_loop(is_long, _completed, request, obj, options, applied=applied)
    require_definition(request, metadata.get("name", ""))
    require_namespace(request, metadata.get("name", ""))
    prepare_create(request, obj)
    obj = await off_loop(is_long, checked, request, obj, applied=applied)
    check_grants(request, obj)
    metadata = obj["metadata"]
    if is_long:
        require_definition(request, metadata["name"])  # it may be gone meanwhile
        require_namespace(request, metadata["name"])
    key = item_key(metadata.get("namespace", ""), metadata["name"])
    if not options.dry_run and version.isdecimal() and int(version[:_DIGITS]):
        raise StatusError(500, "", "resourceVersion should not be set on objects to be created")
    if (there := request.cluster.store.get(resource.bucket, key)) is not None:
        ending = bool(there.decode()["metadata"].get("deletionTimestamp"))
        raise already_exists(resource.plural, resource.group, metadata["name"], is_being_deleted=ending)
    return store(request.cluster, resource, obj, dry_run=options.dry_run)


def _completed(request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool) -> dict[str, Any]:
    resource = request.resource
    obj = complete(request, obj, options, applied=applied)
    # The status that a creator cannot set is read all the same: its unknown fields and wrong types count.
    sent = obj
    if resource.has_status and resource.schema is not None and "status" in sent:
        obj = {name: value for name, value in sent.items() if name != "status"}
        obj = apply_defaults(obj, resource.schema, keep_nulls=applied)
    default_create(request, obj)
    # Like in kube-apiserver, no manager owns the fields that admission adds later.
    return obj if applied else tracked(request, None, obj, options, sent)


def require_create(request: Request) -> None:
    """Raise 403 if the user may not create the object that an update or apply patch would create: it needs both."""
    target = request.target
    create = Attributes("create", target.group, target.plural, target.subresource, target.namespace, target.name)
    if not request.cluster.authorizer.allows(request.user, create):
        raise refusal(request.user, create)


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
