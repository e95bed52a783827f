"""Whether a live object fits a new schema: what the API server would refuse or drop.

Owns defaults and dropped fields. Leaves the values to ``kube.definitions``, which checks those of writes too, and the
list of objects to ``live_check``.
"""

from collections.abc import Mapping
from typing import Any

from plugin_operator.kube.definitions import violations
from plugin_operator.kube.definitions.schemas.keywords import EMBEDDED
from plugin_operator.kube.definitions.schemas.structural import (
    ANYTHING,
    OF_EVERY_OBJECT,
    Schema,
    field_of,
    items_of,
)
from plugin_operator.kube.objects.comparison import same

_DROPPED = ": would be dropped"


def misfit(obj: Mapping[str, Any], schema: Schema, before: Schema = ANYTHING) -> str:
    """Return why an object does not fit a schema, beginning with the path of the field; empty if it fits.

    Missing fields have their defaults. A field that the API server would drop does not fit, unless it has the default
    of the old schema, which the API server writes itself. It is reported last.

    Args:
        obj: the object.
        schema: the new schema.
        before: the old schema.
    """
    dropped: list[str] = []
    wrong = next(violations(_read(obj, schema, before, "", dropped, is_whole=True), schema), None)
    if wrong is not None:
        return f".{wrong}"
    return f"{dropped[0]}{_DROPPED}" if dropped else ""


def is_drop(reason: str) -> bool:
    """Report whether a misfit is a field that would be dropped."""
    return reason.endswith(_DROPPED)


def _read(value: Any, schema: Schema, before: Schema, path: str, dropped: list[str], *, is_whole: bool = False) -> Any:
    """Return a value with the defaults of a schema, and append the paths of what the API server would drop."""
    if isinstance(value, Mapping):
        return _read_object(value, schema, before, path, dropped, is_whole or bool(schema.get(EMBEDDED)))
    if isinstance(value, list):
        items, was = items_of(schema), items_of(before)
        return [_read(each, items, was, f"{path}[{index}]", dropped) for index, each in enumerate(value)]
    return value


def _read_object(
    value: Mapping[str, Any], schema: Schema, before: Schema, path: str, dropped: list[str], is_whole: bool
) -> Any:
    found: dict[str, Any] = {}
    for name, each in value.items():
        if is_whole and name in OF_EVERY_OBJECT:
            found[name] = each
            continue
        known, was, at = field_of(schema, name), field_of(before, name) or ANYTHING, f"{path}.{name}"
        if known is not None and (each is not None or known.get("nullable") or known.get("type")):
            found[name] = _read(each, known, was, at, dropped)
        elif not _is_default(each, was):
            dropped.append(at)
    for name, known in (schema.get("properties") or {}).items():
        if name not in value and known.get("default") is not None:
            found[name] = _read(known["default"], known, ANYTHING, f"{path}.{name}", dropped)
    return found


def _is_default(value: Any, schema: Schema) -> bool:
    """Report whether a value is what the API server writes into an object without it."""
    if "default" not in schema:
        return False
    given = schema["default"]
    if not isinstance(value, Mapping) or not isinstance(given, Mapping):
        return same(value, given)
    return given.keys() <= value.keys() and all(
        same(each, given[name]) if name in given else _is_default(each, field_of(schema, name) or ANYTHING)
        for name, each in value.items()
    )
