"""DaemonSets."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    COUNTS,
    WIDE_COLUMNS,
    container_cells,
    fixed_selector_causes,
    selected_causes,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import labels, selector
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import is_changed
from kube_apiserver.validation.pods.specs import template_causes
from kube_apiserver.validation.status_counters import Counters

_TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_SHOWN = (
    "desiredNumberScheduled",
    "currentNumberScheduled",
    "numberReady",
    "updatedNumberScheduled",
    "numberAvailable",
)
_COLUMNS = "Name/name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer"
_COUNTERS = Counters(
    (
        "currentNumberScheduled",
        "numberMisscheduled",
        "desiredNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        *COUNTS,
    )
)


def _default(obj: Draft) -> None:
    """Set the update strategy, the limit of history and the Pod template."""
    spec = member(obj, "spec")
    fill(spec, revisionHistoryLimit=10)
    strategy = member(spec, "updateStrategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    default_template(member(spec, "template"))


def _default_new(obj: Draft) -> None:
    """Set the annotation of the template generation."""
    annotations = obj["metadata"].get("annotations") or {}
    obj["metadata"]["annotations"] = {_TEMPLATE_GENERATION: "1", **annotations}


def _prepare_update(old: Object, new: Draft) -> None:
    """Count the changes of the Pod template in an annotation, which a client cannot change."""
    count = (old["metadata"].get("annotations") or {}).get(_TEMPLATE_GENERATION, "0")
    if is_changed(old, new, "spec", "template"):
        count = str(int(count) + 1)
    annotations = {**(new["metadata"].get("annotations") or {}), _TEMPLATE_GENERATION: count}
    new["metadata"]["annotations"] = annotations


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the labels and the Pod template."""
    spec = obj.get("spec") or {}
    causes = [cause for cause in selected_causes(spec) if cause.field != "spec.selector"]
    return causes + template_causes(spec.get("template") or {}, "spec.template", ("Always",))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a DaemonSet."""
    name, spec, status = parts(obj)
    nodes = ((spec.get("template") or {}).get("spec") or {}).get("nodeSelector")
    wide = [*container_cells(spec.get("template")), selector(spec.get("selector"))]
    return [name, *(status.get(field, 0) for field in _SHOWN), labels(nodes), age_cell(obj, now), *wide]


STRATEGIES = (
    Strategy(
        group="apps",
        kind="DaemonSet",
        default=_default,
        default_new=_default_new,
        prepare_update=_prepare_update,
        validate=_validate,
        validate_update=fixed_selector_causes,
        validate_status=_COUNTERS.causes,
        columns=columns(f"{_COLUMNS}|Node Selector|Age|{WIDE_COLUMNS}", _cells),
    ),
)
