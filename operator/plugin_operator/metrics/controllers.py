"""What one controller and its work queue count.

Owns the two accumulators of the hot path. The worker and the queue change their attributes directly, for a method call
costs more than the addition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plugin_operator.metrics.families import RECONCILE_TIME_BUCKETS, WORKQUEUE_BUCKETS, Histogram

#: Above this many different priorities ``workqueue_depth`` lumps them together, as controller-runtime does.
MAX_PRIORITIES = 25


class ControllerMetrics:
    """The ``controller_runtime_*`` families of one controller.

    Attributes:
        success, error, requeue, requeue_after: ended reconciles by ``result``.
        errors: failed reconciles, whatever the cause.
        terminal_errors: failures that are not retried.
        panics: reconciles ended by something that is no ``Exception``.
        timeouts: reconciles that ran into their timeout.
        active_workers: reconciles running now.
        max_concurrent: the most that may run at once.
        time: how long reconciles took, in seconds.
    """

    __slots__ = (
        "active_workers",
        "error",
        "errors",
        "max_concurrent",
        "name",
        "panics",
        "requeue",
        "requeue_after",
        "success",
        "terminal_errors",
        "time",
        "timeouts",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.success = 0
        self.error = 0
        self.requeue = 0
        self.requeue_after = 0
        self.errors = 0
        self.terminal_errors = 0
        self.panics = 0
        self.timeouts = 0
        self.active_workers = 0
        self.max_concurrent = 0
        self.time = Histogram(RECONCILE_TIME_BUCKETS)


@dataclass(frozen=True, slots=True)
class QueueGauges:
    """What a queue says of itself at a scrape.

    Attributes:
        depth: items waiting, by priority.
        unfinished_work_seconds: how long the items being processed have been so, summed up.
        longest_running_processor_seconds: the same for the oldest of them.
    """

    depth: Mapping[int, int] = field(default_factory=dict)
    unfinished_work_seconds: float = 0.0
    longest_running_processor_seconds: float = 0.0


class WorkQueueMetrics:
    """The ``workqueue_*`` families of one queue.

    Attributes:
        adds: items that became ready to be handed out.
        retries: items that were added with a delay.
        queue_duration: seconds between becoming ready and being handed out.
        work_duration: seconds between being handed out and ``done``.
        gauges: asks the queue for the rest at each scrape.
    """

    __slots__ = (
        "adds",
        "controller",
        "gauges",
        "name",
        "queue_duration",
        "retries",
        "seen_priorities",
        "work_duration",
    )

    def __init__(self, name: str, controller: str) -> None:
        self.name = name
        self.controller = controller
        self.adds = 0
        self.retries = 0
        self.queue_duration = Histogram(WORKQUEUE_BUCKETS)
        self.work_duration = Histogram(WORKQUEUE_BUCKETS)
        self.gauges: Callable[[], QueueGauges] = QueueGauges
        self.seen_priorities: set[int] = {0}

    def depth_by_label(self, depth: Mapping[int, int]) -> dict[str, int]:
        """Return ``depth`` by the value of the ``priority`` label: what was seen once stays, as 0, and few are seen."""
        self.seen_priorities.update(list(depth)[: MAX_PRIORITIES + 1])
        if len(self.seen_priorities) > MAX_PRIORITIES:
            return {"exceeded_cardinality_limit": sum(depth.values())}
        return {str(priority): depth.get(priority, 0) for priority in self.seen_priorities}
