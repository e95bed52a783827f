"""Time as a thing that is passed in.

Owns the ``Clock`` protocol and the one implementation that reads the real clocks. Everything that waits, measures or
schedules takes a ``Clock``, so that tests drive time by hand (``plugin_operator.testing.VirtualClock``).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Timer(Protocol):
    """A scheduled call that can be taken back."""

    def cancel(self) -> None:
        """Drop the call; harmless once it has run."""


class Clock(Protocol):
    """Where the time comes from. All durations are seconds."""

    def monotonic(self) -> float:
        """Return seconds that never go backwards, from an arbitrary zero."""

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
        """Return ``time.monotonic()``."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the current UTC time."""
        return datetime.now(UTC)

    def call_later(self, delay_seconds: float, callback: Callable[[], None]) -> Timer:
        """Schedule on the running event loop."""
        return asyncio.get_running_loop().call_later(delay_seconds, callback)

    async def sleep(self, seconds: float) -> None:
        """Sleep on the running event loop."""
        await asyncio.sleep(seconds)
