"""How often a plugin may be reloaded, and the plugins directory be looked at."""

from plugin_operator.clock import Clock

_SHORTEST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 30.0


def pause_after_look(look_seconds: float) -> float:
    """Return how long to pause after a look at the directory: looking takes at most a third of the time.

    A process that was stopped during a look must not reload nothing for twice as long as it was stopped.
    """
    return min(max(_SHORTEST_PAUSE_SECONDS, 2 * look_seconds), _LONGEST_PAUSE_SECONDS)


class TokenBucket:
    """A token bucket: ``burst`` reloads at once, then one every ``interval_seconds``."""

    def __init__(self, clock: Clock, *, burst: int, interval_seconds: float) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._interval = interval_seconds
        self._tokens = self._burst
        self._at = clock.monotonic()

    def wait_seconds(self) -> float:
        """Return how long to wait before the next reload; 0 if it may start, which takes a token."""
        now = self._clock.monotonic()
        if self._interval > 0:
            self._tokens = min(self._burst, self._tokens + (now - self._at) / self._interval)
        else:
            self._tokens = self._burst
        self._at = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) * self._interval
