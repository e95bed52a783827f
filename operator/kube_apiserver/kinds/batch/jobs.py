"""Jobs. ``job_statuses`` validates their statuses."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import (
    WIDE_COLUMNS,
    container_cells,
    selects,
    unmatched_causes,
    workload_warnings,
)
from kube_apiserver.kinds.batch.job_specs import job_spec_causes, job_warnings
from kube_apiserver.kinds.batch.job_statuses import job_status_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import human_duration, selector
from kube_apiserver.schema import Cause, is_dns1123_label, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, SelectableField, Strategy
from kube_apiserver.validation.conditions import condition
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.label_selectors import selector_causes
from kube_apiserver.validation.pods.warnings import name_warnings

_FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
_MOVES = ("nodeSelector", "tolerations", "schedulingGates")


def _default(obj: Draft) -> None:
    """Set completions, parallelism, completionMode, limits, policies and the Pod template."""
    spec = member(obj, "spec")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fill(spec, parallelism=1, completionMode="NonIndexed", suspend=False, manualSelector=False)
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern["status"] = pattern.get("status") or "True"
    fill(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    default_template(member(spec, "template"))


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set the selector and the Pod labels of a Job that has no selector."""
    del store
    spec, metadata = obj["spec"], obj["metadata"]
    if spec.get("manualSelector") or spec.get("selector"):
        return
    labels = _pod_labels(metadata)
    template = spec["template"].setdefault("metadata", {})
    template["labels"] = {**(template.get("labels") or {}), **labels}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": metadata["uid"]}}
    if not metadata.get("labels"):
        metadata["labels"] = dict(template["labels"])


def _prepare_update(old: Object, new: Draft) -> None:
    """Set the labels of a Job without labels to those of its Pods."""
    del old
    labels = (new["spec"]["template"].get("metadata") or {}).get("labels")
    if labels and not new["metadata"].get("labels"):
        new["metadata"]["labels"] = dict(labels)


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of selector, counts, policies, completionMode and the Pod template."""
    spec, metadata = obj.get("spec") or {}, obj["metadata"]
    selector = spec.get("selector")
    is_generated = old is None and selector is not None and not spec.get("manualSelector")
    causes = [*_generated(obj)] if is_generated else []
    causes += job_spec_causes(spec, "spec")
    found = [messages.required("spec.selector")] if selector is None else selector_causes(selector, "spec.selector")
    causes += found
    if selector is None or not found:
        causes += unmatched_causes(spec)
    if spec.get("completionMode") == "Indexed" and (spec.get("completions") or 0) > 0:
        host = f"{metadata.get('name', '')}-{spec['completions'] - 1}"
        if is_dns1123_label(host):
            detail = f"will not able to create pod with invalid DNS label: {host}"
            causes.append(messages.invalid("metadata.name", metadata.get("name", ""), detail))
    return causes


def _generated(obj: Object) -> Iterator[Cause]:
    """Yield the field errors of a selector, or labels of Pods, that the server has not made for the Job."""
    metadata, path = obj["metadata"], "spec.template.metadata.labels"
    labels = ((obj["spec"].get("template") or {}).get("metadata") or {}).get("labels") or {}
    wanted = _pod_labels(metadata)
    for key in ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"):
        if key not in labels:
            yield messages.required(f"{path}[{key}]", f"must be '{wanted[key]}'")
        elif labels[key] != wanted[key]:
            yield messages.invalid(f"{path}[{key}]", labels, f"must be '{wanted[key]}'")
    selector = obj["spec"]["selector"]
    if not selector_causes(selector, "") and not selects(selector, wanted):
        yield messages.invalid("spec.selector", selector, "`selector` not auto-generated")


def _pod_labels(metadata: Object) -> dict[str, str]:
    uid, name = metadata["uid"], metadata.get("name", "")
    return {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of what a Job is about; a suspended one may get other resources and nodes."""
    before, after = old.get("spec") or {}, new.get("spec") or {}
    causes = [*_completions(before, after)]
    causes += _fixed(old, new, "selector")
    causes += _template(old, before, after)
    return [*causes, *_fixed(old, new, *_FIXED)]


