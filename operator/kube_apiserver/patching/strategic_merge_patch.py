"""Strategic merge patch: lists merge by the key that their type declares, and directives control the merge.

The functions follow apimachinery's ``util/strategicpatch``. Lists are merged in ``strategic_lists``.
"""

from collections.abc import Mapping
from typing import Any

from kube_apiserver import codec
from kube_apiserver.patching.errors import invalid_directive, malformed
from kube_apiserver.patching.strategic_lists import (
    ListSchema,
    formatted,
    merge_list,
    ordered,
    require_one_type,
    require_order,
    wrong_type,
)
from kube_apiserver.schema import Schema
from kube_apiserver.schema.go_format import go_text, go_type, json_type

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList"
ORDER = "$setElementOrder"
_BAD_RETAIN = "invalid patch format of retainKeys"
_BAD_DELETION = "invalid patch format of primitive list"
_BAD_ORDER = "invalid patch format of setElementOrder list"


def strategic_merge_patch(doc: Mapping[str, Any], patch: Any, schema: Schema) -> dict[str, Any]:
    """Return ``doc`` merged with a strategic merge ``patch`` of the built-in type ``schema``. ``doc`` is not modified.

    It supports ``$patch`` (replace, delete), ``$retainKeys``, ``$deleteFromPrimitiveList/x``, ``$setElementOrder/x``,
    merge keys and the retainKeys strategy. Custom kinds have no strategic merge patch: the server answers 415.

    Raises:
        PatchError: 400, ``patch`` is not an object; 500, a directive is invalid or a merge key is missing.
    """
    if not isinstance(patch, Mapping):
        raise malformed(f"json: cannot unmarshal {json_type(patch)} into Go value of type map[string]interface {{}}")
    return merge_map(dict(doc), codec.copied(dict(patch)), schema)


def merge_map(original: dict[str, Any], patch: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Return an object merged with its patch. ``strategic_lists`` calls it for the items of lists."""
    patch = dict(patch)
    if DIRECTIVE in patch:
        return _follow_directive(patch)
    result = dict(original)
    _retain(result, patch)
    for name in [name for name in patch if name.startswith(ORDER)]:
        _order(result, name, patch, schema)
    for name in [name for name in patch if name.startswith(DELETE_PRIMITIVES)]:
        _delete_scalars(result, _listed(name, _BAD_DELETION), patch.pop(name), schema)
    for name, value in patch.items():
        _member(result, name, value, schema)
    return result


def _follow_directive(patch: dict[str, Any]) -> dict[str, Any]:
    directive = patch[DIRECTIVE]
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if directive == "delete":
        return {}
    raise invalid_directive(f"unknown patch type: {formatted(directive)} in map: {go_text(patch)}")


def _retain(result: dict[str, Any], patch: dict[str, Any]) -> None:
    if RETAIN not in patch:
        return
    kept = patch.pop(RETAIN)
    if not isinstance(kept, list):
        raise malformed(_BAD_RETAIN)
    free = (DELETE_PRIMITIVES, ORDER)
    if any(name not in kept for name, value in patch.items() if value is not None and not name.startswith(free)):
        raise malformed(_BAD_RETAIN)
    for name in [name for name in result if name not in kept]:
        del result[name]


def _listed(directive: str, refusal: str) -> str:
    """Return the list that a directive with a prefix is about."""
    prefix, slash, name = directive.partition("/")
    if not slash or prefix not in (ORDER, DELETE_PRIMITIVES):
        raise malformed(refusal)
    return name


def _order(result: dict[str, Any], directive: str, patch: dict[str, Any], schema: Schema | None) -> None:
    """Merge the list that ``$setElementOrder`` is about, and order it."""
    order = patch.pop(directive)
    if not isinstance(order, list):
        raise wrong_type("[]interface {}", order)
    name = _listed(directive, _BAD_ORDER)
    for place in (result, patch):
        if name in place and not isinstance(place[name], list):
            raise wrong_type("[]interface {}", place[name])
    before, change = result.get(name, []), patch.get(name, [])
    listed = _list_schema(name, schema)
    require_order(change, order, listed.key)
    if name not in result and name not in patch:
        return
    if name not in patch:
        merged = before
    elif name not in result:
        merged = without_directives(change)
    else:
        merged = merge_list(before, change, listed, merge_map)
    require_one_type(before, change)
    result[name] = ordered(merged, order, before, listed.key)
    patch.pop(name, None)


def _delete_scalars(result: dict[str, Any], name: str, deleted: Any, schema: Schema | None) -> None:
    if deleted is None:
        result.pop(name, None)
    elif isinstance(deleted, list) and isinstance(result.get(name), list):
        result[name] = merge_list(result[name], deleted, _list_schema(name, schema), merge_map, is_deletion=True)


def _member(result: dict[str, Any], name: str, value: Any, schema: Schema | None) -> None:
    before: Any = result.get(name)
    if value is None:
        result.pop(name, None)
    elif isinstance(value, dict) and DIRECTIVE in value and not isinstance(before, dict):
        # Like kube-apiserver, this drops a directive without a target, together with its siblings.
        result.pop(name, None)
    elif name not in result or go_type(before) != go_type(value) or not isinstance(value, dict | list):
        result[name] = without_directives(_without_nulls(value))
    elif isinstance(value, dict):
        known = _declared(name, schema)
        result[name] = value if known and "replace" in known.patch_strategies else merge_map(before, value, known)
    else:
        result[name] = merge_list(before, value, _list_schema(name, schema), merge_map)


def _list_schema(name: str, schema: Schema | None) -> ListSchema:
    known = _declared(name, schema)
    if known is None:
        return ListSchema("", is_merged=False, items=None)
    return ListSchema(known.patch_key, is_merged="merge" in known.patch_strategies, items=known.items)


def _declared(name: str, schema: Schema | None) -> Schema | None:
    """Return the schema of a member that is an object or a list."""
    if schema is not None and not schema.properties:
        raise invalid_directive(f"merging an object in json but data type is not struct, instead is: {_kind(schema)}")
    return schema.properties.get(name) if schema else None


def _kind(schema: Schema) -> str:
    """Return the kind of a Go type without fields."""
    if schema.additional is not None:
        return "map"
    return "slice" if schema.type == "array" else schema.type or "interface"


def _without_nulls(value: Any) -> Any:
    """Return a value without the nulls in its objects."""
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def without_directives(value: Any) -> Any:
    """Return a copy of ``value`` without the objects that have a ``$patch`` directive."""
    if isinstance(value, dict):
        return {name: without_directives(member) for name, member in value.items() if not _is_directive(member)}
    if isinstance(value, list):
        return [without_directives(item) for item in value if not _is_directive(item)]
    return value


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and DIRECTIVE in value
