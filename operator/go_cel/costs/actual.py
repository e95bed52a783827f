"""What a call costs when it runs, by cel-go's tracker and kube-apiserver's estimator."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from go_cel.costs.ranges import LIST_COST, PATTERN, TRAVERSAL
from go_cel.values.comparing import size

Arguments = Sequence[Any]
Cost = Callable[[Arguments, Any], int]


def call_cost(function: str, overloads: Sequence[str]) -> Cost | None:
    """Return how to count a call, None where it costs 1."""
    by_name = _FUNCTIONS.get(function)
    if by_name is not None:
        return by_name
    return _OVERLOADS.get(overloads[0]) if len(overloads) == 1 else None


def _traversed(value: Any, factor: float = TRAVERSAL) -> int:
    return math.ceil(float(size(value)) * factor)


def _first(factor: float = 1) -> Cost:
    return lambda args, _result: math.ceil(float(size(args[0])) * factor * TRAVERSAL)


def _deep(value: Any) -> int:
    if isinstance(value, str):
        return int(float(len(value.encode(errors="surrogatepass"))) * TRAVERSAL)
    if isinstance(value, bytes):
        return int(float(len(value)) * TRAVERSAL)
    if isinstance(value, list):
        return sum(_deep(item) for item in value)
    if isinstance(value, dict):
        return sum(_deep(key) + _deep(item) for key, item in value.items())
    return 1


def _pattern(args: Arguments, _result: Any) -> int:
    return math.ceil((1.0 + size(args[0])) * TRAVERSAL) * _traversed(args[1], PATTERN)


def _validate(args: Arguments, _result: Any) -> int:
    return math.ceil((1.0 + size(args[1])) * TRAVERSAL) * math.ceil(int(args[0].pattern_size) * PATTERN)


def _equality(args: Arguments, result: Any) -> int:
    return 1 if hasattr(args[0], "type_name") else _smaller(args, result)


def _smaller(args: Arguments, _result: Any) -> int:
    return math.ceil(float(min(size(args[0]), size(args[1]))) * TRAVERSAL)


def _joined(args: Arguments, _result: Any) -> int:
    return math.ceil(float(size(args[0]) + size(args[1])) * TRAVERSAL)


def _contains(args: Arguments, _result: Any) -> int:
    return _traversed(args[0]) * _traversed(args[1])


def _inside(args: Arguments, extra: int = 0) -> int:
    own, other = size(args[0]), args[1]
    cost = math.ceil(float(own + own) * TRAVERSAL)
    if extra:
        cost += _traversed(args[0]) + 1
    return cost + (_traversed(other) if isinstance(other, str) else 0)


def _ip(args: Arguments, _result: Any) -> int:
    return 1 if not isinstance(args[0], str) else _traversed(args[0])


def _allocated(count: int, factor: float = 1.0) -> int:
    return int(count * factor) + 1 + LIST_COST


def _result_size(_args: Arguments, result: Any) -> int:
    return _allocated(size(result))


def _flatten(args: Arguments, _result: Any) -> int:
    return _allocated(size(args[0]), float(args[1]) if len(args) == 2 else 1.0)


def _compared(place: int) -> Cost:
    def run(args: Arguments, _result: Any) -> int:
        items = args[place]
        factor = 2 + TRAVERSAL if items and isinstance(items[0], str | bytes) else 2.0
        return _allocated(len(items) * len(items), factor)

    return run


def _set(factor: float) -> Cost:
    return lambda args, _result: 1 + int(size(args[0]) * size(args[1]) * factor)


_FUNCTIONS: dict[str, Cost] = {
    **dict.fromkeys(("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf"), lambda args, _result: _deep(args[0])),
    **dict.fromkeys(("url", "lowerAscii", "upperAscii", "substring", "trim", "jsonpatch.escapeKey"), _first()),
    **dict.fromkeys(("cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver"), _first()),
    **dict.fromkeys(("replace", "split", "ip.isCanonical"), _first(2)),
    "join": lambda _args, result: math.ceil(float(size(result)) * 2 * TRAVERSAL),
    "find": _pattern,
    "findAll": _pattern,
    "ip": _ip,
    "containsIP": lambda args, _result: _inside(args),
    "containsCIDR": lambda args, _result: _inside(args, 1),
    "validate": _validate,
    "_==_": _equality,
    "_!=_": _smaller,
    "slice": _result_size,
    "lists.range": _result_size,
    "flatten": _flatten,
    "distinct": _compared(0),
    "sort": _compared(0),
    "@sortByAssociatedKeys": _compared(1),
    "sets.contains": _set(1),
    "sets.intersects": _set(1),
    "sets.equivalent": _set(2),
}
_COMPARED = tuple(
    f"{how}_{kind}" for how in ("less", "greater", "less_equals", "greater_equals") for kind in ("string", "bytes")
)
_OVERLOADS: dict[str, Cost] = {
    **dict.fromkeys(_COMPARED, _smaller),
    **dict.fromkeys(("starts_with_string", "ends_with_string"), lambda args, _result: _traversed(args[1])),
    **dict.fromkeys(("string_to_bytes", "bytes_to_string", "strings_quote", "string_format"), _first()),
    "list_reverse": _result_size,
    "in_list": lambda args, _result: size(args[1]),
    "add_string": _joined,
    "add_bytes": _joined,
    "matches": _pattern,
    "matches_string": _pattern,
    "contains_string": _contains,
}
