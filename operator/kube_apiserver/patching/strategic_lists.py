"""Strategic merge of lists with the ``merge`` strategy: by merge key, or as sets of scalars."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kube_apiserver import codec
from kube_apiserver.patching.errors import invalid_directive
from kube_apiserver.schema import Schema
from kube_apiserver.schema.go_format import go_text

MergeMap = Callable[[dict[str, Any], dict[str, Any], Schema | None], dict[str, Any]]
_DIRECTIVE = "$patch"


@dataclass(frozen=True, slots=True)
class ListPatch:
    """The part of a patch about one list.

    Attributes:
        items: the list in the patch.
        deleted: the value of ``$deleteFromPrimitiveList``.
        order: the value of ``$setElementOrder``, None if absent.
    """

    items: list[Any]
    deleted: list[Any]
    order: list[Any] | None


def is_merge_list(schema: Schema) -> bool:
    """Report whether a field is a list with the ``merge`` strategy."""
    return schema.type == "array" and "merge" in schema.patch_strategies


def merge_list(original: list[Any], change: ListPatch, schema: Schema, merge_map: MergeMap) -> list[Any]:
    """Return the merged list.

    Raises:
        PatchError: 500, an item lacks the merge key or a directive is unknown.
    """
    _check_order(change, schema.patch_key)
    if not schema.patch_key:
        return _ordered(_scalars(original, change), change, lambda item: item, original)
    key = schema.patch_key
    items: list[dict[str, Any] | None] = [dict(item) for item in original]
    places = _places(original, key)
    for patch in change.items:
        directive = patch.get(_DIRECTIVE) if isinstance(patch, dict) else None
        if directive == "replace":
            return [dict(item) for item in change.items if _DIRECTIVE not in item]
        _require_key([patch], key)
        token = codec.token(patch[key])
        if directive == "delete":
            for place in places.pop(token, ()):
                items[place] = None
        elif directive is not None:
            raise invalid_directive(f"unknown patch type: {directive} in map: {go_text(patch)}")
        elif token in places:
            first = places[token][0]
            items[first] = merge_map(items[first] or {}, patch, schema.items)
        else:
            places[token] = [len(items)]
            items.append(merge_map({}, patch, schema.items))
    left = [item for item in items if item is not None]
    return _ordered(left, change, lambda item: item.get(key) if isinstance(item, dict) else item, original)


def _places(items: list[dict[str, Any]], key: str) -> dict[bytes, list[int]]:
    """Return the places of each merge key."""
    places: dict[bytes, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(codec.token(item.get(key)), []).append(place)
    return places


def _check_order(change: ListPatch, key: str) -> None:
    """Check that ``$setElementOrder`` contains every item of the patch, in the same order."""
    if not change.order or not change.items:
        return
    named = [item for item in change.items if not (isinstance(item, dict) and _DIRECTIVE in item)]
    if key:
        _require_key([*named, *change.order], key)
    rest = iter(change.order)
    if not all(any(_same(item, wanted, key) for wanted in rest) for item in named):
        texts = go_text(change.items), go_text(change.order)
        raise invalid_directive(
            "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n".format(*texts)
        )


def _same(item: Any, wanted: Any, key: str) -> bool:
    return bool(item.get(key) == wanted.get(key) if key else item == wanted)


def _require_key(items: list[Any], key: str) -> None:
    for item in items:
        if not isinstance(item, dict):
            raise invalid_directive("the patch of a list of objects must hold objects")
        if key not in item:
            raise invalid_directive(f"map: {go_text(item)} does not contain declared merge key: {key}")


def _scalars(original: list[Any], change: ListPatch) -> list[Any]:
    deleted = set(map(codec.token, change.deleted))
    kept = [item for item in original if codec.token(item) not in deleted]
    known = set(map(codec.token, kept))
    return kept + [item for item in change.items if codec.token(item) not in known]


def _ordered(items: list[Any], change: ListPatch, identity: Callable[[Any], Any], original: list[Any]) -> list[Any]:
    """Order the items by ``$setElementOrder``, or by the patch without it, and insert the items that the patch lacks.

    An item that the patch lacks precedes the next patched item only if it preceded it in ``original``.
    """
    wanted = _first_places(change.items if change.order is None else change.order, identity)
    before = _first_places(original, identity)
    tokens = [(codec.token(identity(item)), item) for item in items]
    patched = deque(sorted((pair for pair in tokens if pair[0] in wanted), key=lambda pair: wanted[pair[0]]))
    rest = deque(pair for pair in tokens if pair[0] not in wanted)
    result: list[Any] = []
    while rest and patched:
        left, right = rest[0][0], patched[0][0]
        known = left in before and right in before
        source = rest if known and before[left] < before[right] else patched
        result.append(source.popleft()[1])
    return result + [item for _, item in (*patched, *rest)]


def _first_places(items: list[Any], identity: Callable[[Any], Any]) -> dict[bytes, int]:
    places: dict[bytes, int] = {}
    for place, item in enumerate(items):
        places.setdefault(codec.token(identity(item)), place)
    return places
