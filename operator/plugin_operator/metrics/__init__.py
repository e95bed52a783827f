"""Metrics with controller-runtime's and client-go's own names, labels and buckets, and ours beside them.

Owns counting and rendering. Serving them over HTTP is left to ``serving``.
"""

from plugin_operator.metrics.controllers import ControllerMetrics, QueueGauges, WorkQueueMetrics
from plugin_operator.metrics.families import Counter, Gauge, Histogram, HistogramFamily
from plugin_operator.metrics.registry import Metrics

__all__ = [
    "ControllerMetrics",
    "Counter",
    "Gauge",
    "Histogram",
    "HistogramFamily",
    "Metrics",
    "QueueGauges",
    "WorkQueueMetrics",
]
