"""The canonical form of a built-in object: its JSON after Go has decoded and encoded it.

kube-apiserver decodes objects into Go structs. That drops unknown fields, omits empty optional fields, and adds the
zero values of required ones (``status: {}``). Defaults of single kinds are in ``defaulting.kinds``.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kube_apiserver import codec
from kube_apiserver.decoding.base64_text import canonical_base64
from kube_apiserver.schema.builtin_schemas import MILLI, from_definition
from kube_apiserver.schema.model import MISSING, Schema
from kube_apiserver.schema.quantity import canonical_quantity

_SCHEMA = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
_TIMES = ("Time", "MicroTime")
_IN_SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_IN_MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_ZERO = {"string": "", "integer": 0, "number": 0, "boolean": False}


def canonical(value: Any, schema: Schema) -> Any:
    """Return the canonical form of ``value``, which has a built-in type. ``value`` is not modified.

    Values of a wrong type stay unchanged, because ``decode_error`` reports them.
    """
    if value is None or schema.is_plain:
        return value
    if isinstance(value, dict) and schema.properties:
        return _struct(value, schema)
    if isinstance(value, dict) and schema.additional:
        additional = schema.additional
        if additional.is_plain and None not in value.values():
            return dict(value)
        return {key: _element(member, additional) for key, member in value.items()}
    if isinstance(value, dict | list) and schema.definition.startswith(_SCHEMA):
        return _schema_or_other(value, schema)
    if isinstance(value, list) and schema.items:
        items = schema.items
        return [_element(item, items) for item in value]
    return _scalar(value, schema)


def _schema_or_other(value: dict[str, Any] | list[Any], schema: Schema) -> Any:
    """Return the canonical form of what is a JSONSchemaProps, or a list of them; of strings, if its type says so."""
    props = from_definition(_SCHEMA)
    if props is None or schema.definition == _SCHEMA:
        return value
    if isinstance(value, dict):
        return canonical(value, props)
    return value if schema.definition.endswith("StringArray") else [_element(item, props) for item in value]


def _element(value: Any, schema: Schema) -> Any:
    """Return the canonical form of an item of a list or map. A null becomes the zero value."""
    return _zero(schema) if value is None else canonical(value, schema)


def _struct(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    result: dict[str, Any] = {}
    written = schema.written
    if written is None:
        written = schema.written = frozenset(name for name, field in schema.properties.items() if _is_written(field))
    for name, field in schema.properties.items():
        if name not in value and name not in written:
            continue
        given = value.get(name)
        if given is None and field.default is not MISSING:
            given = codec.copied(field.default)
        if given is None:
            if _is_written(field):
                result[name] = None if field.pointer else _zero(field)
            continue
        known = given if field.is_plain else canonical(given, field)
        if known or field.pointer or not _is_omitted(known, field):
            result[name] = known
    return result


def _is_written(field: Schema) -> bool:
    """Report whether Go writes a field that is unset, or sets it by a default."""
    if field.default is not MISSING:
        return True
    if field.omit_zero:
        return False
    return not (field.omit_empty and _is_empty(None if field.pointer else _zero(field), field))


def _is_omitted(value: Any, field: Schema) -> bool:
    """Report whether Go leaves out a field with this value, which is false, zero or empty."""
    return (field.omit_empty and _is_empty(value, field)) or (field.omit_zero and value in ({}, None))


def _is_empty(value: Any, field: Schema) -> bool:
    """Report whether ``omitempty`` omits the value. It never omits structs and types with their own JSON form."""
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
        if schema.format == "byte" and isinstance(value, str):
            return canonical_base64(value)
        if schema.format == "byte" and isinstance(value, list):
            return base64.b64encode(bytes(item or 0 for item in value)).decode()
        if name == "Quantity" and isinstance(value, (str, int, float)):
            return canonical_quantity(value, places=3 if schema.format == MILLI else 9)
        if name in _TIMES and isinstance(value, str):
            return canonical_time(value, micro=name == "MicroTime")
    except (ValueError, OverflowError, TypeError):  # no such value, or a time whose year in UTC Python does not know
        return value
    return value


def canonical_time(text: str, *, micro: bool) -> str:
    """Return an RFC 3339 time in UTC, with microseconds if ``micro`` is set. A time in this form stays as it is.

    Raises:
        ValueError: ``text`` is not an RFC 3339 time.
        OverflowError: its year in UTC is 0 or 10000.
    """
    if (_IN_MICROSECONDS if micro else _IN_SECONDS).fullmatch(text):
        return text
    moment = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds" if micro else "seconds") + "Z"  # ten times as fast as strftime
