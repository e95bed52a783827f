"""Numbers of custom objects, as kube-apiserver decodes and stores them.

Go decodes a number without point and exponent as an integer of 64 bits, and all others as floats. It writes a float
that is whole without a point, so that ``1.0``, ``1e3`` and ``-0.0`` come back as integers. In between, while an object
is checked, ``1`` and ``1.0`` are two items of a set.
"""

from collections.abc import Callable, Iterable
from typing import Any

from kube_apiserver.schema.go_format import EXPONENT_FROM, whole_number

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1


def decoded_numbers(value: Any) -> Any:
    """Return JSON with its numbers as Go decodes them; a part that stays the same is shared with ``value``."""
    return _replaced(value, _decoded)


def stored_numbers(value: Any) -> Any:
    """Return JSON with its numbers as Go reads them after it wrote them; a part that stays the same is shared."""
    return _replaced(value, _stored)


def _decoded(value: Any) -> Any:
    if not isinstance(value, int) or _SMALLEST <= value <= _LARGEST:
        return value
    try:
        return float(value)
    except OverflowError:
        return value  # no float of Go holds it either


def _stored(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < EXPONENT_FROM:
        return whole_number(value)
    return value


def _replaced(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, int | float):
        return change(value)
    if isinstance(value, dict):
        return _with_replaced(value, value.items(), change)
    if isinstance(value, list):
        return _with_replaced(value, enumerate(value), change)
    return value


def _with_replaced(value: Any, members: Iterable[tuple[Any, Any]], change: Callable[[Any], Any]) -> Any:
    """Return a dict or list with its members replaced. It is copied once one of them differs."""
    result = value
    for key, member in members:
        if isinstance(member, str):
            continue
        replaced = _replaced(member, change)
        if replaced is not member:
            result = value.copy() if result is value else result
            result[key] = replaced
    return result
