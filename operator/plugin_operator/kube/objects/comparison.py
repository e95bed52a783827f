"""Comparison of field values, by value and not by notation.

Python's ``==`` takes ``True`` for 1, and -0.0 for 0.0: both would be lost in a write. An int and a float of one value
are the same number on the wire.
"""

from typing import Any

import msgspec

from plugin_operator.kube.objects.ordered_json import ordered_json


def same(one: Any, other: Any) -> bool:
    """Report whether two values of a field are the same."""
    if one is other:
        return True
    if isinstance(one, msgspec.Struct):
        return type(one) is type(other) and all(
            same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__
        )
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and len(one) == len(other)
            and all(key in other and same(value, other[key]) for key, value in one.items())
        )
    if isinstance(one, list | tuple):
        return isinstance(other, list | tuple) and len(one) == len(other) and all(map(same, one, other))
    return _same_scalar(one, other)


def text_of(value: Any) -> bytes:
    """Return the JSON of a value with the keys in order: equal texts are the same value.

    Raises:
        TypeError, ValueError, RecursionError: JSON has no such value.
    """
    return ordered_json(value)


def _same_scalar(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return False  # ``is`` has compared them
    if isinstance(one, float) and isinstance(other, float):
        return one.hex() == other.hex()
    return bool(one == other)
