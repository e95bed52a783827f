"""Validation of the status of a Job, and of its changes.

The rules follow kube-apiserver's ``validateJobStatus`` and ``ValidateJobStatusUpdate`` with the options of the Job
strategy. Most rules apply only when the status fields that they compare have changed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from kube_apiserver.kinds.batch.job_specs import index_problem, indexes_in
from kube_apiserver.schema import Cause, messages
from kube_apiserver.validation.conditions import condition

Object = Mapping[str, Any]
_COUNTS = ("active", "succeeded", "failed", "ready", "terminating")
_TERMINAL = ("Failed", "Complete", "FailureTarget")


def job_status_causes(job: Object, old: Object) -> list[Cause]:
    """Return the field errors of counters, times, indexes, conditions and their changes."""
    after, before = _Status(job), _Status(old)
    causes = [_invalid(name, after.number(name), "must be greater than or equal to 0") for name in after.negative()]
    causes += _uncounted(after.value("uncountedTerminatedPods") or {})
    causes += _completion(after, before)
    causes += _finish(after, before)
    causes += _indexes(after, before)
    changed = after.value("ready") != before.value("ready") or after.number("active") != before.number("active")
    if changed and after.value("ready") is not None and after.number("ready") > after.number("active"):
        causes.append(_invalid("ready", after.number("ready"), "cannot set more ready pods than active"))
    return [*causes, *_criteria(after), *_history(after, before)]


class _Status:
    """The status of a Job with its spec, and shorthands for its conditions."""

    __slots__ = ("_job", "complete", "failed", "finished", "met", "spec", "target")

    def __init__(self, job: Object) -> None:
        self._job = dict(job)
        self.spec: Object = job.get("spec") or {}
        self.complete, self.failed = self.has_condition("Complete"), self.has_condition("Failed")
        self.target, self.met = self.has_condition("FailureTarget"), self.has_condition("SuccessCriteriaMet")
        self.finished = self.complete or self.failed

    def has_condition(self, kind: str, status: str = "True") -> bool:
        found = condition(self._job, kind)
        return found is not None and found.get("status") == status

    def value(self, name: str) -> Any:
        return (self._job.get("status") or {}).get(name)

    def number(self, name: str) -> int:
        return self.value(name) or 0

    def negative(self) -> Iterator[str]:
        return (name for name in _COUNTS if self.number(name) < 0)

    @property
    def indexed(self) -> bool:
        return bool(self.spec.get("completionMode") == "Indexed")


def _uncounted(pods: Object) -> Iterator[Cause]:
    seen: set[str] = set()
    for name in ("succeeded", "failed"):
        for position, uid in enumerate(pods.get(name) or ()):
            field = f"uncountedTerminatedPods.{name}[{position}]"
            if not uid:
                yield _invalid(field, uid, "must not be empty")
            elif uid in seen:
                yield messages.duplicate(f"status.{field}", uid)
            seen.add(uid)


def _completion(after: _Status, before: _Status) -> Iterator[Cause]:
    start, end = after.value("startTime"), after.value("completionTime")
    started, ended = start != before.value("startTime"), end != before.value("completionTime")
    condition_changed = after.complete != before.complete
    if (condition_changed or after.failed != before.failed) and after.complete and after.failed:
        yield _conditions("cannot set Complete=True and Failed=true conditions")
    if (condition_changed or after.target != before.target) and after.complete and after.target:
        yield _conditions("cannot set Complete=True and FailureTarget=true conditions")
    if (condition_changed or ended) and end and not after.complete:
        yield _invalid("completionTime", end, "cannot set completionTime when there is no Complete=True condition")
    if (condition_changed or ended) and not end and after.complete:
        yield _required("completionTime", "completionTime is required for Complete jobs")
    if (started or ended) and start and end and end < start:
        yield _invalid("completionTime", end, "must be equal to or after `startTime`")
    if (
        (after.failed != before.failed or _changed(after, before, "failedIndexes"))
        and after.failed
        and not after.target
    ):
        yield _conditions("cannot set Failed=True condition without the FailureTarget=true condition")
    if (condition_changed or after.met != before.met) and after.complete and not after.met:
        yield _conditions("cannot set Complete=True condition without the SuccessCriteriaMet=true condition")


def _finish(after: _Status, before: _Status) -> Iterator[Cause]:
    condition_changed = after.finished != before.finished
    if not after.finished:
        return
    if (condition_changed or _changed(after, before, "active")) and after.number("active") > 0:
        yield _invalid("active", after.number("active"), "active>0 is invalid for finished job")
    nothing_to_do = after.spec.get("suspend") is True and after.spec.get("completions") == 0
    started = _changed(after, before, "startTime")
    if (condition_changed or started) and not nothing_to_do and not after.value("startTime"):
        yield _required("startTime", "startTime is required for finished job")
    uncounted = after.value("uncountedTerminatedPods") or {}
    if (condition_changed or _changed(after, before, "uncountedTerminatedPods")) and any(uncounted.values()):
        shown = {"Succeeded": uncounted.get("succeeded"), "Failed": uncounted.get("failed")}
        yield _invalid("uncountedTerminatedPods", shown, "must be empty for finished job")
    if (condition_changed or _changed(after, before, "terminating")) and after.number("terminating") > 0:
        yield _invalid("terminating", after.number("terminating"), "terminating>0 is invalid for finished job")


def _indexes(after: _Status, before: _Status) -> Iterator[Cause]:
    done, failed = after.value("completedIndexes") or "", after.value("failedIndexes")
    done_changed, failed_changed = _changed(after, before, "completedIndexes"), _changed(after, before, "failedIndexes")
    limit, per_index = after.spec.get("completions"), after.spec.get("backoffLimitPerIndex")
    if done_changed and limit is not None and (why := index_problem(done, limit)):
        yield _invalid("completedIndexes", done, f"error parsing completedIndexes: {why}")
    if (
        failed_changed
        and None not in (limit, per_index, failed)
        and (why := index_problem(str(failed), int(limit or 0)))
    ):
        yield _invalid("failedIndexes", failed, f"error parsing failedIndexes: {why}")
    if done_changed and done and not after.indexed:
        yield _invalid(
            "completedIndexes", done, "cannot set non-empty completedIndexes when non-indexed completion mode"
        )
    if failed_changed and failed is not None and per_index is None:
        yield _invalid("failedIndexes", failed, "cannot set non-null failedIndexes when backoffLimitPerIndex is null")
    if (done_changed or failed_changed) and limit is not None and failed:
        both = indexes_in(done, limit) & indexes_in(str(failed), limit)
        if both:
            yield _invalid("failedIndexes", failed, f"failedIndexes and completedIndexes overlap at index: {min(both)}")


def _criteria(after: _Status) -> Iterator[Cause]:
    if after.met and after.failed:
        yield _conditions("cannot set SuccessCriteriaMet=True and Failed=true conditions")
    if after.met and after.target:
        yield _conditions("cannot set SuccessCriteriaMet=True and FailureTarget=true conditions")
    if after.spec.get("successPolicy") and after.complete and not after.met:
        yield _conditions("cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True")


def _history(after: _Status, before: _Status) -> Iterator[Cause]:
    for kind in _TERMINAL:
        if before.has_condition(kind) and not after.has_condition(kind):
            yield _conditions(f"cannot disable the terminal {kind}=True condition")
    scalable = after.indexed and after.spec.get("completions") == after.spec.get("parallelism")
    for name in ("failed",) if scalable else ("failed", "succeeded"):
        if after.number(name) < before.number(name):
            yield _invalid(name, after.number(name), f"cannot decrease the {name} counter")
    end = after.value("completionTime")
    if end and before.value("completionTime") and end != before.value("completionTime"):
        yield _invalid("completionTime", end, "field is immutable")
    resuming = before.has_condition("Suspended") and after.has_condition("Suspended", "False")
    start = after.value("startTime")
    start_changed = before.value("startTime") and start != before.value("startTime")
    if start_changed and not resuming and not after.spec.get("suspend"):
        yield _invalid("startTime", start, "field is immutable for unsuspended job once set")
    if before.met and not after.met:
        yield _conditions("cannot disable the SuccessCriteriaMet=True condition")
    if before.complete and not before.met and after.met:
        yield _conditions("cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions")


def _changed(after: _Status, before: _Status, name: str) -> bool:
    return bool(after.value(name) != before.value(name))


def _conditions(detail: str) -> Cause:
    return Cause("status.conditions", "FieldValueInvalid", f"Invalid value: {detail}")


def _required(name: str, detail: str) -> Cause:
    return messages.required(f"status.{name}", detail)


def _invalid(name: str, value: Any, detail: str) -> Cause:
    return messages.invalid(f"status.{name}", value, detail)
