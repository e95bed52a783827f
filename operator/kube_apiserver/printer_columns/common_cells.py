"""Cells that most kinds show, name and age, and the columns of kinds without columns of their own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.formats import age

Object = Mapping[str, Any]


def name_cell(obj: Object) -> str:
    """Return the name of an object."""
    return str(obj["metadata"].get("name", ""))


def age_cell(obj: Object, now: datetime) -> str:
    """Return the age of an object."""
    return age(obj["metadata"].get("creationTimestamp"), now)


def parts(obj: Object) -> tuple[str, Object, Object]:
    """Return name, spec and status of an object."""
    return name_cell(obj), obj.get("spec") or {}, obj.get("status") or {}


def _named(obj: Object, now: datetime) -> list[Any]:
    return [name_cell(obj), age_cell(obj, now)]


def _created(obj: Object, now: datetime) -> list[Any]:  # noqa: ARG001 - all cell functions have one signature
    return [name_cell(obj), obj["metadata"].get("creationTimestamp")]


NAME_AND_AGE = columns("Name/name|Age", _named)
"""The columns of kinds without columns of their own."""
CREATED = columns("Name/name|Created At:date", _created)
"""The columns of kinds that show their creation time instead of their age: roles, CRDs."""
