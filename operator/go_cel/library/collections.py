"""Functions of lists, sets, maps and optional values."""

from functools import cmp_to_key
from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.conversions import Function
from go_cel.library.operators import add
from go_cel.values.comparing import compare, contains, equal, kind_of
from go_cel.values.scalars import NONE, Duration, Optional, Timestamp

# A list that a rule makes is bounded by the memory it takes, not by its cost alone.
_MAX_RANGE = 1_000_000


def _is_sorted(items: list[Any]) -> bool:
    return all(compare(items[place], items[place + 1]) != 1 for place in range(len(items) - 1))


def _sum(items: list[Any]) -> Any:
    if not items:
        return 0
    total = items[0]
    for item in items[1:]:
        total = add(total, item)
    return total


def _extreme(name: str, preferred: int) -> Function:
    def run(items: list[Any]) -> Any:
        if not items:
            raise EvaluationError(f"{name} called on empty list")
        found = items[0]
        for item in items[1:]:
            if compare(found, item) == preferred:
                found = item
        return found

    return run


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if start < 0 or end < 0:
        raise EvaluationError(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        problem = "start index must be less than or equal to end index"
        raise EvaluationError(f"cannot slice({start}, {end}), {problem}")
    if len(items) < end:
        raise EvaluationError(f"cannot slice({start}, {end}), list is length {len(items)}")
    return items[start:end]


def _flatten(items: list[Any], depth: int = 1) -> list[Any]:
    if depth < 0:
        raise EvaluationError("level must be non-negative")
    found: list[Any] = []
    for item in items:
        if isinstance(item, list) and depth > 0:
            found.extend(_flatten(item, depth - 1))
        else:
            found.append(item)
    return found


def _range(count: int) -> list[int]:
    if count < 0:
        raise EvaluationError(f"lists.range: size must be non-negative, got {count}")
    if count > _MAX_RANGE:
        raise EvaluationError(f"lists.range: size {count} exceeds maximum allowed ({_MAX_RANGE})")
    return list(range(count))


def _sort(items: list[Any]) -> list[Any]:
    return _sort_by(items, items)


def _sort_by(items: list[Any], keys: list[Any]) -> list[Any]:
    if not items:
        return items
    if len({kind_of(key) for key in keys}) > 1:
        raise EvaluationError("list elements must have the same type")
    pairs = sorted(zip(keys, items, strict=True), key=cmp_to_key(_compare_keys))
    return [item for _, item in pairs]


def _compare_keys(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
    return compare(left[0], right[0])


def _distinct(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if not any(equal(item, other) for other in found):
            found.append(item)
    return found


def _set_contains(items: list[Any], others: list[Any]) -> bool:
    return all(contains(items, other) for other in others)


def _map_insert(entries: dict[Any, Any], key: Any, *value: Any) -> dict[Any, Any]:
    found = dict(entries)
    insert(found, key, *value)
    return found


def insert(entries: dict[Any, Any], key: Any, *value: Any) -> None:
    """Add an entry, or the entries of a map, to a map.

    Raises:
        EvaluationError: a key is there already.
    """
    added = {key: value[0]} if value else key
    for name, content in added.items():
        if name in entries:
            raise EvaluationError(f"insert failed: key {name} already exists")
        entries[name] = content


def _of_non_zero(value: Any) -> Optional:
    match value:
        case Timestamp() | Duration():
            is_zero = value.nanoseconds == 0
        case list() | dict():
            is_zero = not value
        case Optional():
            is_zero = not value.is_present
        case _:
            is_zero = value is None or (isinstance(value, int | float | str | bytes) and not value)
    return NONE if is_zero else Optional(value)


def _unwrapped(items: list[Optional]) -> list[Any]:
    return [item.content for item in items if item.is_present]


def _value(value: Any) -> Any:
    if not isinstance(value, Optional):
        raise no_overload()
    return value.value()


FUNCTIONS: dict[str, Function] = {
    "isSorted": _is_sorted,
    "sum": _sum,
    "min": _extreme("min", 1),
    "max": _extreme("max", -1),
    "slice": _slice,
    "flatten": _flatten,
    "lists.range": _range,
    "reverse": lambda items: items[::-1],
    "sort": _sort,
    "@sortByAssociatedKeys": _sort_by,
    "distinct": _distinct,
    "first": lambda items: Optional(items[0]) if items else NONE,
    "last": lambda items: Optional(items[-1]) if items else NONE,
    "sets.contains": _set_contains,
    "sets.equivalent": lambda items, others: _set_contains(items, others) and _set_contains(others, items),
    "sets.intersects": lambda items, others: any(contains(others, item) for item in items),
    "cel.@mapInsert": _map_insert,
    "optional.of": Optional,
    "optional.ofNonZeroValue": _of_non_zero,
    "optional.none": lambda: NONE,
    "optional.unwrap": _unwrapped,
    "unwrapOpt": _unwrapped,
    "value": _value,
    "hasValue": lambda value: value.is_present,
}
