"""A deduplicating work queue with priorities, delays and backoff.

An item is any hashable value; the package does not depend on Kubernetes.
"""

from plugin_operator.workqueue.queue import MAX_DELAY_SECONDS, QueueShutDown, WorkQueue
from plugin_operator.workqueue.rate_limiter import ExponentialBackoff, RateLimiter
from plugin_operator.workqueue.ready_queue import FAIR_SHARE, LOW_PRIORITY

__all__ = [
    "FAIR_SHARE",
    "LOW_PRIORITY",
    "MAX_DELAY_SECONDS",
    "ExponentialBackoff",
    "QueueShutDown",
    "RateLimiter",
    "WorkQueue",
]
