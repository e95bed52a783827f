"""Numbers of built-in objects as Go converts them from a map.

kube-apiserver does so after an apply or a strategic merge patch. A number that is out of range of its Go type loses its
upper bits, where the decoder of JSON refuses it.
"""

from collections.abc import Mapping
from typing import Any

from kube_apiserver.schema.model import Schema

_BITS = {"int32": 32, "int64": 64}
#: The integer that Go gets from a float that no int64 holds.
_INDEFINITE = -(2**63)


def converted_numbers(value: Any, schema: Schema | None) -> Any:
    """Return a value with its whole numbers converted to their Go types; what stays the same is shared."""
    if schema is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        changed = {}
        for name, member in value.items():
            if isinstance(member, str | bool) or member is None:
                continue
            converted = converted_numbers(member, schema.child(name))
            if converted is not member:
                changed[name] = converted
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [converted_numbers(item, schema.items) for item in value]
        return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
    if schema.type == "integer" and type(value) in (int, float):
        return _converted(value, _BITS.get(schema.go.rpartition(".")[2], 0))
    return value


def _converted(number: float, bits: int) -> float:
    if not bits or number % 1:
        return number
    whole = int(number)
    if not -(2**63) <= whole < 2**63:
        whole = _INDEFINITE
    half = 2 ** (bits - 1)
    wrapped = (whole + half) % (2 * half) - half
    return number if isinstance(number, int) and wrapped == number else wrapped
