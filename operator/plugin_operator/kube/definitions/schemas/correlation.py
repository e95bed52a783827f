"""Which item of a stored list an item of the written list was, as the API server correlates them.

Items of a list with ``list_type="map"`` are the same if their keys are, at any index. Of any other list, all items
are new unless the list is the same.
"""

from collections.abc import Mapping
from typing import Any

from plugin_operator.kube.definitions.schemas.keywords import LIST_KEYS, LIST_TYPE
from plugin_operator.kube.definitions.schemas.structural import Schema, field_of, items_of
from plugin_operator.kube.objects.comparison import same, text_of

_NO_ITEM = True  # no struct is like it, so no fault of a new item counts as an old one


def aligned(before: Any, after: Any, schema: Schema) -> Any:
    """Return ``before`` with the items of its lists at the indexes that they have in ``after``.

    Args:
        before: a value, which is not changed.
        after: the value in its place.
        schema: their schema.
    """
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {
            name: aligned(each, after[name], known) if name in after and (known := field_of(schema, name)) else each
            for name, each in before.items()
        }
    if not isinstance(before, list) or not isinstance(after, list):
        return before
    items = items_of(schema)
    if schema.get(LIST_TYPE) != "map":
        return before if same(before, after) else []
    keys = schema.get(LIST_KEYS, ())
    by_key = {_key(each, keys): each for each in before}
    return [aligned(by_key.get(_key(each, keys), _NO_ITEM), each, items) for each in after]


def _key(item: Any, keys: Any) -> bytes:
    return text_of([item.get(key) for key in keys] if isinstance(item, Mapping) else item)
