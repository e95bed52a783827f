"""patch in its four forms; server-side apply may also create."""

from typing import Any

from plugin_operator.apiserver import patching
from plugin_operator.apiserver.call import Call
from plugin_operator.apiserver.schema import Schema
from plugin_operator.apiserver.verbs.committing import present
from plugin_operator.apiserver.verbs.conversion import to_served
from plugin_operator.apiserver.verbs.incoming import check_object
from plugin_operator.apiserver.verbs.options import write_options
from plugin_operator.apiserver.verbs.reading import find
from plugin_operator.apiserver.verbs.updating import replace
from plugin_operator.apiserver.wire.body import media_type, parse_json, read_bytes
from plugin_operator.apiserver.wire.failure import (
    ApiFailure,
    Cause,
    bad_request,
    invalid,
    unsupported_media_type,
)
from plugin_operator.apiserver.wire.reply import Reply

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


async def patch(call: Call) -> Reply:
    """Change an object by the patch in the body."""
    media = media_type(call.http)
    accepted = _accepted(call)
    if media not in accepted:
        raise unsupported_media_type(accepted)
    options = write_options(call, "PatchOptions")
    raw = await read_bytes(call.http)
    if options.force is not None:
        message = "Forbidden: may not be specified for non-apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("force", "FieldValueForbidden", message)])
    current = find(call)
    patched = patched_object(call, to_served(call.resource, current), media, parse_json(raw))
    item = replace(call, current, named_object(call, patched), options)
    if not options.dry_run:
        await call.cluster.store.durable(item.revision)
    return present(call, item)


def patched_object(call: Call, current: dict[str, Any], media: str, change: Any) -> Any:
    """Return ``current`` with a JSON, merge or strategic merge patch applied.

    Raises:
        ApiFailure: 400 or 422, the patch does not fit.
    """
    try:
        if media == JSON_PATCH:
            return patching.json_patch(current, change)
        if not isinstance(change, dict):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal value into Go value of type map[string]interface {}"
            )
        if media == MERGE_PATCH:
            return patching.merge_patch(current, change)
        return patching.strategic_merge_patch(current, change, call.resource.schema or Schema())
    except patching.PatchError as error:
        raise ApiFailure(error.code, error.reason, error.message, {}) from error


def named_object(call: Call, patched: Any) -> dict[str, Any]:
    """Return a patched object, checked to be still the same one; 400 if it is not."""
    obj = check_object(call, patched)
    name = obj["metadata"].get("name", "")
    if name != call.target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({call.target.name})")
    return obj


def _accepted(call: Call) -> tuple[str, ...]:
    if call.resource.custom is not None:
        return (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
    return (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
