"""APIServices, which the server makes itself for the groups that it serves."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import UNKNOWN
from kube_apiserver.strategies import Object, Strategy


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of an APIService."""
    behind = (obj.get("spec") or {}).get("service")
    shown = f"{behind.get('namespace', '')}/{behind.get('name', '')}" if behind else "Local"
    ready = next(
        (one for one in (obj.get("status") or {}).get("conditions") or () if one.get("type") == "Available"), None
    )
    state = UNKNOWN if ready is None else ready.get("status", "")
    if ready and state != "True":
        state = f"{state} ({ready.get('reason', '')})"
    return [name_cell(obj), shown, state, age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="apiregistration.k8s.io",
        kind="APIService",
        reset_fields={"status": ("spec", "metadata")},
        has_generation=False,
        unconditional_update=False,
        columns=columns("Name/name|Service|Available|Age", _cells),
    ),
)
