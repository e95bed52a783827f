"""RFC 6902 JSON patch, with kube-apiserver's limits, status codes and extensions."""

from collections.abc import Mapping
from typing import Any

import jsonpatch
import jsonpointer

from kube_apiserver import codec
from kube_apiserver.patching.errors import PatchError, inapplicable, malformed
from kube_apiserver.schema.go_format import json_type

_LIMIT = 10_000
# What all copies of a patch may add, so that twenty copies of a member into itself do not fill the memory.
_COPIED_BYTES = 3 * 1024 * 1024
_GO_LIST = "[]handlers.jsonPatchOp"


def json_patch(doc: Mapping[str, Any], ops: Any) -> dict[str, Any]:
    """Return ``doc`` after the operations, in order. ``doc`` is not modified.

    Unlike in the RFC, replacing an absent member adds it, and a missing value is null. An absent member passes a test
    for null and is copied as null. A negative index counts from the end of a list.

    Raises:
        PatchError: 400, not a list of operations; 413, more than 10,000 operations; 422, an operation fails, or the
            copies together exceed 3 MiB.
    """
    if not isinstance(ops, list):
        raise malformed(
            f"error decoding patch: json: cannot unmarshal {json_type(ops)} into Go value of type {_GO_LIST}"
        )
    for op in ops:
        if not isinstance(op, dict):
            words = f"json: cannot unmarshal {json_type(op)} into Go value of type {_GO_LIST[2:]}"
            raise malformed(f"error decoding patch: {words}")
    if len(ops) > _LIMIT:
        limit = f"Request entity too large: The allowed maximum operations in a JSON patch is {_LIMIT}, got {len(ops)}"
        raise PatchError(413, "RequestEntityTooLarge", limit)
    result: Any = codec.copied(dict(doc))
    copied_bytes = 0
    try:
        for op in ops:
            if op.get("op") == "copy":
                copied_bytes += _copied_bytes(result, op.get("from"))
                if copied_bytes > _COPIED_BYTES:
                    raise inapplicable()
            result = _applied(result, codec.copied(op))
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError, AttributeError) as error:
        raise inapplicable() from error
    if not isinstance(result, dict):
        raise inapplicable()
    return result


def _copied_bytes(doc: Any, path: Any) -> int:
    """Return how long the JSON of the member at ``path`` is, 0 if there is none."""
    if not isinstance(path, str):
        return 0
    for part in jsonpointer.JsonPointer(_rfc_path(doc, path, adding=False)).parts:
        doc = _inside(doc, part)
    return len(codec.encode(doc))


def _applied(doc: Any, op: dict[str, Any]) -> Any:
    kind = op.get("op")
    for name in ("from", "path"):
        if isinstance(op.get(name), str):
            op[name] = _rfc_path(doc, op[name], adding=name == "path" and kind in ("add", "copy", "move"))
    path = op.get("path")
    if kind in ("add", "replace"):
        op.setdefault("value", None)
    if kind in ("replace", "test") and _is_absent_member(doc, path):
        if kind == "replace":
            op["op"] = "add"
        elif op.get("value") is None:
            return doc
    if kind == "copy" and _is_absent_member(doc, op.get("from")):
        op = {"op": "add", "path": path, "value": None}
    return jsonpatch.JsonPatch([op]).apply(doc, in_place=True)


def _rfc_path(doc: Any, path: str, *, adding: bool) -> str:
    """Return a path in RFC form. kube-apiserver also accepts negative indexes and paths without a leading slash."""
    if path and not path.startswith("/"):
        # The library ignores everything before the first slash.
        path = "/" + path.partition("/")[2]
    parts = jsonpointer.JsonPointer(path).parts
    for position, part in enumerate(parts):
        if isinstance(doc, list) and part[:1] == "-" and part[1:].isdecimal():
            is_new = adding and position == len(parts) - 1
            parts[position] = str(int(part) + len(doc) + is_new)
        doc = _inside(doc, parts[position])
    return str(jsonpointer.JsonPointer.from_parts(parts).path)


def _inside(doc: Any, part: str) -> Any:
    if isinstance(doc, list):
        return doc[int(part)] if part.isdecimal() and int(part) < len(doc) else None
    return doc.get(part) if isinstance(doc, dict) else None


def _is_absent_member(doc: Any, path: Any) -> bool:
    if not isinstance(path, str) or not path:
        return False
    parent, name = jsonpointer.JsonPointer(path).to_last(doc)
    return isinstance(parent, dict) and name not in parent
