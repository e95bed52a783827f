"""Empty lists and objects that a client sent.

The stored form of an object lacks them, as its JSON does. In memory, Go tells them from absent ones: a few rules and
the texts of field errors depend on it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from kube_apiserver.schema import Cause, Schema
from kube_apiserver.schema.go_format import go_json

Path = tuple[str, ...]
_STEP = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)")
_NULL = "value: null"


def with_empty_values(obj: dict[str, Any], sent: Mapping[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """Return an object with the empty values at ``paths`` that the client sent. ``obj`` is not modified."""
    for path in paths:
        value = _at(sent, path)
        if isinstance(value, dict | list) and not value and isinstance(_at(obj, path[:-1]), dict):
            obj = _with(obj, path, value)
    return obj


def with_null(obj: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return an object with null in place of an empty list at a path. ``obj`` is not modified."""
    return _with(obj, path, None) if _at(obj, path) == [] else obj


def shown_as_sent(cause: Cause, sent: Mapping[str, Any], schema: Schema | None, *, shows_bytes: bool = True) -> Cause:
    """Return a field error that shows an empty value, where the client sent one, in place of null.

    Bytes are shown unless ``shows_bytes`` is unset: those of an apply are null.
    """
    if _NULL not in cause.message:
        return cause
    path = tuple(index or name for index, name in _STEP.findall(cause.field))
    value, known = _at(sent, path), _schema_at(path, schema)
    is_bytes = shows_bytes and value == "" and known is not None and known.format == "byte"
    # The null of an object with declared fields says something else.
    if (value not in ({}, []) and not is_bytes) or (known is not None and known.is_struct):
        return cause
    return replace(cause, message=cause.message.replace(_NULL, f"value: {go_json(value)}", 1))


def has_hidden_values(sent: Any, kept: Any, schema: Schema | None) -> bool:
    """Report whether a sent value has an empty list, object or text of bytes that its kept form lacks."""
    if schema is None:
        return False
    if isinstance(sent, dict) and isinstance(kept, dict):
        for name, value in sent.items():
            known = schema.child(name)
            is_empty = value in ({}, []) or (value == "" and known is not None and known.format == "byte")
            if known is not None and is_empty and name not in kept and not known.is_struct:
                return True
            if has_hidden_values(value, kept.get(name), known):
                return True
        return False
    if isinstance(sent, list) and isinstance(kept, list):
        return any(has_hidden_values(one, other, schema.items) for one, other in zip(sent, kept, strict=False))
    return False


def _schema_at(path: Path, schema: Schema | None) -> Schema | None:
    for step in path:
        schema = schema and (schema.items if step.isdecimal() else schema.child(step))
    return schema


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, list):
            value = value[int(step)] if step.isdecimal() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _with(obj: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**obj, name: _with(obj.get(name) or {}, tuple(rest), value) if rest else value}
