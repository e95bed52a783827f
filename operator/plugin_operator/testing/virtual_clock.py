"""Time that moves only when a test says so.

Owns ``VirtualClock``. It replaces ``plugin_operator.clock.SystemClock`` in unit and property tests, so that an hour of
backoff costs a millisecond and nothing depends on how busy the machine is.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_SETTLE_PASSES = 10_000


class VirtualTimer:
    """A scheduled call on a ``VirtualClock``; ``call_later`` makes it.

    Attributes:
        callback: what is called; None once it has run or was cancelled.
    """

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Drop the call; harmless once it has run. Raises nothing."""
        self.callback = None


class VirtualClock:
    """A clock driven by ``advance``, for code that takes its time from a clock. It never reads the machine's clocks.

    ``PluginHarness`` runs on the real clock: this is for tests of parts.

    Args:
        start: what ``now()`` says at first, aware; ``monotonic()`` starts at ``monotonic_seconds``.
        monotonic_seconds: the first value of ``monotonic()``.
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
        """Return the virtual seconds. Raises nothing."""
        return self._monotonic

    def now(self) -> datetime:
        """Return the virtual wall clock, aware. Raises nothing."""
        return self._now

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> VirtualTimer:
        """Run ``callback`` once ``advance`` has moved time by ``delay_seconds``. Raises nothing.

        Args:
            delay_seconds: below zero counts as zero.
            callback: what it raises is raised by ``advance``.
        """
        timer = VirtualTimer(callback)
        heapq.heappush(self._timers, (self._monotonic + max(0.0, delay_seconds), next(self._numbers), timer))
        return timer

    async def sleep(self, seconds: float) -> None:
        """Wait until time was advanced by ``seconds``. Cancellation ends the wait at once and drops its timer.

        Args:
            seconds: zero and less yield to the loop once, as ``asyncio.sleep`` does.

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
        """The number of timers that are still to fire."""
        return sum(timer.callback is not None for _, _, timer in self._timers)

    async def advance(self, seconds: float) -> None:
        """Move time forward, firing each timer at its own moment and letting the loop come to rest after each.

        Timers set by what a firing timer woke are honoured within the same call.

        Args:
            seconds: how far.

        Raises:
            TimeoutError: something keeps the loop busy without waiting for anything.
            Exception: whatever a callback raises.
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
        """Let the machine sleep: both clocks go on, and no timer comes any nearer, as on Linux.

        Raises nothing.

        Args:
            seconds: how long it sleeps, at least 0.
        """
        self._move_to(self._monotonic + seconds)
        self._timers = [(due + seconds, number, timer) for due, number, timer in self._timers]

    def jump(self, seconds: float) -> None:
        """Set the wall clock; nothing else moves. Raises nothing.

        Args:
            seconds: how far forwards; a negative number sets it back.
        """
        self._now += timedelta(seconds=seconds)

    async def settle(self) -> None:
        """Run whatever the event loop has ready until it would wait for time or for the outside world.

        Raises:
            TimeoutError: something keeps the loop busy without waiting for anything.
        """
        # The loop's own queue of ready calls says exactly when it is at rest. It is no public API, so a loop
        # without it (uvloop) gets a fixed number of passes instead.
        ready = getattr(asyncio.get_running_loop(), "_ready", None)
        if ready is None:
            for _ in range(100):
                await asyncio.sleep(0)
            return
        self._settling += 1
        try:
            for _ in range(_SETTLE_PASSES):
                await asyncio.sleep(0)
                # Each other caller of settle keeps one call ready, which does not count.
                if len(ready) < self._settling:
                    return
        finally:
            self._settling -= 1
        raise TimeoutError(f"the event loop did not come to rest within {_SETTLE_PASSES} passes")

    def _move_to(self, monotonic: float) -> None:
        step = max(0.0, monotonic - self._monotonic)
        self._monotonic = max(self._monotonic, monotonic)
        self._now += timedelta(seconds=step)
