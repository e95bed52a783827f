"""Deployments."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    COUNTS,
    WIDE_COLUMNS,
    container_cells,
    fixed_selector_causes,
    workload_causes,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import selector
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.status_counters import Counters

_COUNTERS = Counters(
    ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas", *COUNTS),
    ("updatedReplicas", "readyReplicas", "availableReplicas"),
    "readyReplicas",
)


def _default(obj: Draft) -> None:
    """Set replicas, strategy, limits of history and progress, and the Pod template."""
    spec = member(obj, "spec")
    fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = member(spec, "strategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), maxUnavailable="25%", maxSurge="25%")
    default_template(member(spec, "template"))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Deployment."""
    name, spec, status = parts(obj)
    ready = f"{status.get('readyReplicas', 0)}/{spec.get('replicas', 0)}"
    counts = [status.get("updatedReplicas", 0), status.get("availableReplicas", 0)]
    wide = [*container_cells(spec.get("template")), selector(spec.get("selector"))]
    return [name, ready, *counts, age_cell(obj, now), *wide]


STRATEGIES = (
    Strategy(
        group="apps",
        kind="Deployment",
        default=_default,
        counts_annotations=True,
        validate=workload_causes,
        validate_update=fixed_selector_causes,
        validate_status=_COUNTERS.causes,
        reset_fields={"status": ("spec", "metadata.labels")},
        columns=columns(f"Name/name|Ready|Up-to-date|Available|Age|{WIDE_COLUMNS}", _cells),
    ),
)
