"""Numbers of custom objects, as kube-apiserver stores and reads them again.

Go decodes a number without point and exponent as an integer of 64 bits, and all others as floats. It writes a float
that is whole without a point, so that ``1.0``, ``1e3`` and ``-0.0`` come back as integers.
"""

from typing import Any

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_MAX_WHOLE_FLOAT = 2**53 - 1


def with_go_numbers(value: Any) -> Any:
    """Return JSON with its numbers as Go has them; a part without such numbers is shared with ``value``."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _MAX_WHOLE_FLOAT else value
    if isinstance(value, int):
        return value if _SMALLEST <= value <= _LARGEST else float(value)
    if isinstance(value, dict):
        members = {key: with_go_numbers(each) for key, each in value.items()}
        return members if any(members[key] is not each for key, each in value.items()) else value
    if isinstance(value, list):
        items = [with_go_numbers(each) for each in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
