"""Columns and cells of custom resources, from ``additionalPrinterColumns``."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from kube_apiserver import codec
from kube_apiserver.printer_columns.columns import Columns
from kube_apiserver.printer_columns.formats import age
from kube_apiserver.printer_columns.jsonpath import find

Column = Mapping[str, Any]
_NAME = {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}
_AGE: Column = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


def custom_columns(declared: Sequence[Column]) -> Columns:
    """Return the columns of a custom kind: its name, then those of its CRD, or the age if the CRD has none."""
    shown = declared or (_AGE,)
    return Columns([_NAME, *(_definition(column) for column in shown)], partial(_cells, shown))


def _definition(column: Column) -> dict[str, Any]:
    return {
        "name": column["name"],
        "type": column.get("type", "string"),
        "format": column.get("format", ""),
        "description": column.get("description", ""),
        "priority": column.get("priority", 0),
    }


def _cells(columns: Sequence[Column], obj: Mapping[str, Any], now: datetime) -> list[Any]:
    """Return the cells of one object. A path without a value of the column's type gives null.

    If a path matches several values, the cell shows the first one.
    """
    return [obj["metadata"].get("name", ""), *(_cell(obj, column, now) for column in columns)]


def _cell(obj: Mapping[str, Any], column: Column, now: datetime) -> Any:
    found = find(str(column.get("jsonPath", "")), obj)
    if not found:
        return None
    kind, value = column.get("type", "string"), found[0]
    if kind == "string":
        return _text(value)
    if kind == "date":
        return _date(value, now) if isinstance(value, str) else None
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if kind == "integer" or float(value).is_integer() else value


def _date(text: str, now: datetime) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "<invalid>"
    return age(text, now)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "<no value>"
    return codec.encode_sorted(value).decode()
