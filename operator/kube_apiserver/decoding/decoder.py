"""Type errors of built-in objects, in the words of Go's JSON decoder.

kube-apiserver answers 400 with the decoder's message before it validates the object.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.decoding.base64_text import CorruptBase64, canonical_base64
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.go_format import json_type
from kube_apiserver.schema.model import Schema
from kube_apiserver.schema.quantity import canonical_quantity

_INTEGERS = {"int32": 2**31, "int64": 2**63, "uint8": 2**8, "uint16": 2**16, "uint32": 2**32}
_LARGEST_OCTET = 255
_SCHEMA_OR = "JSONSchemaProps"
_LAYOUTS = {"Time": "2006-01-02T15:04:05Z07:00", "MicroTime": "2006-01-02T15:04:05.000000Z07:00"}


def decode_error(obj: Mapping[str, Any], schema: Schema) -> str | None:
    """Return the decoder's message for the first value of a wrong type, None if every value has its Go type.

    The caller prefixes ``KIND in version "VERSION" cannot be handled as a KIND: `` and answers 400 BadRequest.
    Custom kinds have no decode errors, because their type errors are causes of a 422.
    """
    return value_error(obj, schema, schema.go.rpartition(".")[2], "") if schema.builtin else None


def value_error(value: Any, schema: Schema, owner: str, path: str = "") -> str | None:
    """Return the decoder's message for a value at field ``path`` of the Go type ``owner``, None if its type fits."""
    if value is None:
        return None
    if schema.definition and not schema.properties:
        return _opaque(value, schema, f"Go struct field {owner}.{path}" if path else "Go value")
    expected = schema.type
    if expected == "object" and isinstance(value, dict):
        return _object(value, schema, owner, path)
    if expected == "array" and isinstance(value, list):
        for item in value:
            error = schema.items and value_error(item, schema.items, owner, path)
            if error:
                return error
        return None
    return _scalar(value, schema, owner, path)


def _object(value: dict[str, Any], schema: Schema, owner: str, path: str) -> str | None:
    fields, additional = schema.properties, schema.additional
    inside = schema.go.rpartition(".")[2] if fields else owner
    for name, member in value.items():
        known = fields.get(name) or additional
        if known is None or (known.is_plain and known.type == "string" and isinstance(member, str)):
            continue  # most members of most objects
        where = f"{path}.{name}" if path and fields else name if fields else path
        error = value_error(member, known, inside, where)
        if error:
            return error
    return None


def _scalar(value: Any, schema: Schema, owner: str, path: str) -> str | None:
    found, expected = "", schema.type
    if expected == "string" and isinstance(value, str):
        return _base64(value) if schema.format == "byte" else None
    if schema.format == "byte" and isinstance(value, list):
        return _octets(value, owner, path)
    if expected == "boolean" and isinstance(value, bool):
        return None
    if expected in ("integer", "number") and isinstance(value, (int, float)) and not isinstance(value, bool):
        limit = _INTEGERS.get(schema.go.rpartition(".")[2], 2**63)
        if expected == "number" or (isinstance(value, int) and -limit <= value < limit):
            return None
        found = f"number {value}"
    elif not expected:
        return None
    where = f"Go struct field {owner}.{path}" if path else "Go value"
    return f"json: cannot unmarshal {found or json_type(value)} into {where} of type {schema.go}"


def _octets(value: list[Any], owner: str, path: str) -> str | None:
    """Return the decode error of bytes that are given as numbers, which Go reads as well."""
    octet = Schema(type="integer", go="uint8")
    for item in value:
        if isinstance(item, int) and not isinstance(item, bool) and not 0 <= item <= _LARGEST_OCTET:
            return f"json: cannot unmarshal number {item} into Go struct field {owner}.{path} of type uint8"
        if item is not None and (error := _scalar(item, octet, owner, path)):
            return error
    return None


def _base64(value: str) -> str | None:
    try:
        canonical_base64(value)
    except CorruptBase64 as error:
        return str(error)
    return None


def _opaque(value: Any, schema: Schema, where: str) -> str | None:
    base, _, name = schema.definition.rpartition(".")
    if name.startswith(_SCHEMA_OR):
        return _schema_or(value, name, from_definition(f"{base}.{_SCHEMA_OR}"))
    if name == "Quantity":
        try:
            canonical_quantity(value if isinstance(value, (str, int, float)) else "")
        except ValueError as error:
            return str(error)
    if name == "IntOrString":
        return _int_or_string(value, where)
    if name in _LAYOUTS:
        return _time(value, name)
    return None


def _int_or_string(value: Any, where: str) -> str | None:
    found = json_type(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if -_INTEGERS["int32"] <= value < _INTEGERS["int32"]:
            return None
        found = f"number {value}"
    return None if isinstance(value, str) else f"json: cannot unmarshal {found} into {where} of type int32"


def _schema_or(value: Any, name: str, schema: Schema | None) -> str | None:
    """Return the decode error of a union type such as ``JSONSchemaPropsOrBool``."""
    if isinstance(value, dict) and schema is not None:
        return value_error(value, schema, _SCHEMA_OR)
    if isinstance(value, list) and name.endswith("Array"):
        found = (value_error(item, schema, _SCHEMA_OR) for item in value if schema is not None)
        return next((error for error in found if error), None)
    if isinstance(value, bool) and name.endswith("Bool"):
        return None
    return f"json: cannot unmarshal {json_type(value)} into Go value of type v1.{_SCHEMA_OR}"


def _time(value: Any, name: str) -> str | None:
    if not isinstance(value, str):
        return f"json: cannot unmarshal {json_type(value)} into Go value of type string"
    layout = _LAYOUTS[name]
    try:
        moment = datetime.fromisoformat(value if value[10:11] in ("T", "t") else "")
    except ValueError:
        return f'parsing time "{value}" as "{layout}": cannot parse "{value}" as "2006"'
    if moment.tzinfo is None and (name == "Time" or "." in value):
        return f'parsing time "{value}" as "{layout}": cannot parse "" as "Z07:00"'
    if name == "MicroTime" and "." not in value:
        return f'parsing time "{value}" as "{layout}": cannot parse "{value[19:]}" as ".000000"'
    return None
