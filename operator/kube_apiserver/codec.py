"""JSON encoding and decoding.

Owns the encoder, the decoder, and the order of an object's first keys. A known order lets a list or another served
version replace the head of a stored object without decoding it.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


class MalformedJson(ValueError):
    """The bytes are not valid JSON. The message says what is wrong, and where."""


def encode(value: Any) -> bytes:
    """Return the compact JSON of a value."""
    return _encoder.encode(value)


def decode(raw: bytes | bytearray | memoryview) -> Any:
    """Return the value of a JSON document.

    Raises:
        MalformedJson: the document is not JSON, not UTF-8, or nested too deeply.
    """
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedJson(str(error)) from error


def duplicate_fields(raw: bytes) -> list[str]:
    """Return the paths of the object members that occur more than once in ``raw``, which must be valid JSON."""
    found: list[str] = []
    _collect_duplicates(json.loads(raw, object_pairs_hook=_Pairs), "", found)
    return found


class _Pairs(dict[str, Any]):
    """An object that records its duplicate members."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.duplicates = sorted({name for name in names if names.count(name) > 1}) if len(names) > len(self) else []


def _collect_duplicates(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, _Pairs):
        found.extend(f"{path}{name}" for name in value.duplicates)
        for name, member in value.items():
            _collect_duplicates(member, f"{path}{name}.", found)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            _collect_duplicates(member, f"{path.rstrip('.')}[{index}].", found)


def head(api_version: str, kind: str) -> bytes:
    """Return the first bytes of every encoded object of a kind: ``kind`` and ``apiVersion``, up to the comma."""
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
