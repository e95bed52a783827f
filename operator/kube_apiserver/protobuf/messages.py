"""Conversion of protobuf messages of built-in types to the JSON that Go writes for the same struct."""

import base64
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.protobuf.message_types import SCHEMA, message_fields
from kube_apiserver.protobuf.opaque_messages import OPAQUE
from kube_apiserver.protobuf.reader import BYTES, FIXED32, WireError, fields, signed
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.facts import FieldFacts

#: Fields by number; those of an embedded struct are under its number.
Fields = dict[int, "FieldFacts | Fields"]


def decode_message(data: bytes, definition: str) -> dict[str, Any]:
    """Return the JSON form of a message of a type such as ``io.k8s.api.core.v1.Pod``.

    Empty fields with omitempty are omitted; value structs are written even if empty.

    Raises:
        WireError: the bytes are not a message of this type.
    """
    value = _raw(data, definition)
    schema = from_definition(definition)
    result = canonical(value, schema) if schema else value
    return result if isinstance(result, dict) else value


def _raw(data: bytes, definition: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    _read_into(result, data, _fields(definition))
    return result


def _read_into(result: dict[str, Any], data: bytes, known: Fields) -> None:
    for number, kind, value in fields(data):
        match known.get(number):
            case FieldFacts() as field:
                _store(result, field, kind, value)
            case dict() as embedded if isinstance(value, bytes):
                _read_into(result, value, embedded)


@cache
def _fields(definition: str) -> Fields:
    """Return the fields by number; those of an embedded struct, "2.5" for example, as fields of one of them."""
    found: Fields = {}
    for field in message_fields(definition):
        *outer, own = field.number.split(".")
        members: Any = found
        for number in outer:
            members = members.setdefault(int(number), {})
        if own:
            members[int(own)] = field
    return found


def _store(result: dict[str, Any], field: FieldFacts, kind: int, value: int | bytes) -> None:
    go = field.go.removeprefix("*")
    if go.startswith("[]"):
        result.setdefault(field.name, []).extend(_elements(go[2:], kind, value))
    elif go.startswith("{}"):
        key, member = _entry(go[2:], value)
        result.setdefault(field.name, {})[key] = member
    else:
        result[field.name] = _single(go, kind, value)


def _elements(go: str, kind: int, value: int | bytes) -> list[Any]:
    return [_single(go, kind, value)]


def _entry(go: str, value: int | bytes) -> tuple[str, Any]:
    key, member = "", _empty(go)
    for number, kind, part in fields(_message(value)):
        if number == 1:
            key = _message(part).decode()
        elif number == 2:
            member = _single(go, kind, part)
    return key, member


def _empty(go: str) -> Any:
    return _single(go, BYTES, b"") if go.startswith(("#", "bytes", "string", "~")) else 0


def _single(go: str, kind: int, value: int | bytes) -> Any:
    go = go.removeprefix("*")
    if go.startswith("[]"):
        return [_single(go[2:], part_kind, part) for _, part_kind, part in fields(_message(value))]
    if go.startswith("#"):
        name = go.rpartition(".")[2]
        reader = OPAQUE.get(name) or _UNIONS.get(name)
        return reader(_message(value)) if reader else _raw(_message(value), go[1:])
    if go == "bytes":
        return base64.b64encode(_message(value)).decode()
    scalar = go.rpartition("=")[2]
    if scalar == "string":
        return _text(value)
    if scalar.startswith("float"):
        return struct.unpack("<f" if kind == FIXED32 else "<d", _message(value))[0]
    if isinstance(value, bytes):
        raise WireError(f"proto: wrong wireType = {kind}")
    return bool(value) if scalar == "bool" else signed(value)


def _schema_or_list(data: bytes) -> Any:
    found = list(fields(data))
    if found and found[0][0] == 1:
        return _raw(_message(found[0][2]), SCHEMA)
    return [_raw(_message(value), SCHEMA) for _, _, value in found]


def _schema_or_texts(data: bytes) -> Any:
    found = list(fields(data))
    if found and found[0][0] == 1:
        return _raw(_message(found[0][2]), SCHEMA)
    return [_text(value) for _, _, value in found]


def _schema_or_bool(data: bytes) -> Any:
    found = {number: value for number, _, value in fields(data)}
    return _raw(_message(found[2]), SCHEMA) if 2 in found else bool(found.get(1))


_UNIONS: dict[str, Callable[[bytes], Any]] = {
    "JSONSchemaPropsOrBool": _schema_or_bool,
    "JSONSchemaPropsOrArray": _schema_or_list,
    "JSONSchemaPropsOrStringArray": _schema_or_texts,
}


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("proto: wrong wireType = 0")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _message(value).decode()
    except UnicodeDecodeError as error:
        raise WireError("string field contains invalid UTF-8") from error
