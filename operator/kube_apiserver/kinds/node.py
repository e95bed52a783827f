"""RuntimeClasses."""

from datetime import datetime
from typing import Any

from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, name_cell
from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.strategies import Object, Strategy
from kube_apiserver.validation.fixed_values import fixed_causes


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of handler, which stays."""
    handler = obj.get("handler") or ""
    problems = is_dns1123_label(handler) if handler else []
    causes = (
        [messages.invalid("handler", handler, why) for why in problems] if handler else [messages.required("handler")]
    )
    return causes if old is None else [*causes, *fixed_causes(old, obj, "handler")]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a RuntimeClass."""
    return [name_cell(obj), obj.get("handler", ""), age_cell(obj, now)]


STRATEGIES = (
    Strategy(
        group="node.k8s.io",
        kind="RuntimeClass",
        validate_with_old=_validate,
        has_generation=False,
        unconditional_update=False,
        created_by_update=True,
        columns=columns("Name/name|Handler|Age", _cells),
    ),
)
