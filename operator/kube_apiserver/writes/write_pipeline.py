"""The steps that all writes share: decoding and defaulting, managedFields, storing, the response."""

from collections.abc import Sequence
from typing import Any

from kube_apiserver import fieldmanagers
from kube_apiserver.cluster import Cluster
from kube_apiserver.conversion.versions import to_served, to_stored
from kube_apiserver.decoding.decoder import decode_error
from kube_apiserver.decoding.numbers import decoded_numbers
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.registry import ServedResource
from kube_apiserver.representations import Presenter
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.type_mismatch import type_mismatch
from kube_apiserver.storage import Item, item_key
from kube_apiserver.storage.records import make_item
from kube_apiserver.validation.embedded_objects import embedded_error, with_canonical_metadata
from kube_apiserver.wire.body import strict_errors
from kube_apiserver.wire.response import Response
from kube_apiserver.writes.empty_metadata import without_empty_metadata

#: Go's decoder records no more errors. The pruning of custom objects has no limit.
_MOST_STRICT = 100


def complete(request: Request, obj: dict[str, Any], options: WriteOptions, *, applied: bool = False) -> dict[str, Any]:
    """Return an incoming object pruned and defaulted by its schema.

    Args:
        request: the request whose path names the resource.
        obj: the object that was sent or patched.
        options: the options of the write; ``validation`` decides about unknown fields.
        applied: whether ``obj`` comes from server-side apply.

    Raises:
        StatusError: 400, a value has a wrong type, or strict validation found an unknown field (422 for a patch).
    """
    schema = request.resource.schema
    if schema is None:
        return obj
    if request.resource.custom is not None:
        obj = decoded_numbers(obj)
    sent, is_custom = obj, request.resource.custom is not None
    # Like kube-apiserver, it does not decode an applied custom object, and prunes it when it stores it.
    as_applied = applied and is_custom
    error = None if as_applied else decode_error(obj, schema) or embedded_error(obj, schema)
    if error is not None:
        raise type_mismatch(request, obj, error)
    obj, unknown = (obj, []) if as_applied else prune(obj, schema)
    if request.http.method == "PATCH" and not is_custom:
        unknown = sorted(unknown)  # Go writes the maps that it patches in order
    duplicates = _known_duplicates(request, unknown)[:_MOST_STRICT]
    # Those of a body with duplicate fields are among these, in its order.
    texts = [text for path in unknown if (text := f'unknown field "{path}"') not in duplicates]
    if not is_custom:
        texts = texts[: _MOST_STRICT - len(duplicates)]
    if (duplicates or texts) and options.validation != "Ignore":
        if options.validation == "Strict":
            raise type_mismatch(
                request, sent, "strict decoding error: " + ", ".join([*strict_errors(duplicates), *texts])
            )
        request.warnings.extend([*duplicates, *texts])
    if is_custom and not applied:
        obj = with_canonical_metadata(without_empty_metadata(obj), schema)
    return apply_defaults(obj, schema, request.resource.strategy.default, keep_nulls=applied)


def _known_duplicates(request: Request, unknown: Sequence[str]) -> list[str]:
    """Return the errors of duplicate fields. Go does not look at those in an unknown field of a built-in type."""
    if not request.duplicates or request.resource.custom is not None:
        return request.duplicates
    ignored = tuple(f'duplicate field "{path}{end}' for path in unknown for end in ".[")
    return [text for text in request.duplicates if not text.startswith(ignored)]


def tracked(
    request: Request,
    old: dict[str, Any] | None,
    new: dict[str, Any],
    options: WriteOptions,
    sent: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return ``new`` with managedFields updated for a create, update or patch.

    ``sent`` is the object with the status that was sent, if that is not the one in ``new``.
    """
    return fieldmanagers.track(
        old,
        new,
        manager=options.manager,
        schema=request.resource.schema,
        api_version=request.resource.api_version,
        now=request.cluster.clock.now(),
        subresource=request.target.subresource,
        reset=reset_fields(request),
        sent=sent,
    )


def reset_fields(request: Request) -> tuple[str, ...] | None:
    """Return the fields that the request path resets, None for the default of built-in kinds."""
    reset = request.resource.strategy.reset_fields
    if (fields := reset.get(request.target.subresource, reset.get(""))) is not None:
        return fields
    if request.resource.custom is None:
        return None
    if request.target.subresource == "status":
        return ("metadata", "spec")
    return ("status",) if request.resource.has_status else ()


def dry_item(resource: ServedResource, stored: dict[str, Any]) -> Item:
    """Return the item of an object that a dry run does not store. It keeps the resourceVersion of ``stored``."""
    revision = int(stored["metadata"].get("resourceVersion") or 0)
    return make_item(stored, revision, resource.storage_version, resource.kind)


def same_object(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Report whether a write changes nothing except timestamps in managedFields. Such a write needs no revision."""
    return old == new or _timeless(old) == _timeless(new)


def _timeless(obj: dict[str, Any]) -> dict[str, Any]:
    entries = [{**entry, "time": None} for entry in obj["metadata"].get("managedFields") or ()]
    return {**obj, "metadata": {**obj["metadata"], "managedFields": entries}}


def store(cluster: Cluster, resource: ServedResource, obj: dict[str, Any], *, dry_run: bool = False) -> Item:
    """Store an object. A dry run returns the item without storing it."""
    stored = to_stored(resource, obj)
    if dry_run:
        return dry_item(resource, stored)
    return cluster.store.put(resource.bucket, stored, resource.storage_version, resource.kind)


def store_as(
    cluster: Cluster, resource: ServedResource, obj: dict[str, Any], manager: str, subresource: str = ""
) -> Item:
    """Store an object with ``manager`` as the field manager of its changes. Controllers use it."""
    key = item_key(obj["metadata"].get("namespace", ""), obj["metadata"]["name"])
    current = cluster.store.get(resource.bucket, key)
    return store(cluster, resource, tracked_as(cluster, resource, current, obj, manager, subresource))


def tracked_as(
    cluster: Cluster,
    resource: ServedResource,
    current: Item | None,
    obj: dict[str, Any],
    manager: str,
    subresource: str = "",
) -> dict[str, Any]:
    """Return an object with ``manager`` as the field manager of its changes to the stored item."""
    return fieldmanagers.track(
        to_served(resource, current) if current is not None else None,
        obj,
        manager=manager,
        schema=resource.schema,
        api_version=resource.api_version,
        now=cluster.clock.now(),
        subresource=subresource,
    )


def remove(cluster: Cluster, resource: ServedResource, obj: dict[str, Any]) -> Item:
    """Remove an object from the store. ``obj`` is its last state."""
    return cluster.store.delete(resource.bucket, to_stored(resource, obj), resource.storage_version, resource.kind)


def present(request: Request, item: Item, status: int = 200) -> Response:
    """Return the response with an object in the requested representation."""
    return Response(Presenter(request, many=False).one(item), status)
