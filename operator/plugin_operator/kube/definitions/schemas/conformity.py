"""Whether a JSON value fits a schema, as the API server judges it, CEL rules and formats aside.

Owns the judgement of values before they are sent, and of the defaults of a class.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from go_regexp import compile_pattern
from plugin_operator.kube.definitions.schemas.keywords import INT_OR_STRING, LIST_KEYS, LIST_TYPE
from plugin_operator.kube.definitions.schemas.structural import ANYTHING, Schema, field_of, has_type, items_of
from plugin_operator.kube.objects.comparison import same, text_of
from plugin_operator.kube.objects.errors import Violation
from plugin_operator.kube.objects.wire import at_field, at_key

_EPSILON = 1e-9  # as in go-openapi


def violations(value: Any, schema: Schema, path: str = "") -> Iterator[Violation]:
    """Yield why a value does not fit; fields that the schema does not have are ignored.

    Args:
        value: JSON-like dicts, lists and scalars.
        schema: OpenAPI v3, as in a CustomResourceDefinition.
        path: path of the value.
    """
    if schema is ANYTHING:
        return
    if value is None:
        if not schema.get("nullable") and has_type(schema):
            yield Violation(path, "must not be null")
        return
    type_ = "an int or a text" if schema.get(INT_OR_STRING) else schema.get("type")
    if type_ is not None and not _IS_OF_TYPE[type_](value):
        yield Violation(path, f"must be {_WORDS.get(type_, type_)}, and is {_shown_type(value)}")
        return
    if "enum" in schema and not any(same(value, each) for each in schema["enum"]):
        yield Violation(path, f"must be one of {', '.join(map(_shown, schema['enum']))}, and is {_shown(value)}")
    if isinstance(value, str):
        yield from _text(value, schema, path)
    elif isinstance(value, Mapping):
        yield from _object(value, schema, path)
    elif isinstance(value, Sequence):
        yield from _list(value, schema, path)
    elif not isinstance(value, bool):
        yield from _number(value, schema, path)


def _number(value: Any, schema: Schema, path: str) -> Iterator[Violation]:
    lowest, highest, factor = schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf")
    if lowest is not None and (value <= lowest if schema.get("exclusiveMinimum") else value < lowest):
        yield Violation(path, f"must be {'>' if schema.get('exclusiveMinimum') else '>='} {lowest}, and is {value}")
    if highest is not None and (value >= highest if schema.get("exclusiveMaximum") else value > highest):
        yield Violation(path, f"must be {'<' if schema.get('exclusiveMaximum') else '<='} {highest}, and is {value}")
    if factor is not None and not _is_whole(value, factor):
        yield Violation(path, f"must be a multiple of {factor}, and is {value}")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        yield Violation(path, f"must fit into 64 bits, and is {value}")
    elif schema.get("format") == "int32" and not -(2**31) <= value < 2**31:
        yield Violation(path, f"must fit into 32 bits, and is {value}")


def _is_whole(value: Any, factor: Any) -> bool:
    if isinstance(value, int) and isinstance(factor, int):
        return not value % factor
    try:
        quotient = 1 / factor * value if factor < 1 else value / factor
    except OverflowError:  # an int beyond all floats
        return False
    if not math.isfinite(quotient):
        return False
    return bool(abs(quotient - round(quotient)) <= _EPSILON * abs(round(quotient)))


def _text(value: str, schema: Schema, path: str) -> Iterator[Violation]:
    yield from _size(len(value), schema, "Length", "characters", path)
    if "pattern" in schema and not compile_pattern(schema["pattern"]).matches(value):
        yield Violation(path, f"must match {schema['pattern']}, and is {_shown(value)}")


def _size(size: int, schema: Schema, keyword: str, unit: str, path: str) -> Iterator[Violation]:
    least, most = schema.get(f"min{keyword}"), schema.get(f"max{keyword}")
    if least is not None and size < least:
        yield Violation(path, f"must have at least {least} {unit}, and has {size}")
    if most is not None and size > most:
        yield Violation(path, f"must have at most {most} {unit}, and has {size}")


def _object(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Violation]:
    yield from _size(len(value), schema, "Properties", "keys", path)
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation(at_field(path, name), "is missing")
    for name, each in value.items():
        if (known := field_of(schema, name)) is not None:
            yield from violations(each, known, at_field(path, name) if name in properties else at_key(path, name))


def _list(value: Sequence[Any], schema: Schema, path: str) -> Iterator[Violation]:
    yield from _size(len(value), schema, "Items", "items", path)
    for index, each in enumerate(value):
        yield from violations(each, items_of(schema), f"{path}[{index}]")
    keys = schema.get(LIST_KEYS, ())
    if schema.get(LIST_TYPE) not in ("set", "map"):
        return
    by = f" (by {', '.join(keys)})" if keys else ""
    seen: set[bytes] = set()
    for index, each in enumerate(value):
        identity = text_of([each.get(key) for key in keys] if keys and isinstance(each, Mapping) else each)
        if identity in seen:
            yield Violation(f"{path}[{index}]", f"is there twice{by}")
        seen.add(identity)


def _shown_type(value: Any) -> str:
    # What a schema does not know of an object may be gone from it already, so its members tell nothing.
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else _shown(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _is_int(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_IS_OF_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "an int or a text": lambda value: isinstance(value, str) or _is_int(value),
    "array": lambda value: isinstance(value, list | tuple),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_int,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "string": lambda value: isinstance(value, str),
}
_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
