"""patch in its four forms; server-side apply may also create."""

from collections.abc import Mapping
from typing import Any

from plugin_operator.apiserver import fieldmanagers, patching
from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.schema import Cause, Schema
from plugin_operator.apiserver.schema.gowords import json_type
from plugin_operator.apiserver.storage import Item, item_key
from plugin_operator.apiserver.verbs.committing import present, reset_fields, unreadable
from plugin_operator.apiserver.verbs.conversion import to_served
from plugin_operator.apiserver.verbs.creating import create_object
from plugin_operator.apiserver.verbs.incoming import SCHEME, check_object
from plugin_operator.apiserver.verbs.options import WriteOptions, write_options
from plugin_operator.apiserver.verbs.reading import find
from plugin_operator.apiserver.verbs.updating import replace
from plugin_operator.apiserver.wire.body import media_type, parse_json, parse_yaml, read_bytes
from plugin_operator.apiserver.wire.failure import (
    ApiFailure,
    bad_request,
    conflict,
    invalid,
    unsupported_media_type,
)
from plugin_operator.apiserver.wire.reply import Reply

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
_NO_OBJECT = (
    "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of "
    "type map[string]interface {{}}"
)


async def patch(call: Call) -> Reply:
    """Change an object by the patch in the body; an apply patch may also create it."""
    media, change = await read_patch(call)
    options = write_options(call, "PatchOptions")
    if media == APPLY_PATCH:
        return await _apply(call, change, options)
    if options.force is not None:
        message = "Forbidden: may not be specified for non-apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("force", "FieldValueForbidden", message)])
    current = find(call)
    schema = call.resource.schema or Schema()
    patched = patch_document(to_served(call.resource, current), media, change, schema)
    _require_same_type(call, patched)
    item = replace(call, current, named_object(call, patched), options)
    if not options.dry_run:
        await call.cluster.store.durable(item.revision)
    return present(call, item)


async def read_patch(call: Call) -> tuple[str, Any]:
    """Return the media type of a patch and its content.

    Raises:
        ApiFailure: 400 malformed, 413, 415 for a type this resource does not take.
    """
    media, accepted = media_type(call.http), _accepted(call)
    if media not in accepted:
        if call.resource.custom is not None:
            raise unsupported_media_type(accepted)
        raise ApiFailure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    raw = await read_bytes(call.http)
    return media, parse_yaml(raw) if media == APPLY_PATCH else parse_json(raw)


def patch_document(current: dict[str, Any], media: str, change: Any, schema: Schema) -> Any:
    """Return ``current`` with a JSON, merge or strategic merge patch applied.

    Raises:
        ApiFailure: 400 or 422, the patch does not fit.
    """
    try:
        if media == JSON_PATCH:
            return patching.json_patch(current, change)
        if not isinstance(change, dict):
            raise bad_request("error decoding patch: a patch of this type must be an object")
        if media == MERGE_PATCH:
            return patching.merge_patch(current, change)
        # Whatever it says of its type: the result is one of the type that the path names.
        named = {"apiVersion": current["apiVersion"], "kind": current["kind"]}
        return patching.strategic_merge_patch(current, change, schema) | named
    except patching.PatchError as error:
        raise _refused(error) from error


def _refused(error: patching.PatchError) -> ApiFailure:
    """Return the failure of a patch that does not apply; only a 422 carries details, and they are empty."""
    return ApiFailure(error.code, error.reason, error.message, {} if error.code == 422 else None)


def named_object(call: Call, patched: Any) -> dict[str, Any]:
    """Return a patched object, checked to be still the same one; 400 if it is not."""
    obj = check_object(call, patched)
    name = obj["metadata"].get("name", "")
    if not name:
        raise _undeterminable(call)
    if name != call.target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.target.name})")
    return obj


def _require_same_type(call: Call, patched: dict[str, Any]) -> None:
    """Refuse a patch that makes another type of a built-in object; other versions of custom ones come by conversion."""
    resource = call.resource
    version, kind = patched.get("apiVersion") or resource.api_version, patched.get("kind") or resource.kind
    if resource.custom is None and (version, kind) != (resource.api_version, resource.kind):
        raise unreadable(call, patched, f'no kind "{kind}" is registered for version "{version}" in scheme "{SCHEME}"')


def _undeterminable(call: Call) -> ApiFailure:
    url = f"the name of the object ({call.target.name} based on URL)"
    return bad_request(f"{url} was undeterminable: name must be provided")


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
        raise apply_conflict(error) from error
    except patching.PatchError as error:
        raise _refused(error) from error


def apply_conflict(error: fieldmanagers.ApplyConflict) -> ApiFailure:
    """Return the 409 that names who owns which field."""
    causes = [{"reason": cause.reason, "message": cause.message, "field": cause.field} for cause in error.causes]
    return ApiFailure(409, "Conflict", str(error), {"causes": causes})


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
    if (applied.get("metadata") or {}).get("managedFields") is not None:
        raise bad_request("metadata.managedFields must be nil")
    _require_type(call, applied)
    _require_readable(call, applied)
    sent_namespace = (applied.get("metadata") or {}).get("namespace")
    checked = named_object(call, _with_name(call, applied))
    if not sent_namespace:
        # What is written down as applied is what was sent.
        checked["metadata"].pop("namespace", None)
    return checked


async def _apply(call: Call, change: Any, options: WriteOptions) -> Reply:
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


def _require_no_uid(call: Call, applied: Mapping[str, Any]) -> None:
    if uid := applied["metadata"].get("uid"):
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(call.resource.plural, call.resource.group, call.target.name, why)


def _current(call: Call) -> Item | None:
    key = item_key(call.target.namespace if call.resource.namespaced else "", call.target.name)
    return call.cluster.store.get(call.resource.bucket, key)


def _require_type(call: Call, applied: Mapping[str, Any]) -> None:
    version, kind = applied.get("apiVersion") or "", applied.get("kind") or ""
    if (version, kind) != (call.resource.api_version, call.resource.kind):
        raise bad_request(f"invalid object type: {version if '/' in version else f'/{version}'}, Kind={kind}")


def _with_name(call: Call, applied: dict[str, Any]) -> dict[str, Any]:
    metadata = applied.get("metadata") or {}
    if not call.target.subresource and not metadata:
        raise _undeterminable(call)
    if isinstance(metadata, dict) and not metadata.get("name"):
        return {**applied, "metadata": {**metadata, "name": call.target.name}}
    return applied


def _require_readable(call: Call, applied: Mapping[str, Any]) -> None:
    """Refuse a configuration that does not fit its schema: nobody could own what it says."""
    resource, metadata = call.resource, applied.get("metadata") or {}
    if error := fieldmanagers.typed_error(applied, fieldmanagers.rooted(resource.schema)):
        where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}"
        what = f"({where}; {resource.group}/{resource.version}, Kind={resource.kind})"
        raise ApiFailure(500, "", f"failed to create typed patch object {what}: {error}")


def _accepted(call: Call) -> tuple[str, ...]:
    if call.resource.custom is not None:
        return (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
    return (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
