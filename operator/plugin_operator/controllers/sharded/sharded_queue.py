"""The work queue of a controller that takes a part of the requests."""

from plugin_operator.cache.shards.work_meter import WorkMeter
from plugin_operator.clock import Clock
from plugin_operator.controllers.reconcile import Request
from plugin_operator.controllers.sharded.shard_keys import ShardKeys
from plugin_operator.workqueue import ExponentialBackoff, WorkQueue
from plugin_operator.workqueue.metrics import QueueGauges, WorkQueueMetrics


class ShardedQueue(WorkQueue[Request]):
    """A queue that drops the requests of other processes.

    Args:
        name: the ``name`` label of its metrics.
        keys: decides which requests are taken.
        meter: notes how long each request is processed.
        clock: measures delays and sets timers.
    """

    def __init__(self, name: str, keys: ShardKeys, meter: WorkMeter, *, clock: Clock) -> None:
        self._keys = keys
        self._meter = meter
        super().__init__(name, clock=clock, rate_limiter=ExponentialBackoff())

    def count_in(self, metrics: WorkQueueMetrics | None) -> None:
        """Count in ``metrics`` from now on, where what waits counts as added; None for nowhere."""
        self.metrics.gauges = QueueGauges
        self.metrics = metrics if metrics is not None else WorkQueueMetrics(self.name, self.name)
        self.metrics.adds += len(self)
        self.metrics.retries += self.delayed
        self.metrics.gauges = self._gauges

    def add(self, item: Request, priority: int = 0) -> None:
        """Queue a request, unless it is of another process."""
        if self._keys.takes(item):
            super().add(item, priority)

    def _add_later(self, item: Request, delay_seconds: float, priority: int, *, is_backoff: bool) -> None:
        if self._keys.takes(item):
            super()._add_later(item, delay_seconds, priority, is_backoff=is_backoff)
        else:
            self.forget(item)

    def done(self, item: Request) -> None:
        """Mark a request as processed; see ``WorkQueue.done``."""
        entry = self._entries.get(item)
        if entry is not None and entry in self._processing:
            self._measure(item, self._now() - entry.since)
        super().done(item)
        if item not in self:
            self._keys.settled(item)

    def _measure(self, item: Request, seconds: float) -> None:
        if self._keys.by is None:
            self._meter.worked(None, seconds)
        elif (shard := self._keys.shard_of(item)) is not None:
            self._meter.worked(shard, seconds)

    def drop_closed(self) -> None:
        """Drop what waits and is no longer taken; what is in flight ends, and is not queued again."""
        takes = self._keys.takes
        for entry in [each for each in self._again if not takes(each.item)]:
            del self._again[entry]
        for entry in [each for each in self._entries.values() if each.level is not None and not takes(each.item)]:
            self._ready.discard(entry)
            del self._entries[entry.item]
        for item in self._delayed.discard(lambda each: not takes(each)):
            self.forget(item)
