"""The keywords of ``schema()`` in an OpenAPI schema, and on which types each may stand."""

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from go_regexp import PatternError, compile_pattern
from plugin_operator.kube.definitions.schemas.field_schema import FieldSchema, given_in
from plugin_operator.kube.definitions.schemas.formats import format_problem
from plugin_operator.kube.definitions.schemas.rule_names import check_names
from plugin_operator.kube.definitions.schemas.rules import rule_documents
from plugin_operator.kube.objects.wire import to_wire

Schema = dict[str, Any]

INT_OR_STRING = "x-kubernetes-int-or-string"
PRESERVE = "x-kubernetes-preserve-unknown-fields"
EMBEDDED = "x-kubernetes-embedded-resource"
LIST_TYPE, LIST_KEYS, MAP_TYPE = "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"
RULES = "x-kubernetes-validations"

_NUMBERS, _TEXT, _LISTS, _OBJECTS = ("a number", "a text", "a list", "a dict")
_SCALARS = ("boolean", "integer", "number", "string")


class _Bound(NamedTuple):
    keyword: str
    is_exclusive: bool
    other: str


_BOUNDS = {
    "ge": _Bound("minimum", False, "gt"),
    "gt": _Bound("minimum", True, "ge"),
    "le": _Bound("maximum", False, "lt"),
    "lt": _Bound("maximum", True, "le"),
}
_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_DOCS = {"url", "description"}
_LENGTHS = {_TEXT: "Length", _LISTS: "Items", _OBJECTS: "Properties"}


def apply_all(target: Schema, said: Iterable[FieldSchema]) -> None:
    """Write what ``schema()`` says into the schema of a value; what is said later wins, and rules add up.

    Args:
        target: schema with the type of the value.
        said: results of ``schema()``.

    Raises:
        ValueError: a keyword does not fit the type, or its value is wrong; the message begins with the keyword.
    """
    merged: dict[str, Any] = {}
    for each in said:
        given = given_in(each)
        for bound in sorted(_BOUNDS.keys() & given):
            merged.pop(_BOUNDS[bound].other, None)
            if _BOUNDS[bound].other in given:
                raise ValueError(f"{bound}: there is {_BOUNDS[bound].other} too: leave out one of them")
        merged |= given | {"rules": [*merged.get("rules", ()), *_rules_of(given)]}
    if ("keys" in merged) != (merged.get("list_type") == "map"):
        raise ValueError("keys: they go with list_type='map', and name what identifies an item")
    for name, write in _WRITERS.items():
        if name in merged:
            _write(name, write, target, merged[name])
    for name in [*_BOUNDS, "multiple_of"]:
        if name in merged:
            _write(name, _check_usable, target, merged[name])


