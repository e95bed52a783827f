"""Conversions between types, and the texts of values."""

import math
import re
from collections.abc import Callable
from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.values.comparing import is_number, kind_of
from go_cel.values.scalars import INT_MAX, INT_MIN, UINT_MAX, Duration, Timestamp, TypeValue, Uint

Function = Callable[..., Any]
_FIRST_SCIENTIFIC = 6
_DOUBLE = re.compile(r"(?i)[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf|infinity|nan)")


def checked_int(value: int) -> int:
    """Return an integer that fits into 64 bits.

    Raises:
        EvaluationError: it does not.
    """
    if not INT_MIN <= value <= INT_MAX:
        raise EvaluationError("integer overflow")
    return value


def checked_uint(value: int) -> Uint:
    """Return an unsigned integer that fits into 64 bits.

    Raises:
        EvaluationError: it does not.
    """
    if not 0 <= value <= UINT_MAX:
        raise EvaluationError("unsigned integer overflow")
    return Uint(value)


def _conversion_error(value: Any, wanted: str) -> EvaluationError:
    return EvaluationError(f"type conversion error from '{runtime_name(value)}' to '{wanted}'")


def to_int(value: Any) -> int:
    """Convert to an integer."""
    if isinstance(value, str):
        digits = value[1:] if value[:1] in ("+", "-") else value
        if not (digits.isascii() and digits.isdigit()) or not INT_MIN <= int(value) <= INT_MAX:
            raise _conversion_error(value, "int")
        return int(value)
    if isinstance(value, Timestamp):
        return value.nanoseconds // 10**9
    if isinstance(value, Duration):
        return value.nanoseconds
    if isinstance(value, float):
        if not -(2.0**63) < value < 2.0**63:
            raise EvaluationError("integer overflow")
        return int(value)
    if is_number(value):
        return checked_int(int(value))
    raise _conversion_error(value, "int")


def _to_uint(value: Any) -> Uint:
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit()) or int(value) > UINT_MAX:
            raise _conversion_error(value, "uint")
        return Uint(int(value))
    if isinstance(value, float):
        if not 0 <= value < 2.0**64:
            raise EvaluationError("unsigned integer overflow")
        return Uint(int(value))
    if is_number(value):
        return checked_uint(int(value))
    raise _conversion_error(value, "uint")


def _to_double(value: Any) -> float:
    if isinstance(value, str):
        if not _DOUBLE.fullmatch(value):
            raise _conversion_error(value, "double")
        return float(value)
    if is_number(value):
        return float(value)
    raise _conversion_error(value, "double")


_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise _conversion_error(value, "bool")


def to_string(value: Any) -> str:
    """Convert to a string."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return shown_double(value)
        case int():
            return str(int(value))
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None
        case Timestamp() | Duration():
            return str(value)
        case TypeValue():
            return value.name
    shown = getattr(value, "as_string", None)
    if shown is None:
        raise no_overload()
    return str(shown)


def shown_double(value: float) -> str:
    """Return a double in Go's shortest form."""
    if math.isinf(value) or math.isnan(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    mantissa, _, power = f"{value!r}".partition("e")
    exponent = int(power or 0) or (math.floor(math.log10(abs(value))) if value else 0)
    if -4 <= exponent < _FIRST_SCIENTIFIC:
        text = f"{value:.{max(0, 17 - exponent)}f}" if power else mantissa
        return text.rstrip("0").rstrip(".") if "." in text else text
    digits = mantissa.replace(".", "").lstrip("-").lstrip("0").rstrip("0") or "0"
    shown = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{'-' if value < 0 else ''}{shown}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _to_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _to_timestamp(value: Any) -> Timestamp:
    if isinstance(value, str):
        try:
            return Timestamp.parse(value)
        except ValueError:
            raise _conversion_error(value, "google.protobuf.Timestamp") from None
    return value if isinstance(value, Timestamp) else Timestamp(int(value) * 10**9)


def _to_duration(value: Any) -> Duration:
    if isinstance(value, str):
        try:
            return Duration.parse(value)
        except ValueError:
            raise _conversion_error(value, "google.protobuf.Duration") from None
    if not isinstance(value, Duration):
        raise no_overload()
    return value


_RUNTIME = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}


def runtime_name(value: Any) -> str:
    """Return the name of the type of a value."""
    kind = kind_of(value)
    return _RUNTIME.get(kind, kind)


FUNCTIONS: dict[str, Function] = {
    "int": to_int,
    "uint": _to_uint,
    "double": _to_double,
    "bool": _to_bool,
    "string": to_string,
    "bytes": _to_bytes,
    "timestamp": _to_timestamp,
    "duration": _to_duration,
    "dyn": lambda value: value,
    "type": lambda value: TypeValue(runtime_name(value)),
}
