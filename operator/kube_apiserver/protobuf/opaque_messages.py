"""Decoding of messages with a special JSON form: times, quantities, int-or-string, raw JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from kube_apiserver.protobuf.reader import WireError, fields, signed

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _numbers(data: bytes) -> dict[int, int | bytes]:
    return {number: value for number, _, value in fields(data)}


def _number(found: dict[int, int | bytes], number: int) -> int:
    value = found.get(number, 0)
    if not isinstance(value, int):
        raise WireError("proto: wrong wireType = 2")
    return signed(value)


def _moment(data: bytes) -> datetime | None:
    # Go's zero time is encoded as an empty message.
    if not data:
        return None
    found = _numbers(data)
    return _EPOCH + timedelta(seconds=_number(found, 1), microseconds=_number(found, 2) // 1000)


def _time(data: bytes) -> str | None:
    moment = _moment(data)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _micro_time(data: bytes) -> str | None:
    moment = _moment(data)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if moment else None


def _text(data: bytes) -> str:
    value = _numbers(data).get(1, b"")
    return value.decode() if isinstance(value, bytes) else str(value)


def _int_or_string(data: bytes) -> int | str:
    found = _numbers(data)
    if _number(found, 1) == 0:
        return _number(found, 2)
    text = found.get(3, b"")
    return text.decode() if isinstance(text, bytes) else str(text)


def _json(data: bytes) -> Any:
    raw = _numbers(data).get(1, b"")
    return msgspec.json.decode(raw) if isinstance(raw, bytes) and raw else None


def _duration(data: bytes) -> str:
    nanoseconds = _number(_numbers(data), 1)
    seconds, rest = divmod(abs(nanoseconds), 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{rest / 1e9:.9f}".rstrip("0")[1:].rstrip(".")
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{'-' if nanoseconds < 0 else ''}{head}{seconds}{fraction}s"


def _strings(data: bytes) -> list[str]:
    return [value.decode() for _, _, value in fields(data) if isinstance(value, bytes)]


OPAQUE: dict[str, Callable[[bytes], Any]] = {
    "Time": _time,
    "MicroTime": _micro_time,
    "Quantity": _text,
    "IntOrString": _int_or_string,
    "RawExtension": _json,
    "FieldsV1": _json,
    "JSON": _json,
    "Duration": _duration,
    "Verbs": _strings,
    "ExtraValue": _strings,
}
"""Maps a short type name to the decoder of its message."""
