"""Columns of custom resources: ``additionalPrinterColumns``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from plugin_operator.apiserver.tables.formats import age
from plugin_operator.apiserver.tables.jsonpath import find

Column = Mapping[str, Any]
_NAME = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
AGE: Column = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
"""What a CRD without printer columns shows besides the name."""


def definitions(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return the ``columnDefinitions``: the name, then those of the CRD."""
    return [_NAME, *(_definition(column) for column in columns)]


def _definition(column: Column) -> dict[str, Any]:
    return {
        "name": column["name"],
        "type": column.get("type", "string"),
        "format": column.get("format", ""),
        "description": column.get("description", ""),
        "priority": column.get("priority", 0),
    }


def cells(obj: Mapping[str, Any], columns: Sequence[Column], now: datetime) -> list[Any]:
    """Return the cells of one object; null where a path leads nowhere or to a value of another type."""
    return [obj["metadata"].get("name", ""), *(_cell(obj, column, now) for column in columns)]


def _cell(obj: Mapping[str, Any], column: Column, now: datetime) -> Any:
    found = find(str(column.get("jsonPath", "")), obj)
    if not found:
        return None
    kind, value = column.get("type", "string"), found[0]
    if kind == "string":
        # kubectl prints all matches of a path for text columns, joined as its own JSONPath printer does.
        return " ".join(_text(one) for one in found)
    if kind == "date":
        return age(value if isinstance(value, str) else None, now)
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if kind == "integer" else float(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "<nil>"
    return msgspec.json.encode(value).decode()
