"""Metrics of a controller.

Owns the names, labels and buckets of the ``controller_runtime_*`` families, which are those of controller-runtime
(``pkg/internal/controller/metrics``), so that existing dashboards and alerts work.
"""

from plugin_operator.metrics import Metrics
from plugin_operator.metrics.accumulators import Group, Reading
from plugin_operator.metrics.declaration import counter, gauge, histogram
from plugin_operator.metrics.families import Histogram

STUCK_MAPS = gauge("plugin_operator_stuck_maps", "Async map functions that were cancelled and still run", "controller")
STUCK_RECONCILES = gauge(
    "plugin_operator_stuck_reconciles", "Reconciles that were cancelled and still run", "controller"
)

_TIME_BUCKETS = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    *(1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 15.0, 20.0, 25.0, 30.0),
    *(40.0, 50.0, 60.0),
)


class ControllerMetrics:
    """The ``controller_runtime_*`` families of one controller; worker and outcomes change the attributes directly.

    Attributes:
        success, error, requeue, requeue_after: ended reconciles by ``result``.
        errors: failed reconciles, for any cause.
        terminal_errors: failures that are not retried.
        panics: reconciles that ended with a ``BaseException`` that is not an ``Exception``.
        timeouts: reconciles that exceeded their timeout.
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
        self.time = Histogram(_TIME_BUCKETS)


def _results(counts: ControllerMetrics) -> dict[tuple[str, ...], float | Histogram]:
    return {
        ("error",): counts.error,
        ("requeue",): counts.requeue,
        ("requeue_after",): counts.requeue_after,
        ("success",): counts.success,
    }


CONTROLLERS: Group[ControllerMetrics, ControllerMetrics] = Group(
    ("controller",),
    ControllerMetrics,
    lambda counts: counts,
    (
        Reading(
            counter("controller_runtime_reconcile_total", "Reconciles by their result", "controller", "result"),
            _results,
        ),
        Reading(
            counter("controller_runtime_reconcile_errors_total", "Reconciles that failed", "controller"),
            lambda m: {(): m.errors},
        ),
        Reading(
            counter(
                "controller_runtime_terminal_reconcile_errors_total",
                "Reconciles that failed with a terminal error",
                "controller",
            ),
            lambda m: {(): m.terminal_errors},
        ),
        Reading(
            counter(
                "controller_runtime_reconcile_panics_total", "Reconciles ended by no ordinary exception", "controller"
            ),
            lambda m: {(): m.panics},
        ),
        Reading(
            counter(
                "controller_runtime_reconcile_timeouts_total", "Reconciles that ran into their timeout", "controller"
            ),
            lambda m: {(): m.timeouts},
        ),
        Reading(
            gauge("controller_runtime_max_concurrent_reconciles", "How many reconciles may run at once", "controller"),
            lambda m: {(): m.max_concurrent},
        ),
        Reading(
            gauge("controller_runtime_active_workers", "How many reconciles run now", "controller"),
            lambda m: {(): m.active_workers},
        ),
        Reading(
            histogram(
                "controller_runtime_reconcile_time_seconds",
                "How long reconciles took",
                "controller",
                bounds=_TIME_BUCKETS,
            ),
            lambda m: {(): m.time},
        ),
    ),
)


def controller_metrics(metrics: Metrics, name: str) -> ControllerMetrics:
    """Return the accumulator of a controller."""
    return metrics.group(CONTROLLERS).of(name)
