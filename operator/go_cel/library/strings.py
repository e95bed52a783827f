"""Functions of strings: those of the standard library and of cel-go's extension, and regular expressions."""

from typing import Any

from go_cel.errors import EvaluationError, no_overload
from go_cel.library.conversions import Function
from go_cel.library.formatting import formatted
from go_cel.values.comparing import equal
from go_regexp import Pattern, PatternError, compile_pattern

_QUOTED = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _out_of_range(place: int) -> EvaluationError:
    return EvaluationError(f"index out of range: {place}")


def _char_at(text: str, place: int) -> str:
    if not 0 <= place <= len(text):
        raise _out_of_range(place)
    return text[place : place + 1]


def _index_of(where: Any, what: Any, offset: int = 0) -> int:
    if isinstance(where, list):
        return next((place for place, item in enumerate(where) if equal(item, what)), -1)
    if offset < 0:
        raise _out_of_range(offset)
    if what == "":
        return min(offset, len(where))
    return -1 if offset >= len(where) else int(where.find(what, offset))


def _last_index_of(where: Any, what: Any, offset: int | None = None) -> int:
    if isinstance(where, list):
        places = range(len(where) - 1, -1, -1)
        return next((place for place in places if equal(where[place], what)), -1)
    if offset is None:
        return int(where.rfind(what))
    if offset < 0:
        raise _out_of_range(offset)
    if what == "":
        return min(offset, len(where))
    return -1 if offset >= len(where) else int(where.rfind(what, 0, offset + len(what)))


def _substring(text: str, start: int, end: int | None = None) -> str:
    if end is not None and start > end:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {end}")
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    if end is not None and not 0 <= end <= len(text):
        raise _out_of_range(end)
    return text[start:end]


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    return text.replace(old, new, max(count, -1))


def _split(text: str, separator: str, count: int = -1) -> list[str]:
    if count == 0:
        return []
    if separator:
        return text.split(separator, count - 1 if count > 0 else -1)
    if count < 0 or count >= len(text):
        return list(text)
    return [*text[: count - 1], text[count - 1 :]]


def _join(items: list[Any], separator: str = "") -> str:
    for item in items:
        if not isinstance(item, str):
            raise EvaluationError(f"join: invalid input: {item}")
    return separator.join(items)


def compiled(pattern: str) -> Pattern:
    """Return a compiled pattern.

    Raises:
        EvaluationError: it is none.
    """
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise EvaluationError(str(error)) from error


def _legal(pattern: str) -> Pattern:
    try:
        return compile_pattern(pattern)
    except PatternError as error:
        raise EvaluationError(f"Illegal regex: {error}") from error


def _matches(text: Any, pattern: Any) -> bool:
    if not isinstance(text, str) or not isinstance(pattern, str):
        raise no_overload()
    return compiled(pattern).matches(text)


FUNCTIONS: dict[str, Function] = {
    "contains": lambda text, part: part in text,
    "startsWith": lambda text, part: text.startswith(part),
    "endsWith": lambda text, part: text.endswith(part),
    "matches": _matches,
    "find": lambda text, pattern: _legal(pattern).find(text),
    "findAll": lambda text, pattern, limit=-1: _legal(pattern).find_all(text, limit),
    "charAt": _char_at,
    "indexOf": _index_of,
    "lastIndexOf": _last_index_of,
    "lowerAscii": lambda text: text.translate(_LOWER),
    "upperAscii": lambda text: text.translate(_UPPER),
    "replace": _replace,
    "split": _split,
    "substring": _substring,
    "trim": lambda text: text.strip(
        "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
        "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    ),
    "join": _join,
    "strings.quote": lambda text: f'"{text.translate(_QUOTED)}"',
    "format": formatted,
    "jsonpatch.escapeKey": lambda key: key.replace("~", "~0").replace("/", "~1"),
}
