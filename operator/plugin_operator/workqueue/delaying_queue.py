"""Delayed items of a work queue.

Owns one heap and one timer for all items, as client-go's ``delaying_queue.go`` does. If one item has several delays,
the earliest counts.
"""

import heapq
import itertools
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

import msgspec

from plugin_operator import logs
from plugin_operator.clock import Clock, Timer

_log = logs.get_logger(__name__)

T = TypeVar("T", bound=Hashable)

#: Most items released per turn of the event loop, so that other tasks run in between.
_BATCH = 2_000

#: Delay before the queue retries to release an item after an error.
RETRY_SECONDS = 1.0

#: Due time of a delay that is no longer valid.
_RELEASED = -1.0


class Delay(msgspec.Struct, Generic[T], gc=False, eq=False):
    """One delayed item: its due time, its priority, and whether it waits for backoff."""

    item: T
    due: float
    priority: int
    is_backoff: bool


class DelayedItems(Generic[T]):
    """Heap of delayed items that calls ``ready(item, priority)`` for each item when it is due.

    An item leaves the heap only after ``ready`` returns. If ``ready`` or the item's ``__hash__`` raises, that item is
    retried after ``RETRY_SECONDS``; other items are not delayed.

    Args:
        clock: measures delays and sets the timer.
        ready: takes a due item; may add further items.
    """

    __slots__ = ("_armed_for", "_clock", "_delays", "_heap", "_numbers", "_ready", "_timer")

    def __init__(self, clock: Clock, ready: Callable[[T, int], object]) -> None:
        self._clock = clock
        self._ready = ready
        self._delays: dict[T, Delay[T]] = {}
        self._heap: list[tuple[float, int, Delay[T]]] = []
        self._numbers = itertools.count()
        self._timer: Timer | None = None
        self._armed_for = 0.0

    def __len__(self) -> int:
        return len(self._delays)

    def __contains__(self, item: T) -> bool:
        return item in self._delays

    def add(self, item: T, delay_seconds: float, priority: int, *, is_backoff: bool) -> None:
        """Schedule ``item``; if it is scheduled already, the earlier time and the higher priority count.

        If this raises, the schedule is unchanged.
        """
        now = self._clock.monotonic()
        due = now + delay_seconds
        known = self._delays.get(item)
        if known is None:
            self._arm(due, now)
            fresh = self._delays[item] = Delay(item, due, priority, is_backoff)
            self._push(fresh)
            return
        priority = max(priority, known.priority)
        if due < known.due:
            self._arm(due, now)
            known.due, known.is_backoff = due, is_backoff
            self._push(known)
        known.priority = priority

    def release_backoffs(self) -> None:
        """Release every item that waits for backoff; one that cannot be released keeps its delay."""
        for delay in [delay for delay in self._delays.values() if delay.is_backoff]:
            self._release(delay, retry_at=delay.due)
        self._compact()

    def discard(self, where: Callable[[T], bool]) -> list[T]:
        """Drop the items for which ``where`` returns true, and return them."""
        found = [delay for delay in self._delays.values() if where(delay.item)]
        for delay in found:
            delay.due = _RELEASED
            del self._delays[delay.item]
        self._compact()
        return [delay.item for delay in found]

    def clear(self) -> None:
        """Drop all items and cancel the timer."""
        self._delays.clear()
        self._heap.clear()
        if self._timer is not None:
            timer, self._timer = self._timer, None
            timer.cancel()

    def _push(self, delay: Delay[T]) -> None:
        heapq.heappush(self._heap, (delay.due, next(self._numbers), delay))
        self._compact()

    def _compact(self) -> None:
        # Rescheduling leaves the old entry in the heap; rebuild it before stale entries outnumber the live ones.
        if len(self._heap) > 2 * len(self._delays) + 64:
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].due]
            heapq.heapify(self._heap)

    def _arm(self, due: float, now: float) -> None:
        """Set the timer to ``due`` unless it fires earlier; cancel the old timer only after the new one is set."""
        old = self._timer
        if old is not None and due >= self._armed_for:
            return
        if self._heap:
            due = min(due, self._heap[0][0])
        self._timer = self._clock.call_later(max(0.0, due - now), self._fire)
        self._armed_for = due
        if old is not None:
            old.cancel()

    def _fire(self) -> None:
        self._timer = None
        now = self._armed_for
        try:
            now = self._clock.monotonic()
            for _ in range(_BATCH):
                if not self._heap or self._heap[0][0] > now:
                    break
                due, _, delay = heapq.heappop(self._heap)
                if delay.due == due:
                    self._release(delay, retry_at=now + RETRY_SECONDS)
        finally:
            self._arm_again(now)

    def _arm_again(self, now: float) -> None:
        """Set the timer again even after an error: every delay of the controller depends on it."""
        if not self._heap:
            return
        due = self._heap[0][0]
        try:
            self._arm(due, now)
        except BaseException as error:
            self._arm(due, now)  # a second failure propagates to the event loop
            if not issubclass(type(error), Exception):
                raise
            _log.error("Timer of delayed items set after a retry", exc_info=error)

    def _release(self, delay: Delay[T], *, retry_at: float) -> None:
        """Release one item, or keep it until ``retry_at`` if that fails."""
        # The heap entries of this item are stale from here on, unless it is scheduled again.
        delay.due = _RELEASED
        try:
            self._delays.pop(delay.item, None)
            self._ready(delay.item, delay.priority)
        except BaseException as error:
            delay.due = retry_at
            self._push(delay)
            with suppress(Exception):
                self._delays.setdefault(delay.item, delay)
            if not issubclass(type(error), Exception):
                raise
            # The failure of one item must not delay the others.
            _log.error("Delayed item release failed, retrying", exc_info=error)
