"""Encoding of the JSON of built-in types as protobuf, byte for byte as Go encodes the same struct.

Fields come in the order of their numbers. Go writes a field that is no pointer also if it is empty, and the entries of
a map in the order of their keys.
"""

import base64
import struct
from collections.abc import Callable, Mapping
from functools import cache
from itertools import groupby
from typing import Any

from kube_apiserver.protobuf.message_types import SCHEMA, message_fields
from kube_apiserver.protobuf.opaque_encoding import OPAQUE
from kube_apiserver.protobuf.reader import BYTES, VARINT
from kube_apiserver.protobuf.writer import bytes_field, double_tag, number_field, tag, varint
from kube_apiserver.schema.facts import FieldFacts

Object = Mapping[str, Any]
#: Returns a field, or nothing, of the object that has it.
Field = Callable[[Object], bytes]
#: Returns the content of a message or of a text.
Content = Callable[[Any], bytes]

_NOTHING: Object = {}


def encode_message(obj: Object, definition: str) -> bytes:
    """Return the message of a type such as ``io.k8s.api.core.v1.Pod``.

    Raises:
        ValueError: the JSON is not that of the type, such as a time that is none.
    """
    return b"".join([field(obj) for field in _fields(definition)])


@cache
def _fields(definition: str) -> tuple[Field, ...]:
    return _members([(field.number, field) for field in message_fields(definition) if field.number])


def _members(numbered: list[tuple[str, FieldFacts]]) -> tuple[Field, ...]:
    """Return the fields of a struct by their numbers, "2.5" for field 5 of the struct that is embedded as field 2."""
    found: list[Field] = []
    numbered.sort(key=lambda each: [int(part) for part in each[0].split(".")])
    for outer, group in groupby(numbered, key=lambda each: each[0].partition(".")[0]):
        members = list(group)
        inner = [(number.partition(".")[2], field) for number, field in members]
        if inner[0][0]:
            found.append(_embedded(int(outer), _members(inner)))
        else:
            found.append(_field(members[0][1], int(outer)))
    return tuple(found)


def _embedded(number: int, inner: tuple[Field, ...]) -> Field:
    """Return the field of an embedded struct, whose members are members of the object."""
    return lambda obj: bytes_field(number, b"".join([field(obj) for field in inner]))


def _field(facts: FieldFacts, number: int) -> Field:
    name, go = facts.name, facts.go
    if go.startswith("[]"):
        element = _present(go[2:], number)
        return lambda obj: b"".join([element(each) for each in obj.get(name) or ()])
    if go.startswith("{}"):
        entry = _entry(go[2:], number)
        return lambda obj: b"".join([entry(key, each) for key, each in sorted((obj.get(name) or _NOTHING).items())])
    write = _present(go.removeprefix("*"), number)
    if go.startswith("*") or go == "bytes":
        return lambda obj: write(value) if (value := obj.get(name)) is not None else b""
    return lambda obj: write(obj.get(name))


def _entry(go: str, number: int) -> Callable[[str, Any], bytes]:
    value = _present(go, 2)
    return lambda key, each: bytes_field(number, bytes_field(1, key.encode()) + value(each))


def _present(go: str, number: int) -> Callable[[Any], bytes]:
    """Return what writes a field with one value; None is the empty value of its type."""
    scalar = go.rpartition("=")[2]
    if scalar.startswith("float"):
        begin = double_tag(number)
        return lambda value: begin + struct.pack("<d", value or 0.0)
    if scalar == "bool" or scalar.startswith(("int", "uint")):
        empty, begin = number_field(number, 0), tag(number, VARINT)
        return lambda value: begin + varint(int(value)) if value else empty
    content, begin = _content(go), tag(number, BYTES)

    def write(value: Any) -> bytes:
        found = content(value)
        return begin + varint(len(found)) + found

    return write


def _content(go: str) -> Content:
    if go.startswith("[]"):
        element = _present(go[2:], 1)
        return lambda value: b"".join([element(each) for each in value or ()])
    if not go.startswith("#"):
        if go == "bytes":
            return lambda value: base64.b64decode(value or "")
        return lambda value: value.encode() if value else b""
    definition = go[1:]
    opaque = OPAQUE.get(definition.rpartition(".")[2]) or _UNIONS.get(definition.rpartition(".")[2])
    return opaque or (lambda value: encode_message(value or _NOTHING, definition))


def _schema_or_bool(value: Any) -> bytes:
    if isinstance(value, bool):
        return number_field(1, value)
    return number_field(1, 1) + bytes_field(2, encode_message(value, SCHEMA))


def _schema_or_list(value: Any) -> bytes:
    if isinstance(value, list):
        return b"".join([bytes_field(2, encode_message(each, SCHEMA)) for each in value])
    return bytes_field(1, encode_message(value, SCHEMA))


def _schema_or_texts(value: Any) -> bytes:
    if isinstance(value, list):
        return b"".join([bytes_field(2, each.encode()) for each in value])
    return bytes_field(1, encode_message(value, SCHEMA))


_UNIONS: dict[str, Content] = {
    "JSONSchemaPropsOrBool": _schema_or_bool,
    "JSONSchemaPropsOrArray": _schema_or_list,
    "JSONSchemaPropsOrStringArray": _schema_or_texts,
}
