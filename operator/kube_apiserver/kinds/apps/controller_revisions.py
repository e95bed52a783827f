"""ControllerRevisions."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.printer_columns.formats import NONE
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.fixed_values import fixed_causes

_NEGATIVE = "must be greater than or equal to 0"


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of revision, and of data of a new object, which is an object itself."""
    causes = [messages.invalid("revision", obj["revision"], _NEGATIVE)] if obj.get("revision", 0) < 0 else []
    data = obj.get("data")
    if old is None and not isinstance(data, dict):
        detail = "data is mandatory" if data is None else "data must be a valid JSON object"
        causes.append(messages.required("data", detail))
    return causes


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
        validate_with_old=_validate,
        validate_update=_validate_update,
        has_generation=False,
        columns=columns("Name/name|Controller|Revision|Age", _cells),
    ),
)
