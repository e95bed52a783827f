"""Equality, order and size of values, by the rules of cel-go."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from go_cel.errors import no_overload
from go_cel.values.scalars import Duration, Optional, Timestamp, TypeValue, Uint

NUMBERS = (int, float)
_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null",
    list: "list",
    dict: "map",
    Timestamp: "timestamp",
    Duration: "duration",
    Optional: "optional_type",
    TypeValue: "type",
}
_ORDERED = frozenset({bool, str, bytes, Timestamp, Duration})


def kind_of(value: Any) -> str:
    """Return the kind of a value, as the checker names it; for types of Kubernetes their name."""
    found = _KINDS.get(type(value))
    if found is not None:
        return found
    if isinstance(value, list):
        return "list"
    return str(value.type_name)


def is_number(value: Any) -> bool:
    """Report whether a value is an integer or a double."""
    return isinstance(value, NUMBERS) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Report whether two values are equal. Values of different types are not, except numbers."""
    if isinstance(left, list) and isinstance(right, list):
        return _equal_lists(left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        return _equal_maps(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, NUMBERS) and isinstance(right, NUMBERS):
        return left == right
    if type(left) is not type(right):
        return False
    if isinstance(left, Optional):
        return left.is_present == right.is_present and (not left.is_present or equal(left.content, right.content))
    return bool(left == right)


def _equal_lists(left: list[Any], right: list[Any]) -> bool:
    by_meaning = getattr(left, "equals", None)
    if by_meaning is not None:
        return bool(by_meaning(right))
    return len(left) == len(right) and all(equal(one, other) for one, other in zip(left, right, strict=True))


def _equal_maps(left: Mapping[Any, Any], right: Mapping[Any, Any]) -> bool:
    return len(left) == len(right) and all(key in right and equal(value, right[key]) for key, value in left.items())


def compare(left: Any, right: Any) -> int:
    """Return -1, 0 or 1; 2 where a number is none.

    Raises:
        EvaluationError: the values have no order.
    """
    if is_number(left) and is_number(right):
        if math.isnan(left) or math.isnan(right):
            return 2
    elif type(left) is not type(right) or type(left) not in _ORDERED:
        raise no_overload()
    return int(left > right) - int(left < right)


def contains(items: Any, value: Any) -> bool:
    """Report whether a list has an item, or a map a key.

    Raises:
        EvaluationError: the collection is neither.
    """
    if isinstance(items, dict):
        return find(items, value)[0]
    if isinstance(items, list):
        return any(equal(item, value) for item in items)
    raise no_overload()


def find(entries: Mapping[Any, Any], key: Any) -> tuple[bool, Any]:
    """Return whether a map has a key, and its value."""
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    if not isinstance(key, str | int) or key not in entries:
        return False, None
    return True, entries[key]


def size(value: Any) -> int:
    """Return the size that costs are counted by: 1 for values without a size."""
    if isinstance(value, str | bytes | list | dict):
        return len(value)
    if isinstance(value, Optional) and value.is_present:
        return size(value.content)
    return getattr(value, "size", 1)


def ordered(test: Callable[[int], bool]) -> Callable[[Any, Any], bool]:
    """Return a comparison such as ``<``."""

    def run(left: Any, right: Any) -> bool:
        if type(left) is int and type(right) is int:
            return test(int(left > right) - int(left < right))
        return test(compare(left, right))

    return run
