"""Server-side apply requests: they update an object or create it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kube_apiserver import fieldmanagers
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import named_object, undeterminable
from kube_apiserver.schema import Cause
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

_IDENTITY = ("name", "namespace")
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
        version = applied["metadata"].pop("resourceVersion", "")
        if version and not version.isdecimal():
            raise StatusError(500, "", f"strconv.ParseUint: parsing {quoted(version)}: invalid syntax")
        _require_no_uid(request, applied)
        require_create(request)
        obj = await off_loop(is_long, applied_object, request, None, applied, options)
        if request.resource.namespaced:
            obj["metadata"]["namespace"] = request.target.namespace
        item = await create_object(request, obj, options, applied=True)
    else:
        item = await replace(request, partial(_merged, request, applied, options), options, applied=True)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item, 201 if current is None else 200)


def _merged(request: Request, applied: dict[str, Any], options: WriteOptions, current: Item) -> dict[str, Any]:
    merged = applied_object(request, to_served(request.resource, current), applied, options)
    return complete(request, merged, options, applied=True)


def configuration(request: Request, applied: Any) -> dict[str, Any]:
    """Return the configuration of an apply patch, checked against the request path and the schema.

    Raises:
        StatusError: 400 or 422, the manager is missing or the patch names another object; 500, a field is undeclared.
    """
    if not request.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("fieldManager", "FieldValueRequired", message)])
    if applied is None:
        applied = {}
    if not isinstance(applied, dict):
        raise bad_request(_NO_OBJECT.format(json_type(applied)))
    if _metadata(applied).get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    _require_type(request, applied)
    _require_typed(request, applied)
    sent_namespace = _metadata(applied).get("namespace")
    nulls = {name: None for name, value in _metadata(applied).items() if value is None and name not in _IDENTITY}
    checked = named_object(request, _with_name(request, applied))
    if not sent_namespace:
        # managedFields must cover only the fields in the request body.
        checked["metadata"].pop("namespace", None)
    checked["metadata"] |= nulls  # the manager owns them too
    return checked


def applied_object(
    request: Request, live: Mapping[str, Any] | None, applied: dict[str, Any], options: WriteOptions
) -> dict[str, Any]:
    """Return ``live`` with the configuration ``applied`` to it.

    Raises:
        StatusError: 400, malformed; 409, another manager owns a field.
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
    return result


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


def _with_name(request: Request, applied: dict[str, Any]) -> dict[str, Any]:
    metadata = applied.get("metadata") or {}
    if not request.target.subresource and not metadata:
        raise undeterminable(request)
    if isinstance(metadata, dict) and not metadata.get("name"):
        return {**applied, "metadata": {**metadata, "name": request.target.name}}
    return applied


def _require_typed(request: Request, applied: Mapping[str, Any]) -> None:
    """Raise 500 for a configuration that does not match its schema, because its fields could not be owned."""
    resource = request.resource
    kind = f"{resource.group}/{resource.version}, Kind={resource.kind}"
    if error := fieldmanagers.typed_patch_error(applied, fieldmanagers.rooted(resource.schema), kind):
        raise StatusError(500, "", error)
