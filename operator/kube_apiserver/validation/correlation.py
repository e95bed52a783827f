"""Which item of a stored list an item of the written list was, for the errors that an update may leave.

Items of a list of the type ``map`` are the same if their keys are, at any index. Of any other list, all items are
new unless the list is the same.
"""

from typing import Any

from kube_apiserver import codec
from kube_apiserver.schema.model import Schema

_NO_ITEM = True  # no object is like it, so no error of a new item counts as an old one


def aligned(old: Any, new: Any, schema: Schema) -> Any:
    """Return ``old`` with the items of its lists at the indexes that they have in ``new``; ``old`` is not changed."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {
            name: aligned(each, new[name], known) if name in new and (known := schema.child(name)) else each
            for name, each in old.items()
        }
    if not isinstance(old, list) or not isinstance(new, list) or not schema.items:
        return old
    if schema.list_type != "map":
        # An empty list has no items whose errors could be those of old ones.
        return old if not new or codec.token(old) == codec.token(new) else []
    by_key = {_key(each, schema): each for each in old}
    return [aligned(by_key.get(_key(each, schema), _NO_ITEM), each, schema.items) for each in new]


def _key(item: Any, schema: Schema) -> bytes:
    return codec.token([item.get(key) for key in schema.list_keys] if isinstance(item, dict) else item)
