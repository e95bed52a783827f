"""ControllerRevisions."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.fixed_values import fixed_causes


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of data."""
    return [*fixed_causes(old, new, "data")]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ControllerRevision."""
    owner = next((one for one in obj["metadata"].get("ownerReferences") or () if one.get("controller")), None)
    group = str(owner.get("apiVersion", "")).rpartition("/")[0] if owner else ""
    kind = f"{str(owner.get('kind', '')).lower()}{'.' if group else ''}{group}" if owner else ""
    shown = f"{kind}/{owner.get('name', '')}" if owner else NONE
    return [name_cell(obj), shown, obj.get("revision", 0), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="apps",
        kind="ControllerRevision",
        validate_update=_validate_update,
        has_generation=False,
        columns=columns("Name/name|Controller|Revision|Age", _cells),
    ),
)
