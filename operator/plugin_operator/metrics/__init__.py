"""Counting and rendering of metrics; each layer declares its own with ``metrics.declaration``.

Leaves serving them over HTTP to ``serving``.
"""

from plugin_operator.metrics.families import Counter, Gauge, Histogram, HistogramFamily, exponential_buckets
from plugin_operator.metrics.registry import Metrics

__all__ = [
    "Counter",
    "Gauge",
    "Histogram",
    "HistogramFamily",
    "Metrics",
    "exponential_buckets",
]
