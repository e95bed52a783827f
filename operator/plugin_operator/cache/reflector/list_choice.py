"""The choice between a streaming list and a paged list.

Owns how long the reflector lists in pages after a streaming list failed. Leaves listing to ``reflector``.
"""

import math

from plugin_operator.cache.reflector.states import State
from plugin_operator.clock import Clock


class ListChoice:
    """Chooses how to list: by stream, or in pages for a while after a stream failed.

    Args:
        clock: measures ``prefer_pages_seconds``.
        prefer_pages_seconds: how long to list in pages after a stream failed.
    """

    __slots__ = ("_clock", "_pages_until", "_prefer_pages_seconds")

    def __init__(self, clock: Clock, prefer_pages_seconds: float) -> None:
        self._clock = clock
        self._prefer_pages_seconds = prefer_pages_seconds
        self._pages_until = -math.inf

    def resolve(self, state: State, following: State) -> State:
        """Return the state after ``state``: ``following``, with its kind of list replaced by the preferred one.

        If pages keep failing until ``prefer_pages_seconds`` are over, the next list is a stream. The continue token may
        expire before the last page, and an unpaged list may be too large.
        """
        now = self._clock.monotonic()
        if following is State.STREAMING_LIST and now < self._pages_until:
            return State.PAGED_LIST
        if following is state is State.PAGED_LIST and -math.inf < self._pages_until <= now:
            return State.STREAMING_LIST
        return following

    def prefer_pages(self) -> None:
        """List in pages for ``prefer_pages_seconds``.

        client-go falls back for one list only; each list would then wait for the silence timeout first. The fallback
        ends, because the server may have failed only once or may be upgraded.
        """
        self._pages_until = self._clock.monotonic() + self._prefer_pages_seconds

    def prefer_streams(self) -> None:
        """List by stream again, after a streaming list was complete."""
        self._pages_until = -math.inf
