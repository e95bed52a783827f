"""Server-side apply: a configuration becomes part of an object, or makes it."""

from collections.abc import Mapping
from typing import Any

from kube_apiserver import fieldmanagers
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import WriteOptions
from kube_apiserver.requests.request import Call
from kube_apiserver.requests.request_body import named_object, undeterminable
from kube_apiserver.schema import Cause
from kube_apiserver.schema.go_format import json_type
from kube_apiserver.storage import Item, item_key
from kube_apiserver.verbs.creating import create_object
from kube_apiserver.verbs.reading import find
from kube_apiserver.verbs.updating import replace
from kube_apiserver.wire.response import Reply
from kube_apiserver.wire.status_error import ApiFailure, bad_request, conflict, invalid
from kube_apiserver.writes.write_pipeline import present, reset_fields

_NO_OBJECT = (
    "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of "
    "type map[string]interface {{}}"
)


async def apply(call: Call, change: Any, options: WriteOptions) -> Reply:
    """Apply the configuration in ``change``; creates the object if there is none."""
    applied, current = configuration(call, change), _current(call)
    if current is None:
        if call.target.subresource:
            find(call)
        applied["metadata"].pop("resourceVersion", None)
        _require_no_uid(call, applied)
        obj = applied_object(call, None, applied, options)
        if call.resource.namespaced:
            obj["metadata"]["namespace"] = call.target.namespace
        item = create_object(call, obj, options, applied=True)
    else:
        obj = applied_object(call, to_served(call.resource, current), applied, options)
        item = replace(call, current, obj, options, applied=True)
    if not options.dry_run:
        await call.cluster.store.durable(item.revision)
    return present(call, item, 201 if current is None else 200)


def configuration(call: Call, applied: Any) -> dict[str, Any]:
    """Return what an apply patch holds, checked to be about the object that the path names.

    Raises:
        ApiFailure: 400 or 422, no manager or another object; 500, a field that nobody knows.
    """
    if not call.query.get("fieldManager"):
        message = "Required value: is required for apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("fieldManager", "FieldValueRequired", message)])
    if applied is None:
        applied = {}
    if not isinstance(applied, dict):
        raise bad_request(_NO_OBJECT.format(json_type(applied)))
    if _metadata(applied).get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    _require_type(call, applied)
    _require_readable(call, applied)
    sent_namespace = _metadata(applied).get("namespace")
    checked = named_object(call, _with_name(call, applied))
    if not sent_namespace:
        # What is written down as applied is what was sent.
        checked["metadata"].pop("namespace", None)
    return checked


def applied_object(
    call: Call, live: Mapping[str, Any] | None, applied: dict[str, Any], options: WriteOptions
) -> dict[str, Any]:
    """Return ``live`` with a configuration applied to it.

    Raises:
        ApiFailure: 400 malformed, 409 another manager owns a field.
    """
    resource = call.resource
    try:
        return fieldmanagers.apply(
            live,
            applied,
            manager=options.manager,
            force=bool(options.force),
            schema=resource.schema,
            api_version=resource.api_version,
            now=call.cluster.clock.now(),
            subresource=call.target.subresource,
            reset=reset_fields(call),
        )
    except fieldmanagers.ApplyConflict as error:
        raise _conflict(error) from error


def _conflict(error: fieldmanagers.ApplyConflict) -> ApiFailure:
    """Return the 409 that names who owns which field."""
    causes = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in error.causes]
    return ApiFailure(409, "Conflict", str(error), {"causes": causes})


def _require_no_uid(call: Call, applied: Mapping[str, Any]) -> None:
    if uid := applied["metadata"].get("uid"):
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(call.resource.plural, call.resource.group, call.target.name, why)


def _current(call: Call) -> Item | None:
    key = item_key(call.target.namespace if call.resource.namespaced else "", call.target.name)
    return call.cluster.store.get(call.resource.bucket, key)


def _metadata(applied: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = applied.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _require_type(call: Call, applied: Mapping[str, Any]) -> None:
    version, kind = (str(applied.get(name) or "") for name in ("apiVersion", "kind"))
    if (version, kind) != (call.resource.api_version, call.resource.kind):
        raise bad_request(f"invalid object type: {version if '/' in version else f'/{version}'}, Kind={kind}")


def _with_name(call: Call, applied: dict[str, Any]) -> dict[str, Any]:
    metadata = applied.get("metadata") or {}
    if not call.target.subresource and not metadata:
        raise undeterminable(call)
    if isinstance(metadata, dict) and not metadata.get("name"):
        return {**applied, "metadata": {**metadata, "name": call.target.name}}
    return applied


def _require_readable(call: Call, applied: Mapping[str, Any]) -> None:
    """Refuse a configuration that does not fit its schema: nobody could own what it says."""
    resource, metadata = call.resource, _metadata(applied)
    if error := fieldmanagers.typed_error(applied, fieldmanagers.rooted(resource.schema)):
        where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        what = f"({where}; {resource.group}/{resource.version}, Kind={resource.kind})"
        raise ApiFailure(500, "", f"failed to create typed patch object {what}: {error}")
