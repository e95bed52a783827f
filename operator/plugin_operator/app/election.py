"""Leader election as this process takes part in it.

Owns the elector's settings and the two ways in which a process that could not notice in time ends: at the fence, and by
the watchdog's thread. Both end it with status 1 before another replica may take the Lease.
"""

from collections.abc import Callable

from plugin_operator import logs
from plugin_operator.client import Client
from plugin_operator.clock import Clock
from plugin_operator.fence import Fence
from plugin_operator.leaderelection import LeaderElector, LeaseLock, Timing, new_identity
from plugin_operator.manager import leave_now
from plugin_operator.metrics import Metrics
from plugin_operator.options import LeaderElectionOptions

_DEFAULT_NAMESPACE = "default"
_LONGEST_MARGIN_SECONDS = 0.5

_log = logs.get_logger(__name__)


def make_elector(
    election: LeaderElectionOptions,
    namespace: str | None,
    client: Callable[[float], Client],
    *,
    fence: Fence,
    clock: Clock,
    metrics: Metrics,
) -> LeaderElector:
    """Return the elector of this process.

    Args:
        election: the settings.
        namespace: of the Lease, if the settings name none.
        client: makes a client whose requests have so many seconds.
        fence: of the process.
        clock: of the process.
        metrics: of the process.
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


def watchdog_margin(election: LeaderElectionOptions) -> float:
    """Return how long past the renew deadline a blocked loop is left alone: others may take the Lease well after."""
    spare = election.lease_duration_seconds - election.renew_deadline_seconds
    return min(_LONGEST_MARGIN_SECONDS, spare / 4)


def end_at_once() -> None:
    """End the process with status 1: the Lease expired before a renewal, and a write or reconcile was due."""
    _log.error("Leadership expired, exiting")
    leave_now(1)
