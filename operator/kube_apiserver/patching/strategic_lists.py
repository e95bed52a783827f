"""Strategic merge of lists with the ``merge`` strategy: by merge key, or as sets of scalars."""

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec

from kube_apiserver import codec
from kube_apiserver.patching.errors import PatchError, inapplicable, invalid_directive
from kube_apiserver.schema import Schema
from kube_apiserver.schema.go_format import go_text, go_type

MergeMap = Callable[[dict[str, Any], dict[str, Any], Schema | None], dict[str, Any]]
_DIRECTIVE = "$patch"


class ListSchema(msgspec.Struct, frozen=True):
    """How the type of a list says that it is merged.

    Attributes:
        key: the merge key, "" for a list of scalars.
        is_merged: whether the strategy is ``merge``; the patch replaces any other list.
        items: the schema of the items, None if they have none.
    """

    key: str
    is_merged: bool
    items: Schema | None


def merge_list(
    original: list[Any], patch: list[Any], schema: ListSchema, merge_map: MergeMap, *, is_deletion: bool = False
) -> list[Any]:
    """Return the merged list: patched items in the order of the patch, and between them those that it lacks.

    Args:
        original: the list, which is not modified.
        patch: its items in the patch, or the value of ``$deleteFromPrimitiveList``.
        schema: how the list is merged.
        merge_map: merges an item with its patch.
        is_deletion: whether the patch is the value of ``$deleteFromPrimitiveList``.

    Raises:
        PatchError: 422, the items are lists; 500, their types differ, a merge key is absent or a directive unknown.
    """
    if not (schema.is_merged or is_deletion):
        return patch
    if not original and not patch:
        return original
    if require_one_type(original, patch) is not dict:
        if is_deletion:
            deleted = set(map(codec.token, patch))
            merged = [item for item in original if codec.token(item) not in deleted]
        else:
            merged = _distinct([*original, *patch])
        return ordered(merged, patch, original, schema.key)
    if not schema.key:
        raise invalid_directive("cannot merge lists without merge key for struct")
    left, named = _follow_directives(original, patch, schema.key)
    return ordered(_merge_by_key(left, named, schema, merge_map), named, left, schema.key)


def require_one_type(*lists: list[Any]) -> type:
    """Return the type of the items of all lists.

    Raises:
        PatchError: 422, the items are lists; 500, their types differ, or there are none.
    """
    types = {type(item) for items in lists for item in items}
    if not types:
        raise invalid_directive("no elements in any of the given slices")
    first = next(item for items in lists for item in items)
    if isinstance(first, list):
        raise inapplicable()
    if len(types) > 1 or first is None:
        raise invalid_directive(f"list element types are not identical: {go_text(list(lists))}")
    return type(first)


def _distinct(items: list[Any]) -> list[Any]:
    """Return each item once; like in Go, the last item takes the place of a repeated one."""
    tokens = list(map(codec.token, items))
    if len(set(tokens)) == len(items):
        return items
    known: dict[bytes, Any] = {}
    pairs = list(zip(tokens, items, strict=True))
    place = 0
    while place < len(pairs):
        token, item = pairs[place]
        if token not in known:
            known[token] = item
            place += 1
        elif place == len(pairs) - 1:
            pairs.pop()
        else:
            pairs[place] = pairs.pop()
    return list(known.values())


def _follow_directives(original: list[Any], patch: list[Any], key: str) -> tuple[list[Any], list[Any]]:
    """Return the list without deleted items, and the patch without directives."""
    deleted: set[bytes] = set()
    is_replaced = False
    for item in patch:
        directive = item.get(_DIRECTIVE)
        if directive == "delete":
            if key not in item:
                raise lacks_key(item, key)
            deleted.add(codec.token(item[key]))
        elif directive == "merge":
            raise invalid_directive("merging lists cannot yet be specified in the patch")
        elif directive == "replace":
            is_replaced = True
        elif _DIRECTIVE in item:
            raise invalid_directive(f"unknown patch type: {formatted(directive)} in map: {go_text(item)}")
    named = [item for item in patch if _DIRECTIVE not in item]
    if is_replaced:
        return named, []
    left = [item for item in original if not (key in item and codec.token(item[key]) in deleted)]
    return left, named


