"""The work queue between events and workers.

Owns the promise everything above relies on: an item is never with two workers, never lost, and waits at most once
however often it is added. The rules are those of client-go's ``util/workqueue`` (dirty and processing sets; ``done``
re-queues what was added meanwhile), with the priorities of controller-runtime's ``priorityqueue``.

A queue belongs to one event loop. None of its calls blocks but ``get``, and none is for other threads.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, KeysView
from typing import Generic, TypeVar

from plugin_operator.clock import Clock
from plugin_operator.metrics import QueueGauges, WorkQueueMetrics
from plugin_operator.workqueue.delayed import DelayedItems
from plugin_operator.workqueue.ratelimiter import RateLimiter
from plugin_operator.workqueue.ready import ReadyItems

T = TypeVar("T", bound=Hashable)


class QueueShutDown(Exception):
    """The queue was shut down and is empty: the worker may go."""


class WorkQueue(Generic[T]):
    """A deduplicating queue with priorities, delays and backoff.

    Args:
        name: the ``name`` label of its metrics.
        clock: measures and wakes.
        rate_limiter: says how long ``add_rate_limited`` waits; may be replaced at any time.
        metrics: what to count in; private numbers unless given.
    """

    def __init__(
        self, name: str, *, clock: Clock, rate_limiter: RateLimiter[T], metrics: WorkQueueMetrics | None = None
    ) -> None:
        self.name = name
        self.rate_limiter = rate_limiter
        self.metrics = metrics if metrics is not None else WorkQueueMetrics(name, name)
        self.metrics.gauges = self._gauges
        self._now = clock.monotonic
        self._ready: ReadyItems[T] = ReadyItems()
        self._processing: dict[T, tuple[float, int]] = {}
        self._again: dict[T, tuple[int, float]] = {}
        self._delayed: DelayedItems[T] = DelayedItems(clock, self.add)
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._shut_down = False

    def __len__(self) -> int:
        """Return the number of items that could be handed out now."""
        return len(self._ready)

    @property
    def processing(self) -> KeysView[T]:
        """A live view of the items that were handed out and are not done."""
        return self._processing.keys()

    @property
    def delayed(self) -> int:
        """The number of items that become ready later."""
        return len(self._delayed)

    @property
    def is_shut_down(self) -> bool:
        """Whether ``shut_down`` was called."""
        return self._shut_down

    def add(self, item: T, priority: int = 0) -> None:
        """Make ``item`` ready, once; if it is being processed, it becomes ready again when that is done.

        An item that waits already takes the higher of both priorities. After ``shut_down`` this does nothing.
        """
        if self._shut_down:
            return
        if item in self._processing:
            known = self._again.get(item)
            if known is None:
                self.metrics.adds += 1
                self._again[item] = (priority, self._now())
            elif priority > known[0]:
                self._again[item] = (priority, known[1])
        elif self._ready.push(item, priority, self._now()):
            self.metrics.adds += 1
            if self._waiters:
                self._wake_one()

    def add_after(self, item: T, delay_seconds: float, priority: int = 0) -> None:
        """Call ``add`` after the delay; of several delays of one item the earliest counts."""
        self._add_later(item, delay_seconds, priority, is_backoff=False)

    def add_rate_limited(self, item: T, priority: int = 0) -> None:
        """Count a failure of ``item`` and add it after the delay the rate limiter asks for."""
        if not self._shut_down:
            self._add_later(item, self.rate_limiter.when(item), priority, is_backoff=True)

    def _add_later(self, item: T, delay_seconds: float, priority: int, *, is_backoff: bool) -> None:
        if self._shut_down:
            return
        self.metrics.retries += 1
        if delay_seconds <= 0:
            self.add(item, priority)
        else:
            self._delayed.add(item, delay_seconds, priority, is_backoff=is_backoff)

    def try_get(self) -> T | None:
        """Hand out the next item, or None if there is none. Each item handed out needs a ``done``."""
        entry = self._ready.pop()
        if entry is None:
            return None
        item, priority, since = entry
        now = self._now()
        self._processing[item] = (now, priority)
        self.metrics.queue_duration.observe(now - since)
        return item

    async def get(self) -> T:
        """Hand out the next item, waiting for one.

        On cancel no item is taken.

        Raises:
            QueueShutDown: the queue was shut down and nothing is left.
        """
        while True:
            item = self.try_get()
            if item is not None:
                return item
            if self._shut_down:
                raise QueueShutDown
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled() and self._ready:
                    # Woken and cancelled in one: the item we were woken for needs somebody else.
                    self._wake_one()
                raise

    def done(self, item: T) -> None:
        """Say that a worker has ended with ``item``; what was added meanwhile becomes ready now.

        Harmless for an item that is not being processed.
        """
        started = self._processing.pop(item, None)
        if started is None:
            return
        self.metrics.work_duration.observe(self._now() - started[0])
        if self._again:
            again = self._again.pop(item, None)
            if again is not None:
                self._ready.push(item, again[0], again[1])
                if self._waiters:
                    self._wake_one()

    def forget(self, item: T) -> None:
        """Start the item's backoff over."""
        self.rate_limiter.forget(item)

    def num_requeues(self, item: T) -> int:
        """Return how often the item failed since the last ``forget``."""
        return self.rate_limiter.num_requeues(item)

    def priority_of(self, item: T) -> int:
        """Return the priority with which an item that is being processed was handed out; 0 for any other."""
        started = self._processing.get(item)
        return started[1] if started is not None else 0

    def reset_backoff(self) -> None:
        """Start everybody's backoff over and make what waits because it failed ready now."""
        self.rate_limiter.clear()
        self._delayed.release_backoffs()

    def shut_down(self) -> None:
        """Take nothing more, drop what is delayed, and let ``get`` hand out what is left; idle workers are woken."""
        self._shut_down = True
        self._delayed.clear()
        while self._waiters:
            self._wake_one()

    def _wake_one(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    def _gauges(self) -> QueueGauges:
        depth = self._ready.depth()
        for priority, _ in self._again.values():
            depth[priority] = depth.get(priority, 0) + 1
        now = self._now()
        ages = [now - since for since, _ in self._processing.values()]
        return QueueGauges(depth, sum(ages), max(ages, default=0.0))
