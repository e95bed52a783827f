"""How strategic merge patch treats lists with the ``merge`` strategy: by key, or as sets of scalars."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin_operator.apiserver.patching.errors import malformed
from plugin_operator.apiserver.schema import Schema

MergeMap = Callable[[dict[str, Any], dict[str, Any], Schema | None], dict[str, Any]]
_DIRECTIVE = "$patch"


@dataclass(frozen=True, slots=True)
class ListPatch:
    """What a patch says about one list.

    Attributes:
        items: the list in the patch.
        deleted: values of ``$deleteFromPrimitiveList``.
        order: value of ``$setElementOrder``, None if absent.
    """

    items: list[Any]
    deleted: list[Any]
    order: list[Any] | None


def is_merge_list(schema: Schema) -> bool:
    """Tell whether a field is a list that merges."""
    return schema.type == "array" and "merge" in schema.patch_strategies


def merge_list(original: list[Any], change: ListPatch, schema: Schema, merge_map: MergeMap) -> list[Any]:
    """Return the merged list.

    Raises:
        PatchError: 400, an element lacks the merge key or a directive is unknown.
    """
    if not schema.patch_key:
        return _ordered(_scalars(original, change), change, lambda item: item, original)
    key = schema.patch_key
    items = [dict(item) for item in original]
    for patch in change.items:
        if not isinstance(patch, dict):
            raise malformed("the patch of a list of objects must hold objects")
        directive = patch.get(_DIRECTIVE)
        if directive == "replace":
            return [dict(item) for item in change.items if _DIRECTIVE not in item]
        if key not in patch:
            raise malformed(f"map: {patch} does not contain declared merge key: {key}")
        position = next((at for at, item in enumerate(items) if item.get(key) == patch[key]), None)
        if directive == "delete":
            items = [item for item in items if item.get(key) != patch[key]]
        elif directive not in (None, "merge"):
            raise malformed(f"unknown patch type found: {directive}")
        elif position is None:
            items.append(merge_map({}, patch, schema.items))
        else:
            items[position] = merge_map(items[position], patch, schema.items)
    return _ordered(items, change, lambda item: item.get(key) if isinstance(item, dict) else item, original)


def _scalars(original: list[Any], change: ListPatch) -> list[Any]:
    kept = [item for item in original if item not in change.deleted]
    return kept + [item for item in change.items if item not in kept]


def _ordered(items: list[Any], change: ListPatch, identity: Callable[[Any], Any], original: list[Any]) -> list[Any]:
    """Sort as ``$setElementOrder`` asks; what only the server has stays after its former predecessor."""
    if change.order is None:
        return items
    wanted = [identity(item) for item in change.order]
    places = {id(item): identity(item) for item in items}
    result = sorted(
        (item for item in items if places[id(item)] in wanted), key=lambda item: wanted.index(identity(item))
    )
    before = [identity(item) for item in original]
    for item in items:
        name = places[id(item)]
        if name in wanted:
            continue
        earlier = before[: before.index(name)] if name in before else before
        spot = max((at + 1 for at, other in enumerate(result) if identity(other) in earlier), default=0)
        result.insert(spot, item)
    return result
