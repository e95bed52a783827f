"""The steps from a new object that a client sends to the one that is stored."""

import secrets
from typing import Any

from kube_apiserver.admission import admit
from kube_apiserver.cel import takes_long
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.times import timestamp
from kube_apiserver.writes.definitions import require_definition
from kube_apiserver.writes.escalation import check_grants
from kube_apiserver.writes.namespaces import require_namespace
from kube_apiserver.writes.object_validation import validated
from kube_apiserver.writes.uids import new_uid
from kube_apiserver.writes.write_pipeline import complete, tracked

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"
_LONGEST_PREFIX = 58


async def before_create(
    request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool = False
) -> dict[str, Any]:
    """Return a new object as it is stored. The work on a long one takes a thread.

    The steps and their order are those of kube-apiserver:

    1. Set the metadata that the server decides: name, UID, times, generation.
    2. Decode, prune and default the object. Drop its status. Record the creator as the manager of its fields.
    3. Check that its definition and its namespace exist and stay.
    4. Let the strategy set what no manager owns: allocated addresses, finalizers, the first status.
    5. Validate its metadata and the rules of its kind.
    6. Check that the user may grant what a role or binding grants.
    7. Ask the admission policies.

    Args:
        request: the request whose path names the resource.
        obj: the object to create.
        options: the options of the write.
        applied: whether ``obj`` comes from server-side apply and has its managedFields already.

    Raises:
        StatusError: 400, 403, 404 or 422.
    """
    resource, name = request.resource, obj["metadata"].get("name", "")
    is_long = body_size(request.http) > LONG_BYTES or takes_long(resource.schema)
    _set_metadata(request, obj["metadata"])
    obj = await off_loop(is_long, _defaulted, request, obj, options, applied=applied)
    _require_parents(request, obj)
    if resource.strategy.as_kept is not None:
        obj = resource.strategy.as_kept(obj, None)
    # kube-apiserver allocates nothing for what a write of the status creates.
    if resource.strategy.prepare_create is not None and not request.target.subresource:
        resource.strategy.prepare_create(obj, request.cluster.store)
    if resource.strategy.record_creator is not None:
        resource.strategy.record_creator(obj, request.user.info())
    obj = await off_loop(is_long, validated, request, obj, applied=applied)
    check_grants(request, obj)
    admit(request, "CREATE", obj, None, dry_run=options.dry_run, name=name)
    if is_long:
        _require_parents(request, obj)  # they may be gone meanwhile
    return obj


def _set_metadata(request: Request, metadata: dict[str, Any]) -> None:
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(secrets.choice(_SUFFIX) for _ in range(5))
        metadata["name"] = metadata["generateName"][:_LONGEST_PREFIX] + suffix
    metadata["uid"] = new_uid()
    metadata["creationTimestamp"] = timestamp(request.cluster.clock.now())
    for name in ("deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "resourceVersion"):
        metadata.pop(name, None)
    if request.resource.strategy.has_generation:
        metadata["generation"] = 1


def _defaulted(request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool) -> dict[str, Any]:
    resource, strategy = request.resource, request.resource.strategy
    obj = complete(request, obj, options, applied=applied)
    # The status that a creator cannot set is read all the same: its unknown fields and wrong types count. The second
    # defaults are those of kube-apiserver, which reads what it stored: it fills a list that was sent empty.
    sent = obj
    drops_status = resource.has_status and not strategy.keeps_new_status
    if drops_status and resource.schema is not None and "status" in sent:
        obj = {name: value for name, value in sent.items() if name != "status"}
        obj = apply_defaults(obj, resource.schema, strategy.default, keep_nulls=applied)
    if strategy.default_new is not None:
        strategy.default_new(obj)
    # Like in kube-apiserver, no manager owns the fields that admission adds later.
    if applied:
        return obj
    if not request.target.subresource:
        return tracked(request, None, obj, options, sent)
    # Who creates it by a write of the status owns that status, which is dropped.
    return {**obj, "metadata": tracked(request, None, {**obj, **sent}, options, sent)["metadata"]}


def _require_parents(request: Request, obj: dict[str, Any]) -> None:
    name = obj["metadata"].get("name", "")
    require_definition(request, name)
    require_namespace(request, name)
