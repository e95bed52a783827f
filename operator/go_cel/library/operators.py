"""Arithmetic and comparison: the operators of the language."""

import math
from collections.abc import Callable
from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.conversions import Function, checked_int, checked_uint, runtime_name, to_string
from go_cel.values.comparing import contains, equal, find, is_number, ordered
from go_cel.values.scalars import Duration, Timestamp, Uint


def _arithmetic(whole: Callable[[int, int], int], real: Callable[[float, float], float] | None) -> Function:
    def run(left: Any, right: Any) -> Any:
        kind = type(left)
        if kind is not type(right):
            raise no_overload()
        if kind is int:
            return checked_int(whole(left, right))
        if kind is Uint:
            return checked_uint(whole(left, right))
        if kind is float and real is not None:
            return real(left, right)
        raise no_overload()

    return run


_add_numbers = _arithmetic(lambda left, right: int(left) + int(right), lambda left, right: left + right)
_subtract_numbers = _arithmetic(lambda left, right: int(left) - int(right), lambda left, right: left - right)


def add(left: Any, right: Any) -> Any:
    """Add numbers or times, or join strings, bytes or lists."""
    if type(left) is int and type(right) is int:
        return checked_int(left + right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        merged = getattr(left, "merged", None)
        return [*left, *right] if merged is None else merged(right)
    match left, right:
        case (bytes(), bytes()):
            return left + right
        case (Duration(), Duration()):
            return Duration(left.nanoseconds + right.nanoseconds)
        case (Timestamp(), Duration()):
            return left.plus(right.nanoseconds)
        case (Duration(), Timestamp()):
            return right.plus(left.nanoseconds)
    return _add_numbers(left, right)


def _subtract(left: Any, right: Any) -> Any:
    match left, right:
        case (Duration(), Duration()) | (Timestamp(), Timestamp()):
            return Duration(left.nanoseconds - right.nanoseconds)
        case (Timestamp(), Duration()):
            return left.plus(-right.nanoseconds)
    return _subtract_numbers(left, right)


def _quotient(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("division by zero")
    found = abs(left) // abs(right)
    return found if (left < 0) == (right < 0) else -found


def _remainder(left: int, right: int) -> int:
    if right == 0:
        raise EvaluationError("modulus by zero")
    found = abs(left) % abs(right)
    return -found if left < 0 else found


def _divide_doubles(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or math.isnan(left):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1, right)


def _multiply_doubles(left: float, right: float) -> float:
    return left * right


def _negate(value: Any) -> Any:
    if isinstance(value, float):
        return -value
    if type(value) is int:
        return checked_int(-value)
    raise no_overload()


def _not(value: Any) -> bool:
    if isinstance(value, bool):
        return not value
    raise no_overload()


def _size(value: Any) -> int:
    if isinstance(value, str | bytes | list | dict):
        return len(value)
    raise no_overload()


def index(container: Any, key: Any) -> Any:
    """Return an item of a list, a value of a map or a field.

    Raises:
        EvaluationError: there is none.
    """
    if isinstance(container, dict):
        is_there, value = find(container, key)
        if is_there:
            return value
    elif isinstance(container, list):
        place = list_index(key)
        if 0 <= place < len(container):
            return container[place]
        raise EvaluationError(f"index out of bounds: {to_string(key)}")
    raise EvaluationError(f"no such key: {to_string(key)}")


def list_index(key: Any) -> int:
    """Return the position that a value names.

    Raises:
        EvaluationError: it is no whole number.
    """
    if is_number(key):
        if int(key) == key:
            return int(key)
        raise EvaluationError(f"unsupported index value {to_string(key)} in list")
    raise EvaluationError(f"unsupported index type '{runtime_name(key)}' in list")


FUNCTIONS: dict[str, Function] = {
    "_+_": add,
    "_-_": _subtract,
    "_*_": _arithmetic(lambda left, right: int(left) * int(right), _multiply_doubles),
    "_/_": _arithmetic(_quotient, _divide_doubles),
    "_%_": _arithmetic(_remainder, None),
    "-_": _negate,
    "!_": _not,
    "_==_": equal,
    "_!=_": lambda left, right: not equal(left, right),
    "_<_": ordered(lambda found: found == -1),
    "_<=_": ordered(lambda found: found in (-1, 0)),
    "_>_": ordered(lambda found: found == 1),
    "_>=_": ordered(lambda found: found in (0, 1)),
    "@in": lambda value, items: contains(items, value),
    "size": _size,
}
