"""Validation of one version of a CustomResourceDefinition except its schema: columns, JSON paths, deprecation."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kube_apiserver.schema import messages
from kube_apiserver.schema.model import Cause

Object = Mapping[str, Any]
_TYPES = ("boolean", "date", "integer", "number", "string")
_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_MOST_SELECTABLE = 8
_PART = re.compile(r"'(?:[^'\\]|\\.)*'|[.\[\]]|[^.\[\]]+")
_NOT_SELECTABLE = (
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
)


def deprecation_causes(version: Object, path: str) -> Iterator[Cause]:
    """Yield the field errors of a version's deprecation warning."""
    warning = version.get("deprecationWarning")
    if warning is None:
        return
    if not version.get("deprecated"):
        yield messages.invalid(path, warning, "can only be set for deprecated versions")
    elif not warning:
        yield messages.invalid(path, warning, "must not be an empty string")
    elif len(warning) > 256:
        yield messages.invalid(path, warning, "must be <= 256 characters long")
    elif not warning.isprintable():
        position = next(at for at, mark in enumerate(warning) if not mark.isprintable())
        detail = "must only contain printable UTF-8 characters; non-printable character found at index"
        yield messages.invalid(path, warning, f"{detail} {position}")


def column_causes(columns: Sequence[Object], path: str) -> Iterator[Cause]:
    """Yield the field errors of additional printer columns."""
    for position, column in enumerate(columns):
        where, kind = f"{path}[{position}]", column.get("type") or ""
        if not column.get("name"):
            yield messages.required(f"{where}.name")
        if not kind:
            yield messages.required(f"{where}.type", f"must be one of {','.join(_TYPES)}")
        elif kind not in _TYPES:
            yield messages.invalid(f"{where}.type", kind, f"must be one of {','.join(_TYPES)}")
        if column.get("format") and column["format"] not in _FORMATS:
            yield messages.invalid(f"{where}.format", column["format"], f"must be one of {','.join(_FORMATS)}")
        yield from _path(column.get("jsonPath") or "", f"{where}.JSONPath")


def scale_causes(scale: Object | None, path: str) -> Iterator[Cause]:
    """Yield the field errors of a scale subresource's JSON paths."""
    if scale is None:
        return
    for name, roots in (("specReplicasPath", (".spec.",)), ("statusReplicasPath", (".status.",))):
        yield from _path(scale.get(name) or "", f"{path}.{name}", roots)
    if scale.get("labelSelectorPath"):
        yield from _path(scale["labelSelectorPath"], f"{path}.labelSelectorPath", (".spec.", ".status."))


def _path(value: str, path: str, roots: tuple[str, ...] = ()) -> Iterator[Cause]:
    if not value:
        yield messages.required(path)
    elif not value.startswith("."):
        yield messages.invalid(path, value, "must be a simple json path starting with .")
    elif roots and not value.startswith(roots):
        shown = [root.strip(".") for root in roots]
        under = f".{shown[0]}" if len(shown) == 1 else f"either .{shown[0]} or .{shown[1]}"
        yield messages.invalid(path, value, f"should be a json path under {under}")


def selectable_causes(fields: Sequence[Object], schema: Object | None, path: str) -> Iterator[Cause]:
    """Yield the field errors of selectable fields."""
    if fields and schema is None:
        of_all = path == "spec.selectableFields"
        where = "validations.schema is included" if of_all else "`version.schema.openAPIV3Schema` is not included"
        yield messages.invalid(path, "", f"may only be set when {where}")
        return
    seen: set[str] = set()
    for position, field in enumerate(fields):
        where, value = f"{path}[{position}].jsonPath", field.get("jsonPath") or ""
        if not value:
            yield messages.required(where)
            continue
        kind, error = _selected_type(value, schema or {})
        if error:
            yield messages.invalid(where, value, f"is an invalid path: {error}")
            continue
        if value.startswith(".metadata"):
            yield messages.invalid(where, value, "must not point to fields in metadata")
        if kind not in {"string", "boolean", "integer"}:
            yield messages.invalid(where, value, _NOT_SELECTABLE)
        if value in seen:
            yield messages.duplicate(where, value)
        seen.add(value)
    if len(seen) > _MOST_SELECTABLE:
        yield messages.too_many(path, len(seen), _MOST_SELECTABLE)


def _selected_type(value: str, schema: Object) -> tuple[str, str]:
    """Return the type of the field at a path such as ``.spec.colour``, and an error if there is none."""
    parts = iter(_PART.findall(value))
    for part in parts:
        if part == "[":
            return "", "array notation is not allowed"
        if part != ".":
            return "", f"expected [ or . but got: {part}"
        if (name := next(parts, None)) is None:
            return "", "unexpected end of JSON path"
        known = (schema.get("properties") or {}).get(name)
        if known is None:
            return "", "does not refer to a valid field"
        schema = known
    return str(schema.get("type") or ""), ""
