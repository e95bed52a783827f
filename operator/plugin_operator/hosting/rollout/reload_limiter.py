"""Rate limits of reloads and scans."""

from plugin_operator.clock import Clock

_SHORTEST_PAUSE_SECONDS = 0.005
_LONGEST_PAUSE_SECONDS = 30.0


def pause_after_look(look_seconds: float) -> float:
    """Return the pause after a scan in seconds, so that scans take at most a third of the time.

    The pause is capped: a process that was suspended during a scan must not stop scanning for twice that time.
    """
    return min(max(_SHORTEST_PAUSE_SECONDS, 2 * look_seconds), _LONGEST_PAUSE_SECONDS)


class TokenBucket:
    """Token bucket: ``burst`` reloads at once, then one per ``interval_seconds``."""

    def __init__(self, clock: Clock, *, burst: int, interval_seconds: float) -> None:
        self._clock = clock
        self._burst = float(burst)
        self._interval = interval_seconds
        self._tokens = self._burst
        self._at = clock.monotonic()

    def wait_seconds(self) -> float:
        """Take a token and return 0, or return the seconds until the next reload may start."""
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
