"""The items that become ready later.

Owns one heap and one timer for all of them, as client-go's ``delaying_queue.go``: of several delays for one item the
earliest counts.
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

#: So many items at most become ready in one go, for the event loop has other things to do.
_BATCH = 2_000

#: After so long an item that could not be made ready is tried again.
RETRY_SECONDS = 1.0

#: The time of a delay that is over.
_RELEASED = -1.0


class Delay(msgspec.Struct, Generic[T], gc=False, eq=False):
    """When an item becomes ready, with which priority, and whether backoff is why it waits."""

    item: T
    due: float
    priority: int
    is_backoff: bool


class DelayedItems(Generic[T]):
    """Calls ``ready(item, priority)`` for each item once its time has come.

    The heap is what counts: an item leaves it only when ``ready`` has taken it. If that raises, or the item's own
    ``__hash__`` does, the item is tried again after ``RETRY_SECONDS`` and no other item waits for it.

    Args:
        clock: measures and wakes.
        ready: takes an item; may add further items.
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
        """Make ``item`` ready after the delay, or earlier if it already was to be; the higher priority counts.

        If it raises, the item waits as before.
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
        """Make everything that waits because it failed ready at once; what cannot be made so waits as before."""
        for delay in [delay for delay in self._delays.values() if delay.is_backoff]:
            self._release(delay, retry_at=delay.due)
        self._compact()

    def clear(self) -> None:
        """Drop everything and the timer."""
        self._delays.clear()
        self._heap.clear()
        if self._timer is not None:
            timer, self._timer = self._timer, None
            timer.cancel()

    def _push(self, delay: Delay[T]) -> None:
        heapq.heappush(self._heap, (delay.due, next(self._numbers), delay))
        self._compact()

    def _compact(self) -> None:
        # An entry whose item became due earlier stays behind in the heap; they must not pile up.
        if len(self._heap) > 2 * len(self._delays) + 64:
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].due]
            heapq.heapify(self._heap)

    def _arm(self, due: float, now: float) -> None:
        """Have the timer fire at ``due`` at the latest. The one that is there goes only once the new one is set."""
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
        """Go on, whatever went wrong before: all delays of a controller hang on this."""
        if not self._heap:
            return
        due = self._heap[0][0]
        try:
            self._arm(due, now)
        except BaseException as error:
            self._arm(due, now)  # a second failure is the caller's, which is the event loop
            if not issubclass(type(error), Exception):
                raise
            _log.error("Timer of delayed items set only when tried again", exc_info=error)

    def _release(self, delay: Delay[T], *, retry_at: float) -> None:
        """Hand one item over; if it cannot be, it stays and is tried again then."""
        # Its entries in the heap are stale from here on, unless it gets a new time.
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
            # One item's trouble must not hold up the others.
            _log.error("Delayed item not made ready, trying again", exc_info=error)
