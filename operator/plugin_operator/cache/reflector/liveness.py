"""Whether a stream is alive: by whole events and not by bytes.

A server, or a proxy in between, that sends a byte now and then keeps a socket busy and says nothing.
"""

from plugin_operator.clock import Clock
from plugin_operator.errors import ApiConnectionError


class Liveness:
    """When a server was last heard, over all streams of one reflector.

    Args:
        clock: measures.
        patience_seconds: how long a stream may bring bytes that complete no event.

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
        """The server said something whole."""
        self.last_activity = self._clock.monotonic()
        self._waiting_since = None

    def heard_part(self) -> None:
        """Bytes came that completed no event.

        The time counts from the first such bytes and not from the last event: a stream may be silent for long, and an
        event loop that was blocked must not read what it finds afterwards as late.

        Raises:
            ApiConnectionError: nothing else has come for too long.
        """
        now = self._clock.monotonic()
        if self._waiting_since is None:
            self._waiting_since = now
        elif now - self._waiting_since > self._patience:
            raise ApiConnectionError(f"the stream brought bytes and no whole event for {self._patience:g} s")
