"""``column()``: a column of ``kubectl get``."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from plugin_operator.kube.definitions.schemas.json_paths import field_at

ColumnType = Literal["boolean", "date", "integer", "number", "string"]

_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")


class Column(msgspec.Struct, frozen=True):
    """Value of ``column()``, checked when a class with ``@resource`` is made."""

    name: Any
    path: Any
    type: Any = None
    format: Any = None
    description: Any = ""
    priority: Any = 0


def column(
    name: str,
    path: str,
    *,
    type: ColumnType | None = None,  # noqa: A002 - the word of the definition
    format: str | None = None,  # noqa: A002 - the word of the definition
    description: str = "",
    priority: int = 0,
) -> Column:
    """Declare a column of ``kubectl get``, for ``columns=`` of ``resource``.

    The values are checked with the class; the call itself raises nothing.

    Args:
        name: heading, such as "Ready".
        path: JSON path from the object, with names on the wire: ".status.readyReplicas".
        type: "integer", "number", "string", "boolean", or "date" for the time since. By default from the class.
        format: how to print it, such as "int32" or "password".
        description: what it shows.
        priority: above 0 for ``kubectl get -o wide`` only.

    Returns:
        A value for ``columns=``.
    """
    return Column(name, path, type, format, description, priority)


def column_document(each: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a column as in a CustomResourceDefinition.

    Raises:
        ValueError, TypeError: it cannot be used, or the schema of the kind has no field at its path.
    """
    if not isinstance(each, Column):
        raise TypeError(f"{each!r} is no column: write column('Size', '.spec.size')")
    if not isinstance(each.name, str) or not each.name:
        raise ValueError(f"{each.name!r} is no name of a column")
    if isinstance(each.priority, bool) or not isinstance(each.priority, int) or not 0 <= each.priority < 2**31:
        raise ValueError(f"{each.name}: priority {each.priority!r} is no whole number of at least 0")
    if each.format is not None and each.format not in _FORMATS:
        raise ValueError(f"{each.name}: {each.format!r} is no format: write one of {', '.join(_FORMATS)}")
    try:
        field = field_at(each.path, schema)
    except ValueError as error:
        raise ValueError(f"{each.name}: {error}") from error
    type_ = each.type if each.type is not None else _type_of(field)
    if type_ not in get_args(ColumnType):
        raise ValueError(f"{each.name}: {type_!r} is no type: write one of {', '.join(get_args(ColumnType))}")
    found = {"name": each.name, "jsonPath": each.path, "type": type_}
    more = {"format": each.format, "description": each.description, "priority": each.priority}
    return found | {key: value for key, value in more.items() if value}


def _type_of(field: Mapping[str, Any] | None) -> str:
    type_ = (field or {}).get("type")
    if type_ == "string" and (field or {}).get("format") == "date-time":
        return "date"
    return str(type_) if type_ in get_args(ColumnType) else "string"