def formatted(directive: Any) -> str:
    """Return a directive as ``%s`` formats it."""
    if isinstance(directive, str):
        return directive
    return "%!s(<nil>)" if directive is None else f"%!s({go_type(directive)}={go_text(directive)})"


def _merge_by_key(original: list[Any], patch: list[Any], schema: ListSchema, merge_map: MergeMap) -> list[Any]:
    key = schema.key
    items = list(original)
    places: dict[bytes, int] = {}
    for place, item in enumerate(items):
        if key in item:
            places.setdefault(codec.token(item[key]), place)
    for change in patch:
        if key not in change:
            raise lacks_key(change, key)
        token = codec.token(change[key])
        if token in places:
            items[places[token]] = merge_map(items[places[token]], change, schema.items)
        else:
            places[token] = len(items)
            items.append(change)
    return items


def lacks_key(item: dict[str, Any], key: str) -> PatchError:
    """Return the error of an item without the merge key."""
    return invalid_directive(f"map: {go_text(item)} does not contain declared merge key: {key}")


def ordered(items: list[Any], wanted: list[Any], original: list[Any], key: str) -> list[Any]:
    """Order the items by ``wanted``, and insert those that it lacks.

    An item that ``wanted`` lacks precedes the next one that it has only if it preceded it in ``original``.

    Raises:
        PatchError: 500, an item lacks the merge key.
    """
    if key:
        _require_key([*items, *wanted], key)

    def identity(item: Any) -> bytes:
        return codec.token(item[key] if key else item)

    chosen, before = _first_places(wanted, identity), _first_places(original, identity, key)
    tokens = [(identity(item), item) for item in items]
    patched = deque(sorted((pair for pair in tokens if pair[0] in chosen), key=lambda pair: chosen[pair[0]]))
    rest = deque(pair for pair in tokens if pair[0] not in chosen)
    result: list[Any] = []
    while rest and patched:
        left, right = rest[0][0], patched[0][0]
        known = left in before and right in before
        source = rest if known and before[left] < before[right] else patched
        result.append(source.popleft()[1])
    return result + [item for _, item in (*patched, *rest)]


def _require_key(items: list[Any], key: str) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise wrong_type("map[string]interface {}", item)
        if key not in item:
            raise lacks_key(item, key)


def wrong_type(expected: str, value: Any) -> PatchError:
    """Return the error of a value that must have another Go type."""
    return invalid_directive(
        f"expected a {expected}, but received a {'%!s(<nil>)' if value is None else go_type(value)}"
    )


def _first_places(items: list[Any], identity: Callable[[Any], bytes], key: str = "") -> dict[bytes, int]:
    places: dict[bytes, int] = {}
    for place, item in enumerate(items):
        if not key or key in item:
            places.setdefault(identity(item), place)
    return places


def require_order(patch: list[Any], order: Any, key: str) -> None:
    """Check that ``$setElementOrder`` contains every item of the patch, in the same order.

    Raises:
        PatchError: 500, it does not, or an item lacks the merge key.
    """
    if not order or not patch:
        return
    if key:
        for item in patch:
            if not isinstance(item, dict):
                raise wrong_type("map[string]interface {}", item)
    named = [item for item in patch if not (isinstance(item, dict) and _DIRECTIVE in item)]
    rest = iter(order)
    for item in named:
        for wanted in rest:
            if _same(item, wanted, key):
                break
        else:
            texts = go_text(patch), go_text(order)
            raise invalid_directive(
                "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n".format(*texts)
            )


def _same(item: Any, wanted: Any, key: str) -> bool:
    if not key:
        return codec.token(item) == codec.token(wanted)
    _require_key([item, wanted], key)
    return codec.token(item[key]) == codec.token(wanted[key])
