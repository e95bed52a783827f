"""Jobs. ``job_statuses`` validates their statuses."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import WIDE_COLUMNS, container_cells
from kube_apiserver.kinds.batch.job_statuses import job_status_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import human_duration, selector
from kube_apiserver.schema import Cause, messages
from kube_apiserver.storage import Store
from kube_apiserver.strategies import Draft, Object, SelectableField, Strategy
from kube_apiserver.validation.fixed_values import IMMUTABLE, is_changed
from kube_apiserver.validation.pods.specs import template_causes


def _default(obj: Draft) -> None:
    """Set completions, parallelism, completionMode, limits, policies and the Pod template."""
    spec = member(obj, "spec")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    fill(spec, parallelism=1, completionMode="NonIndexed", suspend=False, manualSelector=False)
    if spec.get("backoffLimit") is None:
        spec["backoffLimit"] = 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1
    fill(spec, podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    default_template(member(spec, "template"))


def _prepare_create(obj: Draft, store: Store) -> None:
    """Set the selector and the Pod labels of a Job that has no selector."""
    del store
    spec, metadata = obj["spec"], obj["metadata"]
    if spec.get("manualSelector") or spec.get("selector"):
        return
    uid, name = metadata["uid"], metadata.get("name", "")
    labels = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template = spec["template"].setdefault("metadata", {})
    template["labels"] = {**(template.get("labels") or {}), **labels}
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    if not metadata.get("labels"):
        metadata["labels"] = dict(template["labels"])


def _prepare_update(old: Object, new: Draft) -> None:
    """Set the labels of a Job without labels to those of its Pods."""
    del old
    labels = (new["spec"]["template"].get("metadata") or {}).get("labels")
    if labels and not new["metadata"].get("labels"):
        new["metadata"]["labels"] = dict(labels)


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of the Pod template, which restarts on failure or never."""
    template = (obj.get("spec") or {}).get("template") or {}
    return template_causes(template, "spec.template", ("OnFailure", "Never"))


def _validate_update(old: Object, new: Object) -> list[Cause]:
    """Return the field errors of a change of selector, template, completionMode or completions."""
    names = ("selector", "template", "completionMode", "completions")
    indexed = (new.get("spec") or {}).get("completionMode") == "Indexed"
    return [
        messages.invalid(f"spec.{name}", (new.get("spec") or {}).get(name), IMMUTABLE)
        for name in names
        if is_changed(old, new, "spec", name) and not (name == "completions" and indexed)
    ]


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
        validate=_validate,
        validate_update=_validate_update,
        validate_status=job_status_causes,
        columns=columns(f"Name/name|Status|Completions|Duration|Age|{WIDE_COLUMNS}", _cells),
        selectable_fields={"status.successful": SelectableField("0")},
    ),
)
