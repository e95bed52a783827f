"""Conversion of JSON values to CEL data: property names are escaped, dates and durations are parsed."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any

from kube_apiserver.cel.names import identifier
from kube_apiserver.cel.shapes import is_map, visible
from kube_apiserver.schema.model import Schema

_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DURATION = re.compile(r"([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)")


def converted(value: Any, schema: Schema, *, is_root: bool = False) -> Any:
    """Return a JSON value of ``schema`` as CEL data. Values that do not match the schema stay unchanged."""
    if isinstance(value, list):
        return [converted(item, schema.items) for item in value] if schema.items else value
    if isinstance(value, dict):
        if is_map(schema) and not is_root and schema.additional is not None:
            return {key: converted(member, schema.additional) for key, member in value.items()}
        return _object(value, schema, is_root=is_root)
    if schema.type == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and schema.format:
        return _formatted(value, schema.format)
    return value


def _object(value: dict[str, Any], schema: Schema, *, is_root: bool) -> Any:
    if not schema.type and schema.preserve_unknown:
        return value
    found = {}
    for name, child in visible(schema, is_root=is_root).items():
        escaped = identifier(name)
        if escaped is not None and value.get(name) is not None:
            found[escaped] = converted(value[name], child)
    return found


def _formatted(value: str, form: str) -> Any:
    from google.protobuf import duration_pb2, timestamp_pb2  # imported with the first rule, see programs.py

    try:
        if form in ("date-time", "date"):
            moment = datetime.fromisoformat(value)
            time = timestamp_pb2.Timestamp()
            time.FromDatetime(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
            return time
        if form == "duration":
            length = duration_pb2.Duration()
            length.FromNanoseconds(_nanoseconds(value))
            return length
        if form == "byte":
            return base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return value  # schema validation rejects this value
    return value


def _nanoseconds(text: str) -> int:
    """Parse a Go duration such as ``1h30m``. Return nanoseconds."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    parts = _DURATION.findall(digits)
    if digits != "0" and "".join(number + unit for number, unit in parts) != digits:
        raise ValueError(f"{text!r} is not a duration")
    return sign * sum(round(float(number) * _UNITS[unit]) for number, unit in parts)
