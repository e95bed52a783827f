"""The kinds of batch/v1. Made by ``make kinds``: do not edit."""

from msgspec import field

from plugin_operator.kinds import core_v1, meta_v1, scheduling_v1alpha3
from plugin_operator.kube.definitions import builtin_kind
from plugin_operator.kube.objects import BuiltinObject, Metadata, Struct


class PodFailurePolicyOnExitCodesRequirement(Struct):
    container_name: str | None = None
    operator: str = ""
    values: list[int] = []


class PodFailurePolicyOnPodConditionsPattern(Struct):
    type: str = ""
    status: str = ""


class PodFailurePolicyRule(Struct):
    action: str = ""
    on_exit_codes: PodFailurePolicyOnExitCodesRequirement | None = None
    on_pod_conditions: list[PodFailurePolicyOnPodConditionsPattern] = []


class PodFailurePolicy(Struct):
    rules: list[PodFailurePolicyRule] = []


class SuccessPolicyRule(Struct):
    succeeded_indexes: str | None = None
    succeeded_count: int | None = None


class SuccessPolicy(Struct):
    rules: list[SuccessPolicyRule] = []


class JobSchedulingConfiguration(Struct):
    scheduling_policy: scheduling_v1alpha3.WorkloadPodGroupSchedulingPolicy | None = None
    scheduling_constraints: scheduling_v1alpha3.WorkloadPodGroupSchedulingConstraints | None = None
    disruption_mode: scheduling_v1alpha3.WorkloadPodGroupDisruptionMode | None = None
    resource_claims: list[scheduling_v1alpha3.WorkloadPodGroupResourceClaim] = []


class JobSpec(Struct):
    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    pod_failure_policy: PodFailurePolicy | None = None
    success_policy: SuccessPolicy | None = None
    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    selector: meta_v1.LabelSelector | None = None
    manual_selector: bool | None = None
    template: core_v1.PodTemplateSpec = field(default_factory=core_v1.PodTemplateSpec)
    ttl_seconds_after_finished: int | None = None
    completion_mode: str | None = None
    suspend: bool | None = None
    pod_replacement_policy: str | None = None
    managed_by: str | None = None
    scheduling: JobSchedulingConfiguration | None = None


class JobTemplateSpec(Struct):
    metadata: Metadata = field(default_factory=Metadata)
    spec: JobSpec = field(default_factory=JobSpec)


class CronJobSpec(Struct):
    schedule: str = ""
    time_zone: str | None = None
    starting_deadline_seconds: int | None = None
    concurrency_policy: str = ""
    suspend: bool | None = None
    job_template: JobTemplateSpec = field(default_factory=JobTemplateSpec)
    successful_jobs_history_limit: int | None = None
    failed_jobs_history_limit: int | None = None


class CronJobStatus(Struct):
    active: list[core_v1.ObjectReference] = []
    last_schedule_time: str | None = None
    last_successful_time: str | None = None


@builtin_kind("batch/v1/CronJob", "cronjobs", has_status=True, short_names=("cj",))
class CronJob(BuiltinObject):
    spec: CronJobSpec = field(default_factory=CronJobSpec)
    status: CronJobStatus = field(default_factory=CronJobStatus)


class JobCondition(Struct):
    type: str = ""
    status: str = ""
    last_probe_time: str | None = None
    last_transition_time: str | None = None
    reason: str = ""
    message: str = ""


class UncountedTerminatedPods(Struct):
    succeeded: list[str] = []
    failed: list[str] = []


class JobStatus(Struct):
    conditions: list[JobCondition] = []
    start_time: str | None = None
    completion_time: str | None = None
    active: int = 0
    succeeded: int = 0
    failed: int = 0
    terminating: int | None = None
    completed_indexes: str = ""
    failed_indexes: str | None = None
    uncounted_terminated_pods: UncountedTerminatedPods | None = None
    ready: int | None = None


@builtin_kind("batch/v1/Job", "jobs", has_status=True)
class Job(BuiltinObject):
    spec: JobSpec = field(default_factory=JobSpec)
    status: JobStatus = field(default_factory=JobStatus)
