"""Conversion of protobuf messages of built-in types to the JSON that Go writes for the same struct."""

import base64
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from kube_apiserver.decoding.canonical_form import canonical
from kube_apiserver.protobuf.opaque_messages import OPAQUE
from kube_apiserver.protobuf.reader import BYTES, FIXED32, WireError, fields, signed
from kube_apiserver.schema.builtin_schemas import from_definition
from kube_apiserver.schema.facts import FieldFacts, type_facts

Read = Callable[[int, int | bytes], Any]


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
    own, embedded = _numbers(definition)
    result: dict[str, Any] = {}
    _read_into(result, data, own, embedded)
    return result


def _read_into(
    result: dict[str, Any], data: bytes, own: dict[int, FieldFacts], embedded: dict[int, dict[int, FieldFacts]]
) -> None:
    for number, kind, value in fields(data):
        if number in own:
            _store(result, own[number], kind, value)
        elif number in embedded and isinstance(value, bytes):
            _read_into(result, value, embedded[number], {})


@cache
def _numbers(definition: str) -> tuple[dict[int, FieldFacts], dict[int, dict[int, FieldFacts]]]:
    own: dict[int, FieldFacts] = {}
    embedded: dict[int, dict[int, FieldFacts]] = {}
    facts = type_facts(definition)
    for field in facts.fields if facts else ():
        outer, dot, inner = field.number.rpartition(".")
        if dot:
            embedded.setdefault(int(outer), {})[int(inner)] = field
        elif field.number:
            own[int(field.number)] = field
    return own, embedded


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
        reader = OPAQUE.get(go.rpartition(".")[2])
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


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise WireError("proto: wrong wireType = 0")
    return value


def _text(value: int | bytes) -> str:
    try:
        return _message(value).decode()
    except UnicodeDecodeError as error:
        raise WireError("string field contains invalid UTF-8") from error
