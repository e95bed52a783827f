"""CronJobs. No controller runs them."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.disabled_fields import kept_template
from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import WIDE_COLUMNS, container_cells
from kube_apiserver.kinds.batch.job_specs import job_spec_causes, job_warnings
from kube_apiserver.kinds.batch.schedules import schedule_causes, time_zone_causes
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import NONE, age, selector, yes_no
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.forms.members import negative_causes
from kube_apiserver.validation.pods.warnings import name_warnings, template_warnings

_POLICIES = ("Allow", "Forbid", "Replace")
_LONGEST_NAME = 52
_COLUMNS = "Name/name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age"


def _default(obj: Draft) -> None:
    """Set concurrencyPolicy, suspend, limits of history and the Pod template."""
    spec = member(obj, "spec")
    spec["concurrencyPolicy"] = spec.get("concurrencyPolicy") or "Allow"
    fill(spec, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    job = member(member(spec, "jobTemplate"), "spec")
    for rule in (job.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern["status"] = pattern.get("status") or "True"
    default_template(member(job, "template"))


def _validate(obj: Object, old: Object | None) -> list[Cause]:
    """Return the field errors of schedule, time zone, policies, limits, a new name and the Job template."""
    spec, before = obj.get("spec") or {}, (old or {}).get("spec") or {}
    schedule, zone = str(spec.get("schedule") or ""), spec.get("timeZone")
    causes = []
    if not schedule:
        causes.append(messages.declared(messages.required("spec.schedule")))
    else:
        causes += schedule_causes(schedule, "spec.schedule")
    causes += negative_causes(spec, "spec", "startingDeadlineSeconds")
    if zone is not None and (old is None or zone != before.get("timeZone")):
        causes += time_zone_causes(zone, "spec.timeZone")
    policy, path = spec.get("concurrencyPolicy") or "", "spec.jobTemplate.spec"
    if policy not in _POLICIES:
        causes.append(messages.not_supported("spec.concurrencyPolicy", policy, _POLICIES))
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    causes += job_spec_causes(job, path)
    if (selector := job.get("selector")) is not None:
        causes.append(messages.invalid(f"{path}.selector", selector, "`selector` will be auto-generated"))
    if job.get("manualSelector"):
        causes.append(messages.not_supported(f"{path}.manualSelector", True, ("nil", "false")))
    causes += negative_causes(spec, "spec", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
    name = obj["metadata"].get("name") or ""
    if old is None and len(name.encode()) > _LONGEST_NAME:
        causes.append(messages.invalid("metadata.name", name, f"must be no more than {_LONGEST_NAME} characters"))
    return causes


def _warn(obj: Object, old: Object | None) -> list[str]:
    """Return the warnings about a CronJob: its name, its Job and Pod template."""
    if old is not None and old["metadata"].get("generation") == obj["metadata"].get("generation"):
        return []
    job, path = ((obj.get("spec") or {}).get("jobTemplate") or {}).get("spec") or {}, "spec.jobTemplate.spec"
    found = [*(name_warnings(obj) if old is None else ()), *job_warnings(job, path)]
    return found + template_warnings(obj, old, f"{path}.template", job.get("template"))


def _cells(obj: Object, now: datetime) -> list[Any]:
    """Return the cells of a CronJob."""
    name, spec, status = parts(obj)
    last = status.get("lastScheduleTime")
    inner = (spec.get("jobTemplate") or {}).get("spec") or {}
    return [
        name,
        spec.get("schedule", ""),
        spec.get("timeZone") or NONE,
        yes_no(spec.get("suspend")),
        len(status.get("active") or ()),
        age(last, now) if last else NONE,
        age_cell(obj, now),
        *container_cells(inner.get("template")),
        selector(inner.get("selector")),
    ]


STRATEGIES = (
    Strategy(
        group="batch",
        kind="CronJob",
        default=_default,
        as_kept=kept_template("spec", "jobTemplate", "spec", "template", beside="scheduling"),
        validate_with_old=_validate,
        warn=_warn,
        columns=columns(f"{_COLUMNS}|{WIDE_COLUMNS}", _cells),
    ),
)
