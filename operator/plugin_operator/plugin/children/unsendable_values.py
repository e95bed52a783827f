"""Values of a child that are no value of their field, and would vanish or change their meaning on the way.

The JSON of NaN is null, and that of ``UNSET`` does not exist. For a built-in kind, null is not an absent field: the API
server makes the empty value of it, and the controller owns the field. An autoscaler would lose ``spec.replicas``.
"""

import math
from typing import Any

import msgspec

from plugin_operator.client.encoding.request_bodies import first_place
from plugin_operator.kube import GroupVersionKind, Object
from plugin_operator.kube.builtin_kinds import is_builtin


def check_values(kind: GroupVersionKind, child: Object) -> None:
    """Check that each value of a child can be sent as it is.

    Args:
        kind: kind of the child; a field of a custom kind may be nullable.
        child: the document that the reconciler passes.

    Raises:
        ValueError: one cannot; the message names its place.
    """
    place = first_place(child, _is_no_value if is_builtin(kind) else _is_no_json)
    if place is None:
        return
    way_out = "leave the field out, or give it a value"
    if isinstance(place.value, float):
        way_out = "JSON has no such number"
    raise ValueError(f"{place.path} is {place.value}: {way_out}")


def without_nulls(kind: GroupVersionKind, document: Object) -> Object:
    """Return the JSON of a child without the fields of a typed value that are None, unless its kind is a custom one."""
    found: Object = _without_nulls(document) if is_builtin(kind) else document
    return found


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _is_no_value(value: Any) -> bool:
    return value is None or _is_no_json(value)


def _is_no_json(value: Any) -> bool:
    return value is msgspec.UNSET or (isinstance(value, float) and not math.isfinite(value))
