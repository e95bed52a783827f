"""A clock whose time tests control.

Owns ``VirtualClock``, which replaces ``plugin_operator.clock.SystemClock`` in unit and property tests. An hour of
backoff takes a millisecond, and results do not depend on the load of the machine.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_SETTLE_PASSES = 10_000


class VirtualTimer:
    """A scheduled callback on a ``VirtualClock``; ``call_later`` creates it.

    Attributes:
        callback: the callback; None after it has run or was cancelled.
    """

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Drop the callback; does nothing if it has run. Raises nothing."""
        self.callback = None


class VirtualClock:
    """A ``Clock`` that only ``advance`` moves, for unit tests of code that takes a clock.

    ``PluginHarness`` runs on the real clock.

    Args:
        start: first value of ``now()``, an aware time.
        monotonic_seconds: first value of ``monotonic()``.
    """

    __slots__ = ("_monotonic", "_now", "_numbers", "_settling", "_timers")

    def __init__(
        self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC), *, monotonic_seconds: float = 1_000.0
    ) -> None:
        self._now = start
        self._monotonic = monotonic_seconds
        self._timers: list[tuple[float, int, VirtualTimer]] = []
        self._numbers = itertools.count()
        self._settling = 0

    def monotonic(self) -> float:
        """Return the virtual monotonic time in seconds. Raises nothing."""
        return self._monotonic

    def now(self) -> datetime:
        """Return the virtual wall clock as an aware time. Raises nothing."""
        return self._now

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> VirtualTimer:
        """Schedule ``callback`` for when ``advance`` has moved time by ``delay_seconds``. Raises nothing.

        Args:
            delay_seconds: a negative value counts as 0.
            callback: ``advance`` raises its exceptions.
        """
        timer = VirtualTimer(callback)
        heapq.heappush(self._timers, (self._monotonic + max(0.0, delay_seconds), next(self._numbers), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until time has advanced by ``seconds``. Cancellation ends the wait at once and drops its timer.

        Args:
            seconds: 0 or less yields to the event loop once, as ``asyncio.sleep`` does.

        Raises:
            CancelledError: the caller was cancelled.
        """
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    @property
    def pending(self) -> int:
        """Number of timers that have not fired."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Move time forward, fire each timer when it is due, and run ready tasks after each one.

        A timer that such a task sets fires in the same call if it is due.

        Args:
            seconds: how far to move time.

        Raises:
            TimeoutError: a task keeps the event loop busy without waiting.
            Exception: any exception of a callback.
        """
        end = self._monotonic + seconds
        await self.settle()
        while self._timers and self._timers[0][0] <= end:
            due, _, timer = heapq.heappop(self._timers)
            self._move_to(due)
            callback, timer.callback = timer.callback, None
            if callback is not None:
                callback()
                await self.settle()
        self._move_to(end)
        await self.settle()

    def suspend(self, seconds: float) -> None:
        """Simulate a suspend of the machine: both clocks advance, but timers do not, as on Linux. Raises nothing.

        Args:
            seconds: length of the suspend, at least 0.
        """
        self._move_to(self._monotonic + seconds)
        self._timers = [(due + seconds, number, timer) for due, number, timer in self._timers]

    def jump(self, seconds: float) -> None:
        """Set the wall clock, without moving monotonic time or timers. Raises nothing.

        Args:
            seconds: how far forwards; a negative number sets it back.
        """
        self._now += timedelta(seconds=seconds)

    async def settle(self) -> None:
        """Run ready tasks until all tasks wait for time or I/O.

        Raises:
            TimeoutError: a task keeps the event loop busy without waiting.
        """
        # The loop's queue of ready callbacks shows when it is idle. The queue is not public; a loop without it
        # (uvloop) gets a fixed number of passes.
        ready = getattr(asyncio.get_running_loop(), "_ready", None)
        if ready is None:
            for _ in range(100):
                await asyncio.sleep(0)
            return
        self._settling += 1
        try:
            for _ in range(_SETTLE_PASSES):
                await asyncio.sleep(0)
                # Each other caller of settle keeps one callback ready, which does not count.
                if len(ready) < self._settling:
                    return
        finally:
            self._settling -= 1
        raise TimeoutError(f"the event loop is still busy after {_SETTLE_PASSES} passes")

    def _move_to(self, monotonic: float) -> None:
        step = max(0.0, monotonic - self._monotonic)
        self._monotonic = max(self._monotonic, monotonic)
        self._now += timedelta(seconds=step)
