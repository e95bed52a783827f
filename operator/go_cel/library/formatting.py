"""``string.format``: the clauses of cel-go's extension."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from go_cel.errors import EvaluationError
from go_cel.library.conversions import runtime_name, to_string
from go_cel.values.comparing import kind_of
from go_cel.values.scalars import Uint

_CLAUSE = re.compile(r"%(?:(%)|(?:\.([0-9]+))?(.)?)", re.DOTALL)
_INFINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_DEFAULT_PRECISION = 6
_TIMES = "\u00d7"


def formatted(text: str, arguments: list[Any]) -> str:
    """Fill the clauses of a text.

    Raises:
        EvaluationError: a clause is wrong, or does not fit its argument.
    """
    ahead = iter(enumerate(arguments))

    def fill(match: re.Match[str]) -> str:
        if match[1]:
            return "%"
        if match[3] is None:
            raise EvaluationError("unexpected end of string")
        clause = _CLAUSES.get(match[3])
        if clause is None:
            raise EvaluationError(f'could not parse formatting clause: unrecognized formatting clause "{match[3]}"')
        place, argument = next(ahead, (len(arguments), None))
        if place == len(arguments):
            raise EvaluationError(f"index {place} out of range")
        try:
            return clause(argument, _DEFAULT_PRECISION if match[2] is None else int(match[2]))
        except _Unformatted as error:
            raise EvaluationError(f"error during formatting: {error}") from None

    return _CLAUSE.sub(fill, text)


class _Unformatted(Exception):
    pass


def _only(clause: str, kinds: str, value: Any) -> _Unformatted:
    return _Unformatted(f"{clause} clause can only be used on {kinds}, was given {runtime_name(value)}")


def _string(value: Any, _precision: int = 0) -> str:
    match kind_of(value):
        case "list":
            return f"[{', '.join(_inside(item) for item in value)}]"
        case "map":
            entries = sorted((_key(key), _inside(item)) for key, item in value.items())
            return f"{{{', '.join(f'{key}:{item}' for key, item in entries)}}}"
        case "null":
            return "null"
        case "int" | "uint" | "double" | "bool" | "string" | "bytes" | "timestamp" | "duration" | "type":
            return to_string(value)
    kinds = "strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
    raise _only("string", kinds, value)


def _key(key: Any) -> str:
    return json.dumps(key, ensure_ascii=False) if isinstance(key, str) else to_string(key)


def _inside(value: Any) -> str:
    match kind_of(value):
        case "string":
            return json.dumps(value, ensure_ascii=False)
        case "bytes":
            return f"b{json.dumps(to_string(value), ensure_ascii=False)}"
        case "timestamp" | "duration" as kind:
            return f'{kind}("{value}")'
        case "double":
            return f"{value:.6f}" if math.isfinite(value) else f'"{_infinite(value)}"'
        case "type":
            return f"type({value.name})"
        case "list" | "map" | "null" | "int" | "uint" | "bool":
            return _string(value)
    raise _Unformatted(f"no formatting function for {runtime_name(value)}")


def _infinite(value: float) -> str:
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _decimal(value: Any, _precision: int) -> str:
    if type(value) in (int, Uint):
        return str(int(value))
    raise _only("decimal", "integers", value)


def _double(clause: str, value: Any) -> float:
    if isinstance(value, str) and value in _INFINITE:
        return float(value)
    if isinstance(value, float):
        return value
    raise _only(clause, "doubles", value)


def _fixed(value: Any, precision: int) -> str:
    number = _double("fixed-point", value)
    return f"{number:.{precision}f}" if math.isfinite(number) else _localized(number)


def _scientific(value: Any, precision: int) -> str:
    number = _double("scientific", value)
    if not math.isfinite(number):
        return _localized(number)
    mantissa, _, exponent = f"{number:.{precision}e}".partition("e")
    return f"{mantissa}{_TIMES}10{_superscript(exponent.removeprefix('+'))}"


def _superscript(digits: str) -> str:
    return digits.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _localized(number: float) -> str:
    return "NaN" if math.isnan(number) else "∞" if number > 0 else "-∞"


def _in_base(clause: str, kinds: str, base: str) -> Callable[[Any, int], str]:
    def run(value: Any, _precision: int) -> str:
        if type(value) in (int, Uint):
            return f"{int(value):{base}}"
        if base == "b" and isinstance(value, bool):
            return "1" if value else "0"
        if base in "xX" and isinstance(value, str | bytes):
            data = value.encode() if isinstance(value, str) else value
            return data.hex() if base == "x" else data.hex().upper()
        raise _only(clause, kinds, value)

    return run


_CLAUSES: dict[str, Callable[[Any, int], str]] = {
    "s": _string,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _in_base("binary", "integers and bools", "b"),
    "x": _in_base("hex", "integers, byte buffers, and strings", "x"),
    "X": _in_base("hex", "integers, byte buffers, and strings", "X"),
    "o": _in_base("octal", "integers", "o"),
}
