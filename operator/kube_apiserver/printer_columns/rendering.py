"""Rendering of Tables (``meta.k8s.io/v1``), which ``kubectl get`` prints."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns import custom_resources
from kube_apiserver.printer_columns.columns import columns as parsed
from kube_apiserver.printer_columns.kinds import DEFAULT, KINDS

Object = Mapping[str, Any]


def render(
    objects: Sequence[Object],
    *,
    group: str,
    kind: str,
    now: datetime,
    include_object: str = "Metadata",
    columns: Sequence[Mapping[str, Any]] | None = None,
    list_metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the Table of objects of one kind.

    Args:
        objects: decoded objects: one for a get or a watch event, all items for a list.
        group: their API group, "" for core.
        kind: their kind.
        now: the time that ages are relative to.
        include_object: the ``includeObject`` parameter: "None", "Metadata" or "Object".
        columns: ``additionalPrinterColumns`` of a custom kind (empty: Age only), None for a built-in one.
        list_metadata: metadata of the list (resourceVersion, continue, remainingItemCount).
    """
    if columns is not None:
        shown = columns or [custom_resources.AGE]
        definitions = custom_resources.definitions(shown)
        rows = [(obj, custom_resources.cells(_named(obj), shown, now)) for obj in objects]
    else:
        line, cells = KINDS.get((group, kind), DEFAULT)
        definitions = parsed(line)
        rows = [(obj, cells(_named(obj), now)) for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(list_metadata or {}),
        "columnDefinitions": definitions,
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
