"""Liveness of a stream, judged by whole events.

A server or proxy that sends single bytes keeps a socket active without delivering an event.
"""

from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError


class Liveness:
    """Time of the last activity over all streams of one reflector.

    Args:
        clock: measures.
        patience_seconds: how long a stream may send bytes without completing an event.

    Attributes:
        last_activity: monotonic second of the last event, page or accepted request.
    """

    __slots__ = ("_clock", "_patience", "_waiting_since", "last_activity")

    def __init__(self, clock: Clock, patience_seconds: float) -> None:
        self._clock = clock
        self._patience = patience_seconds
        self._waiting_since: float | None = None
        self.last_activity = clock.monotonic()

    def heard(self) -> None:
        """Record a whole event, a page or an accepted request."""
        self.last_activity = self._clock.monotonic()
        self._waiting_since = None

    def heard_part(self) -> None:
        """Record bytes that completed no event.

        The patience counts from the first such bytes, not from the last event. A quiet stream is no fault, and data
        that waited for a blocked event loop is not late.

        Raises:
            ApiConnectionError: no event was completed within ``patience_seconds``.
        """
        now = self._clock.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > self._patience:
            raise ApiConnectionError(f"the stream sent bytes but no complete event for {self._patience:g} s")
