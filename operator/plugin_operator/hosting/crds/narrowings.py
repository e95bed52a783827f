"""What a new structural schema refuses that the old one accepts.

Owns the comparison. It is conservative: a difference that it does not know counts as a narrowing that cannot be
checked. Leaves looking at live objects to ``live_objects``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from plugin_operator.kube.definitions.schemas.keywords import (
    EMBEDDED,
    INT_OR_STRING,
    LIST_KEYS,
    LIST_TYPE,
    MAP_TYPE,
    PRESERVE,
    RULES,
)
from plugin_operator.kube.definitions.schemas.structural import (
    Schema,
    accepted_types,
    field_of,
    has_type,
    items_of,
    rest_of,
)
from plugin_operator.kube.objects.comparison import same

_LOWER = ("minLength", "minItems", "minProperties")
_UPPER = ("maxLength", "maxItems", "maxProperties")
_JOINED = ("allOf", "anyOf", "oneOf", "not")
_NO_EFFECT = frozenset({"description", "title", "default", "example", "externalDocs", MAP_TYPE})
_COMPARED = frozenset(
    {
        *("type", "nullable", "enum", "pattern", "format", "required", "properties", "additionalProperties", "items"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", *_LOWER, *_UPPER, *_JOINED),
        *(PRESERVE, INT_OR_STRING, EMBEDDED, LIST_TYPE, LIST_KEYS, RULES),
    }
)
#: Formats that refuse no number.
_NUMBERS = ("int64", "float", "double")
_INT_OR_STRING_IDIOM = [{"type": "integer"}, {"type": "string"}]


class Narrowing(msgspec.Struct, frozen=True):
    """One place where a new schema is narrower than the old one.

    Attributes:
        path: path of the field: ``.spec.parts[].count``.
        what: what the new schema no longer accepts.
        is_checkable: whether a look at a live object tells if it still fits.
        is_removal: whether the field is gone, so that the API server would drop its values.
    """

    path: str
    what: str
    is_checkable: bool = True
    is_removal: bool = False

    def __str__(self) -> str:
        return f"{self.path or 'the whole object'}: {self.what}"


def narrowings(old: Schema, new: Schema) -> list[Narrowing]:
    """Return where ``new``, the schema of a whole object, is narrower than ``old``."""
    return list(_compare(_rooted(old), _rooted(new), ""))


def _rooted(schema: Schema) -> Schema:
    """Return the schema of an object with the fields that every object has."""
    properties = dict(schema.get("properties") or {})
    for name in ("apiVersion", "kind"):
        properties[name] = {"type": "string", **properties.get(name, {})}
    properties["metadata"] = {"type": "object", **properties.get("metadata", {}), PRESERVE: True}
    return {**schema, "properties": properties}


def _compare(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    lost = accepted_types(old) - accepted_types(new)
    if lost:
        was = " or ".join(sorted(accepted_types(old))) if has_type(old) else "any type"
        yield Narrowing(path, f"the type changes from {was} to {' or '.join(sorted(accepted_types(new)))}")
        yield from _unchecked_in(new, path)
        return
    yield from _values(old, new, path)
    yield from _unchecked(old, new, path)
    if "object" in accepted_types(old):
        yield from _fields(old, new, path)
    if "array" in accepted_types(old):
        yield from _lists(old, new, path)


def _values(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    if old.get("nullable") and not new.get("nullable"):
        yield Narrowing(path, "null is no longer allowed")
    allowed = new.get("enum")
    if allowed is not None and (old.get("enum") is None or _has_more(old["enum"], allowed)):
        yield Narrowing(path, f"only {', '.join(map(str, allowed))} are allowed")
    for key, exclusive, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        if _is_tighter(old, new, key, exclusive, sign):
            yield Narrowing(path, f"{key} becomes {new[key]}{' (exclusive)' if new.get(exclusive) else ''}")
    for keys, sign in ((_LOWER, 1), (_UPPER, -1)):
        for key in keys:
            if _is_tighter(old, new, key, "", sign):
                yield Narrowing(path, f"{key} becomes {new[key]}")
    factor = new.get("multipleOf")
    if factor is not None and (old.get("multipleOf") is None or old["multipleOf"] % factor != 0):
        yield Narrowing(path, f"only multiples of {factor} are allowed")
    if new.get("pattern") is not None and new["pattern"] != old.get("pattern"):
        yield Narrowing(path, f"the pattern becomes {new['pattern']}")


def _has_more(old: Sequence[Any], new: Sequence[Any]) -> bool:
    return any(not any(same(each, other) for other in new) for each in old)


def _is_tighter(old: Schema, new: Schema, key: str, exclusive: str, sign: int) -> bool:
    if new.get(key) is None or (key in _LOWER and new[key] == 0):
        return False
    if old.get(key) is None:
        return True
    before, after = sign * old[key], sign * new[key]
    return bool(after > before or (after == before and new.get(exclusive) and not old.get(exclusive)))


def _unchecked(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    """Yield the differences that no look at an object decides."""
    wanted = new.get("format")
    if wanted not in {None, old.get("format"), *_NUMBERS}:
        yield Narrowing(path, f"the format becomes {wanted}", is_checkable=wanted == "int32")
    if bool(new.get(EMBEDDED)) != bool(old.get(EMBEDDED)):
        yield Narrowing(path, f"{EMBEDDED} changes", is_checkable=False)
    known = {each.get("rule") for each in old.get(RULES) or ()}
    for each in new.get(RULES) or ():
        if each.get("rule") not in known:
            yield Narrowing(path, f"the rule {each.get('rule')!r} is new", is_checkable=False)
    for key in _JOINED:
        if new.get(key) and new[key] != old.get(key) and not _is_idiom(new, key):
            yield Narrowing(path, f"{key} changes", is_checkable=False)
    for key in sorted((old.keys() | new.keys()) - _COMPARED - _NO_EFFECT):
        if old.get(key) != new.get(key):
            yield Narrowing(path, f"{key} changes", is_checkable=False)


def _is_idiom(schema: Schema, key: str) -> bool:
    return bool(schema.get(INT_OR_STRING)) and key == "anyOf" and list(schema[key]) == _INT_OR_STRING_IDIOM


def _unchecked_in(schema: Schema, path: str) -> Iterator[Narrowing]:
    """Yield all that is in a schema and its fields and that no look at an object decides."""
    yield from _unchecked({}, schema, path)
    for name, each in (schema.get("properties") or {}).items():
        yield from _unchecked_in(each, f"{path}.{name}")
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield from _unchecked_in(schema["additionalProperties"], f"{path}.*")
    if schema.get("items"):
        yield from _unchecked_in(schema["items"], f"{path}[]")


def _fields(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    yield from _required(old, new, path)
    for name in sorted((old.get("properties") or {}).keys() | (new.get("properties") or {}).keys()):
        yield from _field(field_of(old, name), field_of(new, name), f"{path}.{name}")
    yield from _field(rest_of(old), rest_of(new), f"{path}.*")


def _field(old: Schema | None, new: Schema | None, path: str) -> Iterator[Narrowing]:
    if old is None or old is new:
        return
    if new is None:
        what = "fields without a schema are dropped" if path.endswith(".*") else "the field is removed"
        yield Narrowing(path, what, is_removal=True)
    else:
        yield from _compare(old, new, path)


def _required(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    before = set(old.get("required") or ())
    for name in new.get("required") or ():
        was, will = field_of(old, name), field_of(new, name)
        if will is not None and will.get("default") is not None:
            continue
        if was is not None and was.get("default") is not None:
            # Lists show the default of the old schema, so they do not tell which stored objects lack the field.
            what = "the default of a required field is removed, and stored objects may lack the field"
            yield Narrowing(f"{path}.{name}", what, is_checkable=False)
        elif name not in before:
            yield Narrowing(f"{path}.{name}", "the field becomes required")


def _lists(old: Schema, new: Schema, path: str) -> Iterator[Narrowing]:
    yield from _field(items_of(old), items_of(new), f"{path}[]")
    kind = new.get(LIST_TYPE)
    if kind in {"set", "map"} and (kind, new.get(LIST_KEYS)) != (old.get(LIST_TYPE), old.get(LIST_KEYS)):
        keys = f" by {', '.join(new.get(LIST_KEYS) or ())}" if kind == "map" else ""
        yield Narrowing(path, f"its items must be unique{keys}")
