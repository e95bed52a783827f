"""JSON as this server writes it.

Owns the one encoder and decoder, the order in which an object's first keys stand, and the head of a stored object that
is cut or exchanged without decoding. Leaves protobuf and YAML to the request body reader.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


class MalformedJson(ValueError):
    """The bytes are not JSON; the text says what and where."""


def encode(value: Any) -> bytes:
    """Return compact JSON."""
    return _encoder.encode(value)


def decode(raw: bytes | bytearray | memoryview) -> Any:
    """Return the value of a JSON text.

    Raises:
        MalformedJson: it is not JSON, not UTF-8, or nested beyond what can be read.
    """
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from error


def head(api_version: str, kind: str) -> bytes:
    """Return the first bytes of every object of a kind, up to and including the comma."""
    return b'{"kind":%s,"apiVersion":%s,' % (encode(kind), encode(api_version))


def encode_object(obj: Mapping[str, Any], api_version: str, kind: str) -> bytes:
    """Return an object's JSON with ``kind``, ``apiVersion`` and ``metadata`` first, in this order.

    The order lets a list drop the head and a second served version exchange it without decoding anything.
    """
    ordered: dict[str, Any] = {"kind": kind, "apiVersion": api_version, "metadata": obj.get("metadata", {})}
    for name, value in obj.items():
        if name not in ordered:
            ordered[name] = value
    return _encoder.encode(ordered)
