"""DaemonSets."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    WIDE_COLUMNS,
    container_cells,
    fixed_selector_causes,
    unmatched_causes,
    workload_warnings,
)
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import labels, selector
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.fixed_values import is_changed
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.forms.percentages import amount_causes, amount_of, at_most_all_causes
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.pods.specs import always_restarted_causes, template_causes
from kube_apiserver.validation.status_counters import Counters

_ROLLING = ("maxUnavailable", "maxSurge")
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
        "observedGeneration",
        "updatedNumberScheduled",
        "numberAvailable",
        "numberUnavailable",
        "collisionCount",
    )
)


_WITHOUT_DISABLED = kept_template("spec", "template")


def _default(obj: Draft) -> None:
    """Set the update strategy, the limit of history, the Pod template and the annotation of its generation."""
    spec = member(obj, "spec")
    fill(spec, revisionHistoryLimit=10)
    strategy = member(spec, "updateStrategy")
    strategy["type"] = strategy.get("type") or "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        fill(member(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)
    default_template(member(spec, "template"))
    metadata = member(obj, "metadata")
    metadata["annotations"] = {_TEMPLATE_GENERATION: "0", **(metadata.get("annotations") or {})}


def _default_new(obj: Draft) -> None:
    """Set the annotation of the template generation."""
    obj["metadata"]["annotations"] = {**obj["metadata"]["annotations"], _TEMPLATE_GENERATION: "1"}


def _as_kept(obj: Object, old: Object | None) -> Draft:
    """Drop what is behind a feature gate from the Pod template, and changes of the annotation that counts its own."""
    kept = _WITHOUT_DISABLED(obj, old)
    if old is None:
        return kept
    count = (old["metadata"].get("annotations") or {}).get(_TEMPLATE_GENERATION, "0")
    if is_changed(old, kept, "spec", "template"):
        count = str(int(count) + 1)
    annotations = {**(obj["metadata"].get("annotations") or {}), _TEMPLATE_GENERATION: count}
    return {**kept, "metadata": {**obj["metadata"], "annotations": annotations}}


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of selector, the Pod template, update strategy and limits."""
    spec = obj.get("spec") or {}
    template, selector = spec.get("template") or {}, spec.get("selector")
    causes = selector_causes(selector, "spec.selector")
    if not causes:
        causes += unmatched_causes(spec)
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        causes.append(messages.invalid("spec.selector", {}, "empty selector is invalid for daemonset"))
    causes += template_causes(template, "spec.template")
    causes += always_restarted_causes(template, "spec.template", "DaemonSet")
    causes += negative_causes(spec, "spec", "minReadySeconds")
    causes += _strategy(spec.get("updateStrategy") or {})
    return [*causes, *negative_causes(spec, "spec", "revisionHistoryLimit")]


def _strategy(strategy: Object) -> Iterator[Cause]:
    kind, rolling, path = strategy.get("type") or "", strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind == "OnDelete":
        return
    if kind != "RollingUpdate":
        shown = None if rolling is None else {name[0].upper() + name[1:]: rolling.get(name, 0) for name in _ROLLING}
        yield messages.not_supported(path, {"Type": kind, "RollingUpdate": shown}, ("RollingUpdate", "OnDelete"))
        return
    path = f"{path}.rollingUpdate"
    limits = {name: (rolling or {}).get(name, 0) for name in _ROLLING}
    for name, value in limits.items():
        yield from amount_causes(value, f"{path}.{name}")
    for name, value in limits.items():
        yield from at_most_all_causes(value, f"{path}.{name}")
    are_set = [bool(amount_of(value)) for value in limits.values()]
    if all(are_set):
        detail = "may not be set when maxUnavailable is non-zero"
        yield messages.invalid(f"{path}.maxSurge", limits["maxSurge"], detail)
    elif not any(are_set):
        yield messages.required(f"{path}.maxUnavailable", "cannot be 0 when maxSurge is 0")


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
        as_kept=_as_kept,
        validate=_validate,
        warn=workload_warnings,
        validate_update=fixed_selector_causes,
        validates_change_first=True,
        validate_status=_COUNTERS.causes,
        columns=columns(f"{_COLUMNS}|Node Selector|Age|{WIDE_COLUMNS}", _cells),
    ),
)
