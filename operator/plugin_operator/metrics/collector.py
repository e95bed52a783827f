"""Turning the accumulators into Prometheus samples.

Owns the names, labels and types of the ``controller_runtime_*`` and ``workqueue_*`` families, which are those of
controller-runtime (``pkg/internal/controller/metrics``, ``pkg/internal/metrics/workqueue.go``), so that existing
dashboards and alerts fit. Runs only at a scrape.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from plugin_operator.metrics.controllers import ControllerMetrics, QueueGauges, WorkQueueMetrics
from plugin_operator.metrics.families import Counter, Family, Histogram, HistogramFamily

AnyFamily = Family | HistogramFamily

_COUNTERS: tuple[tuple[str, str, Callable[[ControllerMetrics], float]], ...] = (
    ("controller_runtime_reconcile_errors_total", "Reconciles that failed", lambda m: m.errors),
    (
        "controller_runtime_terminal_reconcile_errors_total",
        "Reconciles that failed for good and are not retried",
        lambda m: m.terminal_errors,
    ),
    ("controller_runtime_reconcile_panics_total", "Reconciles ended by no ordinary exception", lambda m: m.panics),
    ("controller_runtime_reconcile_timeouts_total", "Reconciles that ran into their timeout", lambda m: m.timeouts),
)
_GAUGES: tuple[tuple[str, str, Callable[[ControllerMetrics], float]], ...] = (
    (
        "controller_runtime_max_concurrent_reconciles",
        "How many reconciles may run at once",
        lambda m: m.max_concurrent,
    ),
    ("controller_runtime_active_workers", "How many reconciles run now", lambda m: m.active_workers),
)


class AccumulatorCollector(Collector):
    """Renders controllers, queues and families.

    Args:
        controllers, queues, families: the live collections; read at each scrape.

    Attributes:
        canonical_floats: write bounds as OpenMetrics wants them ("1.0") and not as Go's text format does ("1").
    """

    def __init__(
        self,
        controllers: Callable[[], Iterable[ControllerMetrics]],
        queues: Callable[[], Iterable[WorkQueueMetrics]],
        families: Callable[[], Iterable[AnyFamily]],
    ) -> None:
        self._controllers = controllers
        self._queues = queues
        self._families = families
        self.canonical_floats = False

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the names are ours alone, and describing would mean a scrape at start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family, those without a label set included."""
        yield from self._collect_controllers()
        yield from self._collect_queues()
        for family in self._families():
            yield self._render(family)

    def _collect_controllers(self) -> Iterator[Metric]:
        controllers = sorted(self._controllers(), key=lambda m: m.name)
        total = CounterMetricFamily(
            "controller_runtime_reconcile", "Reconciles by their result", labels=["controller", "result"]
        )
        for each in controllers:
            for result in ("error", "requeue", "requeue_after", "success"):
                total.add_metric([each.name, result], getattr(each, result))
        yield total
        for name, help_text, value in _COUNTERS:
            counter = CounterMetricFamily(name, help_text, labels=["controller"])
            for each in controllers:
                counter.add_metric([each.name], value(each))
            yield counter
        for name, help_text, value in _GAUGES:
            gauge = GaugeMetricFamily(name, help_text, labels=["controller"])
            for each in controllers:
                gauge.add_metric([each.name], value(each))
            yield gauge
        time = HistogramMetricFamily(
            "controller_runtime_reconcile_time_seconds", "How long reconciles took", labels=["controller"]
        )
        for each in controllers:
            self._add(time, (each.name,), each.time)
        yield time

    def _collect_queues(self) -> Iterator[Metric]:
        queues = [(queue, queue.gauges()) for queue in sorted(self._queues(), key=lambda q: (q.name, q.controller))]
        depth = GaugeMetricFamily(
            "workqueue_depth", "Items waiting in the work queue", labels=["name", "controller", "priority"]
        )
        for queue, gauges in queues:
            for priority, value in sorted(queue.depth_by_label(gauges.depth).items()):
                depth.add_metric([queue.name, queue.controller, priority], value)
        yield depth
        yield from _collect_queue_numbers(queues)
        for name, help_text, pick in _QUEUE_HISTOGRAMS:
            histogram = HistogramMetricFamily(name, help_text, labels=["name", "controller"])
            for queue, _ in queues:
                self._add(histogram, (queue.name, queue.controller), pick(queue))
            yield histogram

    def _render(self, family: AnyFamily) -> Metric:
        if isinstance(family, HistogramFamily):
            histograms = HistogramMetricFamily(family.name, family.help_text, labels=family.labels)
            for labels, histogram in family.collect():
                self._add(histograms, labels, histogram)
            return histograms
        kind = CounterMetricFamily if isinstance(family, Counter) else GaugeMetricFamily
        metric = kind(family.name, family.help_text, labels=family.labels)
        for labels, value in family.collect():
            metric.add_metric(labels, value)
        return metric

    def _add(self, metric: HistogramMetricFamily, labels: tuple[str, ...], histogram: Histogram) -> None:
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
            total += count
            buckets.append((self._bound(bound), total))
        buckets.append(("+Inf", total + histogram.counts[-1]))
        metric.add_metric(labels, buckets, histogram.sum)

    def _bound(self, bound: float) -> str:
        text = repr(bound)
        return text if self.canonical_floats else text.removesuffix(".0")


_QUEUE_HISTOGRAMS: tuple[tuple[str, str, Callable[[WorkQueueMetrics], Histogram]], ...] = (
    ("workqueue_queue_duration_seconds", "How long items wait before they are handed out", lambda q: q.queue_duration),
    ("workqueue_work_duration_seconds", "How long items are worked on", lambda q: q.work_duration),
)
_QUEUE_COUNTERS: tuple[tuple[str, str, Callable[[WorkQueueMetrics], float]], ...] = (
    ("workqueue_adds_total", "Items that became ready", lambda q: q.adds),
    ("workqueue_retries_total", "Items that were added with a delay", lambda q: q.retries),
)
_QUEUE_GAUGES: tuple[tuple[str, str, Callable[[QueueGauges], float]], ...] = (
    (
        "workqueue_unfinished_work_seconds",
        "How long the items now worked on have been so, summed up; grows fast when workers are stuck",
        lambda g: g.unfinished_work_seconds,
    ),
    (
        "workqueue_longest_running_processor_seconds",
        "How long the oldest of the items now worked on has been so",
        lambda g: g.longest_running_processor_seconds,
    ),
)


def _collect_queue_numbers(queues: list[tuple[WorkQueueMetrics, QueueGauges]]) -> Iterator[Metric]:
    for name, help_text, count in _QUEUE_COUNTERS:
        counter = CounterMetricFamily(name, help_text, labels=["name", "controller"])
        for queue, _ in queues:
            counter.add_metric([queue.name, queue.controller], count(queue))
        yield counter
    for name, help_text, measure in _QUEUE_GAUGES:
        gauge = GaugeMetricFamily(name, help_text, labels=["name", "controller"])
        for queue, gauges in queues:
            gauge.add_metric([queue.name, queue.controller], measure(gauges))
        yield gauge
