"""The protobuf envelope: four magic bytes, then a ``runtime.Unknown`` with the kind and the message."""

from typing import Any

import msgspec

from kube_apiserver.protobuf.messages import decode_message
from kube_apiserver.protobuf.reader import WireError, fields
from kube_apiserver.schema.facts import kinds

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
    group, _, version = api_version.rpartition("/")
    # DeleteOptions and other option kinds are registered in every group version with the same fields as in core.
    definition = kinds().get(f"{group}/{version}/{kind}") or kinds().get(f"/v1/{kind}")
    if definition is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    return {**decode_message(raw, definition), **head}
