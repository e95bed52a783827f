"""The form that Go gives a built-in object when it writes it back as JSON.

The real server decodes every object into Go structs: unknown fields vanish, empty optional ones are left out, and
value fields that were never given come back as zero values (``status: {}``). Owns that round trip. Leaves the
defaults of single kinds to ``kind_defaults``.
"""

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kube_apiserver.schema.model import MISSING, Schema
from kube_apiserver.schema.quantity import canonical_quantity

_TIMES = ("Time", "MicroTime")
_ZERO = {"string": "", "integer": 0, "number": 0, "boolean": False}


def canonical(value: Any, schema: Schema) -> Any:
    """Return ``value`` of a built-in type after Go's decoding and encoding; ``value`` itself is left alone.

    Values of a wrong type are kept as they are: ``decode_error`` reports them.
    """
    if value is None:
        return None
    if isinstance(value, dict) and schema.properties:
        return _struct(value, schema)
    if isinstance(value, dict) and schema.additional:
        additional = schema.additional
        return {key: _element(member, additional) for key, member in value.items()}
    if isinstance(value, list) and schema.items:
        items = schema.items
        return [_element(item, items) for item in value]
    return _scalar(value, schema)


def _element(value: Any, schema: Schema) -> Any:
    """Write a member of a map or a list, where null is the zero value."""
    return _zero(schema) if value is None else canonical(value, schema)


def _struct(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, field in schema.properties.items():
        given = value.get(name)
        if given is None and field.default is not MISSING:
            given = copy.deepcopy(field.default)
        if given is None:
            given = None if field.pointer else _zero(field)
            if field.omit_zero or (field.omit_empty and _is_empty(given, field)):
                continue
            result[name] = given
            continue
        written = canonical(given, field)
        if field.omit_empty and not field.pointer and _is_empty(written, field):
            continue
        if field.omit_zero and not field.pointer and written in ({}, None):
            continue
        result[name] = written
    return result


def _is_empty(value: Any, field: Schema) -> bool:
    """Tell whether encoding/json calls the value empty: structs and opaque types never are."""
    if value is None:
        return field.pointer or not field.definition
    if field.properties or field.definition:
        return False
    return value in ("", 0, [], {}) or value is False


def _zero(field: Schema) -> Any:
    if field.properties:
        return _struct({}, field)
    name = field.definition.rpartition(".")[2]
    if name == "Quantity":
        return "0"
    if name == "IntOrString":
        return 0
    if name == "Duration":
        return "0s"
    if field.definition and not name.startswith(_TIMES) and field.type == "object" and not field.preserve_unknown:
        return {}
    return _ZERO.get(field.type) if not field.definition else None


def _scalar(value: Any, schema: Schema) -> Any:
    name = schema.definition.rpartition(".")[2]
    try:
        if name == "Quantity" and isinstance(value, (str, int, float)):
            return canonical_quantity(value)
        if name in _TIMES and isinstance(value, str):
            return canonical_time(value, micro=name == "MicroTime")
    except ValueError:
        return value
    return value


def canonical_time(text: str, *, micro: bool) -> str:
    """Return an RFC 3339 time in UTC, to the second or to the microsecond.

    Raises:
        ValueError: not a time.
    """
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")
