"""The patch verb, for all four patch types. Apply patches are handled in ``applying``."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from kube_apiserver import patching
from kube_apiserver.conversion.versions import to_served
from kube_apiserver.requests.options import WriteOptions, write_options
from kube_apiserver.requests.request import Request
from kube_apiserver.requests.request_body import APPLY_PATCH, SCHEME, named_object
from kube_apiserver.requests.type_mismatch import type_mismatch
from kube_apiserver.schema import Cause, Schema
from kube_apiserver.schema.go_format import go_text
from kube_apiserver.storage import Item
from kube_apiserver.threads import off_loop
from kube_apiserver.verbs.applying import apply
from kube_apiserver.verbs.reading import find
from kube_apiserver.verbs.updating import replace
from kube_apiserver.wire.body import (
    JSON,
    STRATEGIC_PATCH,
    is_long,
    media_type,
    parse_applied,
    parse_strictly,
    read_bytes,
    strict_errors,
)
from kube_apiserver.wire.response import Response
from kube_apiserver.wire.status_error import (
    StatusError,
    bad_request,
    invalid,
    unsupported_media_type,
)
from kube_apiserver.writes.write_pipeline import complete, present

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
_IN_VALUE = re.compile(r'duplicate field "\[([0-9]+)\]\.value\.(.*)"', re.DOTALL)


async def patch(request: Request) -> Response:
    """Patch an object. An apply patch may create it."""
    media, change = await read_patch(request)
    options = write_options(request, "PatchOptions")
    if media == APPLY_PATCH:
        _judge_repeated_keys(request, options)
        return await apply(request, change, options)
    if options.force is not None:
        message = "Forbidden: may not be specified for non-apply patch"
        raise invalid("PatchOptions", "meta.k8s.io", "", [Cause("force", "FieldValueForbidden", message)])
    if media == STRATEGIC_PATCH and request.duplicates and options.validation == "Strict":
        find(request)
        why = f"strict decoding error: {', '.join(request.duplicates)}"
        raise invalid("", "", "", [Cause("patch", "FieldValueInvalid", f'Invalid value: "{go_text(change)}": {why}')])
    item = await replace(request, partial(_patched, request, media, change, options), options)
    if not options.dry_run:
        await request.cluster.store.durable(item.revision)
    return present(request, item)


def _judge_repeated_keys(request: Request, options: WriteOptions) -> None:
    """Raise 400 for keys that are in an apply patch twice, or warn of them."""
    repeated, request.duplicates[:] = list(request.duplicates), []
    if repeated and options.validation == "Strict":
        what = "error strict decoding patch: error converting YAML to JSON"
        raise bad_request(f"{what}: {strict_errors(repeated)[0]}")
    if options.validation != "Ignore":
        request.warnings.extend(repeated)


def _patched(request: Request, media: str, change: Any, options: WriteOptions, current: Item) -> dict[str, Any]:
    schema = request.resource.schema or Schema()
    patched = patch_document(to_served(request.resource, current), media, change, schema)
    _require_same_type(request, patched)
    return complete(request, named_object(request, patched), options)


async def read_patch(request: Request) -> tuple[str, Any]:
    """Return the media type of a patch and its decoded content.

    Raises:
        StatusError: 400, malformed; 413; 415, the resource does not support the patch type.
    """
    media, accepted = media_type(request.http), _accepted(request)
    if media not in accepted:
        if request.resource.custom is not None:
            raise unsupported_media_type(accepted)
        raise StatusError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    raw = await read_bytes(request.http)
    if media == APPLY_PATCH:
        change, request.duplicates[:] = await parse_applied(raw)
    else:
        change, duplicates = await off_loop(is_long(raw, JSON), _parse_json, raw)
        request.duplicates[:] = _of_operations(change, duplicates) if media == JSON_PATCH else duplicates
    return media, change


def _parse_json(raw: bytes) -> tuple[Any, list[str]]:
    try:
        return parse_strictly(raw, JSON)
    except StatusError as error:
        raise bad_request("invalid JSON patch") from error


def _of_operations(change: Any, duplicates: Sequence[str]) -> list[str]:
    """Return what is said of members that are in a JSON patch twice: by its decoder, then by that of the result."""
    found = [_IN_VALUE.fullmatch(text) for text in duplicates]
    results = [f'duplicate field "{_dotted(change[int(match[1])].get("path"))}.{match[2]}"' for match in found if match]
    return [*(f"json patch {text}" for text in duplicates), *results]


def _dotted(pointer: Any) -> str:
    parts = str(pointer).split("/")[1:]
    return "".join(f"[{part}]" if part.isdecimal() else f".{part}" for part in parts).lstrip(".")


def patch_document(current: dict[str, Any], media: str, change: Any, schema: Schema) -> Any:
    """Return ``current`` with a JSON, merge or strategic merge patch applied.

    Raises:
        StatusError: 400 or 422, the patch does not apply.
    """
    try:
        if media == JSON_PATCH:
            return patching.json_patch(current, change)
        if not isinstance(change, dict):
            raise bad_request("error decoding patch: a patch of this type must be an object")
        if media == MERGE_PATCH:
            return patching.merge_patch(current, change)
        # The result always has the type of the request path.
        named = {"apiVersion": current["apiVersion"], "kind": current["kind"]}
        return patching.strategic_merge_patch(current, change, schema) | named
    except patching.PatchError as error:
        raise patch_error(error) from error


def patch_error(error: patching.PatchError) -> StatusError:
    """Return the StatusError of a failed patch. Only a 422 has details, which are empty."""
    return StatusError(error.code, error.reason, error.message, {} if error.code == 422 else None)


def _require_same_type(request: Request, patched: dict[str, Any]) -> None:
    """Raise 400 if a patch changes the type of a built-in object. Custom objects may change their version."""
    resource = request.resource
    version, kind = patched.get("apiVersion") or resource.api_version, patched.get("kind") or resource.kind
    if resource.custom is None and (version, kind) != (resource.api_version, resource.kind):
        raise type_mismatch(
            request, patched, f'no kind "{kind}" is registered for version "{version}" in scheme "{SCHEME}"'
        )


def _accepted(request: Request) -> tuple[str, ...]:
    if request.resource.custom is not None:
        return (JSON_PATCH, MERGE_PATCH, APPLY_PATCH)
    return (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