def _write(name: str, write: Callable[[Schema, Any], None], target: Schema, value: Any) -> None:
    try:
        write(target, value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {error}") from error


def _rules_of(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        return rule_documents(given.get("rules", ()))
    except (TypeError, ValueError) as error:
        raise ValueError(f"rules: {error}") from error


def word_of(target: Mapping[str, Any]) -> str:
    """Return what people call the type of a schema."""
    if target.get(INT_OR_STRING):
        return "an int or a text"
    words = {"array": _LISTS, "boolean": "a bool", "string": _TEXT, "integer": _NUMBERS, "number": _NUMBERS}
    if target.get("type") == "object":
        return "a struct" if "properties" in target else _OBJECTS
    return words.get(str(target.get("type")), "a value of any type")


def _must_be(target: Schema, *words: str) -> str:
    word = word_of(target)
    if word not in words:
        raise TypeError(f"it is for {' or '.join(words)}, and this is {word}")
    return word


def _number(target: Schema, value: Any) -> None:
    _must_be(target, _NUMBERS)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    if target["type"] == "integer" and value != int(value):
        raise ValueError(f"{value!r} is no whole number, and the type is int")


def _check_usable(target: Schema, value: Any) -> None:
    """Refuse a bound that the API server stores as another number, or compares with nothing.

    It keeps bounds as floats of 64 bits. With one beyond the integers of the type, it refuses every object.
    """
    bits = 32 if target.get("format") == "int32" else 64
    most = 2 ** (bits - 1)
    digits = Decimal(repr(float(value))) if abs(value) <= most else value  # the shortest, as the API server reads them
    if not -most <= digits < most:
        raise ValueError(
            f"{value!r} is at the end of {bits}-bit integers, where the API server refuses all: leave it out"
        )
    if int(value) != (nearest := int(float(value))):
        raise ValueError(f"{value!r} becomes {nearest} on the API server, which keeps bounds as floats: write that one")


def _bound(name: str) -> Callable[[Schema, Any], None]:
    def write(target: Schema, value: Any) -> None:
        _number(target, value)
        keyword = _BOUNDS[name].keyword
        target[keyword] = int(value) if target["type"] == "integer" else value
        if _BOUNDS[name].is_exclusive:
            target[_EXCLUSIVE[keyword]] = True

    return write


def _multiple_of(target: Schema, value: Any) -> None:
    _number(target, value)
    if value <= 0:
        raise ValueError(f"{value!r} is not above 0")
    target["multipleOf"] = value


def _length(which: str) -> Callable[[Schema, Any], None]:
    def write(target: Schema, value: Any) -> None:
        word = _must_be(target, _TEXT, "an int or a text", _LISTS, _OBJECTS)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"{value!r} is no whole number of at least 0")
        target[which + _LENGTHS.get(word, "Length")] = value

    return write


def _pattern(target: Schema, value: Any) -> None:
    _must_be(target, _TEXT, "an int or a text")
    try:
        compile_pattern(_text(value))
    except PatternError as error:
        raise ValueError(f"{value!r} is no regular expression of Go (RE2): {error}") from error
    target["pattern"] = value


def _format(target: Schema, value: Any) -> None:
    if problem := format_problem(_text(value), str(target.get("type", "string"))):
        raise ValueError(problem)
    target["format"] = value


def _enum(target: Schema, value: Any) -> None:
    if not isinstance(value, list | tuple) or not value:
        raise ValueError(f"{value!r} is no list of values")
    if target.get("type") not in _SCALARS and not target.get(INT_OR_STRING):
        raise ValueError(f"it is for numbers and texts, and this is {word_of(target)}")
    if len(set(map(repr, value))) != len(value):
        raise ValueError(f"{value!r} has a value twice")
    target["enum"] = list(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def _words(keyword: str) -> Callable[[Schema, Any], None]:
    def write(target: Schema, value: Any) -> None:
        target[keyword] = _text(value)

    return write


def _external_docs(target: Schema, value: Any) -> None:
    found = {"url": value} if isinstance(value, str) else dict(value) if isinstance(value, Mapping) else {}
    is_text = all(isinstance(each, str) for each in found.values())
    if not is_text or not found.get("url", "").startswith(("https://", "http://")) or found.keys() - _DOCS:
        raise ValueError(f"{value!r} is no URL: write 'https://…', or a mapping with url and description")
    target["externalDocs"] = found


def _example(target: Schema, value: Any) -> None:
    target["example"] = to_wire(value)


def _list_type(target: Schema, value: Any) -> None:
    _must_be(target, _LISTS)
    items = target.get("items", {})
    if value not in ("atomic", "set", "map"):
        raise ValueError(f"{value!r} is none: write 'atomic', 'set' or 'map'")
    if value == "map" and "properties" not in items:
        raise ValueError("a list with list_type='map' has items of a subclass of Struct")
    is_simple = items.get("type") in _SCALARS or items.get(INT_OR_STRING)
    is_atomic = items.get(LIST_TYPE, items.get(MAP_TYPE)) == "atomic"
    if value == "set" and (items.get("nullable") or not (is_simple or is_atomic)):
        raise ValueError("a list with list_type='set' has items that are numbers or texts: write 'map' for structs")
    target[LIST_TYPE] = value


def _keys(target: Schema, value: Any) -> None:
    properties = target.get("items", {}).get("properties", {})
    if not isinstance(value, list | tuple) or not value or len(set(value)) != len(value):
        raise ValueError(f"{value!r} is no list of fields: write for example ['name']")
    for key in value:
        found = properties.get(key)
        if found is None:
            raise ValueError(f"the items have no field {key!r}: they have {', '.join(sorted(properties))}")
        if found.get("type") not in _SCALARS or found.get("nullable"):
            raise ValueError(f"the field {key!r} is {word_of(found)}: a key is a number or a text, and never null")
        if key not in target["items"].get("required", ()) and "default" not in found:
            raise ValueError(f"the field {key!r} may be absent: take away UNSET, or give it another default")
    target[LIST_KEYS] = list(value)


def _map_type(word: str) -> Callable[[Schema, Any], None]:
    def write(target: Schema, value: Any) -> None:
        _must_be(target, word)
        if value not in ("atomic", "granular"):
            raise ValueError(f"{value!r} is none: write 'atomic' or 'granular'")
        target[MAP_TYPE] = value

    return write


def _embedded(target: Schema, value: Any) -> None:
    if value:
        _must_be(target, _OBJECTS)
        target.pop("additionalProperties", None)
        target[EMBEDDED] = target[PRESERVE] = True


def _preserve(target: Schema, value: Any) -> None:
    if value:
        if target.get("type", "object") != "object" or "additionalProperties" in target:
            raise ValueError(f"it is for a struct or dict[str, Any], and this is {word_of(target)}")
        target[PRESERVE] = True


def _immutable(target: Schema, value: Any) -> None:
    if value:
        rule = {"rule": "self == oldSelf", "message": "the field is immutable"}
        target[RULES] = [*target.get(RULES, ()), rule]


def _rules(target: Schema, value: Any) -> None:
    for each in value:
        check_names(each, target)
    if value:
        target[RULES] = [*target.get(RULES, ()), *value]


_WRITERS: Mapping[str, Callable[[Schema, Any], None]] = {
    **{name: _bound(name) for name in _BOUNDS},
    "multiple_of": _multiple_of,
    "min_length": _length("min"),
    "max_length": _length("max"),
    "pattern": _pattern,
    "format": _format,
    "enum": _enum,
    "description": _words("description"),
    "title": _words("title"),
    "example": _example,
    "external_docs": _external_docs,
    "list_type": _list_type,
    "keys": _keys,
    "map_type": _map_type(_OBJECTS),
    "struct_type": _map_type("a struct"),
    "embedded_resource": _embedded,
    "preserve_unknown_fields": _preserve,
    "immutable": _immutable,
    "rules": _rules,
}
