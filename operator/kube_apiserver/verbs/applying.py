"""Server-side apply requests: they update an object or create it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kube_apiserver import fieldmanagers
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.decoding.decoder import value_error
from kube_apiserver.decoding.numbers import decoded_numbers
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import named_object
from kube_apiserver.schema import Cause
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.go_format import json_type, quoted
from kube_apiserver.storage import Item, item_key
from kube_apiserver.threads import LONG_BYTES, off_loop
from kube_apiserver.verbs.creating import create_object, require_create
from kube_apiserver.verbs.reading import find
from kube_apiserver.verbs.updating import replace
from kube_apiserver.wire.body import body_size
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import StatusError, bad_request, conflict, invalid
from kube_apiserver.writes.write_pipeline import complete, present, reset_fields

_ENTRY = "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry"
_NO_OBJECT = (
    "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of "
    "type map[string]interface {{}}"
)


async def apply(request: Request, change: Any, options: WriteOptions) -> Response:
    """Apply the configuration in ``change``. Create the object if it does not exist."""
    is_long = body_size(request.http) > LONG_BYTES
    applied = await off_loop(is_long, configuration, request, change)
    current = _current(request)
    if current is None:
        if request.target.subresource:
            find(request)
        obj = await off_loop(is_long, applied_object, request, None, applied, options)
        version = obj["metadata"].pop("resourceVersion", "")
        if version and not version.isdecimal():
            raise StatusError(500, "", f"strconv.ParseUint: parsing {quoted(version)}: invalid syntax")
        require_create(request)
        item = await create_object(request, obj, options, applied=True)
    else:
        item = await replace(request, partial(_merged, request, applied, options), options, applied=True)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item, 201 if current is None else 200)


def _merged(request: Request, applied: dict[str, Any], options: WriteOptions, current: Item) -> dict[str, Any]:
    live = to_served(request.resource, current)
    merged = applied_object(request, live, applied, options)
    if request.resource.custom is not None and _without_entries(merged) == _without_entries(live):
        # To kube-apiserver, an apply without a change is the stored object, without new defaults.
        unchanged: dict[str, Any] = decoded_numbers(merged)
        return unchanged
    return complete(request, merged, options, applied=True)


def _without_entries(obj: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {name: value for name, value in obj["metadata"].items() if name != "managedFields"}
    return {**obj, "metadata": metadata}


def configuration(request: Request, applied: Any) -> dict[str, Any]:
    """Return the configuration of an apply patch, checked against the schema.

    Raises:
        StatusError: 400 or 422, the manager is missing or the patch has another type; 500, a field is undeclared.
    """
    if not request.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("fieldManager", "FieldValueRequired", message)])
    if applied is None:
        applied = {}
    if not isinstance(applied, dict):
        raise bad_request(_NO_OBJECT.format(json_type(applied)))
    _require_type(request, applied)
    if _has_entries(applied):
        raise bad_request("metadata.managedFields must be nil")
    _require_typed(request, applied)
    metadata = {name: value for name, value in _metadata(applied).items() if name != "managedFields"}
    return {**applied, "metadata": metadata}


def _has_entries(applied: Mapping[str, Any]) -> bool:
    """Report whether a configuration has managedFields. Those that Go cannot read are none."""
    entries = _metadata(applied).get("managedFields")
    if not isinstance(entries, list):
        return False
    schema = from_definition(_ENTRY)
    readable = (isinstance(each, dict) and schema and value_error(each, schema, "") is None for each in entries)
    return all(readable)


def applied_object(
    request: Request, live: Mapping[str, Any] | None, applied: dict[str, Any], options: WriteOptions
) -> dict[str, Any]:
    """Return ``live`` with the configuration ``applied`` to it.

    Like kube-apiserver, it judges the conflicts first, then the path.

    Raises:
        StatusError: 400, the result has another name or namespace than the path; 409, another manager owns a field.
    """
    resource = request.resource
    try:
        result = fieldmanagers.apply(
            live,
            applied,
            manager=options.manager,
            force=bool(options.force),
            schema=resource.schema,
            api_version=resource.api_version,
            now=request.cluster.clock.now(),
            subresource=request.target.subresource,
            reset=reset_fields(request),
        )
    except fieldmanagers.ApplyConflict as error:
        raise _conflict(error) from error
    result["metadata"] = {name: value for name, value in result["metadata"].items() if value is not None}
    if live is None:
        _require_no_uid(request, result)
    return named_object(request, result, applied=True)


def _conflict(error: fieldmanagers.ApplyConflict) -> StatusError:
    """Return the 409 that lists the conflicting fields and their managers."""
    causes = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in error.causes]
    return StatusError(409, "Conflict", str(error), {"causes": causes})


def _require_no_uid(request: Request, applied: Mapping[str, Any]) -> None:
    if uid := applied["metadata"].get("uid"):
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(request.resource.plural, request.resource.group, request.target.name, why)


def _current(request: Request) -> Item | None:
    key = item_key(request.target.namespace if request.resource.namespaced else "", request.target.name)
    return request.cluster.store.get(request.resource.bucket, key)


def _metadata(applied: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = applied.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _require_type(request: Request, applied: Mapping[str, Any]) -> None:
    version, kind = (str(applied.get(name) or "") for name in ("apiVersion", "kind"))
    if (version, kind) != (request.resource.api_version, request.resource.kind):
        raise bad_request(f"invalid object type: {version if '/' in version else f'/{version}'}, Kind={kind}")


def _require_typed(request: Request, applied: Mapping[str, Any]) -> None:
    """Raise 500 for a configuration that does not match its schema, because its fields could not be owned."""
    resource = request.resource
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    live = None if resource.custom is None else _current(request)
    if live is not None:
        schema = fieldmanagers.rooted(resource.schema)
        if error := fieldmanagers.untracked_error(to_served(resource, live), schema, kind):
            raise StatusError(500, "", error)
    if error := fieldmanagers.typed_patch_error(applied, fieldmanagers.rooted(resource.schema), kind):
        raise StatusError(500, "", error)
