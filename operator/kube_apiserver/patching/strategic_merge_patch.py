"""Strategic merge patch: lists merge by the key that their type declares, and directives control the merge.

The functions follow apimachinery's ``util/strategicpatch``. Lists are merged in ``strategic_lists``.
"""

import copy
from collections.abc import Mapping
from typing import Any

from kube_apiserver.patching.errors import invalid_directive, malformed
from kube_apiserver.patching.strategic_lists import ListPatch, is_merge_list, merge_list
from kube_apiserver.schema import Schema
from kube_apiserver.schema.go_format import go_text, json_type

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
ORDER = "$setElementOrder/"
_BAD_RETAIN = "invalid patch format of retainKeys"


def strategic_merge_patch(doc: Mapping[str, Any], patch: Any, schema: Schema) -> dict[str, Any]:
    """Return ``doc`` merged with a strategic merge ``patch`` of the built-in type ``schema``. ``doc`` is not modified.

    It supports ``$patch`` (replace, delete), ``$retainKeys``, ``$deleteFromPrimitiveList/x``, ``$setElementOrder/x``,
    merge keys and the retainKeys strategy. Custom kinds have no strategic merge patch: the server answers 415.

    Raises:
        PatchError: 400, ``patch`` is not an object; 500, a directive is invalid or a merge key is missing.
    """
    if not isinstance(patch, Mapping):
        raise malformed(f"json: cannot unmarshal {json_type(patch)} into Go value of type map[string]interface {{}}")
    return merge_map(dict(doc), dict(patch), schema)


def merge_map(original: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Return an object merged with its patch. ``strategic_lists`` calls it for the items of lists."""
    patch = dict(patch)
    directive = patch.pop(DIRECTIVE, None)
    if directive == "replace":
        return {name: without_directives(value) for name, value in patch.items() if not name.startswith("$")}
    if directive == "delete":
        return {}
    if directive is not None:
        raise invalid_directive(f"unknown patch type: {directive} in map: {go_text({DIRECTIVE: directive, **patch})}")
    result = dict(original)
    _retain(result, patch)
    for name, value in patch.items():
        _member(result, name, value, patch, schema)
    return result


def _retain(result: dict[str, Any], patch: dict[str, Any]) -> None:
    kept = patch.pop(RETAIN, None)
    if kept is None:
        return
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        raise malformed(_BAD_RETAIN)
    if any(name not in kept for name, value in patch.items() if value is not None and not name.startswith("$")):
        raise malformed(_BAD_RETAIN)
    for name in [name for name in result if name not in kept]:
        del result[name]


def _member(result: dict[str, Any], name: str, value: Any, patch: dict[str, Any], schema: Schema | None) -> None:
    if name.startswith((DELETE_PRIMITIVES, ORDER)):
        field = name.partition("/")[2]
        if field not in patch:
            _list(result, field, [], patch, schema)
        return
    if value is None:
        result.pop(name, None)
        return
    known = schema.child(name) if schema else None
    if isinstance(value, dict):
        before = result.get(name)
        if known and "replace" in known.patch_strategies:
            result[name] = without_directives(value)
        elif isinstance(before, dict):
            merged = merge_map(before, value, known)
            _keep(result, name, merged, deleted=value.get(DIRECTIVE) == "delete")
        elif DIRECTIVE not in value:
            # Like kube-apiserver, this drops a directive without a target, together with its siblings.
            result[name] = merge_map({}, value, known)
    elif isinstance(value, list):
        _list(result, name, value, patch, schema)
    else:
        result[name] = value


def _keep(result: dict[str, Any], name: str, merged: dict[str, Any], *, deleted: bool) -> None:
    if deleted:
        result.pop(name, None)
    else:
        result[name] = merged


def _list(result: dict[str, Any], name: str, value: list[Any], patch: dict[str, Any], schema: Schema | None) -> None:
    known = schema.child(name) if schema else None
    if known is None or not is_merge_list(known):
        if name in patch:
            result[name] = without_directives(copy.deepcopy(value))
        return
    change = ListPatch(value, patch.get(DELETE_PRIMITIVES + name) or [], patch.get(ORDER + name))
    before = result.get(name)
    merged = merge_list(before if isinstance(before, list) else [], change, known, merge_map)
    if merged or name in result:
        result[name] = merged


def without_directives(value: Any) -> Any:
    """Return a copy of ``value`` without ``$`` directives."""
    if isinstance(value, dict):
        return {name: without_directives(member) for name, member in value.items() if not name.startswith("$")}
    if isinstance(value, list):
        return [without_directives(item) for item in value if not (isinstance(item, dict) and DIRECTIVE in item)]
    return value
