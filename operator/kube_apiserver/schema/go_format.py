"""Values and type names as Go formats them in messages."""

from decimal import Decimal
from typing import Any

import msgspec

#: From here on, Go's JSON encoder writes floats with an exponent.
EXPONENT_FROM = 1e21
# From this power of ten on, ``%v`` does.
_TEXT_EXPONENT_FROM = 6
_HTML = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_TYPES = ((bool, "bool"), (int, "int64"), (float, "float64"), (str, "string"), (list, "[]interface {}"))


_ESCAPES = dict(zip('\a\b\f\n\r\t\v\\"', ("\\" + mark for mark in 'abfnrtv\\"'), strict=True))


def quoted(text: str) -> str:
    """Return a string as ``%q`` formats it."""
    if text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f'"{"".join(_escaped(mark) for mark in text)}"'


def _escaped(mark: str) -> str:
    if mark in _ESCAPES or mark.isprintable():
        return _ESCAPES.get(mark, mark)
    code = ord(mark)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_type(value: object) -> str:
    """Return the name of a value's type in Go's JSON decoder, such as ``number``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def go_type(value: object) -> str:
    """Return the Go type of a decoded value, as ``%T`` formats it."""
    return next((name for kind, name in _TYPES if isinstance(value, kind)), "map[string]interface {}")


def go_text(value: object) -> str:
    """Return a value as ``%v`` formats it: ``map[image:x]``."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item) for item in value)}]"
    if value is None:
        return "<nil>"
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        try:
            value = float(value)
        except OverflowError:
            return "+Inf" if value > 0 else "-Inf"
    if isinstance(value, float):
        return _float_text(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _float_text(value: float) -> str:
    """Return a float as ``%v`` formats it: without a point if it is whole, with an exponent from a million on."""
    if not value:
        return "-0" if str(value).startswith("-") else "0"
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if -4 <= power < _TEXT_EXPONENT_FROM:
        return f"{Decimal(repr(value)).normalize():f}"
    first, *rest = map(str, digits)
    fraction = f".{''.join(rest)}" if rest else ""
    return f"{'-' if value < 0 else ''}{first}{fraction}e{power:+03d}"


def whole_number(value: float) -> int:
    """Return the integer that Go writes for a whole float: its shortest digits, then zeros."""
    return int(Decimal(repr(value)))


def go_json(value: object) -> str:
    """Return a value as Go's JSON encoder writes it: the marks of HTML escaped, whole floats without a point."""
    if isinstance(value, float) and value.is_integer() and abs(value) < EXPONENT_FROM:
        value = whole_number(value)
    return msgspec.json.encode(value).decode().translate(_HTML)


def go_literal(value: Any) -> str:
    """Return a value as ``%#v`` formats it: ``map[string]interface {}{"image":"x"}``."""
    if isinstance(value, dict):
        inside = ", ".join(f'"{key}":{_member(value[key])}' for key in sorted(value))
        return f"map[string]interface {{}}{{{inside}}}"
    if isinstance(value, list):
        return f"[]interface {{}}{{{', '.join(_member(item) for item in value)}}}"
    return f'"{value}"' if isinstance(value, str) else go_text(value)


def _member(value: Any) -> str:
    return "interface {}(nil)" if value is None else go_literal(value)
