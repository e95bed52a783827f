"""Whether this process was stopped as a whole: by SIGSTOP, a frozen cgroup, or a machine that slept or was starved."""

import time

from plugin_operator.clock import Clock

_AT_LEAST_SECONDS = 1.0
# Code that holds the interpreter's lock keeps the watching thread waiting too, but uses the processor meanwhile.
_IDLE_SHARE = 0.25


class Standstill:
    """Looks at the clock from a thread that should have run all the time.

    Args:
        clock: measures; it counts the machine's sleep.
        interval_seconds: how often ``seconds`` is asked.
    """

    __slots__ = ("_clock", "_interval", "_looked_at", "_used")

    def __init__(self, clock: Clock, interval_seconds: float) -> None:
        self._clock = clock
        self._interval = interval_seconds
        self._looked_at, self._used = clock.monotonic(), time.process_time()

    def seconds(self) -> float:
        """Return for how long the process stood still since this was asked last; 0 if it did not."""
        now, used = self._clock.monotonic(), time.process_time()
        late, work = now - self._looked_at - self._interval, used - self._used
        self._looked_at, self._used = now, used
        return late if late > _AT_LEAST_SECONDS and work < late * _IDLE_SHARE else 0.0
