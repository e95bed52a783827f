"""The work queue between event handlers and workers.

Guarantees that an item is never processed by two workers at once, never lost, and queued at most once however often it
is added. The rules are those of client-go's ``util/workqueue`` (dirty and processing sets; ``done`` re-queues an item
that was added during processing), with the priorities of controller-runtime's ``priorityqueue``.

A queue belongs to one event loop and is not thread-safe. Only ``get`` waits.

Calls are atomic: an item's ``__hash__`` and ``__eq__`` run in one look-up at the start of a call. Clock and metrics run
before or after the change. A call that raises has changed nothing or everything.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from plugin_operator import logs
from plugin_operator.clock import Clock
from plugin_operator.workqueue.delaying_queue import DelayedItems
from plugin_operator.workqueue.metrics import QueueGauges, WorkQueueMetrics
from plugin_operator.workqueue.rate_limiter import RateLimiter
from plugin_operator.workqueue.ready_queue import Entry, ReadyItems

_log = logs.get_logger(__name__)

T = TypeVar("T", bound=Hashable)

#: The longest delay, about a century; event loop timers overflow not far above it.
MAX_DELAY_SECONDS = 3_155_760_000.0

#: Backoff of an item if the rate limiter raises or returns no valid delay.
FALLBACK_SECONDS = 1.0

_NUMBERS = frozenset({float, int})


class QueueShutDown(Exception):
    """The queue is shut down and empty; the worker must exit."""


class WorkQueue(Generic[T]):
    """A deduplicating queue with priorities, delays and backoff.

    Args:
        name: the ``name`` label of its metrics.
        clock: measures delays and sets timers.
        rate_limiter: returns the delays of ``add_rate_limited``; may be replaced at any time.
        metrics: counters to update; private ones by default.
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
        # Every known item: waiting, processing, or neither, which counts as absent.
        self._entries: dict[T, Entry[T]] = {}
        self._processing: dict[Entry[T], None] = {}
        self._again: dict[Entry[T], tuple[int, float]] = {}
        self._delayed: DelayedItems[T] = DelayedItems(clock, self.add)
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._shut_down = False

    def __len__(self) -> int:
        """Return the number of items that are ready."""
        return len(self._ready)

    def __contains__(self, item: T) -> bool:
        """Report whether ``item`` is queued, delayed, or to be queued again after its processing."""
        entry = self._entries.get(item)
        if entry is not None and (entry.level is not None or entry in self._again):
            return True
        return item in self._delayed

    @property
    def processing(self) -> list[T]:
        """The items that were handed out and for which ``done`` was not called."""
        return [entry.item for entry in self._processing]

    @property
    def delayed(self) -> int:
        """The number of delayed items."""
        return len(self._delayed)

    @property
    def is_shut_down(self) -> bool:
        """Whether ``shut_down`` was called."""
        return self._shut_down

    def add(self, item: T, priority: int = 0) -> None:
        """Queue ``item`` once; if it is being processed, ``done`` queues it again.

        An item that is queued already takes the higher of both priorities. After ``shut_down`` this does nothing.

        Raises:
            TypeError: ``priority`` is not a plain int.
        """
        if self._shut_down:
            return
        if type(priority) is not int:
            raise TypeError(f"priority is a {type(priority).__name__}; it takes an int")
        entry = self._entries.get(item)
        if entry is not None and entry.level is not None:
            if priority > entry.priority:
                self._ready.move(entry, self._ready.level(priority))
        elif entry is not None and entry in self._processing:
            self._add_again(entry, priority)
        else:
            now = self._now()
            level = self._ready.normal if priority == 0 else self._ready.level(priority)
            if entry is None:
                entry = self._entries[item] = Entry(item)
            self._ready.push(entry, level, now)
            if self._waiters:
                self._wake_one()
            self.metrics.adds += 1

    def _add_again(self, entry: Entry[T], priority: int) -> None:
        known = self._again.get(entry)
        if known is None:
            self._again[entry] = (priority, self._now())
            self.metrics.adds += 1
        elif priority > known[0]:
            self._again[entry] = (priority, known[1])

    def add_after(self, item: T, delay_seconds: float, priority: int = 0) -> None:
        """Call ``add`` after the delay; if one item has several delays, the earliest counts.

        Raises:
            TypeError: ``delay_seconds`` is not a plain number, or ``priority`` not a plain int.
            ValueError: ``delay_seconds`` is NaN or above ``MAX_DELAY_SECONDS``.
        """
        self._add_later(item, delay_seconds, priority, is_backoff=False)

    def add_rate_limited(self, item: T, priority: int = 0) -> None:
        """Count a failure of ``item`` and add it after the delay that the rate limiter returns.

        If the rate limiter raises or returns no valid delay, the delay is ``FALLBACK_SECONDS``: a failed item must be
        retried.
        """
        if not self._shut_down:
            self._add_later(item, self._backoff(item), priority, is_backoff=True)

    def _backoff(self, item: T) -> float:
        try:
            delay = self.rate_limiter.when(item)
        except Exception as error:  # noqa: BLE001 - a custom rate limiter must not lose the item
            _log.error("Rate limiter failed", queue=self.name, exc_info=error)
            return FALLBACK_SECONDS
        if type(delay) in _NUMBERS and 0 <= delay <= MAX_DELAY_SECONDS:
            return delay
        _log.error("Rate limiter returned an invalid delay", queue=self.name, kind=type(delay).__name__)
        return FALLBACK_SECONDS

    def _add_later(self, item: T, delay_seconds: float, priority: int, *, is_backoff: bool) -> None:
        if self._shut_down:
            return
        if type(delay_seconds) not in _NUMBERS:
            raise TypeError(f"delay_seconds is a {type(delay_seconds).__name__}; it takes a float or an int")
        if type(priority) is not int:
            raise TypeError(f"priority is a {type(priority).__name__}; it takes an int")
        if delay_seconds <= 0:
            self.add(item, priority)
        elif delay_seconds <= MAX_DELAY_SECONDS:
            self._delayed.add(item, delay_seconds, priority, is_backoff=is_backoff)
        else:
            raise ValueError(f"delay_seconds is NaN or too large; it takes at most {MAX_DELAY_SECONDS:.0f}")
        self.metrics.retries += 1

    def try_get(self) -> T | None:
        """Return the next item, or None if none is ready. The caller must call ``done`` for it."""
        now = self._now()
        entry = self._ready.pop()
        if entry is None:
            return None
        since, entry.since = entry.since, now
        self._processing[entry] = None
        try:
            self.metrics.queue_duration.observe(now - since)
        except BaseException:
            # The item was not handed out, so no worker would call ``done`` for it.
            del self._processing[entry]
            self._ready.put_back(entry, since)
            raise
        return entry.item

    async def get(self, new_waiter: Callable[[], asyncio.Future[None]] | None = None) -> T:
        """Wait for the next item and return it. The caller must call ``done`` for it.

        On cancel no item is taken.

        Args:
            new_waiter: returns the future to wait on; by default the event loop creates it.

        Raises:
            QueueShutDown: the queue is shut down and empty.
        """
        try:
            return await self._next(new_waiter or asyncio.get_running_loop().create_future)
        except BaseException:
            # A waiter that was woken and then cancelled leaves its item behind: wake another one.
            if self._ready:
                self._wake_one()
            raise

    async def _next(self, new_waiter: Callable[[], asyncio.Future[None]]) -> T:
        while (item := self.try_get()) is None:
            if self._shut_down:
                raise QueueShutDown
            waiter = new_waiter()
            self._waiters.append(waiter)
            await waiter
        return item

    def done(self, item: T) -> None:
        """Mark ``item`` as processed, and queue it again if it was added meanwhile.

        Does nothing for an item that is not being processed. The item is released even if this raises.
        """
        try:
            entry = self._entries.get(item)
        except BaseException:
            self._give_back_unseen(item)
            raise
        if entry is None or entry not in self._processing:
            return
        try:
            self.metrics.work_duration.observe(self._now() - entry.since)
        finally:
            del self._processing[entry]
            if entry in self._again:
                self._push_again(entry)
            else:
                del self._entries[item]

    def _push_again(self, entry: Entry[T]) -> None:
        priority, since = self._again.pop(entry)
        self._ready.push(entry, self._ready.level(priority), since)
        if self._waiters:
            self._wake_one()

    def _give_back_unseen(self, item: T) -> None:
        """Release an item whose ``__hash__`` or ``__eq__`` raises, found by identity."""
        for entry in [entry for entry in self._processing if entry.item is item]:
            del self._processing[entry]
            if entry in self._again:
                self._push_again(entry)

    def forget(self, item: T) -> None:
        """Reset the backoff of ``item``."""
        self.rate_limiter.forget(item)

    def num_requeues(self, item: T) -> int:
        """Return how often the item failed since the last ``forget``."""
        return self.rate_limiter.num_requeues(item)

    def priority_of(self, item: T) -> int:
        """Return the priority of an item that is being processed; 0 for any other item."""
        entry = self._entries.get(item)
        return entry.priority if entry is not None and entry in self._processing else 0

    def reset_backoff(self) -> None:
        """Reset the backoff of all items and queue those that wait for it."""
        try:
            self.rate_limiter.clear()
        finally:
            self._delayed.release_backoffs()

    def shut_down(self) -> None:
        """Reject new items and drop delayed ones; ``get`` returns the queued items, then raises ``QueueShutDown``."""
        self._shut_down = True
        try:
            self._delayed.clear()
        finally:
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
        ages = [now - entry.since for entry in self._processing]
        return QueueGauges(depth, sum(ages), max(ages, default=0.0))
