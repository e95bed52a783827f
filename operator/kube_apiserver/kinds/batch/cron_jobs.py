"""CronJobs. No controller runs them."""

from datetime import datetime
from typing import Any

from kube_apiserver.defaulting.fields import fill, member
from kube_apiserver.defaulting.pod_templates import default_template
from kube_apiserver.kinds.apps.workloads import WIDE_COLUMNS, container_cells
from kube_apiserver.printer_columns.columns import columns
from kube_apiserver.printer_columns.common_cells import age_cell, parts
from kube_apiserver.printer_columns.formats import NONE, age, selector, yes_no
from kube_apiserver.schema import Cause, messages
from kube_apiserver.strategies import Draft, Object, Strategy
from kube_apiserver.validation.pods.specs import template_causes

_COLUMNS = "Name/name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age"


def _default(obj: Draft) -> None:
    """Set concurrencyPolicy, suspend, limits of history and the Pod template."""
    spec = member(obj, "spec")
    spec["concurrencyPolicy"] = spec.get("concurrencyPolicy") or "Allow"
    fill(spec, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    default_template(member(member(member(spec, "jobTemplate"), "spec"), "template"))


def _validate(obj: Object) -> list[Cause]:
    """Return the field errors of schedule and the Pod template."""
    spec = obj.get("spec") or {}
    schedule = str(spec.get("schedule") or "")
    causes = []
    fields = schedule.split()
    if not schedule:
        causes.append(messages.declared(messages.required("spec.schedule")))
    elif not schedule.startswith("@") and len(fields) != 5:
        detail = f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]"
        causes.append(messages.invalid("spec.schedule", schedule, detail))
    template = ((spec.get("jobTemplate") or {}).get("spec") or {}).get("template") or {}
    return causes + template_causes(template, "spec.jobTemplate.spec.template", ("OnFailure", "Never"))


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
        validate=_validate,
        columns=columns(f"{_COLUMNS}|{WIDE_COLUMNS}", _cells),
    ),
)
