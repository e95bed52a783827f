"""Metric families of plain numbers.

Owns the types of the hot path: an increment is an attribute or dict store. An observation of a histogram is one bisect
and two additions. They do not depend on Prometheus; ``collector`` renders them at a scrape.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping


def exponential_buckets(start: float, factor: float, count: int) -> tuple[float, ...]:
    """Return ``count`` bounds, each ``factor`` times the one before, with the rounding of client_golang."""
    bounds = []
    for _ in range(count):
        bounds.append(start)
        start *= factor
    return tuple(bounds)


class Histogram:
    """Counts of observations per bucket, and their sum.

    Args:
        bounds: ascending upper bounds, without infinity.
    """

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count ``value``."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def count(self) -> int:
        """Number of observed values."""
        return sum(self.counts)


class Family:
    """Values by label set; the base of counters and gauges.

    Args:
        name: full exposed name, including ``_total``.
        help_text: the HELP line.
        labels: label names, in the order of label values.
    """

    kind = "gauge"
    __slots__ = ("help_text", "labels", "name", "values")

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = labels
        self.values: dict[tuple[str, ...], float] = {}

    def get(self, *labels: str) -> float:
        """Return the value, or 0."""
        return self.values.get(labels, 0.0)

    def remove(self, *labels: str) -> None:
        """Remove one label set; does nothing if it does not exist."""
        self.values.pop(labels, None)

    def remove_where(self, label: str, value: str) -> None:
        """Drop every label set that has ``label=value``; harmless if the family has no such label."""
        if label not in self.labels:
            return
        at = self.labels.index(label)
        for labels in [labels for labels in self.values if labels[at] == value]:
            del self.values[labels]

    def collect(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield label values and value of each label set."""
        yield from sorted(self.values.items())


class Counter(Family):
    """A value per label set that only increases."""

    kind = "counter"
    __slots__ = ()

    def inc(self, *labels: str, by: float = 1.0) -> None:
        """Add ``by``; ``by=0`` exposes the label set."""
        self.values[labels] = self.values.get(labels, 0.0) + by


class Gauge(Family):
    """A value per label set that can increase and decrease."""

    __slots__ = ("_source",)

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> None:
        super().__init__(name, help_text, labels)
        self._source: Callable[[], Mapping[tuple[str, ...], float]] | None = None

    def set(self, value: float, *labels: str) -> None:
        """Set the value of one label set."""
        self.values[labels] = value

    def set_source(self, source: Callable[[], Mapping[tuple[str, ...], float]]) -> None:
        """Read values by labels from ``source`` at each scrape, for values that are expensive to keep up to date."""
        self._source = source

    def collect(self) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield the values that were set, updated with those of the source."""
        values = self.values if self._source is None else {**self.values, **self._source()}
        yield from sorted(values.items())


class HistogramFamily:
    """Histograms by label set."""

    kind = "histogram"
    __slots__ = ("bounds", "help_text", "labels", "name", "values")

    def __init__(self, name: str, help_text: str, labels: tuple[str, ...], bounds: tuple[float, ...]) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = labels
        self.bounds = bounds
        self.values: dict[tuple[str, ...], Histogram] = {}

    def child(self, *labels: str) -> Histogram:
        """Return the histogram of one label set, created if needed; keep the reference on hot paths."""
        histogram = self.values.get(labels)
        if histogram is None:
            histogram = self.values[labels] = Histogram(self.bounds)
        return histogram

    def remove_where(self, label: str, value: str) -> None:
        """Drop every label set that has ``label=value``; harmless if the family has no such label."""
        if label not in self.labels:
            return
        at = self.labels.index(label)
        for labels in [labels for labels in self.values if labels[at] == value]:
            del self.values[labels]

    def collect(self) -> Iterable[tuple[tuple[str, ...], Histogram]]:
        """Yield label values and histogram of each label set."""
        yield from sorted(self.values.items(), key=lambda pair: pair[0])
