# /// script
# dependencies = ["cronsim>=2.7,<3"]
# ///
"""The CronJob of kubebuilder's tutorial: create a Job at each time of a schedule, and keep the last ones."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from cronsim import CronSim, CronSimError
from msgspec import field

from plugin_operator import (
    UNSET,
    AlreadyExistsError,
    ApiObject,
    Conditions,
    Context,
    Request,
    Result,
    Struct,
    TerminalError,
    UnsetType,
    column,
    controller,
    generation_changed,
    own,
    resource,
    rule,
    schema,
)
from plugin_operator.kinds import batch_v1, core_v1

SCHEDULED_AT = "example.com/scheduled-at"


class TemplateMetadata(Struct):
    """What each Job has.

    Attributes:
        labels: Its labels.
        annotations: Its annotations.
    """

    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class JobTemplate(Struct):
    """The Job of each run.

    Attributes:
        metadata: Its labels and annotations.
        spec: Its spec, as of a Job in batch/v1.
    """

    metadata: TemplateMetadata = field(default_factory=TemplateMetadata)
    spec: dict[str, Any]


class CronJobSpec(Struct):
    """What a user asks for.

    Attributes:
        schedule: When to run: minute, hour, day of month, month and day of week, in UTC.
        job_template: The Job of each run.
        starting_deadline_seconds: How late a run may start; without it, any time.
        concurrency_policy: What happens while an earlier run is active.
        suspend: Whether no further run starts.
        successful_jobs_history_limit: How many successful Jobs are kept.
        failed_jobs_history_limit: How many failed Jobs are kept.
    """

    schedule: Annotated[str, schema(pattern=r"^\S+( \S+){4}$", example="*/5 * * * *")]
    job_template: JobTemplate
    starting_deadline_seconds: Annotated[int, schema(ge=0)] | UnsetType = UNSET
    concurrency_policy: Literal["Allow", "Forbid", "Replace"] = "Allow"
    suspend: bool = False
    successful_jobs_history_limit: Annotated[int, schema(ge=0, format="int32")] = 3
    failed_jobs_history_limit: Annotated[int, schema(ge=0, format="int32")] = 1


class CronJobStatus(Struct):
    """What the operator found.

    Attributes:
        active: The Jobs that run.
        last_schedule_time: The time of the last run that started.
        conditions: Whether the schedule is understood.
    """

    active: list[core_v1.ObjectReference] = []
    last_schedule_time: datetime | UnsetType = UNSET
    conditions: Conditions = []


@resource(
    "example.com/v1/CronJob",
    columns=[
        column("Schedule", ".spec.schedule"),
        column("Suspend", ".spec.suspend"),
        column("Last Schedule", ".status.lastScheduleTime"),
    ],
    rules=[rule("size(self.metadata.name) <= 52", message="the name has at most 52 characters: its Jobs add 11")],
)
class CronJob(ApiObject):
    """A Job that runs at the times of a schedule."""

    spec: CronJobSpec
    status: CronJobStatus = field(default_factory=CronJobStatus)


def owner_uids(job: dict[str, Any]) -> list[str]:
    return [each["uid"] for each in job["metadata"].get("ownerReferences") or () if each.get("controller")]


@controller(for_=CronJob, predicates=[generation_changed], owns=[own(batch_v1.Job, indexes={"owner": owner_uids})])
async def cron_job(ctx: Context[CronJob], request: Request) -> Result | None:
    found = ctx.lister.get(request)
    if found is None or found.metadata.deletion_timestamp:
        return None
    jobs = ctx.lister_for(batch_v1.Job).by_index("owner", found.metadata.uid, request.namespace)
    active = [job for job in jobs if not outcome(job)]
    async with ctx.status(found) as status:
        status.active = references(active)
        status.last_schedule_time = latest(status.last_schedule_time, jobs)
        due, following = times(ctx, found)
    for kept, result in (
        (found.spec.successful_jobs_history_limit, "Complete"),
        (found.spec.failed_jobs_history_limit, "Failed"),
    ):
        finished = sorted((job for job in jobs if outcome(job) == result), key=scheduled_at)
        for job in finished[: max(0, len(finished) - kept)]:
            await delete(ctx, job)
    if found.spec.suspend:
        return None
    if due is not None:
        await run(ctx, found, due, active)
    return Result(requeue_after=(following - ctx.now()).total_seconds())


def times(ctx: Context[CronJob], found: CronJob) -> tuple[datetime | None, datetime]:
    """Return the last time that has passed without a run, and the next one."""
    now = ctx.now()
    try:
        following = next(CronSim(found.spec.schedule, now))
        passed = next(CronSim(found.spec.schedule, now.replace(microsecond=0) + timedelta(seconds=1), reverse=True))
    except (CronSimError, StopIteration) as error:
        ctx.set_condition(found, "Scheduled", False, "InvalidSchedule", f"spec.schedule has no times: {error}")
        raise TerminalError(f"spec.schedule is {found.spec.schedule!r}, which has no times: {error}") from error
    ctx.set_condition(found, "Scheduled", not found.spec.suspend, "Suspended" if found.spec.suspend else "Waiting")
    started, deadline = found.status.last_schedule_time, found.spec.starting_deadline_seconds
    if passed <= (datetime.fromisoformat(found.metadata.creation_timestamp or "") if started is UNSET else started):
        return None, following
    if deadline is not UNSET and passed < now - timedelta(seconds=deadline):
        ctx.recorder.event(found, "Warning", "MissedSchedule", f"the run of {passed} would start too late")
        return None, following
    return passed, following


async def run(ctx: Context[CronJob], found: CronJob, due: datetime, active: list[batch_v1.Job]) -> None:
    if active and found.spec.concurrency_policy == "Forbid":
        return
    if found.spec.concurrency_policy == "Replace":
        for job in active:
            await delete(ctx, job)
    template, name = found.spec.job_template, f"{found.metadata.name}-{due.timestamp():.0f}"
    metadata = {
        "name": name,  # that of the time, so that no run is doubled
        "namespace": found.metadata.namespace,
        "labels": template.metadata.labels,
        "annotations": {**template.metadata.annotations, SCHEDULED_AT: due.isoformat()},
    }
    created = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template.spec}
    ctx.set_owner(created, owner=found)
    try:
        await ctx.client.create(created)
    except AlreadyExistsError:
        ctx.log.info("Job exists already", job=name)


async def delete(ctx: Context[CronJob], job: batch_v1.Job) -> None:
    await ctx.client.delete(job, uid=job.metadata.uid, propagation="Background", missing_ok=True)


def outcome(job: batch_v1.Job) -> str:
    ended = (each.type for each in job.status.conditions if each.status == "True")
    return next((each for each in ended if each in ("Complete", "Failed")), "")


def scheduled_at(job: batch_v1.Job) -> datetime:
    return datetime.fromisoformat(job.metadata.annotations.get(SCHEDULED_AT) or job.metadata.creation_timestamp or "")


def latest(known: datetime | UnsetType, jobs: Iterable[batch_v1.Job]) -> datetime | UnsetType:
    return max([*([] if known is UNSET else [known]), *map(scheduled_at, jobs)], default=UNSET)


def references(jobs: Iterable[batch_v1.Job]) -> list[core_v1.ObjectReference]:
    return [
        core_v1.ObjectReference(
            api_version="batch/v1",
            kind="Job",
            namespace=job.metadata.namespace,
            name=job.metadata.name,
            uid=job.metadata.uid,
        )
        for job in sorted(jobs, key=scheduled_at)
    ]
