"""Texts that expressions make of other texts: ``+``, ``%``, f-strings and methods of ``str``.

Owns the few operations that names and kinds are made with. Their result is unknown if one of their operands is.
"""

import itertools
import re
import string
from collections.abc import Callable, Mapping, Sequence

from plugin_operator.hosting.permissions.source.facts.values import (
    ELSEWHERE,
    MAX_TEXTS,
    NOTHING,
    Atom,
    KindValue,
    Text,
    Value,
    texts_of,
    value,
    without_null,
)

#: Longest text that is followed: no kind, name or namespace is as long, and doubled texts would fill the memory.
MAX_LENGTH = 1000

_PERCENT = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<type>[s%])|%")
_MOST_FIELDS = 32

#: Methods whose arguments are texts, and that return a text.
_METHODS: Mapping[str, Callable[..., str]] = {
    each.__name__: each
    for each in (
        *(str.lower, str.upper, str.capitalize, str.title, str.casefold, str.strip, str.lstrip, str.rstrip),
        *(str.removeprefix, str.removesuffix, str.replace),
    )
}
#: Methods whose arguments are texts, and that return several.
_SPLITS: Mapping[str, Callable[..., Sequence[str]]] = {
    "split": str.split, "rsplit": str.rsplit, "partition": str.partition, "rpartition": str.rpartition,
}  # fmt: skip


def concatenated(parts: Sequence[Value]) -> Value:
    """Return the texts that parts make one after the other."""
    return _made(lambda *texts: "".join(texts), parts)


def shown(found: Value) -> Value:
    """Return what ``str()`` of a value is."""
    return frozenset(_shown(each) for each in without_null(found))


def method(text: str, name: str, arguments: Sequence[Value]) -> Value:
    """Return what a method of a text returns that takes and returns texts."""
    made = _METHODS.get(name)
    return _made(lambda *texts: made(text, *texts), arguments) if made is not None else ELSEWHERE


def split(text: str, name: str, arguments: Sequence[Value]) -> tuple[str, ...] | None:
    """Return the parts that a method of a text returns; None if it is another method, or they are not known."""
    made, given = _SPLITS.get(name), [texts_of(each) for each in arguments]
    if made is None or any(each is None or len(each) != 1 for each in given):
        return None
    try:
        parts = tuple(made(text, *(each[0] for each in given if each is not None)))
    except (TypeError, ValueError):
        return None
    return parts if len(parts) <= MAX_TEXTS else None


def formatted(text: str, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> Value:
    """Return what ``text.format(...)`` returns, for fields that have no format of their own."""
    parts: list[Value] = []
    by_name = {**keywords, **{str(number): each for number, each in enumerate(arguments)}}
    numbers = itertools.count()
    try:
        fields = list(string.Formatter().parse(text))
    except ValueError:
        return ELSEWHERE
    for before, name, spec, conversion in fields:
        parts.append(value(Text(before)))
        if name is not None:
            found = by_name.get(name or str(next(numbers)), ELSEWHERE)
            parts.append(shown(found) if not spec and conversion in {None, "s"} else ELSEWHERE)
    return concatenated(parts) if len(parts) <= 2 * _MOST_FIELDS else ELSEWHERE


def interpolated(text: str, positional: Sequence[Value], named: Mapping[str, Value]) -> Value:
    """Return what ``text % values`` is, for values with ``%s`` and ``%(name)s``."""
    parts: list[Value] = []
    end, left = 0, list(positional)
    for found in itertools.islice(_PERCENT.finditer(text), _MOST_FIELDS + 1):
        parts.append(value(Text(text[end : found.start()])))
        end = found.end()
        if found["type"] == "%":
            parts.append(value(Text("%")))
        elif found["type"] is None:
            return ELSEWHERE
        elif found["name"]:
            parts.append(shown(named.get(found["name"], ELSEWHERE)))
        else:
            parts.append(shown(left.pop(0)) if left else ELSEWHERE)
    parts.append(value(Text(text[end:])))
    return concatenated(parts) if len(parts) <= 2 * _MOST_FIELDS else ELSEWHERE


def _made(make: Callable[..., str], parts: Sequence[Value]) -> Value:
    """Return the texts that ``make`` makes of each combination of texts."""
    parts = [without_null(each) for each in parts]
    if NOTHING in parts:
        return NOTHING  # one of them may become known
    known: list[tuple[str, ...]] = []
    size, is_combined = 1, any(isinstance(each, Text) and each.is_combined for part in parts for each in part)
    for part in parts:
        texts = texts_of(part)
        if texts is None:
            return ELSEWHERE
        size *= len(texts)
        known.append(texts)
    if size > MAX_TEXTS:
        return ELSEWHERE
    try:
        made = [make(*each) for each in itertools.product(*known)]
    except (TypeError, ValueError):
        return ELSEWHERE
    if any(len(each) > MAX_LENGTH for each in made):
        return ELSEWHERE
    return value(*(Text(each, is_combined or size > 1) for each in made))


def _shown(atom: Atom) -> Atom:
    match atom:
        case Text():
            return atom
        case KindValue(kind=kind, is_model=False):
            return Text(str(kind))
    (unknown,) = ELSEWHERE
    return unknown
