"""Errors of an applied configuration against its schema.

The errors and messages follow structured-merge-diff's typed validation. It runs before anything else, because
ownership requires correct field types and list keys.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.fieldmanagers.conflicts import shown_path
from kube_apiserver.fieldmanagers.typed_values import KEYLESS, element_of
from kube_apiserver.schema import Schema
from kube_apiserver.schema.go_format import go_literal, go_text, go_type

#: Go types that are written as a string or as a number.
_ANY_SCALARS = (".Quantity", ".Time", ".MicroTime")
#: Go types that may have any value to kube-apiserver, which then fails to convert it.
_UNTYPED = (".RawExtension", ".IntOrString")
#: To kube-apiserver, a text with any other format may be any scalar.
_PLAIN_FORMATS = ("", "byte")
_OMITS_KEYS = (
    "associative list with keys has an element that omits all key fields [{}] "
    "(and doesn't have default values for any key fields)"
)


def typed_patch_error(applied: Mapping[str, Any], schema: Schema, kind: str) -> str:
    """Return why an applied configuration cannot be owned, "" if it can: kube-apiserver answers 500 with this message.

    Args:
        applied: the configuration, with its namespace and name.
        schema: schema of the kind, with its root.
        kind: group, version and kind, such as ``apps/v1, Kind=Deployment``.
    """
    error = _typed_error(applied, schema)
    return f"failed to create typed patch object ({_named(applied)}; {kind}): {error}" if error else ""


def untracked_error(live: Mapping[str, Any], schema: Schema, kind: str) -> str:
    """Return why no manager can own the fields of an untracked object, "" if one can; the arguments are the same."""
    if (live.get("metadata") or {}).get("managedFields") or not (error := _typed_error(live, schema)):
        return ""
    what = f"failed to convert new object ({_named(live)}; {kind}) to smd typed: {error}"
    return f"failed to create manager for existing fields: {what}"


def _named(obj: Mapping[str, Any]) -> str:
    metadata = obj.get("metadata")
    about = metadata if isinstance(metadata, Mapping) else {}
    return f"{about.get('namespace', '')}/{about.get('name', '')}"


def is_typed(obj: Mapping[str, Any], schema: Schema) -> bool:
    """Report whether every value of an object has the type of its schema, with its root. Lists may repeat items."""
    return next(_errors(obj, schema, "", repeats=True), None) is None


def _typed_error(applied: Any, schema: Schema) -> str:
    """Return the errors of a configuration, one line each with its path, "" if there are none."""
    errors = [f"{path}: {message}" if path else message for path, message in _errors(applied, schema, "")]
    if len(errors) < 2:
        return "".join(errors)
    return "\n".join(["errors:", *(f"  {error}" for error in errors)])


def _errors(
    value: Any, schema: Schema, path: str, *, keeps: bool = False, repeats: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield the errors of a value; ``keeps`` where an object around it preserves unknown fields.

    With ``repeats``, sets and keyed lists may have an item twice.
    """
    if value is None:
        return
    keeps = keeps or schema.preserve_unknown
    if not schema.type and not schema.builtin and not isinstance(value, (dict, list)):
        return
    if schema.definition.endswith(_UNTYPED):
        return
    if schema.properties or schema.type == "object":
        yield from _map_errors(value, schema, path, keeps=keeps, repeats=repeats)
    elif schema.type == "array":
        yield from _list_errors(value, schema, path, keeps=keeps, repeats=repeats)
    elif message := _scalar_error(value, schema):
        yield path, message


def _map_errors(value: Any, schema: Schema, path: str, *, keeps: bool, repeats: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, f"expected map, got &{{{go_text(value)}}}"
        return
    for name, member in value.items():
        known = schema.child(name)
        if known is not None and known.is_plain and known.type == "string" and isinstance(member, str):
            continue
        if known is not None:
            yield from _errors(member, known, f"{path}.{name}", keeps=keeps, repeats=repeats)
        elif schema.properties and not keeps:
            yield f"{path}.{name}", "field not declared in schema"
            return


def _list_errors(value: Any, schema: Schema, path: str, *, keeps: bool, repeats: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield path, f"expected list, got &{{{go_text(value)}}}"
        return
    items, seen = schema.items or Schema(), set()
    for position, item in enumerate(value):
        shown = f"[{position}]"
        if schema.list_type in ("map", "set"):
            if message := _element_error(item, schema):
                yield path, f"element {position}: {message}"
                return
            shown = shown_path((element_of(item, schema),))
            if shown in seen and not repeats:
                yield path, f"duplicate entries for key {shown}"
            seen.add(shown)
        yield from _errors(item, items, path + shown, keeps=keeps, repeats=repeats)


def _element_error(item: Any, schema: Schema) -> str:
    """Return why an item is invalid in a set or keyed list, "" if it is valid."""
    if schema.list_type == "map":
        if item is None:
            return "associative list with keys may not have a null element"
        if not isinstance(item, dict):
            return "associative list with keys may not have non-map elements"
        if element_of(item, schema) == KEYLESS:
            return _OMITS_KEYS.format(" ".join(f'"{key}"' for key in schema.list_keys))
        return ""
    if item is None:
        return "associative list without keys has an element that's an explicit null"
    if isinstance(item, dict):
        return "associative list without keys has an element that's a map type"
    return "not supported: associative list with lists as elements" if isinstance(item, list) else ""


def _scalar_error(value: Any, schema: Schema) -> str:
    expected = schema.type
    if schema.definition.endswith(_ANY_SCALARS) or (expected == "string" and schema.format not in _PLAIN_FORMATS):
        return f"expected any scalar, got &{{{go_text(value)}}}" if isinstance(value, dict | list) else ""
    if schema.int_or_string:
        return ""
    if expected in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"expected numeric (int or float), got {go_type(value)}"
    elif expected == "string" and not isinstance(value, str):
        return f"expected string, got &value.valueUnstructured{{Value:{go_literal(value)}}}"
    elif expected == "boolean" and not isinstance(value, bool):
        return f"expected boolean, got &{{{go_text(value)}}}"
    return ""
