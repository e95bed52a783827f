"""Deployments."""

from collections.abc import Iterator
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
from kube_apiserver.printer_columns.formats import selector
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.forms.percentages import amount_causes, amount_of, at_most_all_causes
from kube_apiserver.validation.status_counters import Counters

_ROLLING = ("maxUnavailable", "maxSurge")
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


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of replicas, selector, the Pod template, strategy and limits of history and progress."""
    spec = obj.get("spec") or {}
    causes = [*negative_causes(spec, "spec", "replicas"), *selector_causes_of(spec, "deployment")]
    causes += replicated_template_causes(spec)
    causes += _strategy(spec.get("strategy") or {})
    causes += negative_causes(spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds")
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        detail = "must be greater than minReadySeconds"
        causes.append(messages.invalid("spec.progressDeadlineSeconds", deadline, detail))
    return causes


def _strategy(strategy: Object) -> Iterator[Cause]:
    kind, rolling, path = strategy.get("type") or "", strategy.get("rollingUpdate"), "spec.strategy"
    if kind == "Recreate":
        if rolling is not None:
            detail = "may not be specified when strategy `type` is 'Recreate'"
            yield messages.forbidden(f"{path}.rollingUpdate", detail)
    elif kind == "RollingUpdate":
        limits = {name: (rolling or {}).get(name, 0) for name in ("maxUnavailable", "maxSurge")}
        for name, value in limits.items():
            yield from amount_causes(value, f"{path}.rollingUpdate.{name}")
        where, unavailable = f"{path}.rollingUpdate.maxUnavailable", limits["maxUnavailable"]
        if not any(amount_of(value) for value in limits.values()):
            yield messages.invalid(where, unavailable, "may not be 0 when `maxSurge` is 0")
        yield from at_most_all_causes(unavailable, where)
    else:
        shown = None if rolling is None else {name[0].upper() + name[1:]: rolling.get(name, 0) for name in _ROLLING}
        yield messages.not_supported(path, {"Type": kind, "RollingUpdate": shown}, ("Recreate", "RollingUpdate"))


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
        as_kept=kept_template("spec", "template"),
        validate=_validate,
        warn=named_workload_warnings,
        validate_update=fixed_selector_causes,
        validate_status=_COUNTERS.causes,
        reset_fields={"status": ("spec", "metadata.labels")},
        columns=columns(f"Name/name|Ready|Up-to-date|Available|Age|{WIDE_COLUMNS}", _cells),
    ),
)
