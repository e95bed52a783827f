"""Clocks and timers as a dependency.

Owns the ``Clock`` protocol and ``SystemClock``, which reads the clocks of this machine. Every function that waits,
measures or schedules takes a ``Clock``, so that tests drive time by hand (``plugin_operator.testing.VirtualClock``).

On Linux, ``time.monotonic`` and the timers of an event loop stop while the machine is suspended. Leases and tokens
expire meanwhile. So ``SystemClock`` measures durations with the clock that counts suspend time.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

#: Longest timer of the event loop: a suspend of the machine delays a callback by no more than this.
LONGEST_TIMER_SECONDS = 60.0

# CLOCK_MONOTONIC stops while a Linux machine is suspended; on macOS it does not.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Timer(Protocol):
    """A scheduled callback that can be cancelled."""

    def cancel(self) -> None:
        """Drop the call; harmless once it has run."""


class Clock(Protocol):
    """Source of time and timers. All durations are seconds."""

    def monotonic(self) -> float:
        """Return seconds from an arbitrary zero that never go backwards and include suspend time."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC time, for display and API objects. Never measure with it."""

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` on the event loop after ``delay_seconds``, or up to a millisecond earlier: uvloop rounds."""

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellation ends the wait at once."""


class SystemClock:
    """``Clock`` on the clocks of this machine and the timers of the running event loop."""

    __slots__ = ()

    def monotonic(self) -> float:
        """Return the seconds since boot, suspend time included."""
        return time.clock_gettime(_CLOCK)

    def now(self) -> datetime:
        """Return the current UTC time."""
        return datetime.now(UTC)

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer:
        """Schedule on the running event loop."""
        if delay_seconds > LONGEST_TIMER_SECONDS:
            return _LongTimer(self, delay_seconds, callback)
        return asyncio.get_running_loop().call_later(delay_seconds, callback)

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running event loop."""
        end = self.monotonic() + seconds
        while seconds > LONGEST_TIMER_SECONDS:
            await asyncio.sleep(LONGEST_TIMER_SECONDS)
            seconds = end - self.monotonic()
        await asyncio.sleep(seconds)


class _LongTimer:
    """A timer that re-reads the clock at intervals, because timers of the event loop ignore suspend time."""

    __slots__ = ("_callback", "_clock", "_due", "_handle")

    def __init__(self, clock: Clock, delay_seconds: float, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._callback = callback
        self._due = clock.monotonic() + delay_seconds
        self._handle = self._arm(delay_seconds)

    def cancel(self) -> None:
        """Drop the call; harmless once it has run."""
        self._handle.cancel()

    def _arm(self, seconds: float) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(min(seconds, LONGEST_TIMER_SECONDS), self._ring)

    def _ring(self) -> None:
        left = self._due - self._clock.monotonic()
        if left > 0:
            self._handle = self._arm(left)
        else:
            self._callback()
