"""Limit of the waiting requests of one source."""

import threading
from collections.abc import Callable

from plugin_operator.clock import Clock
from plugin_operator.controllers import Request

#: Most waiting requests of one source.
MAX_WAITING = 100_000

_FIRST_LOOK = 1_000
_PAUSE_SECONDS = 1.0


class Backlog:
    """Tracks the requests of a source, and drops at intervals those that no queue contains any more. Thread-safe.

    Args:
        waits: reports whether a request waits in a queue.
        clock: measures the interval.
    """

    def __init__(self, waits: Callable[[Request], bool], clock: Clock) -> None:
        self._waits = waits
        self._clock = clock
        self._lock = threading.RLock()  # a __del__ of a plugin may send while this thread holds it
        self._sent: set[Request] = set()
        self._look_at = _FIRST_LOOK
        self._look_after = 0.0

    def admits(self, request: Request) -> bool:
        """Record a request, and return whether it is below the limit."""
        with self._lock:
            if request in self._sent:
                return True
            if len(self._sent) >= self._look_at and self._clock.monotonic() >= self._look_after:
                self._sent = {each for each in list(self._sent) if self._waits(each)}
                self._look_at = min(MAX_WAITING, max(_FIRST_LOOK, 2 * len(self._sent)))
                self._look_after = self._clock.monotonic() + _PAUSE_SECONDS if len(self._sent) >= MAX_WAITING else 0.0
            if len(self._sent) >= MAX_WAITING:
                return False
            self._sent.add(request)
            return True
