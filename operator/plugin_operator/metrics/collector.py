"""Conversion of families and accumulators to Prometheus samples, at each scrape."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from plugin_operator.metrics.accumulators import Accumulators
from plugin_operator.metrics.families import Counter, Family, Gauge, Histogram, HistogramFamily

AnyFamily = Counter | Gauge | HistogramFamily
_Samples = Iterable[tuple[tuple[str, ...], Any]]


class FamilyCollector(Collector):
    """Prometheus collector of accumulators and families.

    Args:
        groups, families: live collections, which are read at each scrape.

    Attributes:
        canonical_floats: whether bounds have OpenMetrics form ("1.0") or that of Go's text format ("1").
    """

    def __init__(
        self,
        groups: Callable[[], Iterable[Accumulators[Any]]],
        families: Callable[[], Iterable[AnyFamily]],
    ) -> None:
        self._groups = groups
        self._families = families
        self.canonical_floats = False

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registration does not collect: the names in this registry are unique."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield every family, including those without samples."""
        for group in self._groups():
            for declaration, samples in group.collect():
                empty = declaration.make(declaration.name, declaration.help_text, declaration.labels)
                yield self._render(empty, samples)
        for family in self._families():
            yield self._render(family, family.collect())

    def _render(self, family: Family | HistogramFamily, samples: _Samples) -> Metric:
        if isinstance(family, HistogramFamily):
            histograms = HistogramMetricFamily(family.name, family.help_text, labels=family.labels)
            for labels, histogram in samples:
                self._add(histograms, labels, histogram)
            return histograms
        kind = CounterMetricFamily if isinstance(family, Counter) else GaugeMetricFamily
        metric = kind(family.name, family.help_text, labels=family.labels)
        for labels, value in samples:
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
