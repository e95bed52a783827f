"""Setting of fields that are missing or null."""

from typing import Any

Object = dict[str, Any]


def member(obj: Object, name: str) -> Object:
    """Return the object at ``name``. Create it if it is missing or null."""
    value: Object = obj.get(name) or {}
    obj[name] = value
    return value


def fill(obj: Object, **defaults: Any) -> None:
    """Set each of ``defaults`` whose field is missing or null."""
    for name, value in defaults.items():
        if obj.get(name) is None:
            obj[name] = value
