"""ReplicaSets. ReplicationControllers have the same columns and counters."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    COUNTS,
    WIDE_COLUMNS,
    container_cells,
    fixed_selector_causes,
    named_workload_warnings,
    replicated_template_causes,
    selector_causes_of,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import labels, selector
from kube_apiserver.schema import Cause
from kube_apiserver.strategies import Draft, Object, SelectableField, Strategy
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.status_counters import Counters

_PARTS = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")


def default_replica_set(obj: Draft) -> None:
    """Set replicas and the Pod template."""
    spec = member(obj, "spec")
    fill(spec, replicas=1)
    default_template(member(spec, "template"))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of replicas, minReadySeconds, selector and the Pod template."""
    spec = obj.get("spec") or {}
    causes = [*negative_causes(spec, "spec", "replicas", "minReadySeconds")]
    return causes + selector_causes_of(spec, "deployment") + replicated_template_causes(spec)


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a ReplicaSet or ReplicationController."""
    name, spec, status = parts(obj)
    counts = [spec.get("replicas", 0), status.get("replicas", 0), status.get("readyReplicas", 0)]
    chosen = spec.get("selector") or {}
    shown = labels(chosen) if obj.get("kind") == "ReplicationController" else selector(chosen)
    return [name, *counts, age_cell(obj, now), *container_cells(spec.get("template")), shown]


COLUMNS = columns(f"Name/name|Desired:integer|Current:integer|Ready:integer|Age|{WIDE_COLUMNS}", _cells)
COUNTERS = Counters(("replicas", *_PARTS, "observedGeneration"), _PARTS, "readyReplicas")
"""The counters of a ReplicationController, which has no revisions."""
STRATEGIES = (
    Strategy(
        group="apps",
        kind="ReplicaSet",
        default=default_replica_set,
        as_kept=kept_template("spec", "template"),
        validate=_validate,
        warn=named_workload_warnings,
        validate_update=fixed_selector_causes,
        validate_status=Counters(("replicas", *_PARTS, *COUNTS), _PARTS, "readyReplicas").causes,
        columns=COLUMNS,
        selectable_fields={"status.replicas": SelectableField("0")},
    ),
)
