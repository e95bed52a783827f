"""Detection of suspended time of the whole process: SIGSTOP, a frozen cgroup, a suspended or starved machine."""

import time

from plugin_operator.clock import Clock

_AT_LEAST_SECONDS = 1.0
# Code that holds the GIL blocks the watching thread too, but consumes processor time meanwhile.
_IDLE_SHARE = 0.25


class Standstill:
    """Measures how long a thread that calls ``seconds`` at an interval was not scheduled.

    Args:
        clock: measures time, including suspend time.
        interval_seconds: interval of calls of ``seconds``.
    """

    __slots__ = ("_clock", "_interval", "_looked_at", "_used")

    def __init__(self, clock: Clock, interval_seconds: float) -> None:
        self._clock = clock
        self._interval = interval_seconds
        self._looked_at, self._used = clock.monotonic(), time.process_time()

    def seconds(self) -> float:
        """Return how long the process was suspended since the last call; 0 if it was not."""
        now, used = self._clock.monotonic(), time.process_time()
        late, work = now - self._looked_at - self._interval, used - self._used
        self._looked_at, self._used = now, used
        return late if late > _AT_LEAST_SECONDS and work < late * _IDLE_SHARE else 0.0
