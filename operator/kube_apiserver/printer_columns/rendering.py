"""Rendering of Tables (``meta.k8s.io/v1``), which ``kubectl get`` prints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import Columns

Object = Mapping[str, Any]


def render(
    objects: Sequence[Object],
    columns: Columns,
    *,
    now: datetime,
    include_object: str = "Metadata",
    list_metadata: Mapping[str, Any] | None = None,
    of_list: bool = False,
) -> dict[str, Any]:
    """Return the Table of objects of one kind.

    Args:
        objects: decoded objects: one for a get or a watch event, all items for a list.
        columns: the columns of their kind.
        now: the time that ages are relative to.
        include_object: the ``includeObject`` parameter: "None", "Metadata" or "Object".
        list_metadata: metadata of the list (resourceVersion, continue, remainingItemCount).
        of_list: whether the objects are those of a list.
    """
    rows = [(obj, columns.cells(_named(obj), now)) for obj in objects]
    if of_list and columns.of_list is not None:
        columns.of_list(objects, [values for _, values in rows])
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(list_metadata or {}),
        "columnDefinitions": columns.definitions,
        "rows": [{"cells": values, "object": _object(obj, include_object)} for obj, values in rows],
    }


def _named(obj: Object) -> Object:
    """Return ``obj`` with an empty name if it has none, as a bookmark does."""
    return obj if "name" in obj["metadata"] else {**obj, "metadata": {**obj["metadata"], "name": ""}}


def _object(obj: Object, include_object: str) -> dict[str, Any] | None:
    if include_object == "None":
        return None
    if include_object == "Object":
        return dict(obj)
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
