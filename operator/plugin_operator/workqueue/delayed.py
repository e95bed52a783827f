"""The items that become ready later.

Owns one heap and one timer for all of them, as client-go's ``delaying_queue.go``: of several delays for one item the
earliest counts.
"""

import heapq
import itertools
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

from plugin_operator.clock import Clock, Timer

T = TypeVar("T", bound=Hashable)

#: So many items at most become ready in one go, for the event loop has other things to do.
_BATCH = 2_000


class Delay(NamedTuple):
    """When an item becomes ready, with which priority, and whether backoff is why it waits."""

    due: float
    priority: int
    is_backoff: bool


class DelayedItems(Generic[T]):
    """Calls ``ready(item, priority)`` for each item once its time has come.

    Args:
        clock: measures and wakes.
        ready: must not raise; may add further items.
    """

    __slots__ = ("_armed_for", "_clock", "_delays", "_heap", "_numbers", "_ready", "_timer")

    def __init__(self, clock: Clock, ready: Callable[[T, int], object]) -> None:
        self._clock = clock
        self._ready = ready
        self._delays: dict[T, Delay] = {}
        self._heap: list[tuple[float, int, T]] = []
        self._numbers = itertools.count()
        self._timer: Timer | None = None
        self._armed_for = 0.0

    def __len__(self) -> int:
        return len(self._delays)

    def __contains__(self, item: T) -> bool:
        return item in self._delays

    def add(self, item: T, delay_seconds: float, priority: int, *, is_backoff: bool) -> None:
        """Make ``item`` ready after the delay, or earlier if it already was to be; the higher priority counts."""
        due = self._clock.monotonic() + delay_seconds
        known = self._delays.get(item)
        if known is None:
            self._schedule(item, Delay(due, priority, is_backoff))
            return
        priority = max(priority, known.priority)
        if due < known.due:
            self._schedule(item, Delay(due, priority, is_backoff))
        elif priority != known.priority:
            self._delays[item] = known._replace(priority=priority)

    def release_backoffs(self) -> None:
        """Make everything that waits because it failed ready at once."""
        waiting = [(item, delay) for item, delay in self._delays.items() if delay.is_backoff]
        for item, delay in waiting:
            del self._delays[item]
            self._ready(item, delay.priority)
        self._compact()

    def clear(self) -> None:
        """Drop everything and the timer."""
        self._delays.clear()
        self._heap.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self, item: T, delay: Delay) -> None:
        self._delays[item] = delay
        heapq.heappush(self._heap, (delay.due, next(self._numbers), item))
        self._compact()
        self._arm()

    def _compact(self) -> None:
        # An entry whose item became due earlier stays behind in the heap; they must not pile up.
        if len(self._heap) > 2 * len(self._delays) + 64:
            self._heap = [(delay.due, next(self._numbers), item) for item, delay in self._delays.items()]
            heapq.heapify(self._heap)

    def _arm(self) -> None:
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer is not None:
            if due >= self._armed_for:
                return
            self._timer.cancel()
        self._armed_for = due
        self._timer = self._clock.call_later(max(0.0, due - self._clock.monotonic()), self._fire)

    def _fire(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        for _ in range(_BATCH):
            if not self._heap or self._heap[0][0] > now:
                break
            due, _, item = heapq.heappop(self._heap)
            delay = self._delays.get(item)
            if delay is not None and delay.due == due:
                del self._delays[item]
                self._ready(item, delay.priority)
        self._arm()
