"""Time as a thing that is passed in.

Owns the ``Clock`` protocol and the one implementation that reads the real clocks. Everything that waits, measures or
schedules takes a ``Clock``, so that tests drive time by hand (``plugin_operator.testing.VirtualClock``).

A machine that sleeps stops the clock behind ``time.monotonic`` and behind the timers of an event loop, on Linux. Others
go on meanwhile: leases, tokens and delays run out. So durations are measured by the clock that counts sleep as well.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

#: A timer of the event loop lasts no longer, so that a machine's sleep delays nothing by more.
LONGEST_TIMER_SECONDS = 60.0

# Linux's CLOCK_MONOTONIC stops while the machine sleeps, that of macOS does not.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Timer(Protocol):
    """A scheduled call that can be taken back."""

    def cancel(self) -> None:
        """Drop the call; harmless once it has run."""


class Clock(Protocol):
    """Where the time comes from. All durations are seconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, from an arbitrary zero; the machine's sleep counts."""

    def now(self) -> datetime:
        """Return the wall clock as an aware UTC time: for people and for the API, never for measuring."""

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` on the event loop after ``delay_seconds``."""

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellation ends the wait at once."""


class SystemClock:
    """The clocks of this machine and the timers of the running event loop."""

    __slots__ = ()

    def monotonic(self) -> float:
        """Return the seconds since the machine was started."""
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
    """A timer that looks at the clock now and then, for those of the event loop do not count the machine's sleep."""

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
