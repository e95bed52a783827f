"""Metrics of a work queue.

Owns the names, labels and buckets of the ``workqueue_*`` families, which are those of controller-runtime
(``pkg/internal/metrics/workqueue.go``), so that existing dashboards and alerts work.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from plugin_operator.metrics import Metrics, exponential_buckets
from plugin_operator.metrics.accumulators import Group, Reading
from plugin_operator.metrics.declaration import counter, gauge, histogram
from plugin_operator.metrics.families import Histogram

#: Most values of the ``priority`` label; further priorities share one value, as in controller-runtime.
MAX_PRIORITIES = 25

#: Buckets of client-go and controller-runtime: 10 ns to 1000 s.
_BUCKETS = exponential_buckets(10e-9, 10, 12)


class QueueGauges(msgspec.Struct, frozen=True):
    """The state of a queue at a scrape.

    Attributes:
        depth: items waiting, by priority.
        unfinished_work_seconds: sum of the seconds since each item in progress was handed out.
        longest_running_processor_seconds: seconds since the oldest item in progress was handed out.
    """

    depth: Mapping[int, int] = msgspec.field(default_factory=dict)
    unfinished_work_seconds: float = 0.0
    longest_running_processor_seconds: float = 0.0


class WorkQueueMetrics:
    """The ``workqueue_*`` families of one queue; the queue changes the attributes directly.

    Attributes:
        adds: items that became ready.
        retries: items that were added with a delay.
        queue_duration: seconds between becoming ready and being handed out.
        work_duration: seconds between being handed out and ``done``.
        gauges: returns the state of the queue at a scrape.
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
        self.queue_duration = Histogram(_BUCKETS)
        self.work_duration = Histogram(_BUCKETS)
        self.gauges: Callable[[], QueueGauges] = QueueGauges
        self.seen_priorities: set[int] = {0}

    def depth_by_label(self, depth: Mapping[int, int]) -> dict[str, int]:
        """Return ``depth`` by the ``priority`` label: a priority seen once stays, as 0, and their number is bounded."""
        self.seen_priorities.update(list(depth)[: MAX_PRIORITIES + 1])
        if len(self.seen_priorities) > MAX_PRIORITIES:
            return {"exceeded_cardinality_limit": sum(depth.values())}
        return {str(priority): depth.get(priority, 0) for priority in self.seen_priorities}


class _Sample(NamedTuple):
    counts: WorkQueueMetrics
    gauges: QueueGauges


_LABELS = ("name", "controller")

WORK_QUEUES = Group(
    _LABELS,
    WorkQueueMetrics,
    lambda counts: _Sample(counts, counts.gauges()),
    (
        Reading(
            gauge("workqueue_depth", "Items waiting in the work queue", *_LABELS, "priority"),
            lambda q: {(priority,): count for priority, count in q.counts.depth_by_label(q.gauges.depth).items()},
        ),
        Reading(counter("workqueue_adds_total", "Items that became ready", *_LABELS), lambda q: {(): q.counts.adds}),
        Reading(
            counter("workqueue_retries_total", "Items that were added with a delay", *_LABELS),
            lambda q: {(): q.counts.retries},
        ),
        Reading(
            gauge(
                "workqueue_unfinished_work_seconds",
                "Sum of the seconds since each item in progress was handed out; grows fast when workers are stuck",
                *_LABELS,
            ),
            lambda q: {(): q.gauges.unfinished_work_seconds},
        ),
        Reading(
            gauge(
                "workqueue_longest_running_processor_seconds",
                "Seconds since the oldest item in progress was handed out",
                *_LABELS,
                merge="highest",
            ),
            lambda q: {(): q.gauges.longest_running_processor_seconds},
        ),
        Reading(
            histogram(
                "workqueue_queue_duration_seconds",
                "How long items wait before they are handed out",
                *_LABELS,
                bounds=_BUCKETS,
            ),
            lambda q: {(): q.counts.queue_duration},
        ),
        Reading(
            histogram("workqueue_work_duration_seconds", "How long items are worked on", *_LABELS, bounds=_BUCKETS),
            lambda q: {(): q.counts.work_duration},
        ),
    ),
)


def workqueue_metrics(metrics: Metrics, name: str, controller: str) -> WorkQueueMetrics:
    """Return the accumulator of a work queue."""
    return metrics.group(WORK_QUEUES).of(name, controller)
