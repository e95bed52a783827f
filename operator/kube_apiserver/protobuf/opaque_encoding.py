"""Encoding of values with a special JSON form: the counterpart of ``opaque_messages``."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from kube_apiserver import codec
from kube_apiserver.protobuf.writer import bytes_field, number_field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")
_NANOSECONDS = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}


def _time(value: Any) -> bytes:
    if not value:
        return b""  # Go's zero time
    since = datetime.fromisoformat(value) - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    return number_field(1, seconds) + number_field(2, since.microseconds * 1000)


def _quantity(value: Any) -> bytes:
    return bytes_field(1, str("0" if value is None else value).encode())


def _int_or_string(value: Any) -> bytes:
    if isinstance(value, str):
        return number_field(1, 1) + number_field(2, 0) + bytes_field(3, value.encode())
    return number_field(1, 0) + number_field(2, value or 0) + bytes_field(3, b"")


def _json(value: Any) -> bytes:
    return b"" if value is None else bytes_field(1, codec.encode(value))


def _duration(value: Any) -> bytes:
    text = value or "0s"
    parts = (float(number) * _NANOSECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    nanoseconds = round(sum(parts))
    return number_field(1, -nanoseconds if text.startswith("-") else nanoseconds)


def _texts(value: Any) -> bytes:
    return b"".join(bytes_field(1, text.encode()) for text in value or ())


#: The encoder of a special value, by the short name of its type.
OPAQUE: dict[str, Callable[[Any], bytes]] = {
    "Time": _time,
    "MicroTime": _time,
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "RawExtension": _json,
    "FieldsV1": _json,
    "JSON": _json,
    "Duration": _duration,
    "Verbs": _texts,
    "ExtraValue": _texts,
}