def _fixed(old: Object, new: Object, *names: str) -> Iterator[Cause]:
    for name in names:
        if is_changed(old, new, "spec", name):
            yield messages.invalid(f"spec.{name}", (new.get("spec") or {}).get(name), IMMUTABLE)


def _completions(before: Object, after: Object) -> Iterator[Cause]:
    wanted = after.get("completions")
    if wanted == before.get("completions"):
        return
    if after.get("completionMode") != "Indexed":
        yield messages.invalid("spec.completions", wanted, IMMUTABLE)
    elif wanted is not None and wanted != after.get("parallelism"):
        detail = "can only be modified in tandem with spec.parallelism"
        yield messages.invalid("spec.completions", wanted, detail)


def _template(old: Object, before: Object, after: Object) -> Iterator[Cause]:
    status = old.get("status") or {}
    is_idle = not status.get("startTime") or (condition(dict(old), "Suspended") or {}).get("status") == "True"
    may_move = bool(before.get("suspend")) and is_idle and not status.get("active")
    left, right = (_comparable(spec.get("template") or {}, may_move) for spec in (before, after))
    if left == right:
        return
    if may_move:
        yield messages.invalid("spec.template.spec", (after.get("template") or {}).get("spec"), IMMUTABLE)
    else:
        yield messages.invalid("spec.template", after.get("template"), IMMUTABLE)


def _comparable(template: Object, may_move: bool) -> Any:
    """Return the part of a Pod template that is fixed; that of a suspended Job is less."""
    if not may_move:
        return template
    spec = {key: value for key, value in (template.get("spec") or {}).items() if key not in _MOVES}
    spec["affinity"] = {key: value for key, value in (spec.get("affinity") or {}).items() if key != "nodeAffinity"}
    for kind in ("containers", "initContainers"):
        spec[kind] = [{key: part for key, part in each.items() if key != "resources"} for each in spec.get(kind) or ()]
    return spec


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about a Job: its name, its indexes, its Pod template."""
    if old is not None and old["metadata"].get("generation") == obj["metadata"].get("generation"):
        return []
    found = [*(name_warnings(obj) if old is None else ()), *job_warnings(obj.get("spec") or {}, "spec")]
    return [*found, *workload_warnings(obj, old)]


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a Job."""
    name, spec, status = parts(obj)
    done = status.get("succeeded", 0)
    wanted, parallel = spec.get("completions"), spec.get("parallelism") or 0
    if wanted is not None:
        completions = f"{done}/{wanted}"
    else:
        completions = f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"
    wide = [*container_cells(spec.get("template")), selector(spec.get("selector"))]
    return [name, _shown_status(obj), completions, _duration(status, now), age_cell(obj, now), *wide]


def _shown_status(obj: Object) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    true = {item.get("type") for item in conditions if item.get("status") == "True"}
    for kind in ("Complete", "Failed"):
        if kind in true:
            return kind
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return next((kind for kind in ("Suspended", "FailureTarget", "SuccessCriteriaMet") if kind in true), "Running")


def _duration(status: Object, now: datetime) -> str:
    start, end = status.get("startTime"), status.get("completionTime")
    if not start:
        return ""
    until = datetime.fromisoformat(end) if end else now
    return human_duration((until - datetime.fromisoformat(start)).total_seconds())


STRATEGIES = (
    Strategy(
        group="batch",
        kind="Job",
        default=_default,
        prepare_create=_prepare_create,
        prepare_update=_prepare_update,
        as_kept=kept_template("spec", "template", beside="scheduling"),
        validate_with_old=_validate,
        validate_update=_validate_update,
        validate_status=job_status_causes,
        warn=_warn,
        columns=columns(f"Name/name|Status|Completions|Duration|Age|{WIDE_COLUMNS}", _cells),
        selectable_fields={"status.successful": SelectableField("0")},
    ),
)
