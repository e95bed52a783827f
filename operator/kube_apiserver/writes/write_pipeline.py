"""The steps that all writes share: decoding and defaulting, managedFields, storing, the response."""

import re
from collections.abc import Sequence
from typing import Any

from kube_apiserver import fieldmanagers
from kube_apiserver.cluster import Cluster
from kube_apiserver.conversion.versions import to_served, to_stored
from kube_apiserver.decoding.converted_numbers import converted_numbers
from kube_apiserver.decoding.decoder import decode_error
from kube_apiserver.decoding.numbers import decoded_numbers
from kube_apiserver.decoding.pruning import prune
from kube_apiserver.defaulting.defaults import apply_defaults
from kube_apiserver.registry import ServedResource
from kube_apiserver.representations import Presenter
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.type_mismatch import type_mismatch
from kube_apiserver.schema import Schema
from kube_apiserver.storage import Item, item_key
from kube_apiserver.storage.records import make_item
from kube_apiserver.validation.embedded_objects import embedded_error, with_canonical_metadata
from kube_apiserver.wire.body import STRATEGIC_PATCH, media_type, strict_errors
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError
from kube_apiserver.writes.empty_metadata import without_empty_metadata
from kube_apiserver.writes.empty_values import with_null

#: Go's decoder records no more errors. The pruning of custom objects has no limit.
_MOST_STRICT = 100
_OF_STRUCT = re.compile(r"Go struct field \S+(?= of type)")


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
    is_custom = request.resource.custom is not None
    sent = obj = decoded_numbers(obj) if is_custom else obj
    obj, unknown = _decoded(request, obj, schema, applied=applied)
    _report_unknown(request, sent, unknown, options)
    if not is_custom:
        request.as_sent.clear()
        request.as_sent.update(obj)
    elif not applied:
        obj = with_canonical_metadata(without_empty_metadata(obj), schema)
    return apply_defaults(obj, schema, request.resource.strategy.default, keep_nulls=applied)


def _decoded(
    request: Request, obj: dict[str, Any], schema: Schema, *, applied: bool
) -> tuple[dict[str, Any], list[str]]:
    """Return an object without its unknown fields, and the paths of those."""
    if applied and request.resource.custom is not None:
        # Like kube-apiserver, it does not decode an applied custom object, and prunes it when it stores it.
        return obj, []
    is_strategic = schema.builtin and media_type(request.http) == STRATEGIC_PATCH
    if schema.builtin and (applied or is_strategic):
        obj = converted_numbers(obj, schema)
    error = decode_error(obj, schema) or embedded_error(obj, schema)
    if error is not None:
        if applied or is_strategic:
            error = _OF_STRUCT.sub("Go value", error)  # a map is converted, field by field
        raise _unconverted(request, obj, error) if applied else type_mismatch(request, obj, error)
    obj, unknown = prune(obj, schema, names_keys=not is_strategic)
    if request.http.method == "PATCH" and schema.builtin:
        unknown = sorted(unknown)  # Go writes the maps that it patches in order
    return obj, unknown


def _report_unknown(request: Request, sent: dict[str, Any], unknown: Sequence[str], options: WriteOptions) -> None:
    """Warn of unknown and duplicate fields, or raise the error of strict validation."""
    duplicates = _known_duplicates(request, unknown)[:_MOST_STRICT]
    # Those of a body with duplicate fields are among these, in its order.
    texts = [text for path in unknown if (text := f'unknown field "{path}"') not in duplicates]
    if request.resource.custom is None:
        texts = texts[: _MOST_STRICT - len(duplicates)]
    if not (duplicates or texts) or options.validation == "Ignore":
        return
    if options.validation == "Strict":
        why = "strict decoding error: " + ", ".join([*strict_errors(duplicates), *texts])
        raise type_mismatch(request, sent, why)
    request.warnings.extend([*duplicates, *texts])


def _unconverted(request: Request, obj: dict[str, Any], why: str) -> StatusError:
    """Return the error of a value that an apply merged and Go cannot read, which kube-apiserver does not expect."""
    resource, metadata = request.resource, obj["metadata"]
    named = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    what = f"failed to convert new object ({named}; {kind}) to proper version"
    return StatusError(500, "", f"{what}: unable to convert unstructured object to {kind}: {why}")


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
    for path in resource.strategy.stored_null:
        obj = with_null(obj, path)
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
