"""The work queue: deduplicated, with priorities, delays and backoff.

Knows nothing of Kubernetes: an item is anything hashable.
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
