"""RuntimeClasses."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.strategies import Object, Strategy


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RuntimeClass."""
    return [name_cell(obj), obj.get("handler", ""), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="node.k8s.io",
        kind="RuntimeClass",
        has_generation=False,
        unconditional_update=False,
        created_by_update=True,
        columns=columns("Name/name|Handler|Age", _cells),
    ),
)
