"""The protobuf envelope: four magic bytes, then a ``runtime.Unknown`` with the kind and the message."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kube_apiserver.protobuf.encoding import encode_message
from kube_apiserver.protobuf.message_types import definition_of
from kube_apiserver.protobuf.messages import decode_message
from kube_apiserver.protobuf.reader import WireError, fields
from kube_apiserver.protobuf.writer import bytes_field

_MAGIC = b"k8s\x00"


class ProtobufError(ValueError):
    """The body is not a protobuf object of a known kind. The message is for a 400 response."""


def decode(body: bytes) -> dict[str, Any]:
    """Return the object in a protobuf request body, with its ``apiVersion`` and ``kind``.

    Raises:
        ProtobufError: the envelope is missing, the kind is unknown, or the message is malformed.
    """
    if not body.startswith(_MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        return _unknown(body[len(_MAGIC) :])
    except (WireError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise ProtobufError(str(error)) from error


def _unknown(data: bytes) -> dict[str, Any]:
    api_version = kind = content_type = ""
    raw = b""
    for number, _, value in fields(data):
        if not isinstance(value, bytes):
            continue
        if number == 1:
            parts = {part: text.decode() for part, _, text in fields(value) if isinstance(text, bytes)}
            api_version, kind = parts.get(1, ""), parts.get(2, "")
        elif number == 2:
            raw = value
        elif number == 4:
            content_type = value.decode()
    head = {"kind": kind, "apiVersion": api_version}
    if content_type == "application/json":
        return {**head, **msgspec.json.decode(raw, type=dict[str, Any])}
    definition = definition_of(api_version, kind)
    if definition is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    return {**decode_message(raw, definition), **head}


def encode(obj: Mapping[str, Any]) -> bytes:
    """Return an object of a built-in kind as Go's serializer writes it.

    Raises:
        ProtobufError: the kind is unknown, or a value is not of its type.
    """
    api_version, kind = obj["apiVersion"], obj["kind"]
    definition = definition_of(api_version, kind)
    if definition is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    try:
        message = encode_message(obj, definition)
    except (ValueError, TypeError, AttributeError) as error:
        raise ProtobufError(f"{kind} has a value that is not of its type: {error}") from error
    head = bytes_field(1, api_version.encode()) + bytes_field(2, kind.encode())
    return _MAGIC + bytes_field(1, head) + bytes_field(2, message) + bytes_field(3, b"") + bytes_field(4, b"")


def encode_event(kind: str, obj: Mapping[str, Any]) -> bytes:
    """Return an event of a watch with its length before it, as Go's framer writes it.

    Raises:
        ProtobufError: as for ``encode``.
    """
    event = bytes_field(1, kind.encode()) + bytes_field(2, bytes_field(1, encode(obj)))
    return len(event).to_bytes(4, "big") + event
