"""Leader election of this process.

Owns the elector's settings and the exit of a process whose Lease expired before it could react, by the fence or by the
watchdog thread. Both exit with status 1 before another replica can acquire the Lease.
"""

from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.app.plugin_skew import REPLICAS_DIFFERING, Patcher, PluginSkewMonitor, WatchingReplica
from plugin_operator.cache import InformerFactory
from plugin_operator.client import ApiClient
from plugin_operator.clock import Clock
from plugin_operator.fence import Fence
from plugin_operator.hosting.triggers.schedule_record import ScheduleRecord
from plugin_operator.leaderelection import LeaderElector, LeaseLock, LeaseWatch, Timing, new_identity
from plugin_operator.manager import Runnable, leave_now
from plugin_operator.metrics import Metrics
from plugin_operator.options import LeaderElectionOptions, Options
from plugin_operator.tasks import TaskSupervisor

_DEFAULT_NAMESPACE = "default"
_LONGEST_MARGIN_SECONDS = 0.5

_log = logs.get_logger(__name__)


def installer(options: Options, namespace: str | None) -> str | None:
    """Return what replicas of one operator share and two operators do not: namespace and name of their Lease.

    Args:
        options: the settings; None is returned if they do not let it install definitions.
        namespace: of the Lease, if the settings name none.
    """
    if not options.apply_crds:
        return None
    election = options.leader_election
    return f"{election.resource_namespace or namespace or _DEFAULT_NAMESPACE}/{election.resource_name}"


def make_elector(
    election: LeaderElectionOptions,
    namespace: str | None,
    client: Callable[[float], ApiClient],
    *,
    fence: Fence,
    clock: Clock,
    metrics: Metrics,
) -> LeaderElector:
    """Return the elector of this process.

    Args:
        election: settings of leader election.
        namespace: namespace of the Lease if the settings have none.
        client: returns a client with a deadline for its requests, in seconds.
        fence: fence of the process.
        clock: measures time.
        metrics: metrics registry of the process.
    """
    timing = Timing(election.lease_duration_seconds, election.renew_deadline_seconds, election.retry_period_seconds)
    lock = LeaseLock(
        client(timing.request_seconds),
        election.resource_namespace or namespace or _DEFAULT_NAMESPACE,
        election.resource_name,
        new_identity(),
    )
    return LeaderElector(
        lock,
        fence=fence,
        clock=clock,
        metrics=metrics,
        timing=timing,
    )


def make_schedule_record(
    election: LeaderElectionOptions, namespace: str | None, client: ApiClient, *, clock: Clock
) -> ScheduleRecord:
    """Return what keeps the times of schedules: a Lease beside that of leader election, and named after it.

    Args:
        election: the settings.
        namespace: of the Lease, if the settings name none.
        client: sends no write once this process leads no more.
        clock: of the process.
    """
    name = f"{election.resource_name.removesuffix('-leader-election')}-schedules"
    return ScheduleRecord(client, election.resource_namespace or namespace or _DEFAULT_NAMESPACE, name, clock=clock)


def lease_parts(
    elector: LeaderElector,
    factory: InformerFactory,
    host: WatchingReplica,
    *,
    client: Patcher,
    metrics: Metrics,
    clock: Clock,
    supervisor: TaskSupervisor,
) -> list[Runnable]:
    """Return the Runnables that watch the Lease, and compare the plugins of the replicas in its annotations.

    Args:
        elector: the elector of this process.
        factory: watches the Lease.
        host: tells which plugins this replica runs, and what it watches.
        client: writes the annotation of this replica.
        metrics: metrics registry of the process.
        clock: measures time.
        supervisor: notified if a service ends unexpectedly.
    """
    watch = LeaseWatch(elector, factory)
    census = PluginSkewMonitor(
        host,
        elector,
        watch.annotations,
        client=client,
        differing=metrics.family(REPLICAS_DIFFERING),
        clock=clock,
        supervisor=supervisor,
    )
    return [watch, census]


def watchdog_margin(election: LeaderElectionOptions) -> float:
    """Return the seconds after the renew deadline until the watchdog ends a leader whose event loop is blocked."""
    spare = election.lease_duration_seconds - election.renew_deadline_seconds
    return min(_LONGEST_MARGIN_SECONDS, spare / 4)


def end_at_once() -> None:
    """End the process with status 1: the Lease expired before a renewal, and a write or reconcile was due."""
    _log.error("Leadership expired, exiting")
    leave_now(1)
